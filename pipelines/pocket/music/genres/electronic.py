"""Genres of machines: lo-fi, hip-hop, house, techno, trance, drum and bass, synthwave, ambient,
chiptune."""

from pipelines.pocket.music.genres.genre import Genre, Grooves, Swing, casts
from pipelines.pocket.music.genres.patterns import beat, fill, play

CLUB_CASTS = casts(
    intro="2 bd", verse="2 cbd", build="3 cdt", drop="4 mcbdt", breakdown="1 mct",
    chorus="4 mcbdt", bridge="1 mct", solo="4 mcbd", interlude="2 cbd", outro="2 bd",
)  # fmt: skip

LOFI = Genre(
    name="lo-fi",
    also=("lofi", "lo-fi hip hop", "lofi hip-hop", "chillhop", "study beats", "低保真"),
    about="Dusty seventh chords over a slow, swung beat",
    tempo=(68, 78, 92),
    modes=("major", "minor", "dorian"),
    instruments={
        "melody": ("vibraphone", "electric piano", "flute"),
        "chords": ("electric piano", "nylon guitar"),
        "bass": ("upright bass", "finger bass"),
        "drums": ("lo-fi kit",),
        "texture": ("nylon guitar", "warm pad", "music box"),
    },
    progressions={
        "major": ("Imaj7 vi7 ii7 V7", "IVmaj7 iii7 ii7 Imaj7", "ii7 V7 Imaj7 vi7"),
        "minor": ("i7 iv7 VImaj7 v7", "VImaj7 v7 i7 i7", "i9 VImaj7 iv7 v7"),
        "dorian": ("i9 IV9 i9 IV9", "i7 ii7 IV7 i7"),
    },
    casts=casts(
        intro="1 ct", verse="2 mcbd", chorus="3 mcbdt", bridge="2 mcbt", solo="3 mcbd",
        interlude="2 cbdt", outro="1 mct",
    ),
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "1-----1-..5-----"), play(3,
            "1--1..8-1---5-a-")),
        chords=(
            play(1, "x---------------"),
            play(2, "x-----x-..x-----"),
            play(2, "x-------..x--x--"),
            play(3, "x--x..x-..x-x---"),
        ),
        texture=(play(1, "0-1-2-3-2-1-----"), play(3, "..2-..3-..2-1---")),
        drums=(
            beat(1, hat="..x...x...x...x."),
            beat(2, kick="X......x..x.....", snare="....x.......x...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X..x...x..x.....", snare="....X.......X..o",
                 hat="x.xxx.x.x.x.x.xx"),
            fill(2, kick="X......x........", snare="....X..o..x.xo.o", hat="x.x.x.x........."),
        ),
    ),
    swing=Swing(0.58, 0.25),
    rhythms=("..x-x---x-x-----..x-x-x-x-------", "x---..x-x-----..x---x-x-x-----..",
             "....x-x-x-x---......x-x-x-------"),
)  # fmt: skip

HIPHOP = Genre(
    name="hip-hop",
    also=("hip hop", "hiphop", "rap", "trap", "boom bap", "嘻哈", "说唱"),
    about="A heavy beat, a dark loop and sub bass",
    tempo=(74, 88, 100),
    modes=("minor", "phrygian", "dorian"),
    instruments={
        "melody": ("pluck", "flute", "synth lead"),
        "chords": ("grand piano", "electric piano"),
        "bass": ("sub bass",),
        "drums": ("electronic kit",),
        "texture": ("strings", "choir", "warm pad"),
    },
    progressions={
        "minor": ("i VI i VII", "i i VI v", "i iv VI v"),
        "phrygian": ("i II i II", "i i II i"),
    },
    casts=casts(
        intro="1 ct", verse="2 mcbd", chorus="4 mcbdt", bridge="2 mct", solo="3 mcbd",
        outro="1 ct",
    ),
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "1-----..1-1-----"), play(3,
            "1-----1-..1--18-")),
        chords=(play(1, "x---------------"), play(2, "0-1-2-1-0-1-2-1-"), play(3,
            "x-----x-x-----o-")),
        texture=(play(1, "x---------------"), play(4, "x-------x-------")),
        drums=(
            beat(1, hat="x...x...x...x..."),
            beat(2, kick="X.....x...x.....", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.....x..xx.....", clap="....X.......X...", hat="x.x.xxx.x.x.x.xx"),
            beat(4, kick="X..x..x..xx...x.", clap="....X.......X...", hat="x.xxx.x.xxx.xxxx",
                 open="......x........."),
            fill(2, kick="X.....x.........", clap="....X.....x.X.xx", hat="xxxxxxxx........"),
        ),
    ),
    rhythms=("x-x-..x-x-x-....x-x-..x-x-......", "..x-x-x---..x-..x-x---......x-..",
             "x--x--x-....x-x-x--x--x-........"),
    phrase_bars=2,
)  # fmt: skip

