"""The notation of grooves: one character a sixteenth, and how a groove changes its metre.

    bass     1 root, 3 third, 5 fifth, 6 sixth, 7 seventh, 8 octave, 4 fourth below,
             a step towards the next chord, w walk on (chord and scale tones)
    chords   x all tones, X accented, o soft; 0-7 one tone of the voicing from below (8ths up wrap
             into the next octave); b low root, f low fifth
    drums    x, X accented, o ghost; one lane a drum
    all      - holds on, . rests

A groove of several bars is one long string. Data only: what plays them is accompany.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from studio.errors import PipelineError

Metre = tuple[int, int]
METRES: dict[Metre, int] = {(4, 4): 16, (3, 4): 12, (6, 8): 12}
"""Sixteenths in a bar."""

DRUMS = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "low_tom": 45, "open": 46,
    "mid_tom": 47, "crash": 49, "high_tom": 50, "ride": 51, "tambourine": 54, "cowbell": 56,
    "shaker": 70, "claves": 75, "woodblock": 76,
}  # fmt: skip
"""General MIDI's numbers of the drums that grooves use."""


@dataclass(frozen=True)
class Groove:
    """A figure that one role repeats: `energy` 1 (hushed) to 4 (full) from which on it fits."""

    energy: int
    lanes: tuple[str, ...]
    names: tuple[str, ...] = ()
    """The drum of each lane; empty for pitched roles."""

    kind: str = "groove"
    """"fill" for drum figures that lead into a new section."""

    metre: Metre = field(default=(4, 4))

    def __post_init__(self) -> None:
        steps = METRES[self.metre]
        wrong = [lane for lane in self.lanes if not lane or len(lane) % steps]
        if wrong:
            raise PipelineError(
                f"a groove in {self.metre[0]}/{self.metre[1]} has bars of {steps}, got {wrong[0]!r}"
            )

    def in_metre(self, metre: Metre) -> "Groove":
        """The same groove, fitted to another metre."""
        if metre == self.metre:
            return self
        lanes = tuple(_refit(lane, self.metre, metre, bool(self.names)) for lane in self.lanes)
        return Groove(self.energy, lanes, self.names, self.kind, metre)


def play(energy: int, *lanes: str, metre: Metre = (4, 4)) -> Groove:
    """A figure of a pitched role."""
    return Groove(energy, lanes, metre=metre)


def beat(energy: int, metre: Metre = (4, 4), **lanes: str) -> Groove:
    """A drum figure, a lane for each drum by its name."""
    return Groove(energy, tuple(lanes.values()), tuple(lanes), metre=metre)


def fill(energy: int, metre: Metre = (4, 4), **lanes: str) -> Groove:
    """A drum figure that closes a section."""
    return Groove(energy, tuple(lanes.values()), tuple(lanes), "fill", metre)


# Which sixteenth of the old bar each sixteenth of the new bar plays; None goes on as before.
# 4/4 → 6/8 lets two quarters fill the six eighths, long-short, so that backbeats fall on the
# second dotted beat; a bar of 6/8 takes half a bar of 4/4.
_HALF_TO_COMPOUND = {0: 0, 4: 2, 6: 4, 10: 6}
_WALTZ_TO_COMPOUND = {step: (2 * step) % 12 for step in range(0, 12, 2)}
_COMPOUND_TO_WALTZ = {2 * step: step for step in range(6)}
_COMPOUND_TO_COMMON = {0: 0, 2: 2, 4: 4, 8: 6, 10: 8, 12: 10}


def _refit(lane: str, old: Metre, new: Metre, is_drum: bool) -> str:
    rest = "." if is_drum else "-"
    bars = [lane[at : at + METRES[old]] for at in range(0, len(lane), METRES[old])]
    fitted = "".join(_REFITS[(old, new)](bar, rest) for bar in bars)
    # What was held from a rest rests.
    steps = list(fitted)
    for at, step in enumerate(steps):
        if step == "-" and (at == 0 or steps[at - 1] == "."):
            steps[at] = "."
    return "".join(steps)


def _mapped(table: dict[int, int], count: int) -> Callable[[str, str], str]:
    def fit(bar: str, rest: str) -> str:
        return "".join(bar[table[at]] if at in table else rest for at in range(count))

    return fit


_REFITS: dict[tuple[Metre, Metre], Callable[[str, str], str]] = {
    ((4, 4), (3, 4)): lambda bar, _: bar[:12],
    ((3, 4), (4, 4)): lambda bar, _: bar + bar[8:],
    ((4, 4), (6, 8)): _mapped(_HALF_TO_COMPOUND, 12),
    ((3, 4), (6, 8)): _mapped(_WALTZ_TO_COMPOUND, 12),
    ((6, 8), (3, 4)): _mapped(_COMPOUND_TO_WALTZ, 12),
    ((6, 8), (4, 4)): _mapped(_COMPOUND_TO_COMMON, 16),
}
