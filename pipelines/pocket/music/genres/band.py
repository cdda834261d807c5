"""Songs of bands and singers: pop, pop ballad, rock, funk, soul, reggae, folk."""

from pipelines.pocket.music.genres.genre import Genre, Grooves, Swing, casts
from pipelines.pocket.music.genres.patterns import beat, fill, play

POP = Genre(
    name="pop",
    also=("pop song", "radio pop", "流行", "流行歌", "流行音乐"),
    about="Bright four-chord songs with a big chorus",
    tempo=(92, 112, 132),
    modes=("major", "minor"),
    instruments={
        "melody": ("synth lead", "clean guitar", "violin"),
        "chords": ("grand piano", "clean guitar", "electric piano"),
        "bass": ("finger bass", "synth bass"),
        "drums": ("acoustic kit", "electronic kit"),
        "texture": ("strings", "warm pad", "pluck"),
        "vocals": (),
    },
    progressions={
        "major": ("I V vi IV", "vi IV I V", "IV V vi I", "I vi IV V"),
        "minor": ("i VI III VII", "VI VII i i", "i III VII iv"),
    },
    grooves=Grooves(
        bass=(
            play(1, "1---------------"),
            play(2, "1-----1-1-------"),
            play(3, "1--1--1-1--1--5-"),
            play(4, "1-1-1-1-1-1-1-a-"),
        ),
        chords=(
            play(1, "x---------------"),
            play(2, "x-------x-------", "b---------------"),
            play(3, "x--x--x---x-x---", "b-------b-------"),
            play(4, "X--x--x-X--x--x-", "b-------b-------"),
        ),
        texture=(
            play(1, "x---------------"),
            play(3, "x-------x-------"),
            play(4, "0-2-1-2-3-2-1-2-"),
        ),
        drums=(
            beat(1, hat="x...x...x...x..."),
            beat(2, kick="X.......x.......", rim="....x.......x...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.....x.x.......", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(
                4,
                kick="X.....x.x.x.....",
                snare="....X.......X...",
                hat="x.x.x.x.x.x.x...",
                open="..............x.",
                tambourine="....x.......x...",
            ),
            fill(2, snare="........o.o.x.xx", kick="X..............."),
            fill(
                3,
                kick="X...x...x...x...",
                snare="........XX......",
                high_tom="..........xx....",
                mid_tom="............xx..",
                low_tom="..............xX",
            ),
        ),
    ),
    rhythms=(
        "x-x-x---x-x-x---x-x-x-x-x-------",
        "..x-x-x-x--x--x-x-x-x---x-------",
        "x--x--x-x-x-x---x--x--x-x-----..",
    ),
)

BALLAD = Genre(
    name="pop ballad",
    also=("ballad", "piano ballad", "slow pop", "love song", "抒情", "情歌", "慢歌"),
    about="Slow, wide and tender, from piano alone to the full band",
    tempo=(58, 70, 84),
    modes=("major", "minor"),
    instruments={
        "melody": ("violin", "flute", "sax"),
        "chords": ("grand piano",),
        "bass": ("finger bass", "upright bass"),
        "drums": ("acoustic kit",),
        "texture": ("strings", "warm pad"),
    },
    progressions={
        "major": ("I V vi IV", "I iii IV V", "I V vi iii IV I IV V", "vi IV I V"),
        "minor": ("i VI III VII", "i VII VI v", "i iv VII III"),
    },
    casts=casts(
        intro="1 c", verse="1 mcb", prechorus="2 mcbt", chorus="3 mcbdt", bridge="4 mcbdt",
        solo="3 mcbdt", interlude="1 ct", outro="1 mc",
    ),
    grooves=Grooves(
        bass=(
            play(1, "1---------------"),
            play(3, "1-----1-5-------"),
            play(4, "1-----1-5---a---"),
        ),
        chords=(
            play(1, "0-1-2-3-2-1-2-1-", "b---------------"),
            play(2, "0-1-2-3-4-3-2-1-", "b-------f-------"),
            play(3, "x---o---x---o---", "b-------b-------"),
            play(4, "X-x-o-x-X-x-o-x-", "b-------b---f---"),
        ),
        texture=(
            play(1, "x---------------"),
            play(4, "x-------x-------"),
        ),
        drums=(
            beat(1, hat="x...x...x...x..."),
            beat(2, kick="X...............", rim="........x.......", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.....x...x.....", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(4, kick="X.....x.x.x....x", snare="....X.......X...", ride="x.x.x.x.x.x.x.x."),
            fill(
                2,
                kick="X.......x.......",
                snare="....x...........",
                high_tom="........x.x.....",
                low_tom="............x.xx",
            ),
        ),
    ),
    rhythms=("x---x-x-x-----x-x---x---x-------", "..x-x-x-x-----x-x-x-x---x-------"),
)  # fmt: skip

ROCK = Genre(
    name="rock",
    also=("hard rock", "indie rock", "punk", "metal", "摇滚"),
    about="Guitars, driving eighths and a backbeat",
    tempo=(104, 126, 160),
    modes=("minor", "major", "mixolydian"),
    instruments={
        "melody": ("overdriven guitar",),
        "chords": ("overdriven guitar",),
        "bass": ("finger bass",),
        "drums": ("acoustic kit",),
        "texture": ("clean guitar", "organ"),
    },
    progressions={
        "major": ("I IV V IV", "I V IV I", "I V vi IV"),
        "minor": ("i VI VII i", "i VII VI VII", "i III VII iv"),
        "mixolydian": ("I VII IV I", "I I VII IV"),
    },
    casts=casts(
        intro="3 cbd", verse="2 mcbd", chorus="4 mcbdt", bridge="2 mcbt", solo="4 mcbd",
        interlude="3 cbd", outro="3 mcbd",
    ),
    grooves=Grooves(
        bass=(
            play(1, "1---------------"),
            play(2, "1-1-1-1-1-1-1-1-"),
            play(4, "1-1-1-1-1-1-5-a-"),
        ),
        chords=(
            play(1, "x---------------"),
            play(2, "o.o.o.o.o.o.o.o."),
            play(3, "X-x-x-x-X-x-x-x-"),
            play(4, "X---X-X---X-X-x-"),
        ),
        texture=(play(1, "0-1-2-1-3-1-2-1-"), play(4, "x-------x-------")),
        drums=(
            beat(1, hat="x...x...x...x..."),
            beat(2, kick="X.......x.x.....", snare="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(
                4,
                kick="X.....x.x.x.....",
                snare="....X.......X...",
                open="x...x...x...x...",
            ),
            beat(
                4,
                kick="X..x..x.x.x.....",
                snare="....X.......X..o",
                ride="x.x.x.x.x.x.x.x.",
            ),
            fill(
                2,
                kick="X...x...X...X...",
                snare="....X...xxxx....",
                high_tom="............xx..",
                low_tom="..............xX",
            ),
        ),
    ),
    rhythms=("x-x-x-x---x-x---x-x---x-x-------", "x---x-x-x-x-x---x---x-x-x-----..", ""),
    gate=0.95,
)  # fmt: skip

FUNK = Genre(
    name="funk",
    also=("disco", "groove", "放克", "迪斯科"),
    about="Sixteenth-note pockets, short chords and a bass that talks",
    tempo=(94, 106, 120),
    modes=("dorian", "mixolydian", "minor"),
    instruments={
        "melody": ("sax", "brass", "trumpet"),
        "chords": ("clean guitar", "electric piano"),
        "bass": ("slap bass", "finger bass"),
        "drums": ("acoustic kit",),
        "texture": ("brass", "clavinet", "organ"),
    },
    progressions={
        "dorian": ("i7 i7 IV7 IV7", "i7 IV7 i7 IV7", "i7 ii7 i7 IV7"),
        "mixolydian": ("I7 I7 IV I7", "I7 IV I7 v7"),
        "minor": ("i7 iv7 i7 VII", "i7 VI VII i7"),
    },
    casts=casts(
        intro="2 bd", verse="3 mcbd", chorus="4 mcbdt", bridge="2 mcbdt", solo="4 mcbd",
        interlude="3 cbd", outro="3 mcbdt",
    ),
    grooves=Grooves(
        bass=(
            play(1, "1-----..1-------"),
            play(2, "1-..1-8...1.57a."),
            play(3, "1..18.7.5.1..57a"),
            play(4, "1.1.8..1.71.5.7a"),
        ),
        chords=(
            play(1, "x-------........"),
            play(2, "....x..o....x..."),
            play(3, "..x.x..x.x..x..x"),
            play(4, "x.xox.ox.xo.x.ox"),
        ),
        texture=(play(1, "x---------------"), play(3, "X..x............"), play(4,
            "X..x......x..x..")),
        drums=(
            beat(1, kick="X.......x.......", hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="X.x...x...x.....", snare="....X..o.o..X...", hat="x.x.x.x.x.x.x.x."),
            beat(
                3,
                kick="X.x...x..xx..x..",
                snare="....X..o.o..X..o",
                hat="xxx.xxxxxxx.xxxx",
            ),
            beat(
                4,
                kick="X.x...x..xx..x..",
                snare="....X..o.o..X..o",
                hat="xxxxxxx.xxxxxx..",
                open="..............x.",
            ),
            fill(2, kick="X.x...x.........", snare="....X..oxx.xX.xx", hat="xxxxxx.........."),
        ),
    ),
    swing=Swing(0.55, 0.25),
    rhythms=("x..x..x---..x-x-..x.x.x---......", "..x-x..x.x--....x..x.xx---......"),
    phrase_bars=2,
    gate=0.7,
)  # fmt: skip

SOUL = Genre(
    name="soul",
    also=("r&b", "rnb", "gospel", "neo soul", "neo-soul", "灵魂乐", "节奏蓝调"),
    about="Warm sevenths on organ and electric piano, laid-back backbeat",
    tempo=(66, 82, 100),
    modes=("major", "dorian", "minor"),
    instruments={
        "melody": ("sax", "trumpet", "clean guitar"),
        "chords": ("electric piano", "grand piano"),
        "bass": ("finger bass",),
        "drums": ("acoustic kit",),
        "texture": ("organ", "brass", "choir"),
    },
    progressions={
        "major": ("Imaj7 vi7 ii7 V7", "Imaj7 iii7 IVmaj7 V7", "IVmaj7 iii7 ii7 Imaj7"),
        "minor": ("i9 iv9 VImaj7 v7", "i7 VImaj7 iv7 v7"),
        "dorian": ("i9 IV9 i9 IV9", "i7 ii7 i7 IV7"),
    },
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "1-----51..5---a-"), play(3,
            "1--1..5-8-7-5-a-")),
        chords=(
            play(1, "x---------------"),
            play(2, "x-----x---x-----", "b---------------"),
            play(3, "x---..x-x---..xo", "b-------b-------"),
        ),
        texture=(play(1, "x---------------"), play(4, "x-----x-x-------")),
        drums=(
            beat(1, rim="....x.......x...", hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="X......x..x.....", rim="....X.......X...", hat="x.x.x.x.x.x.x.x."),
            beat(
                3,
                kick="X......x.xx.....",
                snare="....X..o.o..X..o",
                hat="x.xxx.x.x.x.x.xx",
            ),
            fill(2, kick="X.......x.......", snare="....X.....x.x.xx"),
        ),
    ),
    swing=Swing(0.58, 0.25),
    rhythms=("..x-x-x--x-x----..x-x--xx-------", "x--x--x-x-x-----..x-x-x-x-------"),
)  # fmt: skip

