"""What a prompt wants to hear and to read under a clip: silence, music of some kind, captions.

Knows no family and no kind.
"""

# ruff: noqa: E501 - the patterns below are tables, one entry a line.

import re
from collections.abc import Iterator

from studio import headings
from studio.backbone import clip_params, words
from studio.backbone.found import Found
from studio.backbone.parse import Reading

_SOUNDS = "sounds?|audio|music|soundtrack|background music"
SILENT = re.compile(
    rf"\b(?:no|without(?: any)?)\s+(?:{_SOUNDS})\b|\b(?:silent|muted|soundless)\s+(?:\w+\s+){{0,2}}(?:video|clip|film|movie|animation|loop|gif)\b"
    rf"|(?:^|[,;.]\s*)(?:silent|muted|mute)(?=\s*[,;.]|\s*$)|\bmute (?:it|the (?:{_SOUNDS}))\b"
    r"|(?:没有|无|不要|不带|去掉)(?:任何)?(?:声音|音乐|配乐|背景音乐|音效)|静音|无声(?!无息)",
    re.IGNORECASE,
)
_OF_MUSIC = "music|soundtrack|song|tune|beats?|score|melody|groove|theme|bgm"
MUSIC = re.compile(
    rf"\b(?:with|set to|over|to|and|add|plus|accompanied by|backed by)\s+(?:some\s+|an?\s+|the\s+)?(?P<before>(?:[\w&'-]+\s+){{1,5}}?(?:{_OF_MUSIC}))\b"
    rf"|\b(?:soundtrack|music|score|bgm)\s*[:：]\s*(?P<told>[^,.;，。；\n]{{2,80}})"
    r"|(?:配乐|背景音乐|音乐)\s*(?:是|为|用|：|:)\s*(?P<han_told>[^,，。;；\n]{1,40})"
    r"|(?:配上?|加上?|搭配|伴(?:着|随))(?:一?[段首曲点些])?(?P<han>[^,，。;；、\n]{1,12}?(?:音乐|配乐|背景音乐|曲子|歌曲|歌|曲|旋律|节拍|乐))",
    re.IGNORECASE,
)
# These say nothing of the music when they stand alone before it.
PLAIN = re.compile(
    r"^(?:(?:background|nice|good|some|own|the|a|its|of|fitting|suitable|matching)\s*)*(?:"
    + _OF_MUSIC
    + r")$|^(?:背景|好听的|合适的|相配的)?(?:音乐|配乐|背景音乐|歌曲|歌|曲子)$",
    re.IGNORECASE,
)
CAPTIONS = re.compile(
    r"\b(?P<burnt>(?:burn(?:t|ed)?[ -]?in|hard(?:coded)?|on-screen)\s+(?:subtitles|captions|lyrics))\b"
    r"|\b(?:with|add|and)\s+(?:\w+\s+)?(?:subtitles|captions)\b"
    r"|(?P<han_burnt>(?:硬字幕|内嵌字幕|烧录字幕))|(?:带|加|配)(?:上)?(?:歌词)?字幕",
    re.IGNORECASE,
)
WITH = re.compile(r"\bwith\s+(?:some\s+|an?\s+)?([^,.;，。；\n]+)", re.IGNORECASE)
OF_MUSIC = ("genre", "mood", "instrument", "tempo", "song.term")
JOINTS = re.compile(r"\b(?:an?|and|the|some)\b", re.IGNORECASE)
_MARKS = " ,，.。;；、"
SUNG = re.compile(
    r"music video|lyric video|\blyrics?\b|\bsings?\b|歌词|音乐视频|音乐短片|mv\b|唱", re.IGNORECASE
)


def sounds(reading: Reading) -> Iterator[Found]:
    """Silence or the music that is asked for, and captions."""
    text = reading.text
    film = headings.film(text)
    if film is not None:
        yield Found("scenes", True, film.start(), film.end())
    silent = SILENT.search(text)
    if silent is not None:
        yield Found("soundtrack", "none", silent.start(), silent.end())
    else:
        yield from _music(reading)
    shown = CAPTIONS.search(text)
    if shown is not None:
        is_burnt = shown.group("burnt") or shown.group("han_burnt")
        yield Found("captions", "burnt-in" if is_burnt else "soft", shown.start(), shown.end())


def accompaniment(text: str) -> list[tuple[int, int]]:
    """Where a prompt for a clip speaks of its music: words there ask for no song in its own right."""
    if not clip_params.names_camera(text):
        return []
    named = [match.span() for match in MUSIC.finditer(text)]
    return named + [each.span() for each in WITH.finditer(text) if _is_music(each.group(1))]


def _is_music(text: str) -> bool:
    """Whether every word tells of music, and one says which or on what: "calm jazz piano"."""
    hits = [hit for hit in words.find(text) if hit.is_any(OF_MUSIC)]
    told = sum(hit.end - hit.start for hit in hits)
    bare = JOINTS.sub("", text).replace(" ", "")
    return told >= len(bare) - 2 and any(hit.is_any(("genre", "instrument")) for hit in hits)


def named_film(text: str) -> str | None:
    """The words before the colon in "music video: a fox on the moon"; None in other prompts."""
    film = headings.named_film(text)
    return film.group().rstrip(" :：") if film is not None else None


def _music(reading: Reading) -> Iterator[Found]:
    for match in MUSIC.finditer(reading.text):
        name = next(name for name, said in match.groupdict().items() if said)
        said = match.group(name).strip()
        if not PLAIN.match(said):
            yield Found("music", said, match.start(name), match.end(name))
            return
    for clause in WITH.finditer(reading.text):
        if _is_all_music(reading, clause.start(1), clause.end(1)):
            yield Found("music", clause.group(1).strip(), clause.start(1), clause.end(1))
            return
    # A clause of its own that speaks of music alone: "a cat on a skateboard, smooth jazz".
    for clause in reading.clauses[1:]:
        if _is_all_music(reading, clause.start, clause.end):
            said = reading.text[clause.start : clause.end].strip(_MARKS)
            yield Found("music", said, clause.start, clause.end)
            return


def _is_all_music(reading: Reading, start: int, end: int) -> bool:
    """Whether every word between the places tells of music, one of them of its genre."""
    inside = [m.hit for m in reading.mentions if start <= m.hit.start and m.hit.end <= end]
    inside = [hit for hit in inside if hit.is_any(("genre", "mood", "instrument", "tempo"))]
    told = sum(hit.end - hit.start for hit in inside)
    said = reading.text[start:end].strip(_MARKS).replace(" ", "")
    return told >= len(said) - 2 and any(hit.value("genre") for hit in inside)


def is_sung(text: str) -> bool:
    """Whether words in it may be meant to be sung: in other clips they are written on things."""
    return SUNG.search(text) is not None