HOUSE = Genre(
    name="house",
    colour=0.0,
    also=("deep house", "edm", "dance", "club", "浩室", "舞曲", "电音"),
    about="Four on the floor, offbeat hats, stabbed chords",
    tempo=(118, 124, 130),
    modes=("minor", "dorian", "major"),
    instruments={
        "melody": ("synth lead", "pluck"),
        "chords": ("electric piano", "grand piano", "organ"),
        "bass": ("synth bass",),
        "drums": ("electronic kit",),
        "texture": ("warm pad", "pluck"),
    },
    progressions={
        "minor": ("i7 VI VII v7", "i7 iv7 VII IIImaj7", "i7 i7 VI VII"),
        "dorian": ("i7 IV7 i7 IV7", "i7 ii7 i7 VII"),
        "major": ("vi7 IVmaj7 I V", "IVmaj7 V vi7 I"),
    },
    casts=CLUB_CASTS,
    form="club",
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "..1-..1-..1-..1-"), play(3,
            "1.1...1-..8.1.5.")),
        chords=(
            play(1, "x---------------"),
            play(2, "x..x..x...x..x.."),
            play(3, "..x-..x...x-.x.."),
            play(4, "X..x..x..xx..x.."),
        ),
        texture=(play(1, "x---------------"), play(3, "0-2-1-3-0-2-1-3-"), play(4,
            "012301230123321-")),
        drums=(
            beat(1, hat="..x...x...x...x."),
            beat(2, kick="X...X...X...X...", open="..x...x...x...x."),
            beat(3, kick="X...X...X...X...", clap="....x.......x...", hat="xxxxxxxxxxxxxxxx",
                 open="..x...x...x...x."),
            beat(4, kick="X...X...X...X...", clap="....X.......X..x", hat="x.xxx.xxx.xxx.xx",
                 open="..x...x...x...x.", shaker="xxxxxxxxxxxxxxxx"),
            fill(2, kick="X...X...X.......", clap="....x...x.x.xxxx", open="..x...x........."),
        ),
    ),
    rhythms=("x..x..x.x..x..x.x..x..x---......", "..x-..x-..x-x---..x-..x-x-x-----"),
    phrase_bars=2,
    gate=0.8,
)  # fmt: skip

TECHNO = Genre(
    name="techno",
    colour=0.0,
    also=("minimal techno", "detroit techno", "acid", "rave", "科技舞曲"),
    about="A hypnotic machine pulse with one short figure",
    tempo=(124, 130, 142),
    modes=("minor", "phrygian", "dorian"),
    instruments={
        "melody": ("pluck", "synth lead"),
        "chords": ("warm pad", "organ"),
        "bass": ("synth bass", "sub bass"),
        "drums": ("electronic kit",),
        "texture": ("pluck", "synth lead"),
    },
    progressions={
        "minor": ("i i i i", "i i VI VI", "i i VII VII"),
        "phrygian": ("i i II i", "i i i II"),
        "dorian": ("i i IV i", "i i ii i"),
    },
    casts=CLUB_CASTS,
    form="club",
    grooves=Grooves(
        bass=(play(1, "..1-..1-..1-..1-"), play(2, ".111.111.111.111"), play(4,
            ".11..118.11..115")),
        chords=(play(1, "x---------------"), play(3, "...x..x....x..x."), play(4,
            "..x..x..x..x..x.")),
        texture=(play(1, "0--0--0--0--0-0-"), play(2, "0.0.1.0.2.0.1.0."), play(4,
            "0010020010030120")),
        drums=(
            beat(1, hat="..x...x...x...x."),
            beat(2, kick="X...X...X...X...", hat="..x...x...x...x."),
            beat(3, kick="X...X...X...X...", hat="oxxooxxooxxooxxo", clap="....x.......x..."),
            beat(4, kick="X...X...X...X...", hat="xxxxxxxxxxxxxxxx", open="..x...x...x...x.",
                 clap="....X.......X...", rim="...x..x....x..x."),
            fill(2, kick="X...X...X.......", snare="........o.o.xxxX", hat="..x...x........."),
        ),
    ),
    rhythms=("x..x..x...x..x..x..x..x...x..x..", "x.x...x..x......x.x...x..x......"),
    phrase_bars=1,
    gate=0.7,
)  # fmt: skip

