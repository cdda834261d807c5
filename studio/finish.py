"""Finishes a sound: watermark and rights record before it is a file, tags and signature after.

The order is that of the rights layer: checks, watermark, encode, tags, read back, sign, read back.
Knows no family by name and no library; the store gives the file its place.
"""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import PIL.Image

from studio import headroom
from studio.errors import SaveError
from studio.media import Audio, Image
from studio.record import Record
from studio.rights import c2pa, checks, drafting, keys, signed, watermark
from studio.rights.c2pa import Ingredient
from studio.rights.keys import Identity
from studio.rights.licences import terms_of
from studio.rights.record import (
    Generator,
    HumanContribution,
    Input,
    Mark,
    RightsRecord,
    Role,
    Work,
    text_sha256,
)
from studio.rights.terms import Terms, check_exportable
from studio.sounds import containers, packed, tags
from studio.sounds.cover import cover
from studio.weights import file_sha256

MELODY_ROLE = "melody"
"""A file whose tune a person brought along; other sounds that go in are parents."""

TITLE_CHARACTERS = 80
_COVER_QUALITY = 88
# Half a step of 24 bits, and a little for the arithmetic.
_ROUNDING = 0.51 / containers.FULL_SCALE


@dataclass(frozen=True)
class Given:
    """What went in that rights hang on. `files`: (role, path, sha256, name) of each."""

    title: str
    lyrics: str = ""
    files: tuple[tuple[str, Path, str, str], ...] = ()
    is_private: bool = False
    """Words stay out of the tags; that they are a person's, and their hash, do not."""

    picture: Image | None = None
    """For the cover of a song: of what it is about."""

    captions: Literal["none", "soft", "burnt-in"] = "none"
    """For a clip: whether what is sung is shown, and how."""

    has_label: bool = False
    """For a clip: whether it says in the picture that AI made it."""

    own: frozenset[str] = frozenset()
    """Hashes of those files that were made here."""


@dataclass(frozen=True)
class Finished:
    """A sound as it goes into its file, and what is signed into it."""

    audio: Audio
    rights: RightsRecord
    identity: Identity
    ingredients: tuple[Ingredient, ...]
    lyrics: str
    cover: PIL.Image.Image


def finish(audio: Audio, record: Record, given: Given, home: Path) -> Finished:
    """Mark a sound and write its rights record.

    Raises:
        RequestError: the terms of its parts contradict each other.
        ResourceError: the signing key is damaged or has expired.
    """
    identity, trusted = keys.identity(home), keys.anchors(home)
    likeness = checks.check_song(audio, given.lyrics, home)
    value = secrets.token_hex(4)
    marked = replace(watermark.embed(audio, value), stems=audio.stems, score=audio.score)
    earlier = [
        open_earlier(role, path, name, trusted)
        for role, path, _, name in given.files
        if role != MELODY_ROLE
    ]
    facts = drafting.Facts(
        work=Work(name=given.title[:TITLE_CHARACTERS], genre=genre_of(audio)),
        roles=roles_of(audio, given),
        generators=generators_of(record),
        inputs=tuple(source for source, _, _ in earlier),
        input_terms=(*(terms for _, terms, _ in earlier), *looked_at(record)),
        human=human_of(given),
        watermark=Mark(alg=watermark.ALGORITHM, value=value),
        checks=tuple(checks.as_record(likeness).items()),
    )
    rights = drafting.draft(facts, created=record.created)
    check_exportable(rights.terms)
    ingredients = tuple(found for _, _, found in earlier if found is not None)
    told = "" if given.is_private else given.lyrics
    title = "" if given.is_private else given.title
    front = cover(audio, record.seed, title, given.picture)
    return Finished(marked, rights, identity, ingredients, told, front)


def encode(finished: Finished, record: Record, path: Path, format: str) -> tuple[Finished, Record]:
    """Write the sound below the ceiling of its peaks; the record says how much quieter it got.

    Raises:
        SaveError: it could not be written.
    """
    audio, gain_db = headroom.encode(finished.audio, format, path)
    return replace(finished, audio=audio), record.model_copy(update={"gain_db": gain_db})


def write(finished: Finished, record: Record, path: Path, format: str) -> str:
    """Tag and sign what was encoded; all is read back. Returns the file's SHA-256.

    Raises:
        SaveError: it could not be written, or did not read back the same.
    """
    score = packed_score(finished.audio, record)
    told = drafting.tags_of(finished.rights, finished.lyrics, record.to_json(), score)
    # A WAV has no place for a picture.
    tags.write_tags(path, told, b"" if format == "wav" else as_jpeg(finished.cover))
    signed.sign(path, finished.rights, finished.identity, finished.ingredients)
    return check(finished, record, path, format)


def as_jpeg(picture: PIL.Image.Image) -> bytes:
    """A picture to go into a file beside what it stands for."""
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_COVER_QUALITY)
    return buffer.getvalue()


