"""Runs pipelines of diffusers that make clips, and reads the clips that they start from.

Knows no family.
"""

import contextlib
import inspect
import math
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL.Image
from PIL import ImageOps

from studio.adapt import seeded_generator, step_bridge, to_pixels
from studio.errors import PipelineError, RequestError
from studio.frames import Frame, StoredFrames, stored
from studio.media import Video
from studio.sounds.ffmpeg import program
from studio.spec import OnStep
from studio.videos.decode import open_clip

if TYPE_CHECKING:
    import torch

    from pipelines.open.run import Pipeline


def shoot(
    pipeline: "Pipeline", task: str, params: Any, on_step: OnStep, total: int, **arguments: Any
) -> Any:
    """Run the pipeline of class `task` for one clip; returns its output. It reports `total` steps.

    Frames come as float (1, T, C, H, W) in [0, 1]. `arguments` take the place of what follows from
    `params`: its words, size, steps, guidance and seed, as far as the pipeline takes them.
    """
    pipe = pipeline.sibling(task)
    usual = {
        "prompt": params.prompt,
        "negative_prompt": params.negative_prompt or None,
        "width": params.width,
        "height": params.height,
        "num_inference_steps": params.steps,
        "guidance_scale": params.guidance,
        "generator": seeded_generator(params.seed),
        "callback_on_step_end": step_bridge(on_step, total),
        "output_type": "pt",
    }
    takes = inspect.signature(pipe.__call__).parameters
    given = {name: value for name, value in usual.items() if name in takes}
    try:
        with pipeline.switched(pipe, params):
            return pipe(**{**given, **arguments})
    finally:
        # A cancelled run leaves offloaded parts on the GPU otherwise.
        pipe.maybe_free_model_hooks()


@contextlib.contextmanager
def seeded_library(params: Any) -> Iterator[None]:
    """Within it the process's own generators follow the job's seed, and go on as before afterwards.

    Some pipelines draw noise from those, whatever generator they are given.
    """
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(params.seed)
        yield


def clip(frames: "torch.Tensor", params: Any) -> Video:
    """A clip of the length asked for, of frames (T, C, H, W) in [0, 1]; more are left out.

    Raises:
        PipelineError: there are fewer.
    """
    if len(frames) < params.frame_count:
        raise PipelineError(
            f"the model made {len(frames)} of {params.frame_count} frames; set frames to "
            f"{len(frames)} or less"
        )
    return Video(cut(frames, params.frame_count), float(params.fps))


def cut(frames: "torch.Tensor", count: int) -> StoredFrames:
    """The first `count` frames, of (T, C, H, W) in [0, 1], in a file."""
    return stored(to_pixels(frame * 2 - 1) for frame in frames[:count])


def steps_taken(steps: int, strength: float) -> int:
    """How many of `steps` the pipelines of diffusers take from a clip to start from.

    Raises:
        RequestError: it is not one.
    """
    taken = int(steps * strength)
    if not taken:
        raise RequestError(
            f"strength {strength:g} of {steps} steps is not one step; "
            f"set strength to {math.ceil(100 / steps) / 100:g} or more"
        )
    return taken


def read(path: Path, params: Any, size: tuple[int, int] | None = None) -> list[PIL.Image.Image]:
    """A clip that is handed in, as the pictures that a model is asked to make: their number, rate
    and, without another `size` in px, their size.

    Where it is up to the model's last frames too short, its own last picture stays.

    Raises:
        RequestError: missing, no clip, damaged, cut short, or shorter than what is asked for.
    """
    opened = open_clip(path)
    if opened.facts.duration_s < params.frame_count / params.fps - 1 / params.fps:
        raise RequestError(
            f"clip {path.name!r} is {opened.facts.duration_s:.2f} s long; set duration_s to that "
            "or less, or give a longer one"
        )
    size = size or (params.width, params.height)
    times = _at_rate(iter(opened), opened.facts.fps, float(params.fps))
    found = [ImageOps.fit(PIL.Image.fromarray(frame), size) for frame, _ in _first(times, params)]
    return found + found[-1:] * (params.made_frames - len(found))


def ending(path: Path, params: Any, chunk: int, most: int) -> list[PIL.Image.Image]:
    """A clip that is handed in to be carried on: its first picture, and its last ones at the rate
    and size that a model makes, `most` of them or fewer whole chunks of `chunk`.

    Raises:
        RequestError: missing, no clip, damaged, cut short, or shorter than one chunk.
    """
    opened = open_clip(path)
    times = _at_rate(iter(opened), opened.facts.fps, float(params.fps))
    first = next(times, None)
    kept = deque([] if first is None else [first], maxlen=most)
    kept.extend(times)
    if first is None or len(kept) < chunk:
        raise RequestError(
            f"clip {path.name!r} is {opened.facts.duration_s:.2f} s long; give one of "
            f"{chunk / params.fps:.2f} s or more"
        )
    last = list(kept)[len(kept) % chunk :]
    size = (params.width, params.height)
    return [ImageOps.fit(PIL.Image.fromarray(frame), size) for frame in (first, *last)]


def compressed(picture: PIL.Image.Image, crf: int) -> PIL.Image.Image:
    """A picture of even sides as a film would show it: H.264 at a constant rate factor.

    Models that learned from films take such pictures better than perfect ones.
    """
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24")
    size = ("-s", f"{picture.width}x{picture.height}")
    codec = ("-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p")
    film = _through(picture.tobytes(), *raw, *size, "-i", "-", *codec, "-f", "h264", "-")
    shown = _through(film, "-f", "h264", "-i", "-", *raw, "-")
    return PIL.Image.frombytes("RGB", picture.size, shown)


def _through(data: bytes, *arguments: str) -> bytes:
    command = [program(), "-v", "error", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise PipelineError(f"ffmpeg could not compress a picture: {done.stderr.decode()[-200:]}")
    return done.stdout


def _first(frames: Iterator[Frame], params: Any) -> Iterator[tuple[Frame, int]]:
    return zip(frames, range(params.made_frames), strict=False)


def _at_rate(frames: Iterator[Frame], had_fps: float, fps: float) -> Iterator[Frame]:
    """Frames shown at one rate, as they are seen at another."""
    shown = -1
    frame: Frame | None = None
    for index, frame in enumerate(frames):
        while round((shown + 1) * had_fps / fps) <= index:
            shown += 1
            yield frame
