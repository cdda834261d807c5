"""What people call instruments and kits, and which of ours they mean. Knows no sound."""

ALIASES: dict[str, str] = {
    "piano": "grand piano", "guzheng": "koto", "zither": "koto", "shakuhachi": "bamboo flute",
    "dizi": "bamboo flute", "steelpan": "steel drums", "rhodes": "electric piano",
    "acoustic guitar": "steel guitar", "guitar": "steel guitar", "electric guitar": "clean guitar",
    "distorted guitar": "overdriven guitar", "bass": "finger bass", "double bass": "upright bass",
    "bass guitar": "finger bass", "electric bass": "finger bass", "saxophone": "sax",
    "horn": "french horn", "string ensemble": "strings", "brass section": "brass",
    "pad": "warm pad", "lead": "synth lead", "synth": "polysynth", "chip pulse": "chip square",
    "drums": "acoustic kit", "drum kit": "acoustic kit", "808": "electronic kit",
    "909": "electronic kit", "drum machine": "electronic kit", "keyboard": "electric piano",
    "bells": "bell", "xylophone": "marimba", "fiddle": "violin",
}  # fmt: skip
