"""What of a prompt is to be drawn, and how it is said that it moves.

Camera, length, sound and the word "video" are left out: "a penguin surfing, camera pans left" would
otherwise get a camera beside the penguin. What moves stays: "dancing" changes how things are drawn.
Knows no model.
"""

import re
from typing import Literal

from studio.scripts import is_chinese

_CAMERA_EN = (
    r"(?:(?:the|a|with(?: the| a)?|as the|while the)\s+)?(?:slow(?:ly)?\s+|gentle\s+|gently\s+|"
    r"smooth(?:ly)?\s+|quick(?:ly)?\s+)*(?:camera|drone|view|shot)\s+(?:(?:slowly|gently|smoothly|"
    r"quickly|then|is|keeps)\s+)*(?:pan|tilt|zoom|doll|orbit|push|pull|track|follow|circl|mov|"
    r"rotat|crane|glid|fl(?:y|ies)|stay|stand|ris|turn|sweep)\w*"
    r"(?:\s+(?:left|right|up|down|in|out|back|closer|away|around|over|across|along|forwards?|"
    r"backwards?|still|to the (?:left|right)|to the|the|it|him|her|them))*"
)
_MOVES_EN = (
    r"(?:(?:with|in)\s+)?(?:an?\s+|the\s+)?(?:slow(?:ly)?\s+|gentle\s+|smooth\s+|quick\s+)*"
    r"(?:(?:camera\s+)?(?:pan(?:s|ning)?|tilt(?:s|ing)?|zoom(?:s|ing)?|doll(?:y|ies|ying)|"
    r"push(?:es|ing)?|pull(?:s|ing)?)\s+(?:to the\s+)?(?:in|out|left|right|up|down|back)"
    r"|(?:panning|tracking|dolly|orbit(?:ing)?|crane|aerial|drone|handheld|hand-held|static|"
    r"following|locked-off|360[ -]degree|establishing)\s+(?:shot|camera|footage|video|view)"
    r"|camera\s+(?:pan|tilt|zoom|orbit|dolly)|fixed camera|orbit(?:s|ing)?\s+around(?:\s+it)?)"
    r"(?:\s+of)?"
)
_FILM_EN = (
    r"(?:(?:make|create|generate|render|record|film|shoot)\s+(?:me\s+)?)?(?:an?\s+|the\s+)?"
    r"(?:(?:short|quick|little|looping|looped|seamless|silent|animated|\d+(?:\.\d+)?"
    r"[ -]?(?:s|sec(?:ond)?s?|frames?))[ -]+)*"
    r"(?:video|clip|movie|film|animation|footage|gif|loop|mp4|time-?lapse)(?:\s+clip)?\s+"
    r"(?:of|showing|where|in which|with)\b"
    r"|^animate\b|in (?:slow motion|slow-motion)|slow[ -]motion|slow-?mo|time-?lapse|"
    r"seamless(?:ly)?\s+loop(?:ing|s|ed)?|(?:in\s+)?(?:an?\s+)?(?:endless\s+)?loop(?:ing|ed|s)?\b"
    r"|(?:at\s+)?\d{1,3}\s*-?\s*(?:fps|frames (?:per|a) second)|\d{1,4}[ -]frames?\b"
    r"|(?:for\s+)?\d+(?:\.\d+)?[ -]?(?:s|secs?|seconds?)\b(?:\s+long)?"
    r"|(?:in\s+)?(?:4k|8k|1080p|720p|full hd|hd)\b"
    r"|(?:with|to|and|set to)\s+(?:\w+\s+){0,3}(?:music|soundtrack|song|beats?|sound)\b"
    r"|(?:with\s+)?no (?:sound|music|audio)|without (?:sound|music|audio)|\bsilent\b"
)
_ZH = (
    r"(?:镜头|相机|摄像机|画面|运镜)[^,，。;；、\n]{0,8}?(?:左移|右移|上移|下移|左摇|右摇|上摇|下摇|向左|向右|"
    r"向上|向下|往左|往右|拉近|推近|推进|放大|拉远|拉开|缩小|后退|拉升|环绕|围绕|跟随|跟着|跟拍|平移|推过|扫过|移动|"
    r"不动|固定|慢慢推|推)(?:平移|移动|移|摇)?"
    r"|(?:向左|向右)平移|固定镜头|环绕镜头|跟拍镜头|航拍|手持镜头|推镜头|拉镜头|摇镜头"
    r"|(?:一段|一个|做个|生成|制作)?(?:\d+秒的?)?(?:短?视频|短片|动画|影片|动图)[:：，,]?"
    r"|慢动作|延时摄影|无缝循环|循环播放|循环动画|循环|每秒\s*\d+\s*帧|\d+\s*(?:帧|秒)(?:的|钟)?"
    r"|配(?:上)?[^,，。]{0,6}(?:音乐|配乐)|(?:没有|无)(?:声音|音乐|配乐)|静音"
)
_LEFT_OUT = re.compile(
    rf"(?<![\w-])(?:music video\s*:?|{_CAMERA_EN}|{_MOVES_EN}|{_FILM_EN})(?![\w-])|{_ZH}",
    re.IGNORECASE,
)
_SEAMS = re.compile(r"(?:\s*[,;，；、]\s*)+(?=[,;，；、.。]|$)|^[\s,;:，；：、]+|\s+(?=[,，.。])")