def packed_score(audio: Audio, record: Record) -> str:
    """The score that travels in the file; none where it would not tell the whole sound.

    Of a private song no words leave the machine, so what is sung keeps its score to itself.
    """
    score = audio.score
    if score is None or not audio.is_written:
        return ""
    if not record.is_private:
        return packed.pack(score)
    return "" if any(score.sung()) else packed.pack(replace(score, title=""))


def check(finished: Finished, record: Record, path: Path, format: str) -> str:
    """Refuse a file that does not say and sound what went into it."""
    if Record.from_json(tags.read_tags(path).studio_record_json) != record:
        raise SaveError(f"the record of {record.id} did not read back from the {format}")
    found = signed.read(path, finished.identity.ca_pem)
    if found is None or not found.is_intact or found.record != finished.rights:
        raise SaveError(f"the signature of {record.id} did not read back from the {format}")
    heard = containers.decode(path)
    if heard.samples.shape[0] != finished.audio.samples.shape[0]:
        raise SaveError(f"the {format} of {record.id} did not read back whole")
    if containers.FORMATS[format].is_lossless and not _is_same(heard, finished.audio):
        raise SaveError(f"the {format} of {record.id} did not read back with the same samples")
    return found.file_sha256 or file_sha256(path)


def _is_same(heard: Audio, made: Audio) -> bool:
    if heard.samples.shape != made.samples.shape or heard.sample_rate != made.sample_rate:
        return False
    # The loudest value of 24 bits is a step below 1.
    return bool(np.abs(heard.samples - made.samples).max(initial=0) <= 2 * _ROUNDING)


def genre_of(audio: Audio) -> str:
    """The genre of a sound, as far as its score tells."""
    return audio.score.genre if audio.score is not None else ""


def roles_of(audio: Audio, given: Given) -> tuple[Role, ...]:
    """Who did what: a person what came in, AI the rest."""
    has_tune = any(role == MELODY_ROLE for role, *_ in given.files)
    is_sung = audio.score is not None and audio.score.part("vocals") is not None
    roles = [ai_role("Composition", "Partly" if has_tune else "All"), ai_role("Instruments", "All")]
    if not audio.is_written:
        # Part of it is a recording; whose, its own record says if it has one.
        roles = [Role(role=each.role, AiContribution="Partly") for each in roles]
    if is_sung:
        roles += [ai_role("Vocals", "All"), ai_role("Lyrics", "None" if given.lyrics else "All")]
    return (*roles, ai_role("Mastering", "All"))


def ai_role(name: str, share: str) -> Role:
    """A role and how much of it AI did: "All", "Partly" or "None"."""
    by = None if share == "All" else "user"
    return Role.model_validate({"role": name, "AiContribution": share, "by": by})


def human_of(given: Given) -> tuple[HumanContribution, ...]:
    """What a person says to have made of it: words, a tune."""
    found = [HumanContribution(what="lyrics", sha256=text_sha256(given.lyrics))]
    found = found if given.lyrics else []
    tunes = [sha256 for role, _, sha256, _ in given.files if role == MELODY_ROLE]
    return (*found, *(HumanContribution(what="melody", sha256=sha256) for sha256 in tunes))


def looked_at(record: Record) -> Iterator[Terms]:
    """What the drawings ask for that a picture was made after."""
    for each in record.sources:
        yield terms_of(each.licence, each.name or "a drawing that was looked at")


def generators_of(record: Record) -> tuple[Generator, ...]:
    """One for each model: its weight files share a folder and a revision.

    A family without weight files here, such as one that asks a server, is one by itself.
    """
    found: dict[tuple[str, str], Generator] = {}
    beside = [used for used in (record.cover, record.soundtrack) if used is not None]
    for used in (record, *beside):
        if not used.weights:
            found[used.family, ""] = Generator(
                model=used.family, revision="", weights_sha256="", license=used.family_licence
            )
    for each in (*record.weights, *(each for used in beside for each in used.weights)):
        model = each.model or each.name.split("/")[0]
        trained_on = record.trained_on.get(model, ())
        found.setdefault(
            (model, each.revision),
            Generator(
                model=model,
                revision=each.revision,
                weights_sha256=each.sha256,
                license=each.licence,
                training_data_claim="declared" if trained_on else "unknown",
                training_data=trained_on,
            ),
        )
    return tuple(found.values())


def open_earlier(
    role: str, path: Path, name: str, trusted: str
) -> tuple[Input, Terms, Ingredient | None]:
    """An earlier work that goes in, what it asks for, and the file that vouches for it."""
    relation = "componentOf" if role == "component" else "parentOf"
    source, rights = signed.open_input(path, relation, trusted)
    if rights is None:
        source = source.model_copy(update={"title": name})
    ingredient = Ingredient(path, source) if path.suffix.lower() in c2pa.MIMES else None
    return source, drafting.input_terms(source, rights), ingredient
