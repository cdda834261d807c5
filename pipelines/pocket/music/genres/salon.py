"""Genres of the dance floor and the drawing room: jazz, bossa nova, waltz, ragtime, chamber,
blues."""

from pipelines.pocket.music.genres.genre import Genre, Grooves, Swing, casts
from pipelines.pocket.music.genres.patterns import beat, fill, play

JAZZ = Genre(
    name="jazz swing",
    also=("jazz", "swing", "bebop", "big band", "smooth jazz", "爵士", "摇摆"),
    about="Walking bass, ride cymbal and ii-V-I over AABA",
    tempo=(96, 132, 190),
    modes=("major", "minor", "dorian"),
    instruments={
        "melody": ("sax", "muted trumpet", "clarinet", "vibraphone"),
        "chords": ("grand piano", "jazz guitar"),
        "bass": ("upright bass",),
        "drums": ("jazz kit",),
        "texture": ("brass", "vibraphone"),
    },
    progressions={
        "major": (
            "Imaj7 vi7 ii7 V7 iii7,VI7 ii7,V7 Imaj7,vi7 ii7,V7",
            "ii7 V7 Imaj7 vi7 ii7 V7 Imaj7 Imaj7",
            "Imaj7 IV7 iii7 VI7 ii7 V7 Imaj7,vi7 ii7,V7",
        ),
        "minor": ("i6 iim7b5,V7 i6 iv7 i6 VI7 iim7b5 V7",
            "i7 iv7 VII7 IIImaj7 VImaj7 iim7b5 V7 i6"),
        "dorian": ("i7 i7 i7 i7 ii7 ii7 i7 i7", "i7 IV7 i7 IV7"),
    },
    casts=casts(
        intro="2 cbd", verse="2 mcbd", bridge="3 mcbd", chorus="3 mcbdt", solo="4 mcbd",
        outro="3 mcbdt",
    ),
    form="aaba",
    grooves=Grooves(
        bass=(play(1, "1-------5-------"), play(2, "w---w---w---a---"), play(4,
            "w---w---w---w-a-")),
        chords=(
            play(1, "x---------------"),
            play(2, "x-----x-........"),
            play(2, "......x-....x---"),
            play(3, "x--...x-..x---x-"),
        ),
        texture=(play(1, "x---------------"), play(3, "......X-......x-"), play(4,
            "X---..X-..x-....")),
        drums=(
            beat(1, ride="x...x...x...x...", hat="....x.......x..."),
            beat(2, kick="o...o...o...o...", ride="x...x.x.x...x.x.", hat="....x.......x..."),
            beat(4, kick="o...o...o...o.x.", snare="......o...o...o.", ride="X...x.x.X...x.x.",
                 hat="....x.......x..."),
            fill(2, kick="x...............", snare="......x.x...x.x.", ride="x...x..........."),
        ),
    ),
    swing=Swing(0.64, 0.5),
    bends_scale=True,
    rhythms=("", "..x-x-x-x---..x-x-x---..x-------", "x---..x-x-x-x---..x---x-........"),
    gate=0.8,
)  # fmt: skip

