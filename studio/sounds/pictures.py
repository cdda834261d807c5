"""Pictures of a song: its waveform with sections, and its score as a piano roll with the words.

Plain drawing with Pillow, for light and dark pages. Knows no files.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio.media import Audio
from studio.score import Note, Part, Role, Score, Section, pitch_class
from studio.sounds import beneath
from studio.sounds.ink import Colour, Font, Palette, font, font_for, mix, palette
from studio.sounds.spelling import chord_symbol, key_signature, spell
from studio.sounds.sung import Syllable, sung_lines

WIDTH = 1600
_MARGIN = 36
_WAVE_HEIGHT = 360
_ROLES: tuple[Role, ...] = ("texture", "chords", "bass", "melody", "vocals")
"""As they are drawn: what matters most comes last, on top."""

_MAX_ROWS = 12
_BARS_A_ROW = 8
_LEAST_BARS_A_ROW = 4
"""So that words are near their notes a row has fewer bars, but no fewer than these."""

_SEMITONE = 6
_DRUM_LANES = ((35, 36), (37, 38, 39, 40), (42, 44, 46), ())
"""Kick, snare, hi-hat, everything else: from the bottom up."""

_DRUM_LANE = 10
_HEAD = 112
_LEFT = _MARGIN + 28
"""Where the notes begin; left of it stand the names of the keys."""

_NO_FONT = "no font with Chinese characters on this machine: the words are left out"


def waveform(audio: Audio, is_dark: bool = False) -> Image.Image:
    """Loudness over time, (1600, 360): peaks, and within them the effective value."""
    colours = palette(is_dark)
    picture = Image.new("RGB", (WIDTH, _WAVE_HEIGHT), colours.paper)
    draw = ImageDraw.Draw(picture)
    left, right, top, bottom = _MARGIN, WIDTH - _MARGIN, 62, _WAVE_HEIGHT - 48
    sections = audio.score.sections if audio.score else ()
    spans = [_span(audio, section) for section in sections]
    tints = [colours.section(s.name, (each.name for each in sections)) for s in sections]
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    columns = right - left
    peak, power = _envelope(audio.samples, columns)
    draw.line((left, middle, right, middle), fill=colours.line)
    for column in range(len(peak)):
        second = (column + 0.5) / columns * audio.duration_s
        tint = _tint_at(second, spans, tints) or colours.roles["chords"]
        for height, share in ((peak[column], 0.42), (power[column], 1.0)):
            reach = max(0.5, float(height) * half)
            ends = (left + column, middle - reach, left + column, middle + reach)
            draw.line(ends, fill=mix(tint, colours.paper, share))
    scale = columns / max(audio.duration_s, 1e-9)
    for (start, _), section, tint in zip(spans, sections, tints, strict=True):
        x = left + start * scale
        draw.line((x, top - 18, x, bottom), fill=mix(tint, colours.paper, 0.55))
        _tag(draw, (x, 22), section.name, tint, colours)
    _time_axis(draw, audio.duration_s, (left, right, bottom), colours)
    return picture


def piano_roll(score: Score, lyrics: str = "", is_dark: bool = False) -> Image.Image:
    """Every part over time, 1600 px wide, in rows of eight bars or more.

    Args:
        lyrics: the words as the person wrote them, for spelling and line breaks; may be empty.
    """
    words = sung_lines(score, lyrics)
    rows = _rows(score, words)
    layout = _layout(score, rows)
    height = _HEAD + layout.row_height * len(rows) + _MARGIN // 2
    colours = palette(is_dark)
    picture = Image.new("RGB", (WIDTH, height), colours.paper)
    draw = ImageDraw.Draw(picture)
    _draw_head(draw, score, words, colours)
    drawn = [
        _Row(draw, layout, colours, start, end, _HEAD + index * layout.row_height)
        for index, (start, end) in enumerate(rows)
    ]
    for row in drawn:
        _draw_grid(row, score)
        _draw_notes(row, score)
        _draw_drums(row, score)
        _draw_chords(row, score)
    _draw_words(drawn, score, words)
    return picture


def _span(audio: Audio, section: Section) -> tuple[float, float]:
    score = audio.score
    assert score is not None
    start = score.seconds(section.start_beats)
    return start, start + score.seconds(section.length_beats)


def _envelope(
    samples: NDArray[np.float32], columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Peak and effective value of each column, both (columns,), within [0, 1]."""
    loud = np.abs(samples).max(axis=0, initial=0)
    edges = np.linspace(0, loud.size, columns + 1).astype(int)
    starts = np.minimum(edges[:-1], max(0, loud.size - 1))
    if not loud.size:
        return np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    peak = np.maximum.reduceat(loud, starts)
    counts = np.maximum(1, np.diff(np.append(starts, loud.size)))
    power = np.sqrt(np.add.reduceat(np.square(samples).mean(axis=0), starts) / counts)
    return np.minimum(peak, 1), np.minimum(power, peak)


