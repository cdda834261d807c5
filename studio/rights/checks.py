"""Compares a new song with the references kept in `<home>/references`, and says what it found.

References are whatever the user puts there: sounds, MIDI files and texts. The answer is only ever
"no match in N local references", never that a song is original. Knows no front and no store.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from studio.errors import StudioError
from studio.media import Audio
from studio.rights import similar
from studio.rights.record import Compared
from studio.score import Note

SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".opus", ".ogg")
MELODIES = (".mid", ".midi")
TEXTS = (".txt", ".lrc")

# Share of differing bits. Of our songs in 28 genres, 20 s each, strangers (378 pairs) differ in
# 0.38 or more, over five seconds alone in 0.27. Copies as MP3 and Opus at 64 kbit/s, cut to ten
# seconds, quieter or with noise differ in 0.04 at most, with a bright equaliser in 0.20; at 1 %
# more speed 12 of 14 are within 0.26, at 3 % more 3 of 14.
SAME_RECORDING, SIMILAR_RECORDING = 0.21, 0.26
# Of 15,554 pairs of different tunes in the public domain 21 share a run of 7 notes, 5 of 8, 2 of 9
# and none of more; each of 22 pairs of prints of one tune shares 38 or more. In another key and
# tempo a copy of 16 notes always reaches 12; with every twentieth note changed it is noticed in
# 87 % (of 24 notes: always), with every tenth in 76 % (89 %), with every fifth in 42 % (64 %).
SAME_NOTES, SIMILAR_NOTES = 12, 8
# Of 12,860 pairs of different songs in the public domain 27 share a run of 4 words or syllables, 7
# of 5 and none of more. Of 12 words that were taken over 97 % are noticed with every twentieth
# changed and 86 % with every tenth; of 30 words 99 % and more.
SAME_WORDS, SIMILAR_WORDS = 10, 6
# Chinese and Japanese characters in a row that weigh as much as SAME_WORDS. Not calibrated.
SAME_HAN = 8

State = Literal["none", "review", "match"]
Kind = Literal["sound", "melody", "lyrics"]

_NAMES: dict[Kind, str] = {"sound": "chromaprint", "melody": "melody", "lyrics": "lyrics"}


@dataclass(frozen=True)
class Finding:
    """What one kind of comparison found. `best` is in the measure of its kind."""

    kind: Kind
    state: State
    references: int
    best: float
    nearest: str = ""
    """Name of the nearest reference, where it matters."""

    skipped: tuple[str, ...] = ()
    """References that could not be compared."""

    reason: str = ""
    """Why nothing could be compared."""

    @property
    def text(self) -> str:
        """The finding in words."""
        unread = f"; {len(self.skipped)} could not be compared" if self.skipped else ""
        if self.references == 0:
            why = self.reason or "there are no local references"
            return f"{self.kind}: not compared, {why}{unread}"
        if self.state == "none":
            return f"{self.kind}: no match in {self.references} local references{unread}"
        word = "matches" if self.state == "match" else "is close to"
        return f"{self.kind}: {word} {self.nearest} ({_MEASURES[self.kind]} {self.best:g}){unread}"


_MEASURES = {
    "sound": "share of differing bits",
    "melody": "notes in a row",
    "lyrics": "words in a row",
}


def check_song(audio: Audio, lyrics: str, home: Path) -> tuple[Finding, ...]:
    """Compare a new song in every way there is something to compare."""
    found = [check_sound(audio, home)]
    score = audio.score
    tunes = [part for part in score.parts if not part.is_spoken] if score is not None else []
    line = min(
        (part for part in tunes if part.role in ("vocals", "melody")),
        key=lambda part: part.role != "vocals",
        default=None,
    )
    if line is not None:
        found.append(check_melody(line.notes, home))
    if lyrics.strip():
        found.append(check_lyrics(lyrics, home))
    return tuple(found)


def check_sound(sound: Path | Audio, home: Path) -> Finding:
    """Compare a sound with the reference sounds.

    Raises:
        RequestError: the file has no sound.
    """
    references = _references(home, SOUNDS)
    if not references and isinstance(sound, Audio):
        return Finding("sound", "none", 0, 0.0)
    mine = similar.fingerprint(sound)
    if mine.size < similar.SHORTEST:
        return Finding("sound", "none", 0, 0.0, reason="it is too short")

    def measure(reference: Path) -> float:
        return similar.bit_error(mine, _kept_print(reference, home))

    def judge(best: float) -> State:
        return "match" if best <= SAME_RECORDING else _review(best <= SIMILAR_RECORDING)

    return _compare("sound", references, measure, judge)


def check_melody(notes: Sequence[Note], home: Path) -> Finding:
    """Compare a melody with the reference MIDI files."""

    def measure(reference: Path) -> float:
        from studio.sounds.midi_in import read_midi

        return -similar.same_notes(notes, read_midi(reference).notes)

    def judge(best: float) -> State:
        return "match" if -best >= SAME_NOTES else _review(-best >= SIMILAR_NOTES)

    return _compare("melody", _references(home, MELODIES), measure, judge)


def check_lyrics(text: str, home: Path) -> Finding:
    """Compare lyrics with the reference texts."""

    def measure(reference: Path) -> float:
        found = similar.overlap(text, reference.read_text("utf-8"))
        # A run of Chinese characters says more than one of as many words.
        return -found.longest * (SAME_WORDS / SAME_HAN if found.is_han else 1)

    def judge(best: float) -> State:
        return "match" if -best >= SAME_WORDS else _review(-best >= SIMILAR_WORDS)

    return _compare("lyrics", _references(home, TEXTS), measure, judge)


def as_record(findings: Sequence[Finding]) -> dict[str, Compared]:
    """The findings as the rights record keeps them."""
    return {
        _NAMES[each.kind]: Compared(refs=each.references, best=each.best, state=each.state)
        for each in findings
    }


def told(kept: Mapping[str, Compared]) -> list[str]:
    """What a record says of its checks, in words; names of references were not kept."""
    found = []
    for kind, name in _NAMES.items():
        one = kept.get(name)
        if one is not None and one.refs:
            near = "a reference of its maker"
            found.append(Finding(kind, one.state, one.refs, one.best, near).text)
    return found


def _review(is_close: bool) -> State:
    return "review" if is_close else "none"


def _compare(
    kind: Kind,
    references: Sequence[Path],
    measure: Callable[[Path], float],
    judge: Callable[[float], State],
) -> Finding:
    """The nearest of the references; a smaller measure is nearer."""
    found: list[tuple[float, str]] = []
    skipped: list[str] = []
    for reference in references:
        measured = _measured(measure, reference)
        if measured is None:
            skipped.append(reference.name)
        else:
            found.append((measured, reference.name))
    best, nearest = min(found, default=(0.0, ""))
    state = judge(best) if found else "none"
    name = nearest if state != "none" else ""
    return Finding(kind, state, len(found), abs(round(best, 3)), name, tuple(skipped))


def _measured(measure: Callable[[Path], float], reference: Path) -> float | None:
    """None where the reference cannot be compared; the finding counts and says so."""
    try:
        return measure(reference)
    except (StudioError, OSError, UnicodeDecodeError):
        return None


def _references(home: Path, suffixes: Sequence[str]) -> list[Path]:
    folder = home / "references"
    found = [path for path in folder.rglob("*") if path.suffix.lower() in suffixes]
    return sorted(path for path in found if path.is_file())


def _kept_print(reference: Path, home: Path) -> similar.Print:
    """The fingerprint of a reference, computed once per version of the file."""
    about = reference.stat()
    version = f"{reference.resolve()} {about.st_size} {about.st_mtime_ns}"
    kept = home / "prints" / f"{hashlib.sha256(version.encode()).hexdigest()[:32]}.npy"
    if kept.is_file():
        return np.load(kept, allow_pickle=False)
    made = similar.fingerprint(reference)
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Under its name only when it is whole: another process may be looking for it.
    aside = kept.with_name(f".{secrets.token_hex(6)}.npy")
    np.save(aside, made, allow_pickle=False)
    aside.replace(kept)
    return made
