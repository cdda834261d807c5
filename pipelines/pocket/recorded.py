"""Songs that go on from a recording: heard, continued or repainted, and joined to it.

The recording's own samples are kept; bars, key and chords for the new music are what was heard.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.hearing.recording import Recording, hear
from pipelines.pocket.music.genres import find_genre
from pipelines.pocket.music.over import fill_in, go_on
from pipelines.pocket.music.params import PocketMusicParams
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.music.rework import Work
from pipelines.pocket.sound.mix import Mix
from pipelines.pocket.sound.seam import RECORDING, Stretch, join
from studio.errors import RequestError
from studio.media import Audio, Stem
from studio.score import Chord, Part, Score, Section

Sound = NDArray[np.float32]
Perform = Callable[[Score, float], Mix]
"""Plays a score for so many seconds."""

_RINGS_S = 2.0
_SHORTEST_S = 1.0
_NEARLY_BPM = 0.15
"""Recordings made on machines have a whole tempo, and the ear is off by less."""


@dataclass(frozen=True)
class Gap:
    """The bars of a recording that new music takes: from `first`, to `last` or beyond its end."""

    first: int
    last: int | None


def on_recording(
    song: Audio, params: PocketMusicParams, plan: SongPlan, work: Work, perform: Perform
) -> Audio:
    """A recording at 44,100 Hz in stereo, continued or with a stretch written anew.

    Raises:
        RequestError: no bars can be heard in it, or what was asked for cannot be.
    """
    samples = _unclipped(song.samples)
    heard = hear(samples, song.sample_rate, _beats_told(params))
    gap = _gap(heard, params)
    begin_s = float(heard.lines_s[gap.first])
    plan = _settled(heard, gap, params, plan)
    if gap.last is None:
        score = go_on(heard.chords[: gap.first], plan, work)
        rings_s, back_s = 0.0, None
    else:
        score = fill_in(heard.chords[gap.first : gap.last], plan, work)
        rings_s, back_s = _RINGS_S, float(heard.lines_s[gap.last])
    score = replace(score, take=work.seed)
    mix = perform(score, score.duration_s + rings_s)
    stretch = _stretch(begin_s, back_s, params.duration_s, song.sample_rate)
    joined = join(samples, {n: each * mix.gain for n, each in mix.stems.items()}, stretch)
    stems = tuple(Stem(name, sound) for name, sound in joined.stems.items())
    moved = _moved(score, heard, gap, params.duration_s)
    return Audio(joined.whole, song.sample_rate, stems, moved, is_written=False)


def _beats_told(params: PocketMusicParams) -> int | None:
    """Beats to the bar as far as metre or genre asked for tell them: by ear, three are missed."""
    if params.metre != "any":
        return {"3/4": 3, "4/4": 4}.get(params.metre)
    is_waltz = params.genre != "any" and find_genre(params.genre).metres[0] == (3, 4)
    return 3 if is_waltz else None


def _unclipped(samples: Sound) -> Sound:
    """As it is, unless decoding went over full scale."""
    peak = float(np.abs(samples).max(initial=0))
    return samples if peak <= 1 else (samples / peak).astype(np.float32)


def _gap(heard: Recording, params: PocketMusicParams) -> Gap:
    if params.doing == "continue":
        return Gap(heard.last_full, None)
    assert params.from_s is not None and params.to_s is not None
    lines = heard.lines_s
    first = int(np.argmin(np.abs(lines - params.from_s)))
    last = int(np.argmin(np.abs(lines - params.to_s)))
    # Bars that are touched; a seam lies on the line nearest to what was asked.
    first = min(first, heard.bars - 1)
    last = max(last, first + 1)
    if lines[last] - lines[first] < _SHORTEST_S:
        raise RequestError(
            f"no bar lies between {params.from_s:g} and {params.to_s:g} s; ask for a longer stretch"
        )
    return Gap(first, last)


def _settled(heard: Recording, gap: Gap, params: PocketMusicParams, plan: SongPlan) -> SongPlan:
    """The plan in the recording's key and metre, at the tempo that its bars have there."""
    length_s = params.duration_s - float(heard.lines_s[gap.first])
    return replace(
        plan,
        key=plan.key or heard.key,
        mode=plan.mode or heard.mode,
        metre=heard.metre,
        tempo_bpm=_tempo(heard, gap),
        duration_s=length_s if gap.last is None else None,
        is_loop=False,
    )


def _tempo(heard: Recording, gap: Gap) -> float:
    """Of the bars to fill; beyond the end that of the last bars, whole where it nearly is."""
    if gap.last is not None:
        return heard.tempo_bpm(gap.first, gap.last)
    tempo = heard.tempo_bpm(max(0, gap.first - 8), gap.first)
    return float(round(tempo)) if abs(tempo - round(tempo)) < _NEARLY_BPM else tempo


def _stretch(begin_s: float, back_s: float | None, whole_s: float, rate: int) -> Stretch:
    back = None if back_s is None else round(back_s * rate)
    return Stretch(round(begin_s * rate), back, round(whole_s * rate))


def _moved(score: Score, heard: Recording, gap: Gap, whole_s: float) -> Score:
    """The new notes at their place in the whole, with the chords that were heard around them."""
    per_second = score.tempo_bpm / 60
    start = float(heard.lines_s[gap.first]) * per_second
    end = start + score.length_beats
    whole = max(end, whole_s * per_second)
    lines = heard.lines_s * per_second
    around = [
        Chord(float(a), float(b - a), root, quality)
        for at, ((root, quality), a, b) in enumerate(
            zip(heard.chords, lines, lines[1:], strict=False)
        )
        if at < gap.first or (gap.last is not None and at >= gap.last)
    ]
    chords = [replace(each, start_beats=each.start_beats + start) for each in score.chords]
    sections = [Section(RECORDING, 0, start)] if start else []
    sections += [replace(each, start_beats=each.start_beats + start) for each in score.sections]
    if gap.last is not None and whole > end:
        sections.append(Section(RECORDING, end, whole - end))
    return replace(
        score,
        parts=tuple(_later(part, start) for part in score.parts),
        chords=tuple(sorted([*around, *chords], key=lambda each: each.start_beats)),
        sections=tuple(sections),
        length_beats=whole,
        is_loop=False,
    )


def _later(part: Part, beats: float) -> Part:
    notes = tuple(replace(note, start_beats=note.start_beats + beats) for note in part.notes)
    return replace(part, notes=notes)
