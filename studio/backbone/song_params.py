"""Parameters of songs read from a prompt: length, tempo, key, genre, mood, instruments, words.

Durations serve clips too. Knows no family and no kind.
"""

# ruff: noqa: E501 - the patterns and sentences below are tables, one entry a line.

import re
from collections.abc import Iterator
from statistics import median

from studio.backbone import numerals, tongue, words
from studio.backbone.found import Found
from studio.backbone.parse import Mention, Reading
from studio.backbone.words import Hit

NUMBER = numerals.ENGLISH_PATTERN
HAN_NUMBER = numerals.HAN_PATTERN
MINUTE = r"(?:minutes?|mins?|min)"
SECOND = r"(?:seconds?|secs?|sec)"
DURATIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        # Hours are longer than anything made here: they are read to be refused, not lost.
        (rf"\b({NUMBER})[ -]*hours?[ -]long\b(?! exposure)", "h"),
        (rf"\b({NUMBER})[ -]hour (?:song|track|mix|piece|loop|playlist|video|clip|movie)\b", "h"),
        (
            rf"({HAN_NUMBER})\s*个?(?:小时|钟头)(?:长|的(?=[^，。]{{0,6}}(?:歌|曲|音乐|民谣|视频|短片)))",
            "h",
        ),
        (rf"\b({NUMBER})[ -]*{MINUTE}(?:\s*(?:and|,)?\s*)({NUMBER})[ -]*(?:{SECOND}|s)\b", "m s"),
        (r"\b(\d+)\s*m\s*(\d+)\s*s\b", "m s"),
        (rf"\b({NUMBER}) and a half[ -]*{MINUTE}\b", "m half"),
        (rf"\b({NUMBER}|an?) {MINUTE} and a half\b", "m half"),
        (rf"\bhalf an? {MINUTE}\b|\bhalf[ -]minute\b", "half"),
        (rf"\b({NUMBER})[ -]*{MINUTE}\b", "m"),
        (rf"\b(?:an?|one)[ -]{MINUTE}[ -](?:long|of|song|track|piece)\b", "one"),
        (rf"\b({NUMBER})[ -]*{SECOND}\b", "s"),
        (r"\b(\d+)\s?s\b(?!')", "s short"),
        (r"(?<![\d:])(\d{1,2}):([0-5]\d)(?![\d:])(?= (?:long|minutes?|min|in length)|长)", "m s"),
        (rf"({HAN_NUMBER})\s*分钟?\s*({HAN_NUMBER})\s*秒", "m s"),
        (rf"({HAN_NUMBER})\s*分钟?半|({HAN_NUMBER})分半钟?|({HAN_NUMBER})\s*个?半分钟", "m half"),
        (r"半分钟", "half"),
        (rf"(?<!每)({HAN_NUMBER})\s*分钟", "m"),
        (rf"(?<!每)({HAN_NUMBER})\s*秒钟?", "s"),
    )
)
# "The last ten seconds of the film" is how long something else is.
PART_OF = re.compile(r"\b(?:last|first|final|next|every) $|[前后每]$", re.IGNORECASE)
DECADE = re.compile(r"\s+(?!of\b|long\b|clip|video|loop|gif|jingle|version|spot|ad\b)[a-z]", re.I)

