"""Who sings: a voice as numbers, from English or Chinese words ("soft female", "机器人合唱").

Words multiply: "warm old male choir" is a male voice made warm, old and many. Knows nothing about
notes or samples.
"""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Voice:
    """A singer. Ranges are MIDI numbers."""

    tract: float = 1.16
    """Formants against those of an adult male; a shorter tract has higher ones."""

    low: int = 55
    high: int = 77
    breath: float = 0.15
    """Noise in the tone, 0 to 1."""

    open_quotient: float = 0.62
    """The share of a cycle in which the glottis is open: less is more pressed."""

    asymmetry: float = 0.68
    """Where in the open phase the flow peaks: more closes more sharply."""

    tilt_hz: float = 4200.0
    """Where the tone begins to lose brightness."""

    vibrato_cents: float = 26.0
    vibrato_hz: float = 5.5
    glide_s: float = 0.05
    """How long the pitch takes from note to note."""

    jitter_cents: float = 4.0
    shimmer: float = 0.02
    ring: float = 0.0
    """The singer's formant, 0 to 1: upper formants drawn together near 3 kHz."""

    singers: int = 1
    spread_cents: float = 9.0
    """How far singers of a choir are out of tune with each other."""

    is_robot: bool = False
    speech_hz: float = 205.0
    pace: float = 1.0
    """Speed of speech."""

    @property
    def upper_formants(self) -> tuple[float, float]:
        """F4 and F5 in Hz."""
        fourth, fifth = 3450 * self.tract, 4350 * self.tract
        return (
            fourth + self.ring * (2950 * self.tract**0.5 - fourth),
            fifth + self.ring * (3500 * self.tract**0.5 - fifth),
        )


FEMALE = Voice()
MALE = replace(
    FEMALE, tract=1.0, low=43, high=65, speech_hz=115.0, tilt_hz=3400.0, open_quotient=0.55
)
CHILD = replace(FEMALE, tract=1.32, low=59, high=81, speech_hz=265.0, vibrato_cents=8.0, breath=0.2)

_KINDS: tuple[tuple[str, Voice], ...] = (
    (r"child|kid|boy\b|girl|童|孩|小朋友|女孩|男孩", CHILD),
    (r"female|woman|women|lady|soprano|alto|mezzo|diva|女", FEMALE),
    (r"\bmale|\bman\b|\bmen\b|tenor|baritone|\bbass|\bguy|男", MALE),
)
_TRAITS: tuple[tuple[str, dict[str, float]], ...] = (
    (r"soft|gentle|tender|quiet|轻柔|温柔|柔|轻", {"breath": 2.0, "tilt_hz": 0.6}),
    (
        r"breathy|whisper|airy|气声|低语|耳语",
        {"breath": 3.5, "tilt_hz": 0.5, "open_quotient": 1.15},
    ),
    (r"warm|mellow|dark|deep|温暖|低沉|浑厚|醇", {"tilt_hz": 0.75, "tract": 0.97}),
    (r"bright|clear|pop|明亮|清亮|清澈", {"tilt_hz": 1.4, "breath": 0.7}),
    (r"power|strong|rock|belt|有力|高亢|摇滚", {"tilt_hz": 1.7, "open_quotient": 0.85}),
    (r"\bold\b|aged|老", {"jitter_cents": 2.5, "shimmer": 2.5, "breath": 1.5}),
    (r"opera|classical|soprano|tenor|baritone|歌剧|美声", {"vibrato_cents": 1.1, "tilt_hz": 1.3}),
    (r"baritone|\bbass|alto|mezzo|deep|低沉|男低音|女低音", {"tract": 0.96}),
    (r"straight|no vibrato|无颤音", {"vibrato_cents": 0.0}),
)
_OPERA = r"opera|classical|soprano|tenor|baritone|歌剧|美声"
_CHOIR = r"choir|chorus|ensemble|gospel|voices|合唱|众人"
_DOUBLED = r"double|duet|双声|重唱"
_ROBOT = r"robot|android|vocoder|machine|机器|电子"


def voice_named(words: str) -> Voice:
    """The voice that words describe; with none that are known, a clear female voice."""
    said = words.lower()
    voice = next((kind for pattern, kind in _KINDS if re.search(pattern, said)), FEMALE)
    for pattern, factors in _TRAITS:
        if re.search(pattern, said):
            changed = {name: getattr(voice, name) * by for name, by in factors.items()}
            voice = replace(voice, **changed)
    if re.search(_OPERA, said):
        voice = replace(voice, ring=0.7)
    if re.search(_CHOIR, said):
        voice = replace(voice, singers=4)
    elif re.search(_DOUBLED, said):
        voice = replace(voice, singers=2)
    if re.search(_ROBOT, said):
        voice = replace(
            voice, is_robot=True, vibrato_cents=0.0, glide_s=0.008, jitter_cents=0.0, shimmer=0.0
        )
    return replace(voice, breath=min(voice.breath, 0.9))
