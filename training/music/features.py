"""From a sheet to runs of regular bars on a grid of 16ths: lines, chords and how they are played.

A run has one metre and one key signature; 2/4 bars come in pairs, 2/2 counts as 4/4, 3/8 in pairs
as 6/8; other metres are left out. Pitches are still those of the piece. Knows nothing about tokens
of the model beyond the texture's vocabulary.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.tokens import (
    FIRST,
    HOLD,
    REGISTER_STARTS,
    REST,
    STEPS_A_BAR,
    Texture,
    chord_token,
    texture_token,
)
from studio.sounds.sheet import Bar, Sheet, Sounded, Symbol
from training.music import harmony

Line = NDArray[np.int16]
"""(steps,): a pitch where a note begins, else SILENT or GOES_ON."""

SILENT, GOES_ON = -1, -2
EFFECTIVE = {
    (4, 4): ((4, 4), 1), (2, 2): ((4, 4), 1), (2, 4): ((4, 4), 2), (3, 4): ((3, 4), 1),
    (6, 8): ((6, 8), 1), (3, 8): ((6, 8), 2),
}  # fmt: skip
"""The metre that a written one counts as, and how many of its bars make one."""

UNIT = {(4, 4): 4, (3, 4): 4, (6, 8): 6}
"""16ths in a beat, at which chords may change."""

OFF_GRID = 0.12
"""Quarters · 4: how far from a 16th an onset may be and still count as on it."""

VOICE = 0.4
"""How much a melody's note says of the harmony, of an accompaniment's 1."""

KINDS = {
    "major": "maj", "minor": "min", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "min7", "diminished": "dim", "augmented": "aug", "half-diminished": "m7b5",
    "diminished-seventh": "dim7", "major-sixth": "6", "minor-sixth": "min6", "dominant-ninth": "9",
    "major-ninth": "maj9", "minor-ninth": "min9", "suspended-fourth": "sus4",
    "suspended-second": "sus2", "dominant-13th": "9", "dominant-11th": "9", "minor-11th": "min9",
    "augmented-seventh": "aug", "major-minor": "min", "power": "5",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """Regular bars of one piece; arrays of 16ths, chords and texture of 8ths."""

    metre: tuple[int, int]
    fifths: int
    start: float
    """In quarters of the sheet."""

    voice: Line
    top: Line
    """The highest line of the instruments."""

    bass: Line
    chords: NDArray[np.int16]
    """(8ths,) index of harmony's template, its roots those of the piece; -1 for none."""

    texture: NDArray[np.uint8]
    chroma: NDArray[np.float64]
    """(steps, 12) how many notes of each pitch class sound, the lines' own included."""

    off_grid: float
    """Share of the melody's onsets that lie between 16ths."""

    has_accompaniment: bool


def _full_bars(sheet: Sheet, fallback: tuple[int, int]) -> list[Bar]:
    """The bars, halves of one bar (around a repeat) joined."""
    bars: list[Bar] = []
    for bar in sheet.bars:
        metre = bar.metre if bar.metre != (0, 0) else fallback
        full = metre[0] * 4 / metre[1] if metre[1] else 0.0
        before = bars[-1] if bars else None
        if before and before.metre == metre and abs(before.length + bar.length - full) < 1e-6:
            bars[-1] = Bar(before.start, full, metre, before.fifths)
        else:
            bars.append(Bar(bar.start, bar.length, metre, bar.fifths))
    return bars


def _stretches(bars: list[Bar]) -> Iterator[list[Bar]]:
    """Consecutive whole bars of one metre and signature; an upbeat becomes a bar of its own."""
    stretch: list[Bar] = []
    for bar in bars:
        full = bar.metre[0] * 4 / bar.metre[1] if bar.metre[1] else 0.0
        is_whole = bar.metre in EFFECTIVE and abs(bar.length - full) < 1e-3
        alike = not stretch or (bar.metre, bar.fifths) == (stretch[0].metre, stretch[0].fifths)
        if stretch and not (is_whole and alike):
            yield stretch
            stretch = []
        if is_whole:
            stretch.append(bar)
        elif bar.metre in EFFECTIVE and 0 < bar.length < full:
            stretch = [Bar(bar.start + bar.length - full, full, bar.metre, bar.fifths)]
    if stretch:
        yield stretch


def _line(notes: Iterable[Sounded], start: float, steps: int, highest: bool) -> Line:
    """The highest (or lowest) note at each onset; a later onset ends what sounded before."""
    line = np.full(steps, SILENT, np.int16)
    chosen: dict[int, Sounded] = {}
    for note in notes:
        step = round((note.start - start) * 4)
        kept = chosen.get(step)
        better = kept is None or (note.pitch > kept.pitch) == highest
        if -steps < step < steps and better:
            chosen[step] = note
    for step, note in sorted(chosen.items()):
        last = max(step + 1, round((note.end - start) * 4))
        if last <= 0:
            continue
        line[max(step, 0) : last] = GOES_ON
        if step >= 0:
            line[step] = note.pitch
        line[last:] = SILENT
    return line


def _outer(notes: list[Sounded], start: float, steps: int, highest: bool) -> Line:
    """The outer line of many voices: an onset counts only where nothing further out sounds."""
    ends: list[tuple[float, int]] = []
    kept: list[Sounded] = []
    for note in notes:
        ends = [e for e in ends if e[0] > note.start + 0.2]
        if not any((pitch > note.pitch) == highest and pitch != note.pitch for _, pitch in ends):
            kept.append(note)
        ends.append((note.end, note.pitch))
    return _line(kept, start, steps, highest)