def _tint_at(
    second: float, spans: Sequence[tuple[float, float]], tints: Sequence[Colour]
) -> Colour | None:
    for (start, end), tint in zip(spans, tints, strict=True):
        if start <= second < end:
            return tint
    return None


def _tag(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, tint: Colour, colours: Palette
) -> float:
    """A name in a rounded box; returns where the box ends."""
    letters = font_for(text, 17) or font(17)
    width = draw.textlength(text, letters)
    box = (at[0], at[1], at[0] + width + 16, at[1] + 25)
    draw.rounded_rectangle(box, 6, fill=mix(tint, colours.paper, 0.2))
    draw.text((at[0] + 8, at[1] + 12), text, mix(tint, colours.ink, 0.55), letters, anchor="lm")
    return box[2]


def _time_axis(
    draw: ImageDraw.ImageDraw,
    duration_s: float,
    place: tuple[float, float, float],
    colours: Palette,
) -> None:
    left, right, bottom = place
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300)
    step = next((step for step in steps if duration_s / step <= 14), 600)
    for number in range(int(duration_s / step) + 1):
        second = number * step
        x = left + (right - left) * second / max(duration_s, 1e-9)
        draw.line((x, bottom + 6, x, bottom + 12), fill=colours.soft)
        text = f"{second // 60}:{second % 60:02d}"
        draw.text((x, bottom + 16), text, colours.soft, font(15), anchor="ma" if number else "la")


@dataclass(frozen=True)
class _Layout:
    """Heights in pixels from the top of a row; pitches are MIDI numbers."""

    low: int
    high: int
    roll_top: int
    drums_top: int
    words_top: int
    row_height: int


@dataclass(frozen=True)
class _Row:
    """One row of the picture: beats from `start` to `end`."""

    draw: ImageDraw.ImageDraw
    layout: _Layout
    colours: Palette
    start: float
    end: float
    top: int

    def x(self, beats: float) -> float:
        return _place(beats, self.start, self.end)

    def y(self, pitch: float) -> float:
        """The upper edge of a key's line."""
        return self.top + self.layout.roll_top + (self.layout.high - pitch) * _SEMITONE

    def holds(self, start: float, end: float) -> bool:
        return start < self.end and end > self.start

    def clip(self, start: float, end: float) -> tuple[float, float]:
        return self.x(max(start, self.start)), self.x(min(end, self.end))


def _rows(score: Score, words: Sequence[Syllable]) -> list[tuple[float, float]]:
    """The beats of each row; as few bars a row as its words take room for."""
    bars = max(1, math.ceil(score.length_beats / score.beats_a_bar - 1e-6))
    a_row = max(_BARS_A_ROW, math.ceil(bars / _MAX_ROWS / 4) * 4)
    # Bars of three beats are shorter, so that more of them are as readable.
    if score.beats_a_bar <= 3:
        a_row = max(a_row, 12)
    a_row = min(a_row, bars)
    least = max(_LEAST_BARS_A_ROW, math.ceil(bars / _MAX_ROWS))
    left, right = _LEFT, WIDTH - _MARGIN
    while a_row > least and not all(
        beneath.stays(line, left, right) for line in _lines(score, words, a_row)
    ):
        a_row -= 1
    while a_row > 1 and not all(
        beneath.fits(line, right - left) for line in _lines(score, words, a_row)
    ):
        a_row -= 1
    return _spans(score, bars, a_row)


def _spans(score: Score, bars: int, a_row: int) -> list[tuple[float, float]]:
    step = a_row * score.beats_a_bar
    return [(index * step, (index + 1) * step) for index in range(math.ceil(bars / a_row))]


