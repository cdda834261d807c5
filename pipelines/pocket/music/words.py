"""Lyrics: sections and lines from a text, and a rhythm for each line that its words ask for.

A syllable is a text with a stress; how a language is cut into syllables, the caller brings along.
Knows nothing about pitch, form or how anything is sung.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipelines.pocket.music.genres.patterns import METRES, Metre
from studio.errors import RequestError


@dataclass(frozen=True)
class Syllable:
    """`stress` 0 light, 1 some, 2 strong; `tone` 1 to 5 of Mandarin, else 0."""

    text: str
    stress: int = 1
    tone: int = 0
    ends_word: bool = True


Line = tuple[Syllable, ...]
Syllabify = Callable[[str], Sequence[Syllable]]


@dataclass(frozen=True)
class Stanza:
    """A section of lyrics. `name` is a section's name; without lines it is instrumental."""

    name: str
    lines: tuple[Line, ...]
    text: str = ""


@dataclass(frozen=True)
class Sung:
    """A syllable's place in its line, in 16ths from the line's beginning."""

    first: int
    steps: int
    syllable: Syllable


_NAMES = {
    "intro": "intro", "verse": "verse", "prechorus": "prechorus", "pre chorus": "prechorus",
    "pre-chorus": "prechorus", "chorus": "chorus", "hook": "chorus", "refrain": "chorus",
    "bridge": "bridge", "middle eight": "bridge", "solo": "solo", "instrumental": "solo",
    "interlude": "interlude", "break": "interlude", "breakdown": "breakdown", "build": "build",
    "drop": "drop", "outro": "outro", "ending": "outro", "end": "outro", "coda": "outro",
    "rap": "verse", "主歌": "verse", "副歌": "chorus", "桥段": "bridge", "橋段": "bridge",
    "过渡": "bridge", "前奏": "intro", "导歌": "prechorus", "预副歌": "prechorus",
    "间奏": "interlude", "間奏": "interlude", "独奏": "solo", "尾奏": "outro", "尾声": "outro",
    "结尾": "outro", "导唱": "prechorus",
}  # fmt: skip
_BRACKETED = re.compile(r"^\s*[\[【(（<{]\s*([^\]】)）>}]{1,24})\s*[\]】)）>}]\s*[:：]?\s*$")
_LABEL = re.compile(r"^\s*([A-Za-z -]{3,14}?|[\u4e00-\u9fff]{2,3})\s*\d{0,2}\s*[:：]\s*$")
_COUNT = re.compile(r"[\s#]*(?:\d{1,2}|[一二三四五]|[ivx]{1,3})$", re.IGNORECASE)
_CUT = re.compile(r"(?<=[,，;；、。.!！?？:：—])\s*")
LONGEST_LINE = 16
"""Syllables; a longer line is cut where it is punctuated, else in the middle of its words."""


def section_name(line: str) -> str | None:
    """The section that a line of lyrics announces ("[Verse 2]", "副歌："), or None."""
    match = _BRACKETED.match(line) or _LABEL.match(line)
    if match is None:
        return None
    name = _COUNT.sub("", match.group(1).strip()).strip().lower()
    return _NAMES.get(name)


def read_lyrics(text: str, syllabify: Syllabify) -> list[Stanza]:
    """The stanzas of a lyric, named by their tags, or by what repeats where there are none.

    Raises:
        RequestError: nothing in it can be sung.
    """
    blocks = _blocks(text)
    stanzas = [
        Stanza(name, tuple(_lines(lines, syllabify)), "\n".join(lines))
        for name, lines in _named(blocks)
    ]
    if not any(stanza.lines for stanza in stanzas):
        raise RequestError(f"no words to sing in the lyrics {text.strip()[:40]!r}; write a line")
    return [each for each in stanzas if each.lines or not each.text]


def _blocks(text: str) -> list[tuple[str | None, list[str]]]:
    """Lines by tag or empty line; a tag's name holds until the next."""
    blocks: list[tuple[str | None, list[str]]] = [(None, [])]
    for line in text.splitlines():
        name = section_name(line)
        if name:
            blocks.append((name, []))
        elif line.strip():
            blocks[-1][1].append(line.strip())
        elif blocks[-1][1]:
            # An empty line inside a tagged section does not end it.
            blocks.append((None, [])) if blocks[-1][0] is None else None
    return [block for block in blocks if block[0] or block[1]]