TRANCE = Genre(
    name="trance",
    colour=0.0,
    also=("eurodance", "hands up", "hardstyle", "出神"),
    about="Rolling bass, bright arpeggios and long lifts",
    tempo=(130, 137, 145),
    modes=("minor", "major"),
    instruments={
        "melody": ("synth lead",),
        "chords": ("warm pad",),
        "bass": ("synth bass",),
        "drums": ("electronic kit",),
        "texture": ("pluck", "synth lead"),
    },
    progressions={
        "minor": ("i VI III VII", "i iv VI VII", "VI VII i i"),
        "major": ("vi IV I V", "IV V vi vi"),
    },
    casts=CLUB_CASTS,
    form="club",
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "..1-..1-..1-..1-"), play(3,
            ".111.111.111.115")),
        chords=(play(1, "x---------------"), play(4, "x--x--x-x--x--x-")),
        texture=(play(1, "0-1-2-3-0-1-2-3-"), play(3, "0123012301230123"), play(4,
            "0213021302130413")),
        drums=(
            beat(1, hat="..x...x...x...x."),
            beat(2, kick="X...X...X...X...", open="..x...x...x...x."),
            beat(3, kick="X...X...X...X...", clap="....X.......X...", hat="x.xxx.xxx.xxx.xx",
                 open="..x...x...x...x."),
            fill(2, kick="X...X...X...X...", snare="x.x.x.x.xxxxxxxX"),
        ),
    ),
    rhythms=("x--x--x--x--x-x-x--x--x-x-------", "x---x-x---x-x-x-x---x-x-x-------"),
)  # fmt: skip

DRUM_AND_BASS = Genre(
    name="drum and bass",
    colour=0.0,
    also=("drum & bass", "drum n bass", "dnb", "jungle", "breakbeat", "鼓打贝斯"),
    about="Fast broken drums over half-time bass",
    tempo=(164, 172, 178),
    modes=("minor", "dorian"),
    instruments={
        "melody": ("synth lead", "pluck"),
        "chords": ("warm pad", "electric piano"),
        "bass": ("sub bass", "synth bass"),
        "drums": ("electronic kit",),
        "texture": ("strings", "pluck"),
    },
    progressions={"minor": ("i i VI VI", "i VII VI v", "i i iv VI")},
    casts=CLUB_CASTS,
    form="club",
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "1-----------1---"), play(3,
            "1-----1--1----8-")),
        chords=(play(1, "x---------------"), play(4, "x-----x-------x-")),
        texture=(play(1, "x---------------"), play(3, "0---2---1---3---")),
        drums=(
            beat(1, hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="X.........x.....", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.x.......xx....", snare="....X..o.o..X..o", hat="x.x.x.x.x.x.x.x.",
                 ride="x...x...x...x..."),
            fill(2, kick="X.........x.....", snare="....X..x.xX.x.xx"),
        ),
    ),
    rhythms=("x-----x-----x---x-----x---------", "........x---x---x-----x---------"),
)  # fmt: skip

