"""What people call instruments and kits, and which of ours they mean. Knows no sound."""

ALIASES: dict[str, str] = {
    "piano": "grand piano", "guzheng": "koto", "zither": "koto", "shakuhachi": "bamboo flute",
    "dizi": "bamboo flute", "xiao": "bamboo flute", "steelpan": "steel drums",
    "rhodes": "electric piano", "xylophone": "marimba",
    "acoustic guitar": "steel guitar", "guitar": "steel guitar", "electric guitar": "clean guitar",
    "distorted guitar": "overdriven guitar", "bass": "finger bass", "double bass": "upright bass",
    "bass guitar": "finger bass", "electric bass": "finger bass", "saxophone": "sax",
    "horn": "french horn", "string ensemble": "strings", "brass section": "brass",
    "pad": "warm pad", "lead": "synth lead", "synth": "polysynth", "chip pulse": "chip square",
    "drums": "acoustic kit", "drum kit": "acoustic kit", "808": "electronic kit",
    "909": "electronic kit", "drum machine": "electronic kit", "keyboard": "electric piano",
    "bells": "bell", "fiddle": "violin", "hammond organ": "organ", "pipe organ": "church organ",
    "tubular bells": "bell", "vibes": "vibraphone", "steel drum": "steel drums",
    "classical guitar": "nylon guitar", "spanish guitar": "nylon guitar", "panpipes": "pan flute",
    "mouth organ": "harmonica", "squeezebox": "accordion", "contrabass": "upright bass",
    "acoustic bass": "upright bass", "synth pad": "warm pad", "brushes": "brush kit",
    "chimes": "bell", "percussion": "acoustic kit", "jazz drums": "jazz kit",
    "flugelhorn": "french horn", "thumb piano": "kalimba", "cembalo": "harpsichord",
}  # fmt: skip

NEAREST: dict[str, str] = {
    "xylophone": "marimba", "ukulele": "nylon guitar", "mandolin": "banjo", "sitar": "koto",
    "oud": "nylon guitar", "lute": "nylon guitar", "bouzouki": "steel guitar",
    "balalaika": "banjo", "erhu": "violin", "guqin": "koto", "pipa": "koto", "yangqin": "koto",
    "sanxian": "banjo", "liuqin": "banjo", "shamisen": "banjo", "matouqin": "cello",
    "suona": "oboe", "hulusi": "clarinet", "bawu": "clarinet", "sheng": "accordion",
    "xun": "pan flute", "piccolo": "flute", "recorder": "flute", "ocarina": "pan flute",
    "tin whistle": "flute", "whistle": "flute", "bagpipe": "oboe", "duduk": "clarinet",
    "english horn": "oboe", "tuba": "trombone", "euphonium": "trombone", "melodica": "harmonica",
    "concertina": "accordion", "bandoneon": "accordion", "theremin": "synth lead",
    "handpan": "kalimba", "singing bowl": "bell", "cimbalom": "harpsichord", "zheng": "koto",
    "didgeridoo": "bassoon", "tabla": "acoustic kit", "bongo": "acoustic kit",
    "conga": "acoustic kit", "taiko": "acoustic kit", "djembe": "acoustic kit",
    "cajon": "acoustic kit", "bodhran": "acoustic kit", "tambourine": "acoustic kit",
    "timpani": "acoustic kit", "orchestra": "strings", "kazoo": "muted trumpet",
    "dombra": "banjo", "kora": "harp", "konghou": "harp", "yueqin": "banjo",
    "woodblock": "acoustic kit",
}  # fmt: skip
"""Of instruments that are not ours the one that comes nearest; whoever asks is told."""
