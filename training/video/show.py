"""Draws a contact sheet of finished clips: 24 prompts in two languages, eight frames of each.

    python -m training.video.show --out clips.webp [--frames FOLDER] [--only 3,7]

They go the way of everybody's prompts: router, preset, options, family. With `--frames` every frame
is written as well, to be looked at one by one. Needs a font with Chinese characters. Knows nothing
about training.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio import filming
from studio.core import Request, default_engine, resolve
from studio.evaluate.sheet import chinese_font, wrap
from studio.media import Image as Made
from studio.media import Video
from studio.spec import unwatched

SHOWN, CELL, GAP, COLUMNS = 8, 104, 3, 2
LINE, FONT = 20, 14
PAPER, INK = (250, 250, 248), (32, 32, 36)
USUAL = {"width": 384, "height": 384, "fps": 12}
SEED = 100

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """A clip of the sheet. `pictures`: options that are pictures, by the words that make them."""

    prompt: str
    preset: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)


CLIPS = (
    Shown("a penguin surfing a big wave, camera pans left"),
    Shown("a frog jumping"),
    Shown("a red rose spinning"),
    Shown("a rocket flies up into the night sky"),
    Shown("一只猫在跳舞"),
    Shown("熊猫吃竹子，镜头慢慢拉近"),
    Shown("a dog running on the grass, tracking shot"),
    Shown("热气球飘在山上，镜头上移"),
    Shown("a butterfly flapping its wings over flowers"),
    Shown("a beating heart, seamless loop"),
    Shown("幽灵左右摇摆，循环动画"),
    Shown("two fish swimming in the sea"),
    Shown("a city at night, drone shot"),
    Shown("a dinosaur", "turntable"),
    Shown("a happy avocado dancing", "looping-sticker"),
    Shown("a dragon over a castle", "trailer"),
    Shown("雨中的小屋", "cosy-loop"),
    Shown("a bear dancing", "dance-party"),
    Shown("a basketball bouncing, handheld camera"),
    Shown("a robot walks to the right, zoom out"),
    Shown("海上的帆船，镜头环绕"),
    Shown("it sways in the wind", pictures={"image": "an oak tree"}),
    Shown("a cat becomes a tiger", pictures={"image": "a cat face", "last_image": "a tiger face"}),
    Shown("music video: a fox who travels to the moon, synthwave", options={"duration_s": 9}),
)


def frames_of(shown: Shown, seed: int, folder: Path) -> list[Pixels]:
    """All frames of a clip."""
    own = {name: _picture(words, folder) for name, words in shown.pictures.items()}
    usual = {"duration_s": 2, "fps": 12} if shown.preset else dict(USUAL)
    if shown.pictures:
        usual["duration_s"] = 2
    options = {**usual, **shown.options, **own}
    request = Request(shown.prompt, kind="video", preset=shown.preset or None, params=options,
                      seed=seed)  # fmt: skip
    job, engine = resolve(request)[0], default_engine()
    if filming.is_wanted(job):
        return list(filming.film(job, engine, unwatched).clip.frames)
    made = engine.run(job, unwatched)
    assert isinstance(made, Video)
    return list(made.frames)


def _picture(words: str, folder: Path) -> str:
    """A picture to begin or end with, on white, as a file."""
    path = folder / f"{words}.png"
    made = default_engine().run(resolve(Request(words, kind="image", seed=3))[0], unwatched)
    assert isinstance(made, Made)
    drawn = Image.fromarray(made.pixels).convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")
    Image.alpha_composite(white, drawn).convert("RGB").save(path)
    return str(path)


def strip(frames: Sequence[Pixels], caption: str) -> Image.Image:
    """Eight frames beside each other, over their caption."""
    strip_size = (SHOWN * (CELL + GAP), CELL + LINE)
    found = Image.new("RGB", strip_size, PAPER)
    for place in range(SHOWN):
        frame = Image.fromarray(frames[round(place * (len(frames) - 1) / (SHOWN - 1))])
        frame.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
        found.paste(frame, (place * (CELL + GAP), (CELL - frame.height) // 2))
    font = chinese_font(FONT)
    line = wrap(caption, font, strip_size[0], lines=1)[0]
    ImageDraw.Draw(found).text((2, CELL + 1), line, INK, font)
    return found


def composed(strips: Sequence[Image.Image]) -> Image.Image:
    """Strips in columns."""
    width, height = strips[0].size
    rows = -(-len(strips) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (width + 8), rows * (height + 6)), PAPER)
    for place, each in enumerate(strips):
        sheet.paste(each, (place % COLUMNS * (width + 8), place // COLUMNS * (height + 6)))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    chinese_font(FONT)
    chosen = [int(each) for each in args.only.split(",") if each] or range(len(CLIPS))
    strips = []
    with tempfile.TemporaryDirectory() as folder:
        for index in chosen:
            shown = CLIPS[index]
            frames = frames_of(shown, SEED + index, Path(folder))
            if args.frames is not None:
                args.frames.mkdir(parents=True, exist_ok=True)
                np.save(args.frames / f"{index:02}.npy", np.stack(frames))
            told = f"{shown.prompt} [{shown.preset}]" if shown.preset else shown.prompt
            strips.append(strip(frames, told))
            print(index, told, len(frames), flush=True)
    composed(strips).save(args.out, quality=82, method=6)


if __name__ == "__main__":
    main()
