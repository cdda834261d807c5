"""Parameters of clips read from a prompt: frames, frame rate, motion and camera.

Knows no family and no kind.
"""

# ruff: noqa: E501 - the patterns and sentences below are tables, one entry a line.

import re
from collections.abc import Iterator

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


def timing(text: str) -> Iterator[Found]:
    """Frames and frames a second."""
    for name, pattern in (("fps", FPS), ("frames", FRAMES)):
        match = pattern.search(text)
        if match is not None:
            number = int(next(group for group in match.groups() if group))
            yield Found(name, number, match.start(), match.end())


def movement(reading: Reading) -> Iterator[Found]:
    """What the camera does and what moves: the first of each that is named."""
    camera = _camera(reading)
    if camera is not None:
        yield camera
    for mention in reading.mentions:
        value = mention.hit.value("motion")
        if value is not None and mention.role != "no":
            yield Found("motion", value, mention.hit.start, mention.hit.end)
            return


def _camera(reading: Reading) -> Found | None:
    found = [
        Found("camera", m.hit.value("camera"), m.hit.start, m.hit.end)
        for m in reading.mentions
        if m.role != "no" and m.hit.value("camera")
    ]
    for value, pattern in HAN_CAMERA:
        match = pattern.search(reading.text)
        if match is not None:
            found.append(Found("camera", value, match.start(), match.end()))
    # The most exact name wins: "pan left" says more than "pan".
    return max(found, key=lambda item: (len(str(item.value)), -item.start)) if found else None