SYNTHWAVE = Genre(
    name="synthwave",
    also=("retrowave", "outrun", "80s", "vaporwave", "synthpop", "synth pop", "合成器浪潮"),
    about="Neon pads, pulsing eighth-note bass, big gated snare",
    tempo=(84, 102, 118),
    modes=("minor", "dorian", "major"),
    instruments={
        "melody": ("synth lead",),
        "chords": ("warm pad",),
        "bass": ("synth bass",),
        "drums": ("electronic kit",),
        "texture": ("pluck",),
    },
    progressions={
        "minor": ("i VI III VII", "VI VII i i", "i VII VI VII", "i iv VI VII"),
        "major": ("I V vi IV", "vi IV I V"),
    },
    casts=casts(
        intro="2 cbt", verse="2 mcbd", chorus="4 mcbdt", bridge="1 mct", solo="4 mcbdt",
        interlude="3 cbdt", outro="2 cbt",
    ),
    grooves=Grooves(
        bass=(play(1, "1-------1-------"), play(2, "1-1-1-1-1-1-1-1-"), play(3, "1.1.8.1.1.1.8.1."),
              play(4, "11811181118111a1")),
        chords=(play(1, "x---------------"), play(4, "x-----x-----x---")),
        texture=(play(1, "0-1-2-3-2-1-0-1-"), play(3, "0123210123210123"), play(4,
            "0213043102130431")),
        drums=(
            beat(1, hat="x...x...x...x..."),
            beat(2, kick="X.......X.......", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X...X...X...X...", snare="....X.......X...", hat="xxxxxxxxxxxxxxxx"),
            beat(4, kick="X...X...X...X.x.", snare="....X.......X...", clap="....X.......X...",
                 hat="x.xxx.xxx.xxx.xx", open="..x...x...x...x."),
            fill(2, kick="X...X...........", high_tom="........xx......",
                mid_tom="..........xx....",
                 low_tom="............xxxX"),
        ),
    ),
    rhythms=("x-----x---x-x---x-----x-x-------", "..x-x-x-x---x---..x-x-x-x-------"),
)  # fmt: skip

AMBIENT = Genre(
    name="ambient",
    colour=0.0,
    also=("meditation", "drone", "new age", "sleep", "spa", "soundscape", "氛围", "冥想"),
    about="Slow pads without a beat, a few notes in a large space",
    tempo=(54, 64, 80),
    modes=("lydian", "major", "dorian", "minor"),
    instruments={
        "melody": ("vibraphone", "music box", "flute"),
        "chords": ("warm pad",),
        "bass": ("sub bass", "cello"),
        "drums": ("electronic kit",),
        "texture": ("choir", "harp", "strings"),
    },
    progressions={
        "major": ("Imaj9 Imaj9 IVmaj9 IVmaj9", "Imaj7 iii7 IVmaj7 iii7"),
        "lydian": ("Imaj7 Imaj7 II II", "Imaj9 Imaj9 vi7 II"),
        "minor": ("i9 i9 VImaj9 VImaj9", "i7 VImaj7 iv7 i7"),
        "dorian": ("i9 i9 IV IV", "i7 ii7 i7 VIImaj7"),
    },
    casts=casts(
        intro="1 ct", verse="1 mcb", chorus="2 mcbt", bridge="1 mct", solo="2 mcbt",
        interlude="1 cbt", outro="1 ct",
    ),
    form="drift",
    grooves=Grooves(
        bass=(play(1, "1---------------"),),
        chords=(play(1, "x---------------"),),
        texture=(play(1, "x---------------"), play(2, "0---2---1---3---"), play(2,
            "0-----2-----1---")),
        drums=(beat(1, shaker="x...o...x...o..."), beat(3, kick="X...............",
               shaker="x.o.x.o.x.o.x.o.")),
    ),
    rhythms=("........x-------....x-----------", "x-----------x---x---------------",
             "....x-----x-----........x-------"),
)  # fmt: skip

CHIPTUNE = Genre(
    name="chiptune",
    also=("8-bit", "8 bit", "8bit", "chip", "video game", "arcade", "芯片音乐", "像素游戏"),
    about="A fast tune of square waves for a game of few pixels",
    tempo=(118, 144, 172),
    modes=("major", "minor", "mixolydian"),
    instruments={
        "melody": ("chip square",),
        "chords": ("chip square",),
        "bass": ("chip triangle",),
        "drums": ("electronic kit",),
        "texture": ("chip square",),
    },
    progressions={
        "major": ("I IV V I", "I V vi IV", "I vi ii V", "IV V iii vi"),
        "minor": ("i VI VII i", "i VII VI v", "i III VII VI"),
    },
    casts=casts(
        intro="2 cbd", verse="2 mcbd", chorus="4 mcbdt", bridge="3 mbdt", solo="4 mcbd",
        interlude="3 bdt", outro="3 mcbd",
    ),
    grooves=Grooves(
        bass=(play(1, "1---1---1---1---"), play(2, "1-8-1-8-1-8-1-8-"), play(4,
            "1181118111815181")),
        chords=(play(1, "012-012-012-012-"), play(2, "0120120120120120"), play(4,
            "0121012301210123")),
        texture=(play(1, "x---------------"), play(3, "2-1-2-1-3-1-2-1-")),
        drums=(
            beat(1, hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="X.......X.......", snare="....x.......x...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X..x..x.X..x..x.", snare="....X.......X...", hat="x.xxx.xxx.xxx.xx"),
            fill(2, kick="X...x...X...x...", snare="....X...x.x.xxxx"),
        ),
    ),
    rhythms=("x-x-xxx-x-x-x---x-x-xxx-x-------", "x--x--x-x-x-xxx-x--x--x-x---x---",
             "xxx-x-x-xxx-x-x-x-x-x-x-x-------"),
    gate=0.9,
)  # fmt: skip

GENRES = (LOFI, HIPHOP, HOUSE, TECHNO, TRANCE, DRUM_AND_BASS, SYNTHWAVE, AMBIENT, CHIPTUNE)
