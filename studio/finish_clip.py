"""Finishes a clip: what is painted on it before it is a file, tags and signature after.

The order is that of the rights layer: paint, mark the sound, encode, tags, read back, sign, read
back. Knows no family by name and no library; the store gives the file its place.
"""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import PIL.Image

from studio import headroom, tag, vouching
from studio.errors import PipelineError, SaveError
from studio.finish import (
    TITLE_CHARACTERS,
    Given,
    ai_role,
    as_jpeg,
    generators_of,
    genre_of,
    human_of,
    looked_at,
    open_earlier,
    roles_of,
)
from studio.frames import Frames
from studio.media import Audio, Image, Video
from studio.record import Record
from studio.rights import checks, drafting, keys, listening, signed, watermark
from studio.rights.c2pa import Ingredient
from studio.rights.keys import Identity
from studio.rights.record import Compared, Mark, RightsRecord, Role, Work
from studio.rights.terms import check_exportable
from studio.sounds import containers
from studio.spec import OnStep, Step
from studio.videos import paint, tags
from studio.videos.decode import ClipFile, poster
from studio.videos.encode import Beside, encode
from studio.videos.encode import check as check_frames
from studio.videos.ffmpeg import OnFrame, unwatched
from studio.videos.formats import ClipFormat, find_format
from studio.videos.probe import probe
from studio.videos.subtitles import Caption, captions_of
from studio.weights import file_sha256

MASK_ROLE = "mask"
"""A file that says where, and is no work."""

TICKS = 20
"""Steps of the progress that encoding takes, after those of picture and sound."""

_POSTER_PX = 640
_MARKS = 3
"""How many marks are tried until one is heard in the encoded sound: short ones lose some."""


_LOOSE_S = 0.5
_RATES = (44_100, 48_000)
_LEAST_MARKED_S = 3.0
"""A shorter sound never holds a whole mark."""


@dataclass(frozen=True)
class ReadyClip:
    """A clip as it goes into its file, and what is known of its rights."""

    clip: Video
    facts: drafting.Facts
    identity: Identity
    ingredients: tuple[Ingredient, ...]
    lyrics: str = ""
    captions: tuple[Caption, ...] = ()
    """For subtitles that can be switched on; those in the picture are painted already."""

    notes: tuple[str, ...] = ()
    """Lines for the person."""

    on_frame: OnFrame = unwatched
    """Called while it is encoded, after each frame; what it raises leaves no file."""


@dataclass(frozen=True)
class WrittenClip:
    """What came of a clip in its file."""

    record: Record
    rights: RightsRecord
    sha256: str


def finish(clip: Video, record: Record, given: Given, home: Path, format: str) -> ReadyClip:
    """Paint a clip and gather its rights.

    Args:
        format: what it will be saved as; one that holds no sound leaves it out.

    Raises:
        RequestError: the format cannot hold it, or the terms of its parts contradict each other.
        PipelineError: it has no frames, or a sound that is far longer or shorter.
        ResourceError: the signing key is damaged or has expired; no letters for a caption.
    """
    known = find_format(format)
    check_frames(clip.frames, clip.fps, known)
    clip = replace(clip, audio=_as_long(clip) if known.has_sound else None)
    identity, trusted = keys.identity(home), keys.anchors(home)
    earlier = [
        open_earlier(
            role, vouching.signed_copy(path, home) if sha in given.own else path, name, trusted
        )
        for role, path, sha, name in given.files
        if role != MASK_ROLE and not _is_unheard(path, role, clip)
    ]
    facts = drafting.Facts(
        work=_work(clip, given),
        roles=_roles(clip, record, given),
        generators=generators_of(record),
        inputs=tuple(source for source, _, _ in earlier),
        input_terms=(*(terms for _, terms, _ in earlier), *looked_at(record)),
        human=human_of(given) if clip.audio is not None else (),
        checks=_likeness(clip, given, home),
    )
    check_exportable(drafting.draft(facts).terms)
    ingredients = tuple(found for _, _, found in earlier if found is not None)
    return _worded(ReadyClip(clip, facts, identity, ingredients), given, known)