REGGAE = Genre(
    name="reggae",
    also=("dub", "ska", "雷鬼"),
    about="Offbeat chords, one-drop drums and a deep round bass",
    tempo=(68, 76, 92),
    modes=("major", "minor", "mixolydian"),
    instruments={
        "melody": ("organ", "trumpet", "clean guitar"),
        "chords": ("clean guitar",),
        "bass": ("finger bass",),
        "drums": ("acoustic kit",),
        "texture": ("organ", "brass"),
    },
    progressions={
        "major": ("I IV I V", "I V vi IV", "I ii I ii"),
        "minor": ("i VII i VII", "i iv i v", "i VI VII i"),
    },
    casts=casts(intro="2 cbd", verse="2 mcbd", chorus="4 mcbdt", bridge="2 mcbdt", outro="2 mcbd"),
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(2, "1-..1-3-5---..5-"), play(3,
            "....1-1-3-5-8-5-")),
        chords=(play(1, "....x.......x..."), play(3, "....X.o.....X.o.")),
        texture=(play(1, "..o...o...o...o."), play(3, "..x.o.x...x.o.x.")),
        drums=(
            beat(1, rim="........X.......", hat="x.x.x.x.x.x.x.x."),
            beat(2, kick="........X.......", rim="........X.......", hat="x.xox.x.x.xox.x."),
            beat(
                3,
                kick="X...x...X...x...",
                snare="........X.......",
                hat="x.x.x.x.x.x.x.x.",
            ),
            fill(
                2,
                kick="X.......X.......",
                rim="..x..x..X.......",
                high_tom="..........xx.x..",
                low_tom="..............x.",
            ),
        ),
    ),
    swing=Swing(0.57, 0.25),
    rhythms=("..x-x-x---x-x-..x---x-x-x-----..", "x---..x-x-x-----..x-x-x-x-------"),
    gate=0.6,
)  # fmt: skip