def drawn(prompt: str) -> str:
    """The prompt without what only a clip has; the whole prompt where nothing would be left."""
    left = _LEFT_OUT.sub(" ", prompt)
    left = re.sub(r"[ \t]{2,}", " ", _SEAMS.sub("", _SEAMS.sub("", left))).strip(" ,;，；、")
    left = re.sub(r"\s+(?:and|while|as)$", "", left)
    return left if re.search(r"\w", left) else prompt


MotionName = Literal[
    "any", "bounce", "jump", "spin", "dance", "run", "walk", "fly", "swim", "float", "fall", "rise",
    "wave", "sway", "shake", "nod", "pulse", "grow", "shrink", "flow", "flicker", "blink",
    "explode", "slow motion", "timelapse", "loop", "still",
]  # fmt: skip
MOTION_WORDS: dict[MotionName, tuple[str, str]] = {
    "bounce": ("bounces up and down", "上下弹跳"),
    "jump": ("jumps", "跳起来"),
    "spin": ("spins", "旋转"),
    "dance": ("dances happily", "开心地跳舞"),
    "run": ("runs to the left", "向左跑"),
    "walk": ("walks to the left", "向左走"),
    "fly": ("flies", "飞翔"),
    "swim": ("swims", "游动"),
    "float": ("floats", "漂浮"),
    "fall": ("falls down", "落下"),
    "rise": ("rises", "上升"),
    "wave": ("sways", "摇摆"),
    "sway": ("sways gently", "轻轻摇摆"),
    "shake": ("shakes", "左右摇动"),
    "nod": ("nods", "点头"),
    "pulse": ("pulses", "跳动"),
    "grow": ("grows", "变大"),
    "shrink": ("shrinks", "缩小"),
    "flow": ("waves in the wind", "随风飘扬"),
    "flicker": ("trembles", "颤抖"),
    "blink": ("nods", "点头"),
    "explode": ("pulses", "跳动"),
}
"""How a motion is said, in the words that the motion network learned for it or for the nearest."""

MOTION_NAMES_ZH: dict[str, str] = {
    "any": "不限", "bounce": "弹跳", "jump": "跳跃", "spin": "旋转", "dance": "跳舞", "run": "奔跑",
    "walk": "行走", "fly": "飞翔", "swim": "游动", "float": "漂浮", "fall": "落下", "rise": "上升",
    "wave": "摆动", "sway": "轻摇", "shake": "摇动", "nod": "点头", "pulse": "跳动", "grow": "变大",
    "shrink": "缩小", "flow": "飘扬", "flicker": "闪动", "blink": "眨眼", "explode": "炸开",
    "slow motion": "慢动作", "timelapse": "延时", "loop": "循环", "still": "静止",
}  # fmt: skip
SPEEDS: dict[MotionName, float] = {"slow motion": 0.5, "timelapse": 1.6}
"""How quick the motion is, where it is not as usual."""


_UP = re.compile(
    r"\b(?:tak|lift|blast)(?:es|e|ing|s)?[ -]off\b|\b(?:fl(?:y|ies|ying)|soar\w*|shoot\w*)\s+"
    r"(?:straight\s+|high\s+)?(?:up|into (?:the )?(?:\w+ )?(?:sky|space|air|clouds)|to the "
    r"(?:moon|stars|sky))|起飞|升空|飞上|向上飞|飞向(?:太空|天空|月球|星空)",
    re.IGNORECASE,
)
_RIGHT = re.compile(r"\b(?:to the right|rightwards?)\b|(?:向|往|朝)右", re.IGNORECASE)


def done(prompt: str, motion: MotionName) -> MotionName:
    """The motion that is meant: what flies up rises, it does not flap."""
    return "rise" if motion == "fly" and _UP.search(drawn(prompt)) else motion


def heads_right(prompt: str) -> bool:
    """Whether what walks or drives goes to the right; if not told, left: drawings face that way."""
    return _RIGHT.search(drawn(prompt)) is not None


def moving(prompt: str, motion: MotionName) -> str:
    """What is drawn and how it moves, for the motion network."""
    shown = drawn(prompt)
    if motion not in MOTION_WORDS:
        return shown
    en, zh = MOTION_WORDS[motion]
    if heads_right(prompt):
        en, zh = en.replace("left", "right"), zh.replace("左", "右")
    return f"{shown}，{zh}" if is_chinese(prompt) else f"{shown}, {en}"