BPM = re.compile(
    r"(?<!\d)(\d{2,3})\s*-?\s*(?:bpm|beats per minute)|\b(?:bpm|tempo)\s*(?:of|is|=|:)?\s*(\d{2,3})(?!\d)"
    r"|每分钟\s*(\d{2,3})\s*拍|速度\s*(?:是|为|：|:)?\s*(\d{2,3})(?!\d)|(?<!\d)(\d{2,3})\s*拍",
    re.IGNORECASE,
)
# "A hundred and twenty beats a minute": as it is dictated.
SPOKEN_BPM = re.compile(
    rf"\b(?:(?P<hundred>(?:a |one )?hundred(?: and)?) )?(?P<rest>{NUMBER})? ?(?:bpm|beats (?:per|a) minute)\b"
    rf"|每分钟(?P<han>{HAN_NUMBER})拍",
    re.IGNORECASE,
)
KEY = re.compile(
    r"(?P<lead>\b(?:in|key of|key:)\s+(?:the key of\s+)?)?(?<![A-Za-z'])(?P<note>[A-Ga-g])"
    r"(?P<sign>\s?#|♯|b(?=[\s-]|m)|♭|[ -](?:sharp|flat))?[ -]?"
    r"(?P<mode>major|minor|maj|min|Major|Minor|[Dd]orian|[Mm]ixolydian)\b(?!\s+(?:key|accident|detail|change|problem|role|league))"
)
KEY_OF = re.compile(
    r"\b(?:[Kk]ey of ([A-Ga-g])|in ([A-G])(?=\s?(?:#|b|♯|♭|sharp|flat)?\s?(?:[,.;!?]|$)))"
    r"(?:\s?(#|b|♯|♭|sharp|flat))?(?![A-Za-z])",
    re.MULTILINE,
)
HAN_KEY = re.compile(r"([升降])?([A-Ga-g])([#♯b♭])?\s*(大调|小调|多利亚|混合利底亚|调)")
NO_KEY = re.compile(
    r"\b(?:in|key of)\s+(?:the key of\s+)?(?P<note>[H-Z])(?P<sign>\s?#|♯|b(?=[\s-]|m)|♭|[ -](?:sharp|flat))?"
    r"[ -](?:major|minor)\b|(?P<han>[H-Z])(?P<han_sign>[#♯b♭])?\s*(?:大调|小调)"
)
"""A key that there is not, told as it was written so that it can be refused."""

HAN_MODES = {"大调": "major", "小调": "minor", "多利亚": "dorian", "混合利底亚": "mixolydian"}
MODE = re.compile(
    r"\b(?:in (?:an? )?)?(major|minor) (?:key|mode)\b|([大小])调(?:式|曲|的)", re.IGNORECASE
)
METRE = re.compile(
    r"(?<![\d/.])(\d{1,2}/(?:4|8|16))(?: ?time\b| metre\b| meter\b|\s?拍)|\bin (\d{1,2}/(?:4|8|16))(?![\d/])"
    r"|\b(three|four|five|six|seven)[ -](four|eight) (?:time|metre|meter)\b|(?<![一二三四五六七八九十])([四八])分之([二三四五六七九])拍"
    r"|(?<![一二三四五六七八九十])([二三四六八九])([二三四六八九])拍"
    r"|([三四六])拍子",
    re.IGNORECASE,
)
METRE_WORDS = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
               "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}  # fmt: skip
SIGNS = {"#": "#", "♯": "#", "sharp": "#", "升": "#", "b": "b", "♭": "b", "flat": "b", "降": "b"}

TAG = re.compile(
    r"^\s*[\[(（【]\s*(?:intro|verse|chorus|pre-?chorus|bridge|outro|hook|refrain|主歌|副歌|前奏|间奏|桥段|尾奏|过渡)"
    r"[^\])）】\n]{0,20}[\])）】]",
    re.IGNORECASE | re.MULTILINE,
)
LYRICS_LABEL = re.compile(
    r"(?:\blyrics?\s*(?:are|is)?\s*[:：]|歌词(?:是|如下|为)?\s*[:：])\s*", re.IGNORECASE
)
SPOKEN_LABEL = re.compile(
    r"^\s*(?:please\s+)?(?:narrate|narration|recite|read(?: this| it)? (?:aloud|out(?: loud)?)|say(?: this)?(?: out loud| aloud)?|voice-?over)"
    r"(?: this| it| the following)?\s*[:：]\s*"
    r"|^\s*(?:请)?(?:朗诵|朗读|诵读|旁白|配音|念|读)(?:下面|以下)?(?:这|一)?(?:首诗|段话|段文字|的内容|诗)?\s*[:：]\s*",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"(?:\b(?:words?|lyrics?|lines?|chorus|hook|sings?|singing|says?|saying|goes|that goes)\b|歌词|唱|副歌|词)"
    r"[^\"“”「」\n]{0,24}[\"“「]([^\"“”「」]{2,2000})[\"”」]",
    re.IGNORECASE,
)
MUSICAL = ("song.noun", "song.term", "genre", "instrument")
MIN_VERSE_LINES = 4
MAX_VERSE_WORDS = 14
MAX_VERSE_HAN = 18


