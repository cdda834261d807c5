"""How much a sound, a melody or a text is like another: three measures, no verdict.

Measures only; where they become a warning is for `checks` to say. Knows no folder and no record.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.media import Audio
from studio.score import Note
from studio.sounds import ffmpeg

Print = NDArray[np.uint32]

# One value each 0.124 s. The longer a run, the less strangers agree by chance: over ten seconds
# the nearest of 171 pairs differed in 34 % of the bits, over five in 27 %.
WINDOW, SHORTEST = 80, 40
_MAX_PRINT_BYTES = 4 * 60_000
_GRAM = 5
_WORD = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]|[^\W_\u3400-\u9fff\u3040-\u30ff]+(?:'\w+)?")
_HAN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]")


@dataclass(frozen=True)
class Overlap:
    """What a text has of another: the share of its 5-grams, and the longest run of tokens."""

    share: float
    longest: int
    text: str
    """The longest run."""

    @property
    def is_han(self) -> bool:
        return len(_HAN.findall(self.text)) * 2 > self.longest


def fingerprint(sound: Path | Audio) -> Print:
    """The Chromaprint of a sound, in a file or not yet in one.

    Raises:
        RequestError: no sound can be read from it.
    """
    after = ("-map", "0:a:0", "-f", "chromaprint", "-fp_format", "raw")
    if isinstance(sound, Audio):
        channels, rate = sound.samples.shape[0], sound.sample_rate
        before = ("-f", "f32le", "-ar", str(rate), "-ac", str(channels), "-i", "pipe:0")
        pcm = np.ascontiguousarray(sound.samples.T, "<f4").tobytes()
        name, done = "given", ffmpeg.convert(pcm, (*before, *after, "pipe:1"))
    else:
        name, done = sound.name, ffmpeg.extract(sound, (), after, _MAX_PRINT_BYTES)
    if done.code != 0 and not done.is_cut:
        why = done.errors[0] if done.errors else f"ffmpeg ended with {done.code}"
        raise RequestError(f"sound {name!r} cannot be read ({why}); give a whole sound file")
    whole = len(done.output) // 4 * 4
    return np.frombuffer(done.output[:whole], "<u4").astype(np.uint32)


def bit_error(left: Print, right: Print) -> float:
    """The smallest share of differing bits over any ten seconds of both (five where one is short).

    Raises:
        RequestError: one is shorter than five seconds.
    """
    window = min(WINDOW, left.size, right.size)
    if window < SHORTEST:
        raise RequestError(f"a sound of {window * 0.124:.0f} s is too short to compare; give 8 s")
    best = 32 * window
    for shift in range(window - right.size, left.size - window + 1):
        start, end = max(shift, 0), min(left.size, shift + right.size)
        differing = _ones(left[start:end] ^ right[start - shift : end - shift])
        sums = np.cumsum(np.concatenate([[0], differing]))
        best = min(best, int((sums[window:] - sums[:-window]).min()))
    return best / (32 * window)


def _ones(values: Print) -> NDArray[np.int64]:
    """How many bits are set in each; numpy has it only from version 2."""
    halves = values.view(np.uint16).reshape(-1, 2)
    return _table()[halves].sum(axis=1)


@functools.lru_cache(maxsize=1)
def _table() -> NDArray[np.int64]:
    return np.array([number.bit_count() for number in range(1 << 16)])


def same_notes(left: Sequence[Note], right: Sequence[Note]) -> int:
    """The longest run of notes with the same steps and the same rhythm, in any key and tempo."""
    one, two = _steps(left), _steps(right)
    run, _ = _longest_run(one, two)
    return run + 1 if run else 0


def overlap(text: str, other: str) -> Overlap:
    """What a text has of another; Chinese and Japanese count by the character."""
    one, two = tokens(text), tokens(other)
    longest, end = _longest_run(one, two)
    grams, others = _grams(one), _grams(two)
    share = len(grams & others) / len(grams) if grams else 0.0
    return Overlap(round(share, 3), longest, " ".join(one[end - longest : end]))


def tokens(text: str) -> list[str]:
    """Words in lower case, and single Chinese and Japanese characters."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def _grams(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)}


def _steps(notes: Sequence[Note]) -> list[tuple[int, float]]:
    """From note to note: the interval, and how much longer or shorter the way to the next is."""
    ordered = sorted(notes, key=lambda note: note.start_beats)
    gaps = [b.start_beats - a.start_beats for a, b in zip(ordered, ordered[1:], strict=False)]
    ratios = [1.0] + [
        round(b / a, 2) if a > 0 else 0.0 for a, b in zip(gaps, gaps[1:], strict=False)
    ]
    steps = [b.pitch - a.pitch for a, b in zip(ordered, ordered[1:], strict=False)]
    return list(zip(steps, ratios, strict=False))


def _longest_run(left: Sequence[object], right: Sequence[object]) -> tuple[int, int]:
    """The length of the longest common run, and where it ends in the left."""
    if not left or not right:
        return 0, 0
    numbers: dict[object, int] = {}
    one = np.array([numbers.setdefault(each, len(numbers)) for each in left])
    two = np.array([numbers.setdefault(each, len(numbers)) for each in right])
    runs = np.zeros(two.size + 1, np.int64)
    best, end = 0, 0
    for at, token in enumerate(one):
        runs[1:] = np.where(two == token, runs[:-1] + 1, 0)
        if (longest := int(runs.max())) > best:
            best, end = longest, at + 1
    return best, end
