"""Words that are spoken: over a piece of music, or alone.

A spoken part holds each syllable when it is said, on one tone of the key: the score can be said
again as it was. Knows nothing of how a voice sounds.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.pocket.music.words import section_name
from pipelines.pocket.voice.speak import Said, timed
from pipelines.pocket.voice.voices import voice_named
from studio.errors import RequestError
from studio.score import NARRATION, Note, Part, Score, Section, pitch_class

LONGEST_S = 600.0
_END_S = 1.2
"""Left between the last word and the end."""

_EASY_ONES = 4
_VELOCITY = 84
_ALONE_BPM = 60.0
"""Of speech without music: a beat is a second."""

_SPOKEN = re.compile(
    r"\bspoken[ -](?:words?|poems?|poetry|verses?|texts?|vocals?|voice|stor(?:y|ies)|lines?|"
    r"monologue|narration|rhymes?|over)\b|\b(?:words|poem|text|lines|vocals|lyrics) spoken\b|"
    r"\bspeech (?:over|only|alone|with)\b|\brecit(?:e|es|ed|ing|ation)\b|"
    r"\bnarrat(?:e|es|ed|ing|ion|or)\b|\bvoice[- ]?overs?\b|"
    r"\bread(?:ing)?(?: this| it)? (?:aloud|out)\b|"
    r"\baudio ?(?:book|story)\b|\bread me\b|\bpoetry reading\b|"
    r"朗诵|朗读|诵读|旁白|念白|解说|有声书|(?<![思想怀惦挂])念(?=一首|这首|诗|给|出)|读诗",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(?:no|without(?: any)?) (?:background )?music\b|\bvoice only\b|\bonly (?:a|the) voice\b|"
    r"\b(?:narration|speech) (?:only|alone)\b|"
    r"^\s*(?:please )?(?:narrate|say|voice-?over|read(?: this| it)? (?:aloud|out(?: loud)?))"
    r"(?: this| it| the following)?\s*[:：]|"
    r"(?:不要|没有|无|不用|不加)(?:背景)?(?:音乐|配乐)|纯(?:朗读|朗诵|人声|语音)|^\s*(?:请)?(?:朗读|念|读|旁白|配音)[^:：]{0,6}[:：]",
    re.IGNORECASE,
)
Manner = Literal["spoken", "narration"]


def manner_in(prompt: str) -> Manner | None:
    """Whether a prompt wants words spoken over music, alone, or not spoken."""
    if _ALONE.search(prompt) and (_SPOKEN.search(prompt) or _ALONE.match(prompt)):
        return "narration"
    return "spoken" if _SPOKEN.search(prompt) else None


@dataclass(frozen=True)
class _Line:
    """A line with its own time from zero."""

    said: tuple[Said, ...]
    ends_stanza: bool

    @property
    def seconds(self) -> float:
        return self.said[-1].end_s


def narrated(
    score: Score, text: str, voice: str, from_beats: float | None = None, is_easy: bool = False
) -> Score:
    """The score with a text spoken over it; its lines begin on bars where there is time, or beats.

    Args:
        from_beats: where the first word may stand; without it, after the introduction.
        is_easy: only with lines that begin on bars or their halves.

    Raises:
        RequestError: nothing to say, or more than there is time for.
    """
    lines = _lines(text, voice)
    first = score.seconds(_opening(score) if from_beats is None else from_beats)
    rest = max(score.duration_s - _END_S - first, 0.0)
    needed = 0.0
    for grid_beats, pause_s in _manners(score)[: _EASY_ONES if is_easy else None]:
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


def renarrated(score: Score, text: str, voice: str, change: Callable[[Score], Score]) -> Score:
    """A song's music changed under what is spoken, with a text after its old end if there is one.

    Raises:
        RequestError: there is no music, or more to say than there is time for.
    """
    music, spoken = without_narration(score)
    if not music.parts:
        raise RequestError("the song is speech alone, without music to change; give another song")
    new = change(music)
    old = spoken.notes if spoken is not None else ()
    voice = spoken.instrument if spoken is not None and not voice else voice
    if text.strip():
        more = narrated(new, text, voice, score.length_beats).parts[0]
        old = (*old, *more.notes)
    return replace(new, parts=(Part(NARRATION, "vocals", voice, old), *new.parts)) if old else new


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
        _Line(tuple(timed(line, voice, 0.0)), at == len(stanza) - 1)
        for stanza in stanzas
        for at, line in enumerate(stanza)
    ]


def _manners(score: Score) -> list[tuple[float, float]]:
    """(beats between which lines begin, seconds between lines), from unhurried to tight."""
    bar = score.beats_a_bar
    return [(2 * bar, 0.9), (bar, 0.9), (bar, 0.5), (bar / 2, 0.6), (1.0, 0.5), (0.0, 0.4)]


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
