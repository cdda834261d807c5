"""Harmony and pitch: scales, Roman numerals, voicings that move little, keys, ranges.

Pure functions of numbers. Knows no genre, no instrument by name and no model.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import product

from studio.errors import PipelineError
from studio.score import NOTE_NAMES, QUALITIES, SCALES, Mode, Note, pitch_class

Pitches = tuple[int, ...]
Harmony = tuple[int, str]
"""A root's pitch class and a key of QUALITIES."""

_ROMAN = re.compile(r"([b#]*)(VII|VI|V|IV|III|II|I|vii|vi|v|iv|iii|ii|i)(\S*)$")
_DEGREES = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_LOWER = {"": "min", "7": "min7", "9": "min9", "6": "min6"}
_UPPER = {"": "maj", "7": "7", "9": "9", "6": "6"}
# Where the diatonic triad or seventh of a degree is looked for, the plainest first.
_PLAIN = ("maj", "min", "dim", "sus4", "sus2", "5")
_RICH = ("maj7", "min7", "7", "m7b5", "maj9", "min9", "9", "6", "min6")
# Krumhansl and Kessler's (1982) probe-tone ratings.
PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


def scale_of(key: str, mode: Mode) -> frozenset[int]:
    """The pitch classes of a key."""
    tonic = pitch_class(key)
    return frozenset((tonic + step) % 12 for step in SCALES[mode])


def has_minor_third(mode: Mode) -> bool:
    """Minor, dorian and phrygian sound minor; the others major."""
    return 3 in SCALES[mode]


def white_shift(key: str, mode: Mode) -> int:
    """Semitones (−6 to 5) that bring the scale of a key onto the white keys of a piano.

    D dorian stays where it is, A minor too, G major goes down to C.
    """
    white = frozenset(SCALES["major"])
    scale = scale_of(key, mode)
    for shift in sorted(range(-6, 6), key=abs):
        if frozenset((pc + shift) % 12 for pc in scale) == white:
            return shift
    raise PipelineError(f"the scale of {key} {mode} is no mode of the major scale")


def roman(symbol: str, key: str, mode: Mode) -> Harmony:
    """The chord that a Roman numeral names in a key: "vi", "bVII", "ii7", "Imaj7", "Vsus4".

    Degrees are those of the mode's own scale; lower case is minor; "b" and "#" move the root.

    Raises:
        PipelineError: no such numeral.
    """
    match = _ROMAN.match(symbol)
    if match is None:
        raise PipelineError(f"no chord {symbol!r}; write a Roman numeral such as vi or V7")
    marks, numeral, kind = match.groups()
    degree = _DEGREES.index(numeral.lower())
    shift = marks.count("#") - marks.count("b")
    plain = _LOWER if numeral.islower() else _UPPER
    quality = plain.get(kind, kind)
    if quality not in QUALITIES:
        raise PipelineError(f"no chord {symbol!r}; {kind!r} is none of {', '.join(QUALITIES)}")
    return (pitch_class(key) + SCALES[mode][degree] + shift) % 12, quality


def chord_tones(harmony: Harmony) -> Pitches:
    """The pitch classes of a chord, its root first."""
    root, quality = harmony
    return tuple((root + step) % 12 for step in QUALITIES[quality])


def diatonic(harmony: Harmony, scale: frozenset[int]) -> Harmony:
    """The nearest chord all of whose tones are in the scale; itself if it already is."""
    if scale.issuperset(chord_tones(harmony)):
        return harmony
    root, quality = harmony
    root = root if root in scale else min(scale, key=lambda pc: (_distance(pc, root), pc))
    rich = len(QUALITIES[quality]) > 3
    wanted = set(chord_tones(harmony))
    fitting = [
        each
        for each in (_RICH if rich else ()) + _PLAIN
        if scale.issuperset(chord_tones((root, each)))
    ]
    # max() keeps the first of equals, so a triad stays a plain triad.
    return root, max(fitting, key=lambda each: len(wanted & set(chord_tones((root, each)))))


def _distance(left: int, right: int) -> int:
    apart = (left - right) % 12
    return min(apart, 12 - apart)