def duration(text: str) -> Iterator[Found]:
    """Length in seconds; a decade ("80s rock") is none."""
    for pattern, rule in DURATIONS:
        for match in pattern.finditer(text):
            seconds = _seconds(rule, [group for group in match.groups() if group])
            if rule == "s short" and _is_decade(text, match):
                continue
            if PART_OF.search(text[: match.start()]):
                continue
            if seconds is not None and seconds > 0:
                yield Found("duration_s", numerals.tidy(seconds), match.start(), match.end())
                return


def _is_decade(text: str, match: re.Match[str]) -> bool:
    """Or a drum machine: "sliding 808s"."""
    number = int(match.group(1))
    is_round = number % 10 == 0 and (50 <= number <= 90 or number > 1000)
    is_machine = number in (808, 909)
    return (
        is_machine or is_round and (DECADE.match(text[match.end() :]) is not None or number > 1000)
    )


def _seconds(rule: str, groups: list[str]) -> float | None:
    if rule in {"half", "one"}:
        return 30.0 if rule == "half" else 60.0
    first = 1.0 if groups[0].lower() in {"a", "an"} else numerals.value(groups[0])
    if first is None:
        return None
    if rule == "m s":
        second = numerals.value(groups[1])
        return None if second is None else first * 60 + second
    if rule == "m half":
        return first * 60 + 30
    return first * {"h": 3600, "m": 60}.get(rule, 1)


def tempo(reading: Reading) -> Iterator[Found]:
    """Beats a minute, from a number or else from a word such as "slow" or "快板"."""
    match = BPM.search(reading.text)
    if match is not None:
        number = int(next(group for group in match.groups() if group))
        yield Found("tempo_bpm", number, match.start(), match.end())
        return
    spoken = SPOKEN_BPM.search(reading.text)
    if spoken is not None and (number := _spoken_tempo(spoken)):
        yield Found("tempo_bpm", number, spoken.start(), spoken.end())
        return
    for mention in reading.mentions:
        value = mention.hit.value("tempo")
        if value is not None and _is_of_music(reading, mention):
            yield Found("tempo_bpm", int(value), mention.hit.start, mention.hit.end)
            return


def _spoken_tempo(match: re.Match[str]) -> int:
    rest = match.group("rest") or match.group("han")
    hundred = 100 if match.group("hundred") else 0
    return hundred + int((numerals.value(rest) or 0) if rest else 0)


def _is_of_music(reading: Reading, mention: Mention) -> bool:
    """ "a slow build" and "fast cars" set no tempo; "slow piano" and a lone "slow" do."""
    if mention.role in {"no", "quoted", "for"}:
        return False
    clause = next(c for c in reading.clauses if c.start <= mention.hit.start < c.end)
    rest = reading.text[mention.hit.end : clause.end]
    near = (m.hit for m in reading.mentions if mention.hit.end <= m.hit.start < clause.end)
    return not re.search(r"\w", rest) or any(hit.is_any(MUSICAL) for hit in near)


def key(text: str) -> Iterator[Found]:
    """Key ("Bb") and mode ("minor")."""
    for match in KEY.finditer(text):
        note = match.group("note")
        if note.islower() and match.group("lead") is None:
            continue
        sign = SIGNS.get((match.group("sign") or "").strip(" -").lower(), "")
        said = match.group("mode").lower()
        mode = {"min": "minor", "maj": "major"}.get(said, said)
        yield Found("key", note.upper() + sign, match.start(), match.end())
        yield Found("mode", mode, match.start(), match.end())
        return
    match = HAN_KEY.search(text)
    if match is not None:
        sign = SIGNS.get(match.group(1) or match.group(3) or "", "")
        yield Found("key", match.group(2).upper() + sign, match.start(), match.end())
        if match.group(4) != "调":
            yield Found("mode", HAN_MODES[match.group(4)], match.start(), match.end())
        return
    match = KEY_OF.search(text)
    if match is not None:
        sign = SIGNS.get((match.group(3) or "").lower(), "")
        note = (match.group(1) or match.group(2)).upper()
        yield Found("key", note + sign, match.start(), match.end())
    match = NO_KEY.search(text)
    if match is not None:
        sign = (match.group("sign") or match.group("han_sign") or "").strip(" -").lower()
        note = match.group("note") or match.group("han")
        yield Found("key", note + SIGNS.get(sign, ""), match.start(), match.end())
    match = MODE.search(text)
    if match is not None:
        mode = (match.group(1) or HAN_MODES[f"{match.group(2)}调"]).lower()
        yield Found("mode", mode, match.start(), match.end())


