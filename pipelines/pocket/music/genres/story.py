"""Genres that tell a story: cinematic, lullaby, march, country, guofeng, art song."""

from pipelines.pocket.music.genres.genre import Genre, Grooves, casts
from pipelines.pocket.music.genres.patterns import beat, fill, play

_THREE = (3, 4)

CINEMATIC = Genre(
    name="cinematic",
    also=("epic", "trailer", "soundtrack", "orchestral", "film score", "电影", "史诗", "配乐",
          "管弦"),
    about="Strings, brass and drums that grow from a whisper to full size",
    tempo=(72, 92, 132),
    modes=("minor", "dorian", "major", "phrygian"),
    instruments={
        "melody": ("violin", "trumpet", "cello"),
        "chords": ("strings", "grand piano"),
        "bass": ("cello", "sub bass"),
        "drums": ("acoustic kit",),
        "texture": ("brass", "choir", "harp"),
    },
    progressions={
        "minor": ("i VI III VII", "i i VI VII", "i VII VI iv", "VI VII i i"),
        "major": ("I vi IV V", "I iii IV V", "vi IV I V"),
        "dorian": ("i IV i VII", "i VII IV i"),
    },
    casts=casts(
        intro="1 ct", verse="2 mcb", prechorus="3 mcbd", chorus="4 mcbdt", bridge="1 mct",
        build="3 cbdt", solo="4 mcbdt", interlude="2 cbt", outro="2 mct",
    ),
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(3, "1---1---1---1---"), play(4,
            "1-1-1-1-1-1-1-1-")),
        chords=(
            play(1, "x---------------"),
            play(2, "0-2-1-2-0-2-1-2-"),
            play(3, "x-x-x-x-x-x-x-x-"),
            play(4, "X-oxX-oxX-oxX-xx"),
        ),
        texture=(play(1, "x---------------"), play(4, "X-----X-X-------")),
        drums=(
            beat(1, kick="x..............."),
            beat(2, kick="X.......x.......", low_tom="..........x.x.x."),
            beat(3, kick="X.......X.......", low_tom="x..x..x.x..x..x."),
            beat(4, kick="X.....X.X.....X.", low_tom="x..x..x.x..x..xx", snare="....X.......X...",
                 mid_tom="..x..x....x..x.."),
            fill(2, kick="X.......X.......", snare="oooooooxxxxxXXXX", low_tom="x.x.x.x.xxxxxxxx"),
        ),
    ),
    rhythms=("x-------x---x---x-------x-------", "x-----x-x-------x-----x-x-x-----"),
)  # fmt: skip

LULLABY = Genre(
    name="lullaby",
    also=("bedtime", "nursery", "children", "摇篮曲", "儿歌", "催眠曲"),
    about="A rocking cradle song",
    tempo=(60, 72, 92),
    modes=("major", "minor"),
    instruments={
        "melody": ("music box", "flute", "clarinet"),
        "chords": ("harp", "nylon guitar", "music box"),
        "bass": ("cello", "upright bass"),
        "drums": ("lo-fi kit",),
        "texture": ("strings", "warm pad"),
    },
    progressions={
        "major": ("I IV I V", "I V I IV I IV V I", "I vi IV V"),
        "minor": ("i iv i v", "i VI iv i"),
    },
    metres=((3, 4), (6, 8), (4, 4)),
    casts=casts(
        intro="1 c", verse="1 mcb", chorus="2 mcbt", bridge="1 mct", solo="2 mcbt", outro="1 mc",
    ),
    form="period",
    harmony="model",
    grooves=Grooves(
        bass=(
            play(1, "1-----------", metre=_THREE),
            play(1, "1-----5-----", metre=(6, 8)),
            play(1, "1-------5-------"),
        ),
        chords=(
            play(1, "0-1-2-3-2-1-", metre=_THREE),
            play(1, "0-1-2-3-2-1-", metre=(6, 8)),
            play(1, "0-1-2-1-3-1-2-1-"),
        ),
        texture=(play(1, "x-----------", metre=_THREE), play(1, "x---------------")),
        drums=(beat(1, shaker="x...o...x...o..."),),
    ),
)  # fmt: skip

MARCH = Genre(
    name="march",
    also=("military", "parade", "anthem", "进行曲", "国歌"),
    about="Brass on the beat, snare drum and steady tread",
    tempo=(96, 116, 126),
    modes=("major", "minor"),
    instruments={
        "melody": ("trumpet", "clarinet", "flute"),
        "chords": ("brass",),
        "bass": ("cello", "upright bass"),
        "drums": ("acoustic kit",),
        "texture": ("clarinet", "flute"),
    },
    progressions={
        "major": ("I I IV I V7 V7 I I", "I V7 I IV I V7 I I"),
        "minor": ("i i iv i V7 V7 i i",),
    },
    casts=casts(
        intro="3 cbd", verse="3 mcbd", chorus="4 mcbdt", bridge="2 mcbd", solo="3 mcbdt",
        outro="4 mcbdt",
    ),
    form="strains",
    harmony="model",
    grooves=Grooves(
        bass=(play(1, "1---....5---...."), play(3, "1-..1-..5-..a-..")),
        chords=(play(1, "....x-......x-.."), play(3, "..x-..x-..x-..x-")),
        texture=(play(1, "x-------x-------"), play(3, "3-2-3-4-3-2-1-2-")),
        drums=(
            beat(1, snare="o...o.o.o...o.o."),
            beat(2, kick="X.......X.......", snare="x...x.xxx...x.xx"),
            beat(4, kick="X.......X.......", snare="X.oox.ooX.oox.xx", crash="X..............."),
            fill(2, kick="X.......X...X...", snare="x.xxx.xxxxxxX..."),
        ),
    ),
    bends_scale=True,
    gate=0.8,
)  # fmt: skip