FOLK = Genre(
    name="folk",
    also=("acoustic", "singer-songwriter", "campfire", "民谣", "乡村"),
    about="Picked guitar and a plain tune",
    tempo=(80, 100, 124),
    modes=("major", "mixolydian", "dorian", "minor"),
    instruments={
        "melody": ("violin", "harmonica", "flute", "accordion"),
        "chords": ("steel guitar", "nylon guitar"),
        "bass": ("upright bass",),
        "drums": ("acoustic kit",),
        "texture": ("nylon guitar", "accordion"),
    },
    progressions={
        "major": ("I IV I V", "I V vi IV", "I IV V I", "I vi IV V"),
        "minor": ("i VII i VII", "i III VII i", "i iv VII i"),
    },
    casts=casts(
        intro="1 c", verse="2 mcb", chorus="3 mcbdt", bridge="2 mct", solo="3 mcbt",
        interlude="2 cb", outro="1 mc",
    ),
    harmony="model",
    grooves=Grooves(
        bass=(
            play(1, "1---------------"),
            play(2, "1-------5-------"),
            play(3, "1-------5---a---"),
            play(2, "1-----------", metre=(3, 4)),
            play(2, "1-----5-----", metre=(6, 8)),
        ),
        chords=(
            play(1, "0-2-1-2-3-2-1-2-", "b-------f-------"),
            play(2, "0-2-3-2-1-2-3-2-", "b-------f-------"),
            play(3, "x---x-o---o-x-o-", "b-------f-------"),
            play(4, "X--ox-o-X-oox-o-", "b-------f-------"),
            play(1, "0-1-2-3-2-1-", "b-----------", metre=(3, 4)),
            play(3, "....x---x-o-", "b-----------", metre=(3, 4)),
            play(1, "0-1-2-3-2-1-", "b-----f-----", metre=(6, 8)),
            play(3, "..x-o-..x-o-", "b-----f-----", metre=(6, 8)),
        ),
        texture=(play(1, "2---1---2---3---"), play(3, "3-2-1-2-3-2-1-2-")),
        drums=(
            beat(1, shaker="x...x...x...x..."),
            beat(2, kick="X.......x.......", shaker="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.......X.......", tambourine="....x.......x...",
                 shaker="x.x.x.x.x.x.x.x."),
            fill(3, kick="X.......x.......", tambourine="....x...x.x.x.x."),
        ),
    ),
)  # fmt: skip

GENRES = (POP, BALLAD, ROCK, FUNK, SOUL, REGGAE, FOLK)
