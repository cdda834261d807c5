"""Named motions, written down: what a still drawing does when a caption says that it bounces.

A motion is a function of the place in a thing and of the phase, 0 to 1 over a clip. Places and ways
count in half sides of the thing: x from -1 (left) to 1, y from -1 (top) to 1. Every motion begins
where the drawing stands. Knows nothing about drawings, cells or models.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Field = Callable[[Floats, Floats, Floats, "Draw"], tuple[Floats, Floats]]
"""(x, y, phase, draw) → ways (dx, dy); x, y are (h, w), the phase is (T, 1, 1)."""

TURN = 2 * np.pi


@dataclass(frozen=True)
class Draw:
    """What is drawn at random: how strong (about 1), how often, which side (1 or -1)."""

    strength: float
    often: int
    side: int


@dataclass(frozen=True)
class Motion:
    """A motion, how captions say it, and whether its end meets its start.

    `often`: how many times it can be done in a clip. `is_sided`: the wordings hold {side}.
    """

    name: str
    field: Field
    en: tuple[str, ...]
    zh: tuple[str, ...]
    often: tuple[int, ...] = (1, 2)
    closes: bool = True
    is_sided: bool = False


def _hop(p: Floats, often: int) -> Floats:
    return np.abs(np.sin(np.pi * often * p))


def _wave(p: Floats, often: int) -> Floats:
    return np.sin(TURN * often * p)


def _bump(p: Floats, often: int) -> Floats:
    """0 to 1 and back, smoothly."""
    return (1 - np.cos(TURN * often * p)) / 2


def _turned(x: Floats, y: Floats, angle: Floats, cx: float, cy: float) -> tuple[Floats, Floats]:
    cos, sin = np.cos(angle) - 1, np.sin(angle)
    u, v = x - cx, y - cy
    return u * cos - v * sin, u * sin + v * cos


def _bounce(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    high = _hop(p, d.often)
    squash = 0.15 * d.strength * ((1 - high) ** 4 - 1)
    return 0.6 * squash * x, -0.42 * d.strength * high + squash * (1 - y)


def _jump(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    at = np.clip((p * d.often % 1 - 0.2) / 0.6, 0, 1)
    crouch = np.sin(np.pi * np.clip(p * d.often % 1 / 0.2, 0, 1)) * 0.14 * d.strength
    return 0.5 * crouch * x, -0.7 * d.strength * np.sin(np.pi * at) + crouch * (1 - y)


def _spin(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return _turned(x, y, d.side * TURN * p, 0, 0)


def _roll_off(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    dx, dy = _turned(x, y, d.side * 2.4 * d.strength * p, 0, 0)
    return dx + d.side * 0.8 * d.strength * p, dy + 0 * p


def _sway(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return _turned(x, y, 0.22 * d.strength * d.side * _wave(p, d.often), 0, 1)


def _swing(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return _turned(x, y, 0.3 * d.strength * d.side * _wave(p, d.often), 0, -1)


def _rock(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return _turned(x, y, 0.28 * d.strength * d.side * _wave(p, d.often), 0, 0.1)


def _shake(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return 0.14 * d.strength * d.side * _wave(p, 2 + d.often) + 0 * x, 0 * x * p


def _tremble(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return (
        0.05 * d.strength * d.side * _wave(p, 5) + 0 * x,
        0.04 * d.strength * _wave(p, 4) + 0 * x,
    )


def _nod(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    low = _bump(p, d.often) * d.strength
    return 0.03 * low * x, 0.16 * low * (1 - y * y) ** 1.0 * 0.8 + 0.08 * low * (1 - y)


def _float(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return (
        0.1 * d.strength * d.side * _wave(p, 1) + 0 * x,
        -0.3 * d.strength * _bump(p, d.often) + 0 * y,
    )


def _pulse(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    grown = 0.17 * d.strength * _bump(p, d.often)
    return grown * x, grown * y


def _breathe(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    grown = 0.07 * d.strength * _bump(p, d.often)
    return 0.5 * grown * x, grown * (y - 1)


def _stretch(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    long = 0.2 * d.strength * _wave(p, d.often)
    return -0.6 * long * x, long * (y - 1)


def _wobble(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    phase = TURN * d.often * p
    return 0.13 * d.strength * (np.sin(phase - 2.6 * y) - np.sin(-2.6 * y)) * d.side, 0 * x * p


def _flutter(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    far = (1 + d.side * x) / 2
    phase = TURN * d.often * p
    wave = np.sin(phase - 3 * far) - np.sin(-3 * far)
    return 0 * x * p, 0.16 * d.strength * far * wave


def _swim(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    phase = TURN * d.often * p
    wave = np.sin(phase - 2.4 * x) - np.sin(-2.4 * x)
    return d.side * 0.12 * d.strength * _wave(p, 1) + 0 * x, 0.1 * d.strength * wave


def _flap(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    up = _wave(p, 1 + d.often)
    lift = -0.3 * d.strength * np.abs(x) ** 1.5 * up + 0.12 * d.strength * up
    return -0.08 * d.strength * x * up, lift


def _circle(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    r = 0.32 * d.strength
    return r * d.side * _wave(p, 1) + 0 * x, r * (1 - np.cos(TURN * p)) + 0 * y


def _dance(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    dx, dy = _turned(x, y, 0.2 * d.strength * d.side * _wave(p, d.often), 0, 0.8)
    return dx, dy - 0.16 * d.strength * _hop(p, 2 * d.often)


def _walk(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    dx, dy = _turned(x, y, 0.1 * d.strength * _wave(p, 2), 0, 1)
    return dx + d.side * 0.5 * d.strength * p, dy - 0.07 * d.strength * _hop(p, 4)


def _run(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    lean = 0.08 * d.strength * d.side * np.minimum(4 * p, 1)
    dx, dy = _turned(x, y, lean, 0, 1)
    return dx + d.side * 0.9 * d.strength * p, dy - 0.16 * d.strength * _hop(p, 5)


def _drive(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    shiver = 0.025 * d.strength * _hop(p, 6)
    return d.side * 0.9 * d.strength * p + 0 * x, -shiver + 0 * y


def _slide(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return d.side * 0.8 * d.strength * p + 0 * x, 0 * x * p


def _to_and_fro(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return d.side * 0.3 * d.strength * _wave(p, d.often) + 0 * x, 0 * x * p


def _rise(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return 0 * x * p, -0.8 * d.strength * p + 0 * y


def _fall(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return 0 * x * p, 0.9 * d.strength * p * p + 0 * y


def _grow(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    grown = 0.4 * d.strength * p
    return grown * x, grown * (y - 0.6)


def _shrink(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    gone = -0.45 * min(d.strength, 1.6) * p
    return gone * x, gone * y


def _still(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    return 0 * x * p, 0 * y * p


def _bob(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    dx, dy = _turned(x, y, 0.16 * d.strength * d.side * _wave(p, d.often), 0, 0.6)
    return dx, dy + 0.16 * d.strength * _wave(p, d.often)


def _twist(x: Floats, y: Floats, p: Floats, d: Draw) -> tuple[Floats, Floats]:
    angle = 0.5 * d.strength * d.side * _wave(p, d.often)
    return (np.cos(angle) - 1) * x + 0.2 * np.sin(angle) * (1 - y * y), 0 * y * p


SIDES_EN = {1: "right", -1: "left"}
SIDES_ZH = {1: "右", -1: "左"}

MOTIONS = (
    Motion("bounce", _bounce, ("bounces", "bouncing", "bounces up and down", "hopping"),
           ("弹跳", "上下弹跳", "蹦跳", "蹦蹦跳跳"), (1, 2, 3)),
    Motion("jump", _jump, ("jumps", "jumping", "leaps up", "jumps for joy"),
           ("跳起来", "跳跃", "高兴地跳起来")),
    Motion("spin", _spin, ("spins", "spinning", "rotates", "turns around", "twirling"),
           ("旋转", "转圈", "转动", "打转"), (1,)),
    Motion("roll", _roll_off, ("rolls to the {side}", "rolling to the {side}"),
           ("向{side}滚动", "滚向{side}边"), (1,), False, True),
    Motion("sway", _sway, ("sways", "swaying", "sways gently", "sways in the wind"),
           ("摇摆", "摇曳", "轻轻摇摆", "随风摇摆")),
    Motion("swing", _swing, ("swings", "swinging", "dangles"), ("摆动", "来回摆动", "晃荡")),
    Motion("rock", _rock, ("rocks from side to side", "tilts from side to side", "rocking"),
           ("左右摇晃", "左右倾斜")),
    Motion("shake", _shake, ("shakes", "shaking", "shakes from side to side"),
           ("摇动", "左右摇动", "晃动"), (1, 2)),
    Motion("tremble", _tremble, ("trembles", "shivering", "trembling", "vibrates"),
           ("颤抖", "发抖", "震动"), (1,)),
    Motion("nod", _nod, ("nods", "nodding", "nods the head"), ("点头", "频频点头"), (1, 2)),
    Motion("float", _float, ("floats", "floating", "hovers", "drifts gently up and down"),
           ("漂浮", "飘动", "悬浮", "飘荡")),
    Motion("pulse", _pulse, ("pulses", "beats", "throbs", "pulsing"), ("跳动", "脉动", "一跳一跳"),
           (1, 2, 3)),
    Motion("breathe", _breathe, ("breathes", "breathing calmly"), ("呼吸", "平静地呼吸")),
    Motion("stretch", _stretch, ("stretches and squashes", "squashes and stretches", "stretches"),
           ("伸缩", "拉伸挤压")),
    Motion("wobble", _wobble, ("wobbles", "wobbling like jelly", "jiggles"), 
           ("晃来晃去", "像果冻一样晃动")),
    Motion("flutter", _flutter, ("flutters", "waves in the wind", "fluttering"),
           ("飘扬", "随风飘扬", "飘舞")),
    Motion("swim", _swim, ("swims", "swimming", "wriggles"), ("游泳", "游动", "扭动")),
    Motion("fly", _flap, ("flies", "flying", "flaps its wings", "flapping"),
           ("飞翔", "飞舞", "扇动翅膀", "飞行")),
    Motion("circle", _circle, ("moves in a circle", "circles around"),
           ("绕圈", "转着圈移动"), (1,)),
    Motion("dance", _dance, ("dances", "dancing", "dances happily"),
           ("跳舞", "起舞", "开心地跳舞")),
    Motion("walk", _walk, ("walks to the {side}", "walking to the {side}", "walks {side}"),
           ("向{side}走", "往{side}边走去", "向{side}行走"), (1,), False, True),
    Motion("run", _run, ("runs to the {side}", "running {side}", "dashes to the {side}"),
           ("向{side}跑", "往{side}奔跑", "向{side}飞奔"), (1,), False, True),
    Motion("drive", _drive, ("drives to the {side}", "driving {side}", "speeds to the {side}"),
           ("向{side}行驶", "往{side}开"), (1,), False, True),
    Motion("slide", _slide, ("slides to the {side}", "moves {side}", "moves to the {side}"),
           ("向{side}移动", "向{side}滑动"), (1,), False, True),
    Motion("to and fro", _to_and_fro, ("moves left and right", "slides back and forth"),
           ("左右移动", "来回移动")),
    Motion("rise", _rise, ("rises", "flies up", "moves up", "takes off"),
           ("上升", "向上飞", "升起"), (1,), False),
    Motion("fall", _fall, ("falls", "falls down", "drops"), ("落下", "掉落", "坠落"), (1,), False),
    Motion("grow", _grow, ("grows", "gets bigger", "growing"),
           ("变大", "生长", "长大"), (1,), False),
    Motion("shrink", _shrink, ("shrinks", "gets smaller"), ("变小", "缩小"), (1,), False),
    Motion("bob", _bob, ("surfs", "surfing", "bobs on the waves", "sails", "bobbing"),
           ("冲浪", "在浪上起伏", "随波起伏", "航行")),
    Motion("twist", _twist, ("turns from side to side", "twists", "looks left and right"),
           ("左右转身", "扭转", "左右张望")),
    Motion("still", _still, ("stands still", "does not move", "static"),
           ("静止", "一动不动"), (1,)),
)  # fmt: skip
BY_NAME = {motion.name: motion for motion in MOTIONS}


def wording(motion: Motion, draw: Draw, language: str, rng: np.random.Generator) -> str:
    """How a caption says it, "en" or "zh"."""
    options = motion.zh if language == "zh" else motion.en
    side = (SIDES_ZH if language == "zh" else SIDES_EN)[draw.side]
    return options[int(rng.integers(len(options)))].format(side=side)


def paths(motion: Motion, draw: Draw, x: Floats, y: Floats, phases: Floats) -> NDArray[np.float32]:
    """Ways (T, 2, h, w) of the places (h, w), in half sides, at phases (T,)."""
    dx, dy = motion.field(x, y, phases[:, None, None], draw)
    shape = (len(phases), *x.shape)
    return np.stack([np.broadcast_to(dx, shape), np.broadcast_to(dy, shape)], 1).astype(np.float32)