BOSSA = Genre(
    name="bossa nova",
    also=("bossa", "samba", "latin", "salsa", "tropical", "巴萨诺瓦", "拉丁"),
    about="Soft syncopated nylon guitar, rim clave and long chords",
    tempo=(108, 126, 148),
    modes=("major", "minor", "dorian"),
    instruments={
        "melody": ("flute", "sax", "vibraphone"),
        "chords": ("nylon guitar",),
        "bass": ("upright bass",),
        "drums": ("jazz kit",),
        "texture": ("electric piano", "strings"),
    },
    progressions={
        "major": ("Imaj7 Imaj7 II7 II7 ii7 V7 Imaj7 V7", "Imaj7 vi7 ii7 V7"),
        "minor": ("i7 i7 iv7 VII7 IIImaj7 VImaj7 iim7b5 V7", "i6 VI7 iim7b5 V7"),
        "dorian": ("i7 IV9 i7 IV9",),
    },
    grooves=Grooves(
        bass=(play(1, "1-------5-------"), play(2, "1-----5-5-----1-"), play(4,
            "1--1--5-5--5--a-")),
        chords=(
            play(1, "x-------x-------"),
            play(2, "x-..x-..x..x..x-..x..x..x-..x-.."),
            play(3, "X..x..x...x..x..X..x..x..x..x-.."),
        ),
        texture=(play(1, "x---------------"), play(4, "..x-..x-..x-..x-")),
        drums=(
            beat(1, hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="x.....x.x.....x.x.....x.x.....x.", hat="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                 rim="x..x..x...x..x..x..x..x...x..x.."),
            beat(4, kick="X.....x.X.....x.", hat="xoxoxoxoxoxoxoxo", rim="x..x..x...x..x..",
                 shaker="xxxxxxxxxxxxxxxx"),
            fill(2, kick="x.....x.x.......", rim="x..x..x.x.x.xx.."),
        ),
    ),
    bends_scale=True,
    rhythms=("..x--x--x---x---..x--x--x-------", "x-..x-x---x-x---..x-x-x---x-----"),
)  # fmt: skip

_THREE = (3, 4)

WALTZ = Genre(
    name="waltz",
    also=("viennese waltz", "valse", "华尔兹", "圆舞曲"),
    about="One-two-three with a singing tune",
    tempo=(84, 132, 180),
    modes=("major", "minor"),
    instruments={
        "melody": ("violin", "flute", "accordion", "clarinet"),
        "chords": ("grand piano", "accordion"),
        "bass": ("upright bass", "cello"),
        "drums": ("jazz kit",),
        "texture": ("strings", "harp"),
    },
    progressions={
        "major": ("I I V7 V7 V7 V7 I I", "I vi ii V7 I vi V7 I", "I IV I V7"),
        "minor": ("i i V7 V7 V7 V7 i i", "i iv V7 i VI iv V7 i"),
    },
    metres=((3, 4),),
    casts=casts(
        intro="1 cb", verse="2 mcb", chorus="3 mcbt", bridge="2 mct", solo="3 mcbt", outro="2 mcb",
    ),
    form="period",
    harmony="model",
    grooves=Grooves(
        bass=(
            play(1, "1-----------", metre=_THREE),
            play(2, "1---........5---........", metre=_THREE),
        ),
        chords=(
            play(1, "....x---x---", metre=_THREE),
            play(3, "....x-..x-..", metre=_THREE),
        ),
        texture=(
            play(1, "x-----------", metre=_THREE),
            play(3, "0-1-2-3-2-1-", metre=_THREE),
        ),
        drums=(
            beat(1, _THREE, hat="....x...x..."),
            beat(2, _THREE, kick="x...........", hat="....x...x..."),
            beat(3, _THREE, kick="X...........", snare="....o...o...", ride="x...x...x..."),
            fill(3, _THREE, kick="X...........", snare="....x.x.x.x."),
        ),
    ),
    bends_scale=True,
)  # fmt: skip

RAGTIME = Genre(
    name="ragtime",
    also=("rag", "stride piano", "saloon", "散拍", "拉格泰姆"),
    about="Stride left hand under a syncopated right",
    tempo=(76, 92, 108),
    modes=("major", "minor"),
    instruments={
        "melody": ("grand piano",),
        "chords": ("grand piano",),
        "bass": ("grand piano",),
        "drums": ("jazz kit",),
        "texture": ("clarinet", "trumpet"),
    },
    progressions={
        "major": ("I I V7 V7 V7 V7 I I", "I VI7 II7 V7,I I VI7 II7,V7 I", "I IV I V7 I IV I,V7 I"),
        "minor": ("i i V7 i iv i V7 i",),
    },
    casts=casts(
        intro="2 mcb", verse="2 mcb", chorus="3 mcbt", bridge="2 mcb", solo="3 mcbt",
        interlude="2 cb", outro="3 mcb",
    ),
    form="strains",
    grooves=Grooves(
        bass=(play(1, "1---....5---...."), play(3, "1-..1-..5-..a-..")),
        chords=(play(1, "....x---....x---"), play(3, "....x-..x-..x-..")),
        texture=(play(1, "x-------x-------"), play(3, "2-..3-..2-..1-..")),
        drums=(beat(1, hat="....x.......x..."), beat(3, kick="x.......x.......",
               snare="....o.......o...", hat="....x.......x...")),
    ),
    bends_scale=True,
    rhythms=("x-xx-xx-x-xx-x--x-xx-xx-x-------", "xx-xx-xxx-x-x---xx-xx-x-x-x-x---"),
    gate=0.8,
)  # fmt: skip

CHAMBER = Genre(
    name="chamber",
    also=("classical", "string quartet", "quartet", "baroque", "mozart", "古典", "室内乐",
          "弦乐四重奏"),
    about="Strings in conversation, in the manner of a quartet",
    written=frozenset({"bass", "chords"}),
    tempo=(66, 96, 138),
    modes=("major", "minor"),
    instruments={
        "melody": ("violin", "oboe", "flute"),
        "chords": ("strings", "harp", "grand piano"),
        "bass": ("cello",),
        "drums": ("acoustic kit",),
        "texture": ("violin", "clarinet", "strings"),
    },
    progressions={
        "major": ("I IV V7 I vi ii V7 I", "I V7 I IV ii V7 I,V7 I"),
        "minor": ("i iv V7 i VI iv V7 i", "i V7 i iv i,V7 i V7 i"),
    },
    casts=casts(
        intro="1 cb", verse="2 mcb", chorus="3 mcbt", bridge="2 mcbt", solo="3 mcbt",
        interlude="2 cbt", outro="2 mcb",
    ),
    form="period",
    harmony="model",
    grooves=Grooves(
        bass=(
            play(1, "1---------------"),
            play(2, "1-------5-------"),
            play(3, "1---3---5---1---"),
            play(1, "1-----------", metre=_THREE),
            play(1, "1-----5-----", metre=(6, 8)),
        ),
        chords=(
            play(1, "x-------x-------"),
            play(2, "0-2-1-2-0-2-1-2-"),
            play(3, "x-x-x-x-x-x-x-x-"),
            play(2, "0-2-1-2-1-2-", metre=_THREE),
            play(2, "0-1-2-0-1-2-", metre=(6, 8)),
        ),
        texture=(play(1, "2-------1-------"), play(3, "2-1-2-3-2-1-0-1-")),
        drums=(beat(1, kick="x..............."), beat(4, kick="X...............",
               crash="X...............")),
    ),
    bends_scale=True,
)  # fmt: skip

BLUES = Genre(
    name="blues",
    also=("twelve-bar blues", "12 bar blues", "slow blues", "蓝调", "布鲁斯"),
    about="Twelve bars of shuffling dominant sevenths",
    tempo=(72, 96, 126),
    modes=("mixolydian", "minor"),
    instruments={
        "melody": ("clean guitar", "harmonica", "sax"),
        "chords": ("grand piano", "clean guitar", "organ"),
        "bass": ("upright bass", "finger bass"),
        "drums": ("acoustic kit",),
        "texture": ("organ", "brass"),
    },
    progressions={
        "mixolydian": ("I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",),
        "minor": ("i7 i7 i7 i7 iv7 iv7 i7 i7 VImaj7 V7 i7 V7",),
    },
    casts=casts(intro="2 cbd", verse="2 mcbd", chorus="3 mcbdt", solo="4 mcbdt", outro="3 mcbdt"),
    form="strains",
    grooves=Grooves(
        bass=(play(1, "1-------5-------"), play(2, "1---3---5---6---"), play(4,
            "1-1-3-3-5-5-6-a-")),
        chords=(
            play(1, "x---------------"),
            play(2, "..x---x-..x---x-"),
            play(3, "x-o.x-o.x-o.x-o."),
        ),
        texture=(play(1, "x---------------"), play(4, "......x-......x-")),
        drums=(
            beat(1, kick="X.......x.......", hat="....x.......x..."),
            beat(2, kick="X.......x.......", snare="....X.......X...", ride="x...x.x.x...x.x."),
            beat(3, kick="X.....x.x.....x.", snare="....X.....o.X.o.", hat="x.x.x.x.x.x.x.x."),
            fill(2, kick="X.......X.......", snare="....X.x.x.x.X.x."),
        ),
    ),
    swing=Swing(0.66, 0.5),
    bends_scale=True,
    rhythms=("..x-x-x-x---x---..x-x---........", "x-x-x---..x-x-x-x-----..........", ""),
    gate=0.9,
)  # fmt: skip

GENRES = (JAZZ, BOSSA, WALTZ, RAGTIME, CHAMBER, BLUES)
