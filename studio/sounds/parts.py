"""The folder beside a song: what a player, a player of scores and an arranger need of it.

`player.json`, `cover.png`, `waveform.png`, `stems/*.flac`, and of a song with a score also
`score.mid`, `lead-sheet.musicxml` and `piano-roll.png`. Knows no page, no rights and no library.
"""

import re
import secrets
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image

from studio.errors import SaveError
from studio.media import Audio, Stem
from studio.record import Record
from studio.score import Note, Part, Score
from studio.sounds import containers, midi, musicxml, pictures
from studio.sounds.player import StemFile, player_of

PLAYER = "player.json"
COVER = "cover.png"
WAVEFORM = "waveform.png"
PIANO_ROLL = "piano-roll.png"
MIDI = "score.mid"
LEAD_SHEET = "lead-sheet.musicxml"
RIGHTS = "rights.json"
STEMS = "stems"

# Each encoder is a process of its own, so that two keep a small machine busy.
_ENCODERS = 2
_NOT_A_NAME = re.compile(r"[^\w .-]+")


def write_parts(audio: Audio, record: Record, folder: Path, cover: PIL.Image.Image) -> None:
    """Make the folder, whole or not at all. Of a private song no words are in it.

    Raises:
        SaveError: it could not be written; nothing of it is left.
    """
    temporary = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    if record.is_private:
        audio = replace(audio, score=_without_words(audio.score))
    lyrics = "" if record.is_private else str(record.params.get("lyrics") or "")
    try:
        (temporary / STEMS).mkdir(parents=True)
        _fill(audio, lyrics, temporary)
        cover.save(temporary / COVER)
        temporary.rename(folder)
    except OSError as error:
        raise SaveError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fill(audio: Audio, lyrics: str, folder: Path) -> None:
    shrink = _shrink(audio.stems)
    files = _stem_files(audio)
    player = player_of(audio, lyrics, files, _stem_gain(audio, shrink))
    (folder / PLAYER).write_text(player.to_json(), encoding="utf-8")
    with ThreadPoolExecutor(_ENCODERS) as encoders:
        waiting = [
            encoders.submit(_write_stem, audio, stem, shrink, folder / file.file)
            for stem, file in zip(audio.stems, files, strict=True)
        ]
        pictures.waveform(audio).save(folder / WAVEFORM)
        if audio.score is not None:
            midi.write_midi(audio.score, folder / MIDI)
            musicxml.write_musicxml(audio.score, folder / LEAD_SHEET)
            pictures.piano_roll(audio.score, lyrics).save(folder / PIANO_ROLL)
        for each in waiting:
            each.result()


def _write_stem(audio: Audio, stem: Stem, shrink: float, path: Path) -> None:
    samples = stem.samples if shrink == 1 else stem.samples * np.float32(shrink)
    containers.encode(Audio(samples, audio.sample_rate), "flac", path)


def _shrink(stems: Iterable[Stem]) -> float:
    """What all stems are multiplied with so that each fits in a file."""
    loudest = max((float(np.abs(stem.samples).max(initial=0)) for stem in stems), default=0.0)
    return 1.0 if loudest <= 1 else 0.999 / loudest


def _stem_gain(audio: Audio, shrink: float) -> float:
    """What brings the sum of the stem files nearest to the song: mastering made it louder."""
    if not audio.stems:
        return 1.0
    whole = np.sum([stem.samples for stem in audio.stems], axis=0)
    power = float(np.vdot(whole, whole))
    gain = float(np.vdot(whole, audio.samples)) / power if power > 0 else 1.0
    return round(gain / shrink, 6)


def _stem_files(audio: Audio) -> list[StemFile]:
    known = {part.name: part for part in audio.score.parts} if audio.score else {}
    found: list[StemFile] = []
    for stem in audio.stems:
        name = _NOT_A_NAME.sub("-", stem.name).strip(" .-") or "stem"
        taken = {each.file.casefold() for each in found}
        file = f"{STEMS}/{name}.flac"
        if file.casefold() in taken:
            file = f"{STEMS}/{name}-{len(found) + 1}.flac"
        part = known.get(stem.name)
        role, instrument = (part.role, part.instrument) if part else ("texture", "")
        found.append(StemFile(stem.name, role, file, instrument))
    return found


def _without_words(score: Score | None) -> Score | None:
    if score is None:
        return None
    parts = tuple(_wordless(part) for part in score.parts)
    return replace(score, title="", parts=parts)


def _wordless(part: Part) -> Part:
    def wordless(note: Note) -> Note:
        return replace(note, syllable="")

    return replace(part, notes=tuple(wordless(note) for note in part.notes))