def _lines(score: Score, words: Sequence[Syllable], a_row: int) -> Iterator[list[beneath.Text]]:
    """The words of each row of so many bars, where their notes are."""
    bars = max(1, math.ceil(score.length_beats / score.beats_a_bar - 1e-6))
    for start, end in _spans(score, bars, a_row):
        found = _in_span((start, end), score, words)
        yield [(_place(beats, start, end), text) for beats, text in found]


def _place(beats: float, start: float, end: float) -> float:
    """How far to the right a beat is in a row, in pixels."""
    return _LEFT + (beats - start) / (end - start) * (WIDTH - _MARGIN - _LEFT)


def _layout(score: Score, rows: Sequence[tuple[float, float]]) -> _Layout:
    pitches = [n.pitch for part in score.parts if not part.is_drums for n in part.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    roll_top = 54
    drums_top = roll_top + (high - low + 1) * _SEMITONE + 6
    has_drums = any(part.is_drums and part.notes for part in score.parts)
    words_top = drums_top + (len(_DRUM_LANES) * _DRUM_LANE + 8 if has_drums else 0)
    has_words = any(True for _ in score.sung())
    height = words_top + (30 if has_words else 0) + 22
    return _Layout(low, high, roll_top, drums_top, words_top, height)


def _draw_head(
    draw: ImageDraw.ImageDraw, score: Score, words: Sequence[Syllable], colours: Palette
) -> None:
    title = score.title or score.genre or "Untitled"
    letters = font_for(title, 30) or font(30)
    draw.text((_MARGIN, 28), _fitted(draw, title, letters, WIDTH * 0.55), colours.ink, letters)
    over, under = score.metre
    tonic = spell(pitch_class(score.key), key_signature(score.key, score.mode))
    facts = [
        score.genre,
        f"{tonic.name} {score.mode}",
        f"{score.tempo_bpm:g} bpm",
        f"{over}/{under}",
    ]
    text = "  ·  ".join(fact for fact in facts if fact)
    draw.text((_MARGIN, 72), text, colours.soft, font_for(text, 17) or font(17))
    _draw_legend(draw, score.parts, colours)
    if any(font_for(word.text, 18) is None for word in words):
        draw.text((WIDTH - _MARGIN, 90), _NO_FONT, colours.soft, font(15), anchor="ra")


def _draw_legend(draw: ImageDraw.ImageDraw, parts: Sequence[Part], colours: Palette) -> None:
    """A patch of colour for each part, from the right, in two lines; more do not fit."""
    x, y = float(WIDTH - _MARGIN), 46
    for part in reversed(parts):
        letters = font_for(part.name, 16) or font(16)
        text = _fitted(draw, part.name, letters, 240)
        x -= draw.textlength(text, letters) + 34
        if x < WIDTH * 0.55:
            x, y = WIDTH - _MARGIN - draw.textlength(text, letters) - 34, y + 26
        if y > 72:
            return
        draw.rounded_rectangle((x, y - 7, x + 14, y + 7), 4, fill=colours.roles[part.role])
        draw.text((x + 20, y), text, colours.soft, letters, anchor="lm")


def _fitted(draw: ImageDraw.ImageDraw, text: str, letters: Font | None, width: float) -> str:
    """As much of a text as fits, with an ellipsis where some does not."""
    if draw.textlength(text, letters) <= width:
        return text
    while text and draw.textlength(text + "…", letters) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _draw_grid(row: _Row, score: Score) -> None:
    """Paper, octaves, beats, bars, and the sections over them."""
    draw, colours, layout = row.draw, row.colours, row.layout
    top, bottom = row.y(layout.high), row.top + layout.words_top - 2
    bars = math.ceil(score.length_beats / score.beats_a_bar - 1e-6)
    end = min(row.end, bars * score.beats_a_bar)
    left, right = row.x(row.start), row.x(end)
    draw.rectangle((left, top, right, bottom), fill=colours.raised)
    for pitch in range(layout.low, layout.high + 1):
        if pitch % 12 == 0:
            y = row.y(pitch) + _SEMITONE
            draw.line((left, y, right, y), fill=colours.line)
            draw.text((left - 6, y), f"C{pitch // 12 - 1}", colours.soft, font(12), anchor="rm")
    beat = row.start
    while beat <= end + 1e-6:
        is_bar = abs(beat / score.beats_a_bar - round(beat / score.beats_a_bar)) < 1e-6
        share = 1.0 if is_bar else 0.45
        fill = mix(mix(colours.soft, colours.line, 0.25), colours.raised, share)
        draw.line((row.x(beat), top, row.x(beat), bottom), fill=fill)
        beat += 1
    names = [section.name for section in score.sections]
    for section in score.sections:
        if row.holds(section.start_beats, section.start_beats + section.length_beats):
            _draw_section(row, section, colours.section(section.name, names))


def _draw_section(row: _Row, section: Section, tint: Colour) -> None:
    left, right = row.clip(section.start_beats, section.start_beats + section.length_beats)
    row.draw.rounded_rectangle((left + 1, row.top, right - 1, row.top + 4), 2, fill=tint)
    if section.start_beats >= row.start:
        letters = font_for(section.name, 16) or font(16)
        text = _fitted(row.draw, section.name, letters, right - left - 6)
        row.draw.text((left + 3, row.top + 9), text, mix(tint, row.colours.ink, 0.6), letters)


def _draw_notes(row: _Row, score: Score) -> None:
    ordered = [part for role in _ROLES for part in score.parts if part.role == role]
    for part in ordered:
        for note in part.notes:
            if row.holds(note.start_beats, note.end_beats):
                _draw_note(row, part, note)


def _draw_note(row: _Row, part: Part, note: Note) -> None:
    left, right = row.clip(note.start_beats, note.end_beats)
    y = row.y(note.pitch)
    # Soft notes are paler; below 45 % they would vanish.
    share = 0.45 + 0.55 * note.velocity / 127
    if part.role in ("chords", "texture"):
        share *= 0.72
    fill = mix(row.colours.roles[part.role], row.colours.raised, share)
    grow = 1 if part.role in ("vocals", "melody") else 0
    box = (left, y - grow, max(left + 2, right - 1.5), y + _SEMITONE - 1 + grow)
    row.draw.rounded_rectangle(box, 2, fill=fill)


def _draw_drums(row: _Row, score: Score) -> None:
    tint = row.colours.roles["drums"]
    for part in score.parts:
        for note in part.notes if part.is_drums else ():
            if not row.start <= note.start_beats < row.end:
                continue
            lane = next((i for i, keys in enumerate(_DRUM_LANES) if note.pitch in keys), 3)
            x = row.x(note.start_beats)
            y = row.top + row.layout.drums_top + (len(_DRUM_LANES) - 1 - lane) * _DRUM_LANE
            fill = mix(tint, row.colours.raised, 0.35 + 0.65 * note.velocity / 127)
            row.draw.rectangle((x, y + 2, x + 5, y + _DRUM_LANE - 2), fill=fill)


def _draw_chords(row: _Row, score: Score) -> None:
    free, signature = 0.0, key_signature(score.key, score.mode)
    for chord in score.chords:
        if not row.start <= chord.start_beats < row.end:
            continue
        x, text = row.x(chord.start_beats), chord_symbol(chord, signature)
        if x >= free:
            row.draw.text((x + 2, row.top + 31), text, row.colours.ink, font(16))
            free = x + row.draw.textlength(text, font(16)) + 8


def _draw_words(rows: Sequence[_Row], score: Score, words: Sequence[Syllable]) -> None:
    """Each syllable under its note, in letters small enough for the closest of them."""
    lines = [
        [(row.x(beats), text) for beats, text in _in_span((row.start, row.end), score, words)]
        for row in rows
    ]
    right = WIDTH - _MARGIN
    size = beneath.size_of(lines, _LEFT, right)
    for row, line in zip(rows, lines, strict=True):
        y = row.top + row.layout.words_top + 5
        for x, text in beneath.placed(line, size, right):
            letters = font_for(text, size)
            if letters is not None:
                row.draw.text((x, y), text, row.colours.roles["vocals"], letters)


def _in_span(
    span: tuple[float, float], score: Score, words: Sequence[Syllable]
) -> Iterator[tuple[float, str]]:
    """The beat and the text of each syllable; inside a word with a hyphen."""
    for index, word in enumerate(words):
        beats = word.start_s * score.tempo_bpm / 60
        if not span[0] - 1e-3 <= beats < span[1] - 1e-3 or not word.text.strip():
            continue
        is_last = index + 1 == len(words) or words[index + 1].line != word.line
        goes_on = not is_last and word.text[-1].isalpha() and word.text.isascii()
        yield beats, word.text.strip() + ("-" if goes_on else "")
