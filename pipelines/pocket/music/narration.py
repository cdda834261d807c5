"""Words that are spoken: over a piece of music, or alone.

A spoken part holds each syllable when it is said, on one tone of the key: the score can be said
again as it was. Knows nothing of how a voice sounds.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.pocket.music.words import section_name
from pipelines.pocket.voice.speak import Said, timed
from pipelines.pocket.voice.voices import voice_named
from studio.errors import RequestError
from studio.score import NARRATION, Note, Part, Score, Section, pitch_class

LONGEST_S = 600.0
_END_S = 1.2
"""Left between the last word and the end."""

_EASY, _TIGHT = 0.9, 0.35
_VELOCITY = 84
_ALONE_BPM = 60.0
"""Of speech without music: a beat is a second."""

_MARKED = re.compile(r"[,;:.!?，；：。！？、…—–-][\"'”’)）」]*$")


@dataclass(frozen=True)
class _Line:
    """A line with its own time from zero."""

    said: tuple[Said, ...]
    ends_stanza: bool

    @property
    def seconds(self) -> float:
        return self.said[-1].end_s


def narrated(score: Score, text: str, voice: str, from_beats: float | None = None) -> Score:
    """The score with a text spoken over it; its lines begin on bars where there is time, or beats.

    Args:
        from_beats: where the first word may stand; without it, after the introduction.

    Raises:
        RequestError: nothing to say, or more than there is time for.
    """
    lines = _lines(text, voice)
    first = score.seconds(_opening(score) if from_beats is None else from_beats)
    rest = max(score.duration_s - _END_S - first, 0.0)
    needed = 0.0
    for grid_beats, pause_s in _manners(score):
        starts = _laid(lines, first, score.seconds(grid_beats), pause_s)
        needed = starts[-1] + lines[-1].seconds + _END_S
        if needed <= score.duration_s:
            return replace(score, parts=(_part(score, _placed(lines, starts), voice), *score.parts))
    raise RequestError(
        f"the words take {needed - _END_S - first:.0f} s to say and have {rest:.0f} s; "
        f"give fewer words or a duration of {math.ceil(needed)} s"
    )


def narration(text: str, voice: str, title: str = "") -> Score:
    """A text spoken without music, as long as it takes.

    Raises:
        RequestError: nothing to say, or more than fits into ten minutes.
    """
    lines = _lines(text, voice)
    starts = _laid(lines, 0.25, 0.0, 0.6)
    length = starts[-1] + lines[-1].seconds + 0.8
    if length > LONGEST_S:
        raise RequestError(
            f"the words take {length:.0f} s to say, at most {LONGEST_S:.0f}; cut them"
        )
    empty = Score(
        _ALONE_BPM, (4, 4), "C", "major", (), (), (Section("verse", 0.0, length),), length, title
    )
    return replace(empty, parts=(_part(empty, _placed(lines, starts), voice),))


def said_of(part: Part, tempo_bpm: float) -> list[Said]:
    """A spoken part as the voice takes it."""
    beat_s = 60 / tempo_bpm
    return [
        Said(note.syllable, note.start_beats * beat_s, note.end_beats * beat_s)
        for note in part.notes
    ]


def without_narration(score: Score) -> tuple[Score, Part | None]:
    """A score's music, and what is spoken over it."""
    spoken = next((part for part in score.parts if part.is_spoken), None)
    return replace(score, parts=tuple(part for part in score.parts if part is not spoken)), spoken


def _lines(text: str, voice: str) -> list[_Line]:
    """Lines in time; tags and empty lines end a stanza."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if not line.strip() or section_name(line):
            found.append([])
        elif any(each.isalnum() for each in line):
            found[-1].append(line.strip())
    stanzas = [stanza for stanza in found if stanza]
    if not stanzas:
        raise RequestError(f"narration: nothing to say in {text.strip()[:40]!r}; give words")
    return [
        _Line(tuple(timed(_ended(line, line is stanza[-1]), voice, 0.0)), line is stanza[-1])
        for stanza in stanzas
        for line in stanza
    ]


def _ended(line: str, is_last: bool) -> str:
    """A line of verse without a mark goes on; the last of its stanza does not."""
    if _MARKED.search(line):
        return line
    return line + ("." if is_last else ";")


def _manners(score: Score) -> list[tuple[float, float]]:
    """(beats between which lines begin, seconds between lines), from unhurried to tight."""
    bar = score.beats_a_bar
    return [(2 * bar, _EASY), (bar, _EASY), (bar, 0.5), (bar / 2, 0.5), (1.0, 0.45), (0.0, _TIGHT)]


def _laid(lines: Sequence[_Line], first: float, grid_s: float, pause_s: float) -> list[float]:
    """When each line begins."""
    starts: list[float] = []
    at = first
    for line in lines:
        if grid_s:
            # A hair late is on the beat.
            at = math.ceil(at / grid_s - 0.02) * grid_s
        starts.append(at)
        at += line.seconds + pause_s * (2 if line.ends_stanza else 1)
    return starts


def _opening(score: Score) -> float:
    """Where the music has begun: after an introduction, else after a bar."""
    body = [section for section in score.sections if section.name != "intro"]
    start = body[0].start_beats if body and len(body) < len(score.sections) else 0.0
    return start or min(score.beats_a_bar, score.length_beats / 8)


def _placed(lines: Sequence[_Line], starts: Sequence[float]) -> list[Said]:
    return [
        Said(each.text, each.start_s + at, each.end_s + at)
        for line, at in zip(lines, starts, strict=True)
        for each in line.said
    ]


def _part(score: Score, said: Sequence[Said], voice: str) -> Part:
    pitch = _tone(score, voice)
    beat_s = 60 / score.tempo_bpm
    notes = tuple(
        Note(
            each.start_s / beat_s, (each.end_s - each.start_s) / beat_s, pitch, _VELOCITY, each.text
        )
        for each in said
    )
    return Part(NARRATION, "vocals", voice, notes)


def _tone(score: Score, voice: str) -> int:
    """The tonic nearest to the pitch at which the voice speaks."""
    usual = 69 + 12 * math.log2(voice_named(voice).speech_hz / 440)
    tonic = pitch_class(score.key)
    return tonic + 12 * round((usual - tonic) / 12)
