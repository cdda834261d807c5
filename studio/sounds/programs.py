"""General MIDI's number for each instrument that our players know, and back.

Names are matched whole first, then by their last word ("lead guitar" is a guitar); a role has a
program of its own for what General MIDI does not name. Knows no file format.
"""

from studio.score import Role

_PROGRAMS = {
    "grand piano": 0,
    "piano": 0,
    "electric piano": 4,
    "harpsichord": 6,
    "celesta": 8,
    "music box": 10,
    "vibraphone": 11,
    "marimba": 12,
    "xylophone": 13,
    "bell": 14,
    "organ": 16,
    "church organ": 19,
    "accordion": 21,
    "harmonica": 22,
    "nylon guitar": 24,
    "steel guitar": 25,
    "guitar": 25,
    "jazz guitar": 26,
    "clean guitar": 27,
    "overdriven guitar": 29,
    "distorted guitar": 30,
    "upright bass": 32,
    "finger bass": 33,
    "bass": 33,
    "picked bass": 34,
    "fretless bass": 35,
    "synth bass": 38,
    "sub bass": 39,
    "violin": 40,
    "viola": 41,
    "cello": 42,
    "double bass": 43,
    "pizzicato strings": 45,
    "harp": 46,
    "timpani": 47,
    "strings": 48,
    "choir": 52,
    "voice": 53,
    "trumpet": 56,
    "trombone": 57,
    "tuba": 58,
    "french horn": 60,
    "horn": 60,
    "brass": 61,
    "soprano sax": 64,
    "sax": 66,
    "oboe": 68,
    "bassoon": 70,
    "clarinet": 71,
    "piccolo": 72,
    "flute": 73,
    "recorder": 74,
    "chip square": 80,
    "chip triangle": 82,
    "synth lead": 81,
    "lead": 81,
    "pluck": 84,
    "warm pad": 89,
    "pad": 89,
    "polysynth": 90,
    "sitar": 104,
    "banjo": 105,
    "koto": 107,
    "kalimba": 108,
    "fiddle": 110,
}
_KITS = {"acoustic kit": 0, "electronic kit": 24, "lo-fi kit": 25, "jazz kit": 32, "brush kit": 40}
_BY_ROLE: dict[Role, int] = {
    "vocals": 53,
    "melody": 80,
    "chords": 0,
    "bass": 33,
    "drums": 0,
    "texture": 89,
}
_FAMILIES = (
    ("grand piano", range(4)),
    ("electric piano", range(4, 8)),
    ("vibraphone", range(8, 16)),
    ("organ", range(16, 21)),
    ("accordion", range(21, 24)),
    ("nylon guitar", range(24, 25)),
    ("steel guitar", range(25, 26)),
    ("clean guitar", range(26, 29)),
    ("overdriven guitar", range(29, 32)),
    ("upright bass", range(32, 33)),
    ("finger bass", range(33, 38)),
    ("synth bass", range(38, 40)),
    ("violin", range(40, 42)),
    ("cello", range(42, 45)),
    ("harp", range(45, 48)),
    ("strings", range(48, 52)),
    ("choir", range(52, 56)),
    ("trumpet", range(56, 58)),
    ("brass", range(58, 64)),
    ("sax", range(64, 68)),
    ("oboe", range(68, 71)),
    ("clarinet", range(71, 72)),
    ("flute", range(72, 80)),
    ("synth lead", range(80, 88)),
    ("warm pad", range(88, 104)),
    ("nylon guitar", range(104, 108)),
    ("marimba", range(108, 116)),
    ("synth lead", range(116, 128)),
)


def program_of(instrument: str, role: Role) -> int:
    """0 to 127."""
    table = _KITS if role == "drums" else _PROGRAMS
    name = instrument.lower()
    if role == "vocals":
        return _BY_ROLE[role]
    return table.get(name, table.get(name.rpartition(" ")[2], _BY_ROLE[role]))


def instrument_of(program: int, is_drums: bool = False) -> str:
    """The name of the instrument that comes nearest to a program."""
    table = _KITS if is_drums else _PROGRAMS
    for name, number in table.items():
        if number == program:
            return name
    if is_drums:
        return "acoustic kit"
    return next(name for name, programs in _FAMILIES if program in programs)