def _worded(ready: ReadyClip, given: Given, format: ClipFormat) -> ReadyClip:
    """The clip with its words: painted on it, or ready to be laid beside it."""
    clip, lines = ready.clip, _captions(ready.clip, given)
    is_burnt = given.captions == "burnt-in"
    label = paint.label_for(given.title) if given.has_label else ""
    painting = paint.Painting(lines if is_burnt else (), label)
    return replace(
        ready,
        clip=replace(clip, frames=paint.painted(clip.frames, clip.fps, painting)),
        lyrics="" if given.is_private or clip.audio is None else given.lyrics,
        captions=() if is_burnt else lines,
        notes=_notes(given, format, lines),
    )


def watched(ready: ReadyClip, on_step: OnStep) -> ReadyClip:
    """The clip with a step for each encoded frame; raising Cancelled in one leaves no file."""
    total = len(ready.clip.frames)
    return replace(ready, on_frame=lambda done: on_step(Step(done, total)) if done else None)


def write(ready: ReadyClip, record: Record, path: Path, format: str) -> WrittenClip:
    """Encode, tag and sign; all is read back.

    Raises:
        SaveError: it could not be written, or did not read back the same; nothing of it is left
            under this name or beside it.
    """
    known = find_format(format)
    sound = path.with_name(f".{secrets.token_hex(6)}.{known.sound}") if ready.clip.audio else None
    try:
        mark: Mark | None = None
        if sound is not None and ready.clip.audio is not None:
            gain_db, mark = _write_sound(ready.clip.audio, known.sound, sound)
            record = record.model_copy(update={"gain_db": gain_db})
        encode(ready.clip, format, path, Beside(sound, ready.captions), ready.on_frame)
        if mark is not None and not _is_heard_in(path, mark.value):
            # Where it is just about heard, the container's own start can lose it: `verify` would
            # miss what the record claims.
            mark = None
    finally:
        if sound is not None:
            sound.unlink(missing_ok=True)
    facts = replace(ready.facts, watermark=mark)
    rights = drafting.draft(facts, created=record.created)
    told = drafting.tags_of(rights, ready.lyrics, record.to_json())
    tags.write_tags(path, told, _extras(ready.clip.frames, record, known))
    signed.sign(path, rights, ready.identity, ready.ingredients)
    return WrittenClip(record, rights, _check(ready, record, rights, path))


def _write_sound(audio: Audio, format: str, path: Path) -> tuple[float, Mark | None]:
    """The sound in its own file, marked where the mark can be heard in it afterwards.

    Returns:
        How much louder it got in dB (0 or less), and the mark.
    """
    for _ in range(_MARKS if audio.duration_s >= _LEAST_MARKED_S else 0):
        value = secrets.token_hex(4)
        marked = watermark.embed(audio, value)
        # Encoding takes far longer than listening.
        if not _is_heard(marked, value):
            continue
        _, gain_db = headroom.encode(marked, format, path)
        if _is_heard(containers.decode(path, 44_100), value):
            return gain_db, Mark(alg=watermark.ALGORITHM, value=value)
    # A mark that nobody can read must not be claimed, nor disturb the sound.
    _, gain_db = headroom.encode(audio, format, path)
    return gain_db, None


def _is_heard(audio: Audio, value: str) -> bool:
    found = watermark.detect(audio)
    return found is not None and found.value == value


def _is_heard_in(path: Path, value: str) -> bool:
    """Whether `verify` will hear it: by the same ears, in the finished container."""
    heard = listening.Listening(path).heard()
    return heard is not None and heard.found is not None and heard.found.value == value


def _extras(frames: Frames, record: Record, format: ClipFormat) -> tags.Extras:
    if format.name == "mp4":
        picture = PIL.Image.fromarray(poster(frames).pixels)
        picture.thumbnail((_POSTER_PX, _POSTER_PX))
        return tags.Extras(poster=as_jpeg(picture))
    if format.name == "zip":
        return tags.Extras(first=tag.encode(Image(np.array(frames[0])), record, "png"))
    return tags.Extras(disclosure=tag.disclosure(record))