def _sounding(notes: Iterable[Sounded], start: float, steps: int) -> NDArray[np.float64]:
    chroma = np.zeros((steps, 12))
    for note in notes:
        first, last = (note.start - start) * 4, (note.end - start) * 4
        if last > 0 and first < steps:
            chroma[max(0, round(first)) : max(round(first) + 1, round(last)), note.pitch % 12] += 1
    return chroma


def texture_line(notes: list[Sounded], bass: Line, start: float) -> NDArray[np.uint8]:
    """How the notes above the bass move, one token an 8th."""
    steps = len(bass)
    begun: dict[int, list[int]] = {}
    sounds = np.zeros(steps, bool)
    for note in notes:
        first, last = round((note.start - start) * 4), round((note.end - start) * 4)
        is_bass = 0 <= first < steps and bass[first] == note.pitch
        if is_bass or last <= 0 or first >= steps:
            continue
        sounds[max(0, first) : max(first + 1, last)] = True
        begun.setdefault(first, []).append(note.pitch)
    tokens = np.where(sounds[::2] | sounds[1::2], HOLD, REST).astype(np.uint8)
    for place in range(len(tokens)):
        pair = (begun.get(2 * place, []), begun.get(2 * place + 1, []))
        if any(pair):
            thickness = int(np.searchsorted((2, 4), max(map(len, pair)), side="right"))
            low = min(pitch for pitches in pair for pitch in pitches)
            register = int(np.searchsorted(REGISTER_STARTS, low, side="right")) - 1
            token = Texture((bool(pair[0]), bool(pair[1])), thickness, register)
            tokens[place] = texture_token(token)
    return tokens


def _written(symbols: list[Symbol], start: float, places: int) -> NDArray[np.int16]:
    """Written chord symbols, one number an 8th."""
    found = np.full(places, -1, np.int16)
    for symbol in symbols:
        place = max(0, round((symbol.start - start) * 2))
        known = KINDS.get(symbol.kind)
        value = -1 if known is None else chord_token(symbol.root, known) - FIRST
        if symbol.start >= start - 1e-6:
            found[place:] = value
    return found


def _estimated(
    chroma: NDArray[np.float64], bass: Line, metre: tuple[int, int]
) -> NDArray[np.int16]:
    unit = UNIT[metre]
    low = np.zeros_like(chroma)
    pitch = -1
    for step, value in enumerate(bass.tolist()):
        pitch = value if value != GOES_ON else pitch
        if pitch >= 0:
            low[step, pitch % 12] = 1
    beats = chroma.reshape(-1, unit, 12).sum(1)
    path = harmony.chords(beats, low.reshape(-1, unit, 12).sum(1), STEPS_A_BAR[metre] // unit)
    return np.repeat(path, unit // 2).astype(np.int16)


def _off_grid(notes: list[Sounded], start: float, end: float) -> float:
    onsets = np.array([n.start for n in notes if start <= n.start < end]) * 4
    return float((np.abs(onsets - np.round(onsets)) > OFF_GRID).mean()) if len(onsets) else 0.0


def _split(sheet: Sheet) -> tuple[list[Sounded], list[Sounded]]:
    """The notes of the voice (the staff that sings most), and all others but further voices."""
    sung = {staff: sum(n.is_sung for n in notes) for staff, notes in sheet.staves.items()}
    singing = [staff for staff, count in sung.items() if count > 0.3 * len(sheet.staves[staff])]
    first = max(singing, key=lambda staff: sung[staff], default=None)
    others = [n for s, notes in sheet.staves.items() if s not in singing for n in notes]
    voice = sheet.staves[first] if first is not None else []
    return voice, sorted(others, key=lambda n: (n.start, n.pitch))


def _leader(sheet: Sheet) -> list[Sounded]:
    """The first instrument's notes: what leads where nobody sings."""
    first = min((s for s in sheet.staves if sheet.staves[s]), default=None)
    return [] if first is None else sheet.staves[first]


def runs(sheet: Sheet, fallback: tuple[int, int] = (0, 0)) -> Iterator[Run]:
    """Every stretch of at least four regular bars."""
    voice, others = _split(sheet)
    leader = _leader(sheet) if not voice else []
    leading = set(map(id, leader))
    for stretch in _stretches(_full_bars(sheet, fallback)):
        metre, together = EFFECTIVE[stretch[0].metre]
        bars = len(stretch) // together
        if bars < 4:
            continue
        start, steps = stretch[0].start, bars * STEPS_A_BAR[metre]
        end = start + steps / 4
        accompaniment = [n for n in others if id(n) not in leading]
        bass = _outer(accompaniment, start, steps, False)
        chroma = _sounding([*voice, *others], start, steps)
        played = _sounding(others, start, steps) if accompaniment else chroma
        written = bool(sheet.symbols)
        chords = (
            _written(sheet.symbols, start, steps // 2)
            if written
            else _estimated(VOICE * chroma + (1 - VOICE) * played, bass, metre)
        )
        yield Run(
            metre,
            stretch[0].fifths,
            start,
            _line((n for n in voice if n.start < end), start, steps, True),
            _outer(leader or others, start, steps, True),
            bass,
            chords,
            texture_line(accompaniment, bass, start),
            chroma,
            _off_grid(voice or leader or others, start, end),
            bool(accompaniment),
        )
