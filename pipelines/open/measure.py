"""What each switch of an open model does to time, memory and picture, on random weights.

Every run has the same seed and is compared with the plain one. Numbers tell of this machine; what
random weights draw means nothing, so a likeness here is a floor, not a promise. Knows no family.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.open import caches, compiled, random_denoisers, randoms, remembered, run
from pipelines.open.place import trim
from pipelines.open.plan import Plan, plan

Numbers = dict[str, Any]
STEPS = 2
PACKINGS = ("Q8_0", "Q4_0")
PROMPT = "a red apple"


def switches(folder: Path, side: int = 256) -> dict[str, Numbers]:
    """Seconds, memory and likeness to the plain run of each switch of a random Z-Image.

    `saved_percent`: time saved. `resident_bytes`: of the process with the model in it.
    `psnr_db`, `ssim`: of the pictures at equal seed; no `psnr_db` where they are identical.
    """
    weights = randoms.build("z-image", folder)
    plain = plan("whole", "fp32", "cpu")
    found: dict[str, Numbers] = {}
    wanted, found["fp32, whole"] = _made(weights, plain, side)
    seconds = found["fp32, whole"]["seconds"]
    for name, changed in {
        "bf16": replace(plain, dtype="bf16"),
        "bf16, int8": Plan("int8", "bf16", "cpu"),
        "bf16, fp8": Plan("fp8", "bf16", "cpu"),
        "bf16, disk": Plan("disk", "bf16", "cpu"),
    }.items():
        pixels, numbers = _made(weights, changed, side)
        found[name] = numbers | likeness(wanted, pixels)
    found["bf16, compiled"] = _compiled(weights, replace(plain, dtype="bf16"), side, wanted)
    for kind in PACKINGS:
        small = randoms.build_packed("z-image", folder, kind)
        pixels, numbers = _made(small, replace(plain, dtype="bf16"), side)
        found[f"bf16, GGUF {kind}"] = numbers | likeness(wanted, pixels)
    for numbers in found.values():
        if "seconds" in numbers:
            numbers["saved_percent"] = 100 * (1 - numbers["seconds"] / seconds)
    return found


def _made(weights: Path, layout: Plan, side: int) -> tuple[NDArray[np.float32], Numbers]:
    """A picture (H, W, 3) in [0, 1] of a fresh model, and what the second of two runs took."""
    import psutil

    pipeline = run.load(["ZImagePipeline"], weights, layout)
    draw(pipeline, side, 1)
    pixels, seconds = timed(lambda: draw(pipeline, side, STEPS))
    trim()
    return pixels, {"seconds": seconds, "resident_bytes": psutil.Process().memory_info().rss}


def _compiled(weights: Path, layout: Plan, side: int, wanted: NDArray[np.float32]) -> Numbers:
    """As `_made`, with the blocks compiled; `first_s`: what the first run took, by the clock.

    `block_calls`: calls of compiled code in one run. `problem`: why nothing was compiled.
    """
    if why := compiled.problem(layout.device):
        return {"problem": why}
    import psutil

    pipeline, asked = run.load(["ZImagePipeline"], weights, layout), SimpleNamespace()
    asked.compile = "regional"
    with pipeline.switched(pipeline.pipe, asked):
        began = time.perf_counter()
        draw(pipeline, side, 1)
        first_s = time.perf_counter() - began
        pixels, seconds = timed(lambda: draw(pipeline, side, STEPS))
        with compiled.counting() as calls:
            draw(pipeline, side, STEPS)
    trim()
    held = psutil.Process().memory_info().rss
    found: Numbers = {"seconds": seconds, "resident_bytes": held, "first_s": first_s}
    return found | {"block_calls": calls.made} | likeness(wanted, pixels)


def draw(pipeline: run.Pipeline, side: int, steps: int, prompt: str = PROMPT) -> Any:
    """A picture (H, W, 3) in [0, 1] straight from the pipeline of diffusers."""
    from studio.adapt import seeded_generator

    made = pipeline.pipe(
        prompt,
        width=side,
        height=side,
        num_inference_steps=max(steps, 2),
        guidance_scale=0.0,
        generator=seeded_generator(1),
        output_type="np",
    )
    return made.images[0]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and its CPU seconds: those of other programs do not count."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def encoding(folder: Path) -> Numbers:
    """Seconds that the words of a prompt take the first time, and every time after."""
    import torch

    weights = randoms.build("z-image", folder)
    pipe = run.load(["ZImagePipeline"], weights, plan("whole", "fp32", "cpu")).pipe
    remembered.remember(pipe)

    def encode() -> Any:
        with torch.no_grad():
            return pipe.encode_prompt(PROMPT, do_classifier_free_guidance=False)

    first, first_s = timed(encode)
    again, again_s = timed(encode)
    same = all(torch.equal(a, b) for a, b in zip(first[0], again[0], strict=True))
    return {"first_s": first_s, "again_s": again_s, "is_identical": same}


def first_block(make: Callable[[], Any], call: Callable[..., Any], steps: int = 20) -> Numbers:
    """A random denoiser without and with the first-block cache: time, block calls, likeness.

    Args:
        make: makes the denoiser.
        call: one pass: (denoiser, latents, time in [0, 1]) → velocity of the latents' shape.
    """
    denoiser = make()
    with caches.counting(denoiser) as plain:
        wanted, seconds = timed(lambda: _denoised(denoiser, call, steps))
    with caches.caching(denoiser) as calls:
        found, cached = timed(lambda: _denoised(denoiser, call, steps))
    return {
        "seconds": seconds,
        "cached_s": cached,
        "times_as_fast": seconds / cached,
        "block_calls": plain.made,
        "skipped_calls": calls.skipped,
        "latents_psnr_db": _psnr(wanted, found, float(np.ptp(wanted))),
    }


def _denoised(denoiser: Any, call: Callable[..., Any], steps: int) -> NDArray[np.float32]:
    """Latents after Euler steps along the velocity from noise."""
    import torch

    latents = torch.randn(random_denoisers.LATENTS[type(denoiser).__name__], generator=_generator())
    times = torch.linspace(1, 0, steps + 1)
    with torch.no_grad():
        for now, after in zip(times, times[1:], strict=False):
            with denoiser.cache_context("cond"):
                velocity = call(denoiser, latents, now)
            latents = latents + (after - now) * velocity
    return latents.numpy()


def _generator() -> Any:
    from studio.adapt import seeded_generator

    return seeded_generator(1)


CACHED: dict[str, tuple[Callable[[], Any], Callable[..., Any]]] = {
    "wan": (random_denoisers.wan_denoiser, random_denoisers.wan_pass),
    "wan, 1.3 B's width": (random_denoisers.wide_wan_denoiser, random_denoisers.wan_pass),
    "qwen-image": (random_denoisers.qwen_denoiser, random_denoisers.qwen_pass),
}


def cached(name: str) -> Numbers:
    """See `first_block`."""
    return first_block(*CACHED[name], steps=16)


def direct(model: Any, params: Any) -> Any:
    """The picture that a Z-Image makes without the studio, by the pipeline that it has loaded."""
    from studio.adapt import seeded_generator

    made = model.pipeline.pipe(
        params.prompt,
        width=params.width,
        height=params.height,
        num_inference_steps=params.steps,
        guidance_scale=params.guidance,
        generator=seeded_generator(params.seed),
    )
    return made.images[0]


def likeness(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> Numbers:
    """PSNR in dB, where they differ, and SSIM (Wang et al., 2004) of pictures in [0, 1]."""
    same = {"ssim": ssim(wanted, found)}
    if np.array_equal(wanted, found):
        return same
    return {"psnr_db": _psnr(wanted, found, 1.0), **same}


def _psnr(wanted: NDArray[np.float32], found: NDArray[np.float32], peak: float) -> float:
    error = float(np.mean((wanted.astype(np.float64) - found) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(peak**2 / error))


def ssim(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """Structural similarity of grey pictures in [0, 1], in windows of 7 px."""
    from scipy.ndimage import uniform_filter

    a, b = (each.astype(np.float64).mean(-1) for each in (wanted, found))
    mean_a, mean_b = uniform_filter(a, 7), uniform_filter(b, 7)
    var_a = uniform_filter(a * a, 7) - mean_a**2
    var_b = uniform_filter(b * b, 7) - mean_b**2
    both = uniform_filter(a * b, 7) - mean_a * mean_b
    light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
    shape = (2 * both + 9e-4) / (var_a + var_b + 9e-4)
    return float((light * shape).mean())