def _named(blocks: list[tuple[str | None, list[str]]]) -> list[tuple[str, list[str]]]:
    if any(name for name, _ in blocks):
        return [(name or "verse", lines) for name, lines in blocks]
    stanzas = [lines for _, lines in blocks]
    if len(stanzas) == 1 and len(stanzas[0]) >= 8:
        stanzas = [stanzas[0][at : at + 4] for at in range(0, len(stanzas[0]), 4)]
    names = _guess(["\n".join(lines) for lines in stanzas])
    return list(zip(names, stanzas, strict=True))


def _guess(texts: list[str]) -> list[str]:
    """Verse or chorus: what comes again is the chorus, else every second of several."""
    again = [
        any(_alike(text, other) for at, other in enumerate(texts) if at != place)
        for place, text in enumerate(texts)
    ]
    if any(again) and not all(again):
        return ["chorus" if repeats else "verse" for repeats in again]
    names = ["verse" if at % 2 == 0 else "chorus" for at in range(len(texts))]
    # Verse, chorus, verse with a third text of its own is verse, chorus, bridge only when short.
    return names


def _alike(left: str, right: str) -> bool:
    return SequenceMatcher(None, left.lower(), right.lower()).ratio() > 0.8


def _lines(lines: Sequence[str], syllabify: Syllabify) -> list[Line]:
    found: list[Line] = []
    for line in lines:
        whole = tuple(syllabify(line))
        if len(whole) <= LONGEST_LINE:
            found += [whole] if whole else []
            continue
        pieces = [tuple(syllabify(piece)) for piece in _CUT.split(line) if piece.strip()]
        found += _packed([half for piece in pieces for half in _halved(piece)])
    return found