def snap(pitch: int, allowed: Iterable[int]) -> int:
    """The nearest pitch whose pitch class is allowed, the lower of two."""
    classes = set(allowed)
    return min(range(pitch - 6, pitch + 7), key=lambda p: (p % 12 not in classes, abs(p - pitch)))


def scale_step(pitch: int, steps: int, scale: frozenset[int]) -> int:
    """The pitch some scale degrees above (or below) one."""
    move = 1 if steps > 0 else -1
    left = abs(steps)
    while left:
        pitch += move
        left -= pitch % 12 in scale
    return pitch


def fold(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into a range of at least an octave."""
    if high - low < 11:
        raise PipelineError(f"a range needs an octave, got {low} to {high}")
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def voicing_tones(harmony: Harmony, voices: int) -> Pitches:
    """The pitch classes to voice, at most `voices`: ninths lose the root, then the fifth goes."""
    tones = list(chord_tones(harmony))
    if len(tones) > voices and len(tones) > 4:
        tones.pop(0)
    if len(tones) > voices and len(tones) > 3:
        tones.pop(2 if len(tones) == 4 else 1)
    return tuple(tones[:voices])


def voice(harmony: Harmony, before: Pitches, register: tuple[int, int], voices: int = 4) -> Pitches:
    """A close voicing in a register, moved as little as can be from the chord before.

    Args:
        before: the voicing to lead from; empty for a first chord.
        register: lowest and highest pitch, at least an octave and a half apart for free choice.
    """
    low, high = register
    tones = voicing_tones(harmony, voices)
    found = [_stack(tones, start, low) for start in range(len(tones))]
    found = [tuple(p + 12 * up for p in each) for each, up in product(found, range(4))]
    inside = [each for each in found if each[-1] <= high]
    if not inside:
        return tuple(sorted({fold(pitch, low, high) for pitch in found[0]}))
    middle = (low + high) / 2

    def cost(pitches: Pitches) -> float:
        centre = abs(sum(pitches) / len(pitches) - middle)
        if not before:
            return centre
        travel = sum(min(abs(pitch - old) for old in before) for pitch in pitches)
        top = abs(pitches[-1] - before[-1])
        return travel + 0.5 * top + 0.25 * centre

    return min(inside, key=cost)


def _stack(tones: Pitches, start: int, low: int) -> Pitches:
    """Tones upwards in close position from one of them, the lowest at or above `low`."""
    order = tones[start:] + tones[:start]
    pitch = low + (order[0] - low) % 12
    stacked = [pitch]
    for tone in order[1:]:
        pitch += (tone - pitch) % 12 or 12
        stacked.append(pitch)
    return tuple(stacked)


def find_key(notes: Iterable[Note]) -> tuple[str, Mode]:
    """The major or minor key whose profile fits best what sounds how long.

    Raises:
        PipelineError: there are no notes.
    """
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.length_beats
    if not any(weights):
        raise PipelineError("no key without notes; give a melody with at least one note")
    modes: tuple[Mode, ...] = ("major", "minor")
    fits: list[tuple[Mode, int]] = [(mode, tonic) for mode in modes for tonic in range(12)]

    def fit(each: tuple[Mode, int]) -> float:
        name, first = each
        return _correlation(weights[first:] + weights[:first], PROFILES[name])

    mode, tonic = max(fits, key=fit)
    return NOTE_NAMES[tonic], mode


def _correlation(left: Sequence[float], right: Sequence[float]) -> float:
    mean_l, mean_r = sum(left) / len(left), sum(right) / len(right)
    pairs = [(a - mean_l, b - mean_r) for a, b in zip(left, right, strict=True)]
    both = sum(a * b for a, b in pairs)
    size = (sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)) ** 0.5
    return both / size if size else 0.0


def in_scale_share(notes: Iterable[Note], scale: frozenset[int]) -> float:
    """The share of notes whose pitch is in a scale; 1 if there are none."""
    found = [note.pitch % 12 in scale for note in notes]
    return sum(found) / len(found) if found else 1.0
