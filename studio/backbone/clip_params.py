"""Parameters of clips read from a prompt: frames, frame rate, motion and camera, how strong.

Knows no family and no kind.
"""

# ruff: noqa: E501 - the patterns and sentences below are tables, one entry a line.

import re
from collections.abc import Iterable, Iterator

from studio.backbone.found import Found
from studio.backbone.parse import Reading

FPS = re.compile(
    r"(?<!\d)(\d{1,3})\s*-?\s*(?:fps|frames (?:per|a) second|frames/s|帧每秒|帧/秒)"
    r"|每秒\s*(\d{1,3})\s*帧|帧率\s*(?:为|是|：|:)?\s*(\d{1,3})",
    re.IGNORECASE,
)
FRAMES = re.compile(
    r"(?<!\d)(\d{1,4})[ -]frames?\b(?!\s*(?:per|a) second|/s)|(?<!\d)(?<!每秒)(?<!每秒 )(\d{1,4})\s*帧(?!每秒|/秒|率)",
    re.IGNORECASE,
)
_CAMERA = r"\b(?:camera|shot|view|drone|frame)\b"
_WAY = r"(?:\s+(?:\w+ly|then|to the|towards? the|across|over|moves?|moving))*"
CAMERA = tuple(
    (value, re.compile(rf"{_CAMERA}(?:\s+\w+){{0,2}}?\s+{verbs}\b", re.IGNORECASE))
    for value, verbs in (
        ("pan left", rf"(?:pan|mov|slid|glid|sweep|swing|turn|drift|truck|shift)\w*{_WAY}\s+left"),
        (
            "pan right",
            rf"(?:pan|mov|slid|glid|sweep|swing|turn|drift|truck|shift)\w*{_WAY}\s+right",
        ),
        ("tilt up", rf"(?:tilt|mov|turn|look|drift|glid)\w*{_WAY}\s+up(?:wards?)?"),
        ("tilt down", rf"(?:tilt|mov|turn|look|drift|glid)\w*{_WAY}\s+down(?:wards?)?"),
        (
            "zoom in",
            rf"(?:zoom|mov|push|com|creep|clos|go|get|glid)\w*{_WAY}\s+(?:in|closer|forwards?)",
        ),
        ("zoom out", rf"(?:zoom|mov|pull|go|back)\w*{_WAY}\s+(?:out|back(?:wards?)?|away)"),
        (
            "orbit",
            r"(?:orbit|circl|rotat|revolv|spin|mov|go|fl|turn|swing)\w*(?:\s+\w+ly)?\s+around",
        ),
        (
            "static",
            r"(?:(?:stay|hold|remain|keep|stand|is|be)\w*\s+(?:perfectly\s+|completely\s+)?(?:still|fixed|static|locked)|(?:does not|doesn't|never) move)",
        ),
        ("tracking", r"(?:follow|track|chas)\w*"),
    )
)
_EN_MOVE = re.compile(
    r"\b(?P<way>pan|tilt|zoom|dolly)(?:s|ning|ing|ies|ying)?\s+(?:\w+ly\s+)?(?:to(?:wards?)? the\s+)?"
    r"(?P<to>left|right|up|down|in|out)(?:wards?)?\b|\b(?P<from>left|right)[ -]to[ -](?:left|right) pan\b",
    re.IGNORECASE,
)
_OTHER = {"left": "right", "right": "left"}
_MOVES = {
    "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out", "dolly in", "dolly out"
}  # fmt: skip
_STILL = re.compile(
    r"\b(?:still|static|motionless|fixed|locked) camera\b|镜头(?:保持)?(?:不动|静止|固定)|\bno camera (?:motion|movement)\b",
    re.IGNORECASE,
)
_SLOW = "slow(?:ly)?|gentl[ey]|subtl[ey]|soft(?:ly)?|slight(?:ly)?|gradual(?:ly)?|a little|a bit|calm(?:ly)?"
_FAST = "fast|quick(?:ly)?|rapid(?:ly)?|dramatic(?:ally)?|wild(?:ly)?|strong(?:ly)?|sudden(?:ly)?|swift(?:ly)?"
WEAKER, STRONGER = 0.6, 1.5
"""How far a camera goes that is slow or fast, where 1 is usual."""
LITTLE, MUCH = 0.25, 0.9
"""How strongly things move, from 0 (not at all) to 1."""
_CAMERA_WORDS = r"(?:camera|pan|tilt|zoom|orbit|dolly|push|pull|track)\w*"
_HOW_CAMERA = tuple(
    (value, re.compile(pattern, re.IGNORECASE))
    for value, pattern in (
        (
            WEAKER,
            rf"\b(?:{_SLOW})\s+{_CAMERA_WORDS}|\b{_CAMERA_WORDS}(?:\s+\w+){{0,2}}\s+(?:{_SLOW})\b|(?:镜头|相机|画面)[^,，。]{{0,4}}(?:慢慢|缓缓|缓慢|轻轻|徐徐)",
        ),
        (
            STRONGER,
            rf"\b(?:{_FAST})\s+{_CAMERA_WORDS}|\b{_CAMERA_WORDS}(?:\s+\w+){{0,2}}\s+(?:{_FAST})\b|(?:镜头|相机|画面)[^,，。]{{0,4}}(?:快速|迅速|飞快|急速|猛)",
        ),
    )
)
_HOW_MUCH = tuple(
    (value, re.compile(pattern, re.IGNORECASE))
    for value, pattern in (
        (
            LITTLE,
            r"\b(?:subtle|slight|gentle|minimal|little|soft|barely any|calm) (?:motion|movement|animation)s?\b|\bbarely (?:moves?|moving)\b|(?:轻微|微微|细微|轻柔)(?:地|的)?(?:运动|动作|动|晃动|摆动)",
        ),
        (
            MUCH,
            r"\b(?:strong|lots? of|a lot of|big|wild|intense|dynamic|fast|energetic|much) (?:motion|movement|action|animation)s?\b|\bvery (?:dynamic|lively)\b|(?:剧烈|强烈|大幅|大动作|激烈)(?:地|的)?(?:运动|动作|晃动|摆动|动)",
        ),
    )
)
LOOP = re.compile(
    r"\b(?:(?:seamless(?:ly)?|perfect(?:ly)?|endless(?:ly)?|infinite(?:ly)?)[ -](?:\w+ )?loop(?:s|ing|ed)?|looping|looped|loopable|boomerang|loops? (?:seamlessly|forever|endlessly|perfectly)|(?:as|in|on|is) an? (?:\w+ )?loop|(?:video|gif|animation|clip|motion) loop|loop(?:ing)? (?:video|gif|animation|clip|background))\b"
    r"|(?:^|[,;.，；]\s*)loop\s*(?=[,;.，；]|$)"
    r"|无缝循环|循环(?:播放|动画|视频|短片|动图|的|背景)?",
    re.IGNORECASE,
)
# "A robot waves", not the waves of the sea.
WAVES = re.compile(
    r"\b(?:(?:an?|one|my|our|his|her|their)\s+(?:(?!(?:of|with|on|in|over|under|and|by|to|for|ocean|sea|sound|heat|radio|\w+ing)\b)[\w'’-]+\s+){1,2}|(?:he|she|it|who)\s+)"
    r"waves(?=\s*(?:$|[,.;!]|(?:at|to|hello|hi|bye|goodbye|back|its|his|her|their|an?|and)\b))",
    re.IGNORECASE,
)
HAN_CAMERA = tuple(
    (value, re.compile(rf"(?:镜头|相机|摄像机|画面|运镜)[^,，。;；\n]{{0,8}}?(?:{verbs})"))
    for value, verbs in (
        ("zoom in", "拉近|推近|推进|放大"),
        ("zoom out", "拉远|拉开|缩小|后退|拉升"),
        ("orbit", "环绕|围绕|绕着|绕"),
        ("tracking", "跟随|跟着|跟拍|追随"),
        ("pan left", "左移|向左|往左"),
        ("pan right", "右移|向右|往右"),
        ("tilt up", "向上|上摇|仰"),
        ("tilt down", "向下|下摇|俯"),
        ("pan", "推过|扫过|平移|移过|摇过|摇到|摇向|掠过|横移"),
        ("dolly in", "推向|推到|靠近|推"),
    )
)