def metre(text: str) -> Iterator[Found]:
    """Beats of a bar over their unit, such as "6/8"."""
    match = METRE.search(text)
    if match is None:
        return
    plain, after_in, beats, unit, han_unit, han_beats, *spoken, alone = match.groups()
    value = plain or after_in
    if alone:
        value = f"{METRE_WORDS[alone]}/{8 if alone == '六' else 4}"
    elif spoken[0]:
        # "四三拍" and "三四拍" are one: the unit is the four or the eight.
        pair = sorted((METRE_WORDS[each] for each in spoken), key=lambda n: n in (4, 8))
        value = f"{pair[0]}/{pair[1]}"
    elif not value:
        number = METRE_WORDS[(beats or han_beats).lower()]
        value = f"{number}/{METRE_WORDS[(unit or han_unit).lower()]}"
    yield Found("metre", value, match.start(), match.end())


def character(reading: Reading) -> Iterator[Found]:
    """Genre, mood and instruments."""
    for group in ("genre", "mood"):
        said = [m.hit for m in reading.mentions if m.role not in {"no", "for"}]
        found = [(hit, name) for hit in said for name in _values(hit, group)]
        if found:
            hit, name = found[0]
            yield Found(group, name, hit.start, hit.end)
    heard = [m.hit for m in reading.mentions if m.role != "no"]
    played = [(hit, name) for hit in heard for name in _values(hit, "instrument")]
    if played:
        names = list(dict.fromkeys(name for _, name in played))
        yield Found("instruments", names, played[0][0].start, played[-1][0].end)


def _values(hit: Hit, group: str) -> list[str]:
    """What a word says of a group; a song's noun may say it in a part: "folk song", "sax solo"."""
    whole = hit.value(group)
    if whole:
        return [whole]
    inner = words.within(hit) if hit.is_any(("song.noun", "song.term")) else []
    return [value for part in inner if (value := part.value(group))]


def lyrics(text: str) -> Iterator[Found]:
    """The words to sing or say: tagged sections, what follows "lyrics:" or "narrate:", quoted lines,
    or a pasted verse."""
    tag, label = TAG.search(text), LYRICS_LABEL.search(text)
    quoted, spoken = QUOTED.search(text), SPOKEN_LABEL.match(text)
    if spoken is not None and text[spoken.end() :].strip():
        yield Found("lyrics", text[spoken.end() :].strip(), 0, len(text))
    elif tag is not None:
        yield Found("lyrics", text[tag.start() :].strip(), tag.start(), len(text))
    elif label is not None and text[label.end() :].strip():
        yield Found("lyrics", text[label.end() :].strip(), label.start(), len(text))
    elif quoted is not None:
        yield Found("lyrics", quoted.group(1).strip(), quoted.start(1), quoted.end(1))
    elif is_verse(text):
        yield Found("lyrics", text.strip(), 0, len(text))


def sung_spans(text: str) -> list[tuple[int, int]]:
    """Where a pasted lyric stands; its words are sung and say nothing about what is made."""
    spoken = SPOKEN_LABEL.match(text)
    if spoken is not None:
        return [(spoken.end(), len(text))]
    tag = TAG.search(text)
    if tag is not None:
        return [(tag.start(), len(text))]
    if not is_verse(text):
        return []
    first = text.strip().splitlines()[0]
    is_order = first.rstrip().endswith((":", "："))
    return [(text.index(first) + len(first) if is_order else 0, len(text))]


def is_verse(text: str) -> bool:
    """Whether the text has the shape of a song's words: several short lines without full stops."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < MIN_VERSE_LINES:
        return False
    sizes = [len(line.split()) for line in lines]
    han = [sum("一" <= letter <= "鿿" for letter in line) for line in lines]
    is_short = median(sizes) <= MAX_VERSE_WORDS and median(han) <= MAX_VERSE_HAN
    is_long_enough = median(sizes) >= 3 or median(han) >= 4
    stops = sum(line.endswith((".", "。", ":", "：", ";")) for line in lines)
    marked = sum(line.startswith(("-", "*", "•")) or line[:1].isdigit() for line in lines)
    return is_short and is_long_enough and stops + marked <= len(lines) // 3


def sung_language(text: str) -> Iterator[Found]:
    said = tongue.asked(text)
    if said is not None:
        yield Found("language", said[0], said[1], said[2])