def _halved(line: Line) -> list[Line]:
    """Cut near the middle, at a word's end, until short enough."""
    if len(line) <= LONGEST_LINE:
        return [line] if line else []
    ends = [at + 1 for at, each in enumerate(line[:-1]) if each.ends_word]
    middle = min(ends or [len(line) // 2], key=lambda at: abs(at - len(line) / 2))
    return _halved(line[:middle]) + _halved(line[middle:])


def _packed(pieces: Sequence[Line]) -> list[Line]:
    """Short neighbours joined again while they fit a line."""
    packed: list[Line] = []
    for piece in pieces:
        if packed and len(packed[-1]) + len(piece) <= LONGEST_LINE * 3 // 4:
            packed[-1] = packed[-1] + piece
        else:
            packed.append(piece)
    return packed


# How a line is laid: (syllables a second at most, seconds of breath), airy first.
PACES = ((2.5, 0.5), (3.3, 0.4), (4.5, 0.3), (6.0, 0.2), (7.5, 0.1))
LINE_BARS = (1, 2, 4, 8, 16)
FASTEST = 8.5
"""Notes a second; where 16ths are faster, a line moves in 8ths."""


def finest_step(tempo_bpm: float) -> int:
    """The shortest note of a line in 16ths: 1, or 2 where 16ths cannot be sung."""
    return 1 if tempo_bpm * 4 / 60 <= FASTEST else 2


def room(bars: int, metre: Metre, tempo_bpm: float) -> int:
    """The most syllables that have a place in so many bars, a breath left."""
    return max(1, (bars * METRES[metre] - 2) // finest_step(tempo_bpm))


def line_bars(syllables: int, metre: Metre, tempo_bpm: float, pace: int) -> int | None:
    """The fewest bars that a line needs at a pace (index into PACES); None: it never fits."""
    rate, breath_s = PACES[pace]
    seconds_a_bar = METRES[metre] / 4 * 60 / tempo_bpm
    for bars in LINE_BARS:
        is_slow_enough = bars * seconds_a_bar >= syllables / rate + breath_s
        if is_slow_enough and room(bars, metre, tempo_bpm) >= syllables:
            return bars
    return None


def weight(step: int, metre: Metre) -> float:
    """How strong a 16th of a bar is, 0 to 1."""
    if metre == (6, 8):
        strong = {0: 1.0, 6: 0.8}
    elif metre == (3, 4):
        strong = {0: 1.0, 4: 0.55, 8: 0.55}
    else:
        strong = {0: 1.0, 8: 0.85, 4: 0.6, 12: 0.6}
    return strong.get(step % METRES[metre], 0.3 if step % 2 == 0 else 0.0)


def lay_line(line: Line, bars: int, metre: Metre, tempo_bpm: float, motif: str) -> list[Sung]:
    """Places for the syllables of a line: stresses on strong beats, its end long, then a breath.

    Args:
        motif: lines of one motif share their rhythmic habits (it seeds them).

    Raises:
        RequestError: there are more syllables than places.
    """
    steps = bars * METRES[metre]
    if len(line) > room(bars, metre, tempo_bpm):
        raise RequestError(
            f"{len(line)} syllables do not fit in {bars} bars; ask for more time or fewer words"
        )
    onsets = _best_onsets(line, _places(len(line), steps, metre, tempo_bpm), metre, motif)
    # A breath of an 8th, of a quarter where there is room; the last syllable holds until then.
    breath = 4 if steps - onsets[-1] >= 10 else 2 if steps - onsets[-1] > 3 else 1
    ends = [*onsets[1:], max(onsets[-1] + 1, steps - breath)]
    return [
        Sung(first, min(end - first, METRES[metre]), syllable)
        for first, end, syllable in zip(onsets, ends, line, strict=True)
    ]


def _places(syllables: int, steps: int, metre: Metre, tempo_bpm: float) -> list[int]:
    """Where onsets may be: 8ths if they suffice, at a quarter's distance from the end or less."""
    for grid, tail in ((2, METRES[metre] // 4), (2, 4), (1, 4), (2, 2), (1, 2)):
        places = list(range(0, steps - tail + 1, grid))
        # Beyond three quarters of the places a line of 8ths sounds like a drill.
        if grid >= finest_step(tempo_bpm) and len(places) * (0.85 if tail > 2 else 1) >= syllables:
            return places
    return list(range(0, steps, finest_step(tempo_bpm)))


def _best_onsets(line: Line, places: list[int], metre: Metre, motif: str) -> list[int]:
    """Dynamic programming over places: the cheapest increasing choice, one for each syllable."""
    rng = random.Random(motif)
    habit = [0.5 * rng.random() for _ in range(METRES[metre] * 2)]
    spare = places[-1] + 2
    ideal = min(max(1.0, spare * 0.85 / len(line)), 6.0)
    # best[p]: cost of the syllables so far with the last at places[p]; back[i][p]: the one before.
    best = [_place_cost(line[0], at, metre, habit) + 0.35 * at / 4 for at in places]
    back: list[list[int]] = []
    for syllable in line[1:]:
        is_last = syllable is line[-1]
        best, before = _advance(best, places, ideal, line[len(back)].ends_word)
        best = [
            cost + _place_cost(syllable, at, metre, habit, is_last)
            for cost, at in zip(best, places, strict=True)
        ]
        back.append(before)
    # The line should end where its last note can be long.
    end = min(range(len(places)), key=lambda p: best[p] + 0.02 * abs(spare * 0.8 - places[p]))
    chosen = [end]
    for before in reversed(back):
        chosen.append(before[chosen[-1]])
    return [places[p] for p in reversed(chosen)]


_FAR = 1e6


def _advance(
    best: list[float], places: list[int], ideal: float, at_word_end: bool
) -> tuple[list[float], list[int]]:
    """The cheapest way to each place from an earlier one."""
    costs, before = [], []
    for now, at in enumerate(places):
        options = [
            (best[old] + _gap_cost(at - places[old], ideal, at_word_end), old)
            for old in range(max(0, now - 16), now)
        ]
        cost, old = min(options, default=(_FAR, 0))
        costs.append(cost)
        before.append(old)
    return costs, before


def _gap_cost(gap: int, ideal: float, at_word_end: bool) -> float:
    ratio = gap / ideal if gap > ideal else ideal / gap
    uneven = 0.25 if gap in (5, 7, 9, 10, 11) else 0.1 if gap == 3 else 0.0
    # Inside a word a long gap tears it.
    torn = 0.0 if at_word_end else 0.12 * max(0, gap - 4)
    return 0.7 * (ratio - 1) + uneven + torn


def _place_cost(
    syllable: Syllable, at: int, metre: Metre, habit: list[float], is_last: bool = False
) -> float:
    strength = weight(at, metre)
    wish = (-1.2, 0.3, 1.8)[min(2, syllable.stress)] + (0.6 if is_last else 0.0)
    return habit[at % len(habit)] - wish * strength