def _check(ready: ReadyClip, record: Record, rights: RightsRecord, path: Path) -> str:
    """Refuse a file that does not say and show what went into it. Returns its SHA-256."""
    clip, format = ready.clip, path.suffix[1:]
    if Record.from_json(tags.read_tags(path).studio_record_json) != record:
        raise SaveError(f"the record of {record.id} did not read back from the {format}")
    found = signed.read(path, ready.identity.ca_pem)
    if found is None or not found.is_intact or found.record != rights:
        raise SaveError(f"the signature of {record.id} did not read back from the {format}")
    facts = probe(path)
    shown = (facts.frames, facts.height, facts.width)
    is_as_long = abs(facts.duration_s - clip.duration_s) < 1 / clip.fps
    if shown != tuple(clip.frames.shape[:3]) or not is_as_long:
        raise SaveError(
            f"the {format} of {record.id} did not read back whole: {shown} at {facts.fps}"
        )
    sound_s = clip.duration_s if clip.audio is not None else 0.0
    if abs(facts.sound_s - sound_s) > 1 / clip.fps:
        raise SaveError(
            f"the sound of {record.id} ends after {facts.sound_s:.3f} s in the {format}, its "
            f"picture after {facts.duration_s:.3f} s"
        )
    if find_format(format).is_lossless and not _is_same(ClipFile(path, facts), clip.frames):
        raise SaveError(f"the {format} of {record.id} did not read back with the same pixels")
    return found.file_sha256 or file_sha256(path)


def _is_same(read: ClipFile, made: Frames) -> bool:
    return all(np.array_equal(one, two) for one, two in zip(read, made, strict=True))


def _as_long(clip: Video) -> Audio | None:
    """The sound, to the sample as long as the picture and at a rate that a mark can be put into.

    Some models end their sound a little before or after their picture.
    """
    audio = clip.audio
    if audio is None:
        return None
    if abs(audio.duration_s - clip.duration_s) > _LOOSE_S:
        raise PipelineError(
            f"the sound is {audio.duration_s:.3f} s long, the clip {clip.duration_s:.3f} s; "
            "both must end together"
        )
    samples, rate = audio.samples, audio.sample_rate
    if rate not in _RATES:
        samples, rate = watermark.resample(samples, rate, _RATES[-1]), _RATES[-1]
    length = round(clip.duration_s * rate)
    missing = max(0, length - samples.shape[1])
    whole = np.pad(samples[:, :length], ((0, 0), (0, missing)))
    return replace(audio, samples=whole.astype(np.float32), sample_rate=rate, stems=())


def _captions(clip: Video, given: Given) -> tuple[Caption, ...]:
    if given.captions == "none" or clip.audio is None:
        return ()
    return captions_of(clip.audio.score, given.lyrics, clip.duration_s)


def _notes(given: Given, format: ClipFormat, lines: tuple[Caption, ...]) -> tuple[str, ...]:
    if given.captions == "none" or lines:
        return ()
    why = "no words are sung in it" if format.has_sound else f"{format.name} holds no sound"
    return (f"the clip has no captions: {why}",)


def _likeness(clip: Video, given: Given, home: Path) -> tuple[tuple[str, Compared], ...]:
    if clip.audio is None:
        return ()
    return tuple(checks.as_record(checks.check_song(clip.audio, given.lyrics, home)).items())


def _work(clip: Video, given: Given) -> Work:
    told = {"@type": "VideoObject", "name": given.title[:TITLE_CHARACTERS]}
    return Work.model_validate(told | {"genre": genre_of(clip.audio) if clip.audio else ""})


def _roles(clip: Video, record: Record, given: Given) -> tuple[Role, ...]:
    """Who did what: the picture, and of the sound what was made for it."""
    seen = [path for role, path, _, _ in given.files if role != MASK_ROLE]
    is_shown = any(not tag.is_sound(path) for path in seen)
    picture = ai_role("Video", "Partly" if is_shown else "All")
    if clip.audio is None:
        return (picture,)
    if record.soundtrack is None and any(tag.is_sound(path) for _, path, _, _ in given.files):
        return (picture, ai_role("Soundtrack", "None"))
    return (picture, *roles_of(clip.audio, given))


def _is_unheard(path: Path, role: str, clip: Video) -> bool:
    """A song that went in, where the container holds no sound."""
    return clip.audio is None and tag.is_sound(path)
