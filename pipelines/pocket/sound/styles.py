"""How each genre is mixed: levels, places, rooms, ducking, tape. Data, no code.

A genre that is not here is mixed as `NEUTRAL`.
"""

from dataclasses import dataclass, field

from studio.score import Role


@dataclass(frozen=True)
class Style:
    """A way of mixing."""

    levels_db: dict[Role, float] = field(default_factory=dict)
    """More or less than `LEVELS_DB`."""

    room_s: float = 1.4
    """The reverb's decay by 60 dB."""

    wet: float = 1.0
    """Multiplies every reverb send."""

    bright_hz: float = 6000
    duck: float = 0.0
    """How far bass, chords and texture make way for the kick, 0 to 1."""

    duck_s: float = 0.26
    stray_s: float = 0.004
    """How loosely players keep time; 0 for machines."""

    drive: float = 0.0
    """Tape saturation of each stem; 0 for none."""

    dull_hz: float = 0.0
    """Nothing above it, as from an old record."""

    vinyl_db: float | None = None
    glue_db: float = 2.5
    """How far the bus compressor turns down the loudest moments, at most."""


LEVELS_DB: dict[Role, float] = {
    "vocals": -17.5,
    "melody": -20.5,
    "chords": -23.5,
    "bass": -21.0,
    "drums": -20.5,
    "texture": -26.5,
}
"""Loudness of each role where it plays, relative to full scale."""

PLACES: dict[Role, tuple[float, ...]] = {
    "vocals": (0.0, -0.35, 0.35),
    "melody": (0.08, -0.25, 0.3),
    "chords": (-0.22, 0.28, -0.4),
    "bass": (0.0, 0.0),
    "drums": (0.0, 0.0),
    "texture": (0.3, -0.4, 0.5),
}
"""Where the first, second … part of a role stands, -1 (left) to 1."""

SENDS: dict[Role, float] = {
    "vocals": 0.16,
    "melody": 0.2,
    "chords": 0.18,
    "bass": 0.0,
    "drums": 0.09,
    "texture": 0.3,
}
"""Share of each role that goes to the reverb."""

CHORUS: dict[str, float] = {
    "electric piano": 0.4,
    "clean guitar": 0.45,
    "warm pad": 0.35,
    "organ": 0.3,
    "polysynth": 0.3,
}
"""Share of each instrument that goes to the chorus."""

NEUTRAL = Style()
_LOUD_BEAT: dict[Role, float] = {"drums": 3.0, "bass": 2.0, "texture": -1.0}

STYLES: dict[str, Style] = {
    "lo-fi": Style(
        {"drums": -0.5, "chords": 1.5},
        1.1,
        0.8,
        3500,
        duck=0.35,
        duck_s=0.22,
        stray_s=0.007,
        drive=1.1,
        dull_hz=9000,
        vinyl_db=-44,
    ),
    "pop": Style({"drums": 1.0}, 1.3, 0.8),
    "pop ballad": Style({"drums": -2.0, "chords": 1.5}, 2.1, 1.2),
    "house": Style(_LOUD_BEAT, 1.2, 0.7, duck=0.7, stray_s=0, glue_db=3.5),
    "techno": Style(
        {"drums": 4.0, "bass": 2.0}, 1.6, 0.7, duck=0.65, duck_s=0.2, stray_s=0, glue_db=3.5
    ),
    "ambient": Style(
        {"texture": 5.0, "chords": 1.0, "drums": -4.0}, 3.0, 2.0, stray_s=0.006, glue_db=1.0
    ),
    "synthwave": Style({"drums": 2.5, "bass": 2.0}, 2.0, 1.1, duck=0.5, stray_s=0, drive=0.6),
    "rock": Style({"drums": 2.0, "chords": 2.0, "bass": 1.0}, 1.1, 0.7, drive=0.5, glue_db=3.5),
    "funk": Style({"drums": 2.0, "bass": 2.5}, 0.7, 0.6),
    "jazz swing": Style(
        {"drums": -2.0, "bass": 1.5, "melody": 1.0}, 1.2, 1.0, stray_s=0.007, glue_db=1.0
    ),
    "bossa nova": Style({"drums": -2.5, "chords": 1.0}, 1.2, 1.0, stray_s=0.005, glue_db=1.0),
    "waltz": Style({"chords": -0.5}, 1.9, 1.2, stray_s=0.006, glue_db=1.0),
    "ragtime": Style({"bass": 1.0}, 0.8, 0.8, glue_db=1.0),
    "folk": Style({"chords": 1.5, "drums": -3.0}, 1.1, 0.8, stray_s=0.006, glue_db=1.5),
    "chamber": Style(
        {"chords": 2.0, "bass": 1.5, "texture": 3.0}, 2.0, 1.4, stray_s=0.007, glue_db=0.5
    ),
    "chiptune": Style({"chords": -1.0, "drums": 0.0}, 0.5, 0.0, stray_s=0),
    "hip-hop": Style({"drums": 3.5, "bass": 3.0}, 0.9, 0.6, duck=0.3, drive=0.6),
    "reggae": Style({"drums": 1.0, "bass": 3.5, "chords": 0.5}, 1.5, 0.9, 4500),
    "cinematic": Style(
        {"texture": 4.0, "chords": 2.0, "drums": 1.0}, 2.8, 1.6, stray_s=0.008, glue_db=1.5
    ),
    "lullaby": Style({"drums": -5.0, "texture": 1.0}, 2.2, 1.5, 4500, stray_s=0.007, glue_db=1.0),
    "guofeng": Style({"drums": -1.0, "texture": 2.0}, 1.9, 1.2, stray_s=0.005),
    "soul": Style({"drums": 1.0, "bass": 2.0, "chords": 1.0}, 1.1, 0.8, stray_s=0.006),
    "trance": Style(_LOUD_BEAT, 2.2, 1.1, duck=0.6, duck_s=0.2, stray_s=0, glue_db=3.5),
    "drum and bass": Style(
        {"drums": 4.0, "bass": 3.0}, 1.4, 0.7, duck=0.25, stray_s=0, glue_db=3.5
    ),
    "blues": Style({"chords": 1.0, "bass": 1.0}, 1.0, 0.8, stray_s=0.007, drive=0.4, glue_db=1.5),
    "march": Style({"chords": 1.5, "bass": 1.0}, 1.8, 1.1, glue_db=1.0),
    "country": Style({"chords": 1.5, "bass": 0.5}, 1.0, 0.7, stray_s=0.005),
    "art song": Style({"chords": 1.5}, 1.7, 1.2, stray_s=0.006, glue_db=0.5),
}