def names_camera(text: str) -> bool:
    """Whether a camera is told what to do."""
    return any(pattern.search(text) for _, pattern in (*CAMERA, *HAN_CAMERA))


def timing(text: str) -> Iterator[Found]:
    """Frames and frames a second."""
    for name, pattern in (("fps", FPS), ("frames", FRAMES)):
        match = pattern.search(text)
        if match is not None:
            number = int(next(group for group in match.groups() if group))
            yield Found(name, number, match.start(), match.end())


def movement(reading: Reading) -> Iterator[Found]:
    """What the camera does and what moves, the first of each that is named; how strong; loops."""
    camera = _camera(reading)
    if camera is not None:
        yield camera
        yield from _first("camera_strength", _HOW_CAMERA, reading.text)
    yield from _first("motion_strength", _HOW_MUCH, reading.text)
    yield from _first("loop", ((True, LOOP),), reading.text)
    yield from _motion(reading)


def _motion(reading: Reading) -> Iterator[Found]:
    """What moves, by its first word; that it goes round and round is no motion of its own."""
    moves = [
        Found("motion", m.hit.value("motion"), m.hit.start, m.hit.end)
        for m in reading.mentions
        if m.hit.value("motion") not in {None, "loop"} and m.role != "no"
    ]
    waved = WAVES.search(reading.text)
    if waved is not None:
        moves.append(Found("motion", "wave", waved.start(), waved.end()))
    yield from sorted(moves, key=lambda move: move.start)[:1]


def _first(
    name: str, patterns: Iterable[tuple[float, re.Pattern[str]]], text: str
) -> Iterator[Found]:
    for value, pattern in patterns:
        match = pattern.search(text)
        if match is not None:
            yield Found(name, value, match.start(), match.end())
            return


def _camera(reading: Reading) -> Found | None:
    found = [
        Found("camera", m.hit.value("camera"), m.hit.start, m.hit.end)
        for m in reading.mentions
        if m.role != "no" and m.hit.value("camera")
    ]
    for value, pattern in (*CAMERA, *HAN_CAMERA, ("static", _STILL)):
        match = pattern.search(reading.text)
        if match is not None:
            found.append(Found("camera", value, match.start(), match.end()))
    move = _EN_MOVE.search(reading.text)
    if move is not None:
        value = (
            f"{move['way'].lower()} {move['to'].lower()}"
            if move["way"]
            else f"pan {_OTHER[move['from'].lower()]}"
        )
        if value in _MOVES:
            found.append(Found("camera", value, move.start(), move.end()))
    # The most exact name wins: "pan left" says more than "pan".
    return max(found, key=lambda item: (len(str(item.value)), -item.start)) if found else None