COUNTRY = Genre(
    name="country",
    also=("bluegrass", "western", "cowboy", "americana", "蓝草", "西部"),
    about="Boom-chick guitar, fiddle tune, train beat",
    tempo=(92, 112, 140),
    modes=("major", "mixolydian"),
    instruments={
        "melody": ("violin", "harmonica", "banjo"),
        "chords": ("steel guitar",),
        "bass": ("upright bass",),
        "drums": ("acoustic kit",),
        "texture": ("banjo", "accordion"),
    },
    progressions={
        "major": ("I I IV I V V I I", "I IV I V I IV V I", "I V vi IV I V I I"),
        "mixolydian": ("I VII IV I", "I I VII I"),
    },
    grooves=Grooves(
        bass=(play(1, "1-------5-------"), play(2, "1---....5---...."), play(3,
            "1---..1-5---..a-")),
        chords=(play(1, "x-------x-------"), play(2, "b-..x-..f-..x-.."),
                play(3, "b-..x-xob-..x-xo")),
        texture=(play(1, "0-2-1-2-3-2-1-2-"), play(3, "0213021302130213")),
        drums=(
            beat(1, shaker="x.x.x.x.x.x.x.x."),
            beat(2, kick="X.......X.......", rim="....x.......x...", hat="x.x.x.x.x.x.x.x."),
            beat(3, kick="X.......X.......", snare="ooxoooxoooxoooxo"),
            fill(2, kick="X.......X.......", snare="oox.oox.xxxxX.x."),
        ),
    ),
    rhythms=("", "x-x-x-x-x---x-x-x-x-x-x-x-------"),
)  # fmt: skip

GUOFENG = Genre(
    name="guofeng",
    also=("chinese", "chinese traditional", "oriental", "国风", "古风", "中国风", "民乐"),
    about="Plucked strings and a five-tone tune in the Chinese manner",
    tempo=(66, 80, 100),
    modes=("major", "minor"),
    instruments={
        "melody": ("bamboo flute", "violin"),
        "chords": ("koto", "harp"),
        "bass": ("cello",),
        "drums": ("acoustic kit",),
        "texture": ("koto", "harp", "strings"),
    },
    progressions={
        "major": ("I vi IV V", "I IV ii V", "vi IV V I", "I V vi iii"),
        "minor": ("i VII VI VII", "i VI III VII", "i iv VII i"),
    },
    casts=casts(
        intro="1 mc", verse="1 mcb", chorus="3 mcbdt", bridge="2 mct", solo="2 mcbt",
        interlude="2 mct", outro="1 mc",
    ),
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(3, "1-------5-------")),
        chords=(
            play(1, "0-1-2-3-4-------"),
            play(1, "0-1-2-3-2-1-2---"),
            play(3, "0-1-2-3-4-3-2-1-", "b---------------"),
        ),
        texture=(play(1, "x---------------"), play(3, "..2-3-2-..1-2-1-")),
        drums=(
            beat(1, woodblock="x.......o......."),
            beat(2, kick="x.......x.......", woodblock="....x.......x..."),
            beat(3, kick="X.....x.X.......", woodblock="....x..x....x...",
                shaker="x.x.x.x.x.x.x.x."),
            fill(2, kick="X.......X...X.x.", low_tom="......x.x.x.xxxx"),
        ),
    ),
    is_pentatonic=True,
    rhythms=("x---x-x-x-----x-x-x-x-x-x-------", "x-----x-x---x---x-x-x---x-------"),
)  # fmt: skip

ART_SONG = Genre(
    name="art song",
    also=("lied", "lieder", "romantic", "schubert", "艺术歌曲"),
    about="A nineteenth-century song at the piano",
    written=frozenset({"bass", "chords"}),
    tempo=(60, 84, 120),
    modes=("major", "minor"),
    instruments={
        "melody": ("clarinet", "violin", "oboe"),
        "chords": ("grand piano",),
        "bass": ("grand piano",),
        "drums": ("acoustic kit",),
        "texture": ("cello", "strings"),
    },
    progressions={
        "major": ("I IV V7 I vi ii V7 I", "I V7 vi IV ii V7 I I"),
        "minor": ("i iv V7 i VI iv V7 i",),
    },
    casts=casts(
        intro="2 cb", verse="2 mcb", chorus="3 mcbt", bridge="3 mcb", solo="2 mcbt", outro="1 cb",
    ),
    form="period",
    harmony="model",
    grooves=Grooves(
        bass=(play(1, "1---------------"), play(3, "1-------5-------")),
        chords=(play(1, "0-1-2-1-0-1-2-1-"), play(2, "012301230123012-"), play(3,
            "x-o-x-o-x-o-x-o-")),
        texture=(play(1, "x-------x-------"),),
        drums=(beat(1, kick="x..............."),),
    ),
    bends_scale=True,
)  # fmt: skip

GENRES = (CINEMATIC, LULLABY, MARCH, COUNTRY, GUOFENG, ART_SONG)
