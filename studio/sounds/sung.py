"""When each sung syllable sounds, and in which line of the lyrics it stands.

The score knows the syllables, the written lyrics know the lines, the spaces and the punctuation.
Where the words of a line are found in what is sung, it is shown as written; other syllables are
shown as the score has them, and their lines end at rests and sections. Knows no page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.score import Note, Score

HOLD = "-"
# A singer breathes: what follows a rest this long begins a new line, and in a line that is long
# enough already so does what follows a short one.
_BREATH_BEATS = 0.9
_SHORT_BREATH_BEATS = 0.4
_SHORTEST_LINE = 4
_MAX_LINE = 24
_TAG = re.compile(r"^\s*[\[【][^\]】]*[\]】]\s*")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Syllable:
    """`text` as shown: the texts of a line, joined, are the line."""

    text: str
    start_s: float
    end_s: float
    line: int


@dataclass(frozen=True)
class _Sung:
    """A syllable with the notes that hold it, in beats."""

    text: str
    start: float
    end: float

    @property
    def letters(self) -> str:
        return _letters(self.text)


@dataclass(frozen=True)
class _Written:
    """A line of the lyrics. `places[i]` is where the i-th letter stands in `text`."""

    text: str
    letters: str
    places: tuple[int, ...]


def sung_lines(score: Score, lyrics: str = "") -> tuple[Syllable, ...]:
    """The sung syllables in order, with their times and lines.

    Args:
        lyrics: as the person wrote them, tags such as [verse] included; may be empty.
    """
    sung = _sung(score.sung())
    found: list[Syllable] = []
    for number, (texts, syllables) in enumerate(_lines(sung, _written(lyrics), score)):
        found += [
            Syllable(text, _at(score, each.start), _at(score, each.end), number)
            for text, each in zip(texts, syllables, strict=True)
        ]
    return tuple(found)


def _at(score: Score, beats: float) -> float:
    return round(score.seconds(beats), 3)


def _sung(notes: Iterator[Note]) -> list[_Sung]:
    found: list[_Sung] = []
    for note in sorted(notes, key=lambda each: each.start_beats):
        if note.syllable != HOLD:
            found.append(_Sung(note.syllable, note.start_beats, note.end_beats))
        elif found:
            last = found[-1]
            found[-1] = _Sung(last.text, last.start, note.end_beats)
    return found


def _lines(
    sung: Sequence[_Sung], written: Sequence[_Written], score: Score
) -> Iterator[tuple[list[str], list[_Sung]]]:
    """Lines as pairs of shown texts and syllables."""
    starts = {section.start_beats for section in score.sections}
    at, last = 0, -1
    loose: list[_Sung] = []
    while at < len(sung):
        match = _match(sung, at, written, last)
        if match is None:
            if loose and _breaks(loose, sung[at], starts):
                yield _as_sung(loose)
                loose = []
            loose.append(sung[at])
            at += 1
            continue
        if loose:
            yield _as_sung(loose)
            loose = []
        last, count = match
        yield _as_written(written[last], sung[at : at + count])
        at += count
    if loose:
        yield _as_sung(loose)


def _match(
    sung: Sequence[_Sung], at: int, written: Sequence[_Written], last: int
) -> tuple[int, int] | None:
    """The written line that begins here and how many syllables it has; the next one first."""
    order = sorted(range(len(written)), key=lambda index: (index <= last, index))
    for index in order:
        count = _covers(sung, at, written[index].letters)
        if count:
            return index, count
    return None


def _covers(sung: Sequence[_Sung], at: int, letters: str) -> int:
    """How many syllables from here spell exactly these letters; 0 if they do not."""
    done = 0
    for count, each in enumerate(sung[at:], 1):
        if not letters.startswith(each.letters, done):
            return 0
        done += len(each.letters)
        if done == len(letters):
            return count
    return 0


def _as_written(line: _Written, syllables: Sequence[_Sung]) -> tuple[list[str], list[_Sung]]:
    """Cut the written line where the syllables begin."""
    cuts, letters = [0], 0
    for each in syllables[:-1]:
        letters += len(each.letters)
        cuts.append(line.places[letters])
    ends = [*cuts[1:], len(line.text)]
    return [line.text[a:b] for a, b in zip(cuts, ends, strict=True)], list(syllables)


def _as_sung(syllables: Sequence[_Sung]) -> tuple[list[str], list[_Sung]]:
    return [_spaced(each.text) for each in syllables], list(syllables)


def _spaced(text: str) -> str:
    """A word's end is followed by a space; "hel-" goes on, and Chinese has no spaces."""
    if text.endswith(HOLD):
        return text.rstrip(HOLD)
    return text if _HAN.search(text) else text + " "


def _breaks(line: Sequence[_Sung], following: _Sung, starts: set[float]) -> bool:
    last = line[-1]
    rest = following.start - last.end
    is_enough = len(line) >= _SHORTEST_LINE
    is_breath = rest >= (_SHORT_BREATH_BEATS if is_enough else _BREATH_BEATS)
    is_section = any(last.start < start <= following.start for start in starts)
    return is_breath or is_section or len(line) >= _MAX_LINE


def _written(lyrics: str) -> list[_Written]:
    found: list[_Written] = []
    for text in (_TAG.sub("", line).strip() for line in lyrics.splitlines()):
        pairs = [(letter, at) for at, char in enumerate(text) for letter in _letters(char)]
        if pairs:
            letters = "".join(letter for letter, _ in pairs)
            found.append(_Written(text, letters, tuple(at for _, at in pairs)))
    return found


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
