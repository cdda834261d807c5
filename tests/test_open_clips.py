"""Open video models: every task they have, and what each refuses; on toy weights."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from studio import forms, registry
from studio.engine import Engine
from studio.errors import Cancelled, RequestError
from studio.media import Video
from studio.request import Job
from studio.spec import Step
from studio.videos.encode import encode
from tests.test_open_lora import write as write_lora
from tests.tiny import tiny

SIDES = {"helios": 128}
"""Of the smallest clips of families that make none of 64 px."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pictures to begin and end with, a mask, clips of a second at 12 frames a second, and one of
    two and a half."""
    folder = tmp_path_factory.mktemp("given")
    found: dict[str, str] = {}
    for seed, name in enumerate(("start", "end", "mask")):
        noise = np.random.default_rng(seed).integers(0, 256, (64, 96, 3), dtype=np.uint8)
        if name == "mask":
            noise[:, :48], noise[:, 48:] = 0, 255
        Pillow.fromarray(noise).save(folder / f"{name}.png")
        found[name] = str(folder / f"{name}.png")
    for name, count, seed in (("clip", 12, 9), ("long", 30, 9), ("other", 12, 10)):
        frames = np.random.default_rng(seed).integers(0, 256, (count, 64, 96, 3), dtype=np.uint8)
        encode(Video(frames, 12.0), "mp4", folder / f"{name}.mp4")
        found[name] = str(folder / f"{name}.mp4")
    return found


def job(model: str, files: dict[str, str], **options: Any) -> Job:
    """A small job; "family:builder" names other toy weights than the usual."""
    name, _, builder = model.partition(":")
    family = registry.family(name)
    side = SIDES.get(name, 64)
    values: dict[str, Any] = {"prompt": "a red cat", "seed": 7, "width": side, "height": side}
    values["steps"] = 3
    values |= {"frames": LEAST[name], "soundtrack": "none"}
    values["checkpoint"] = str(tiny(name, builder or "build"))
    values |= {key: files.get(str(value), value) for key, value in options.items()}
    if values.get("controlnet") == "toy":
        values["controlnet"] = str(tiny(name, "build_controlnet"))
    values = {key: value for key, value in values.items() if value is not None}
    return Job(family, forms.fill(family.params, values), prompt="a red cat")


def film(engine: Engine, asked: Job) -> tuple[Video, list[Step]]:
    steps: list[Step] = []
    made = engine.run(asked, steps.append)
    assert isinstance(made, Video)
    return made, steps


@functools.lru_cache
def plain(engine: Engine, model: str) -> Video:
    """What a model makes when nothing is asked for but the words."""
    return film(engine, job(model, {}))[0]


LEAST = {"wan": 9, "ltx2": 9, "cogvideox": 9, "skyreels": 9, "sana-video": 9}
LEAST |= {"helios": 33, "animatediff": 8}
NEEDS = ("cogvideox:build_following",)
"""Those that make nothing of words alone."""

FOLLOWS = {"controlnet": "toy", "control_video": "clip"}
TASKS: list[tuple[str, dict[str, Any], int]] = [
    ("wan", {"image": "start"}, 3),
    ("wan", {"prompt": "a blue boat"}, 3),
    ("wan:build_words", {"video": "clip", "strength": 0.7, "fps": 16}, 2),
    ("wan:build_words", {"guidance": 1}, 3),
    ("wan:build_two", {"guidance_low": 3, "negative_prompt": "blurred"}, 3),
    ("wan:build_vace", {"reference": "start"}, 3),
    ("wan:build_vace", {"image": "start", "last_image": "end"}, 3),
    ("wan:build_vace", {"video": "clip", "mask": "mask", "fps": 16}, 3),
    ("ltx2", {"image": "start"}, 3),
    ("ltx2", {"image": "start", "last_image": "end", "negative_prompt": "blurred"}, 3),
    ("ltx2", {"schedule": "distilled", "steps": 8}, 8),
    ("ltx2", {"video": "clip"}, 3),
    ("cogvideox", {"negative_prompt": "blurred"}, 3),
    ("cogvideox", {"prompt": "a blue boat"}, 3),
    ("cogvideox", {"video": "clip", "strength": 0.7, "fps": 16}, 2),
    ("cogvideox:build_later", {"video": "clip", "strength": 0.7, "frames": 13, "fps": 16}, 2),
    ("cogvideox:build_following", {"control_video": "clip"}, 3),
    ("skyreels", {"image": "start"}, 3),
    ("skyreels", {"video": "clip"}, 3),
    ("skyreels", {"negative_prompt": "blurred"}, 3),
    ("sana-video", {"image": "start"}, 3),
    ("sana-video:build_large", {"image": "start"}, 3),
    ("sana-video", {"motion_score": 90, "negative_prompt": "blurred"}, 3),
    ("helios", {"image": "start"}, 6),
    ("helios", {"video": "long", "fps": 16}, 6),
    ("helios:build_base", {"guidance": 5, "negative_prompt": "blurred"}, 3),
    ("helios:build_mid", {"guidance": 5}, 3),
    ("animatediff", {"negative_prompt": "blurred"}, 3),
    ("animatediff", {"video": "clip", "strength": 0.7}, 2),
    ("animatediff", {"rounds": 2}, 6),
    ("animatediff", FOLLOWS, 3),
    ("animatediff", {**FOLLOWS, "rounds": 2}, 6),
    ("animatediff", {**FOLLOWS, "video": "other", "strength": 0.7}, 2),
]


@pytest.mark.parametrize(("model", "options", "count"), TASKS)
def test_each_task_films_in_the_steps_it_tells(
    model: str, options: dict[str, Any], count: int, engine: Engine, files: dict[str, str]
) -> None:
    made, steps = film(engine, job(model, files, **options))
    name = model.partition(":")[0]
    side = SIDES.get(name, 64)
    assert tuple(made.frames.shape) == (options.get("frames", LEAST[name]), side, side, 3)
    assert [(step.index, step.total) for step in steps] == [
        (index, count) for index in range(1, count + 1)
    ]
    if model not in NEEDS:
        assert made != plain(engine, model), "what was asked for made no difference"


PICTURES: list[tuple[str, dict[str, Any]]] = [
    ("wan:build_pictures", {"image": "start"}),
    ("wan:build_pictures", {"image": "start", "last_image": "end"}),
    ("cogvideox:build_pictures", {"image": "start"}),
    ("skyreels", {"image": "start", "last_image": "end"}),
    ("cogvideox:build_following", {"control_video": "clip"}),
    ("wan:build_animate", {"image": "start", "control_video": "clip", "face_video": "clip"}),
    (
        "wan:build_animate",
        {
            "image": "start",
            "control_video": "clip",
            "face_video": "clip",
            "video": "clip",
            "mask_video": "clip",
            "fps": 30,
        },
    ),
    ("wan:build_vace", {"video": "clip", "mask_video": "clip"}),
]


@pytest.mark.parametrize(("model", "options"), PICTURES)
def test_models_look_at_each_thing_that_they_are_given(
    model: str, options: dict[str, Any], engine: Engine, files: dict[str, str]
) -> None:
    made, steps = film(engine, job(model, files, **options))
    assert (len(steps), steps[-1].index, steps[-1].total) == (3, 3, 3)
    for name in (name for name, value in options.items() if value in files):
        another = "other" if name.endswith("video") else "mask"
        other, _ = film(engine, job(model, files, **{**options, name: another}))
        assert made != other, name


def test_a_length_in_seconds_is_kept_to_the_frame(engine: Engine, files: dict[str, str]) -> None:
    made, _ = film(engine, job("wan", files, frames=None, duration_s=0.5))
    assert len(made.frames) == 12, "of the 13 that the model made"


def test_a_model_that_makes_sound_makes_it_as_long_as_the_picture(
    engine: Engine, files: dict[str, str]
) -> None:
    asked = {"frames": None, "duration_s": 0.5}
    made, _ = film(engine, job("ltx2", files, soundtrack="own", **asked))
    assert made.audio is not None and made.audio.duration_s == made.duration_s == 0.5
    assert made.audio.samples.std() > 0
    carried, _ = film(engine, job("ltx2", files, soundtrack="own", video="clip", **asked))
    assert carried.audio is not None and carried.audio.duration_s == carried.duration_s == 0.5
    other = job("ltx2", files, soundtrack="own", prompt="a blue boat", **asked)
    assert film(engine, other)[0].audio != made.audio
    assert film(engine, job("ltx2", files, **asked))[0].audio is None


@pytest.mark.parametrize(
    ("frames", "chunks", "options"),
    [(13, 2, {}), (45, 10, {}), (17, 3, {"image": "start"}), (17, 5, {"video": "clip"})],
)
def test_a_long_clip_is_carried_on_in_chunks_and_the_seed_still_decides(
    frames: int, chunks: int, options: dict[str, Any], engine: Engine, files: dict[str, str]
) -> None:
    asked = job("skyreels", files, frames=frames, window=9, overlap=5, steps=2, **options)
    made, steps = film(engine, asked)
    assert len(made.frames) == frames
    assert [(step.index, step.total) for step in steps] == [
        (index, 2 * chunks) for index in range(1, 2 * chunks + 1)
    ]
    assert film(engine, asked)[0] == made


@pytest.mark.parametrize(("frames", "length_s", "count"), [(65, None, 9), (None, 1.5, 9)])
def test_helios_makes_whole_chunks_and_hands_out_what_was_asked_for(
    frames: int | None, length_s: float | None, count: int, engine: Engine, files: dict[str, str]
) -> None:
    made, steps = film(engine, job("helios", files, frames=frames, duration_s=length_s))
    assert len(made.frames) == (frames or round((length_s or 0) * 24))
    # Twice the steps for the first of two chunks.
    assert [(step.index, step.total) for step in steps] == [
        (index, count) for index in range(1, count + 1)
    ]


def test_a_clip_made_at_half_its_size_is_enlarged_and_drawn_over(
    engine: Engine, files: dict[str, str]
) -> None:
    upscaler = str(tiny("ltx2", "build_upscaler"))
    few = {"schedule": "distilled", "steps": 8, "image": "start"}
    asked = job("ltx2", files, **few, width=128, upscaler=upscaler, soundtrack="own")
    made, steps = film(engine, asked)
    assert tuple(made.frames.shape) == (9, 64, 128, 3) and made.audio is not None
    assert [(step.index, step.total) for step in steps] == [(at, 11) for at in range(1, 12)]
    used = [str(each.path.parent) for each in asked.family.weights_for(asked.params)]
    assert upscaler in used, "the record names what enlarged it"

    def stop(step: Step) -> None:
        if step.index == 9:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.run(asked, stop)
    assert film(engine, asked)[0] == made
    assert film(engine, job("ltx2", files, **few, width=128))[0].frames != made.frames
    whole = forms.fill(asked.family.params, {"prompt": "a", "image": files["start"]}).model_dump()
    assert whole["width"] % 32 == 0 and (whole["width"], whole["height"]) == (768, 512)


def test_layers_from_disk_make_the_same_clip_sound_and_enlargement(
    engine: Engine, files: dict[str, str]
) -> None:
    asked = {"schedule": "distilled", "steps": 8, "image": "start", "soundtrack": "own"}
    asked["upscaler"] = str(tiny("ltx2", "build_upscaler"))
    whole, disk = (film(engine, job("ltx2", files, **asked, fit=f))[0] for f in ("whole", "disk"))
    assert disk == whole and disk.audio is not None and disk.audio.samples.std() > 0


def test_a_lora_that_follows_a_clip_is_given_that_clip(
    engine: Engine, files: dict[str, str], tmp_path: Path
) -> None:
    from diffusers import LTX2Pipeline

    pipe: Any = LTX2Pipeline.from_pretrained(tiny("ltx2"))
    alike = write_lora(pipe, tmp_path / "alike.safetensors")
    halved = {"reference_downscale_factor": "2"}
    half = write_lora(pipe, tmp_path / "half.safetensors", about=halved)
    asked = {"adapter": str(alike), "control_video": "clip"}
    made = film(engine, job("ltx2", files, **asked))[0]
    less = film(engine, job("ltx2", files, **asked, control_strength=0.3))[0]
    alone = film(engine, job("ltx2", files, adapter=str(alike)))[0]
    smaller = film(engine, job("ltx2", files, **{**asked, "adapter": str(half)}))[0]
    assert all(made != other for other in (less, alone, smaller))
    with pytest.raises(RequestError, match="width must be a multiple of 64 with this LoRA, got 96"):
        film(engine, job("ltx2", files, **{**asked, "adapter": str(half)}, width=96))


def test_a_clip_longer_than_its_motion_is_made_in_windows(
    engine: Engine, files: dict[str, str]
) -> None:
    asked = {"frames": 20, "context": 8, "overlap": 5}
    made, steps = film(engine, job("animatediff", files, **asked))
    assert len(made.frames) == 20 and steps[-1].index == steps[-1].total == 3
    other = film(engine, job("animatediff", files, **{**asked, "overlap": 2}))[0]
    assert other != made, "other windows, and the same clip"
    assert film(engine, job("animatediff", files))[0] == plain(engine, "animatediff")


def test_pictures_and_motion_published_apart_are_joined(
    engine: Engine, files: dict[str, str]
) -> None:
    moves = str(tiny("animatediff", "build_motion"))
    asked = job("animatediff:build_still", files, motion=moves)
    assert film(engine, asked)[0] == plain(engine, "animatediff")
    used = {each.path.parent.name for each in asked.family.weights_for(asked.params)}
    assert used == {"unet", "text_encoder", "vae", "tiny"}, "tiny is the folder of the motion"
    other = str(tiny("animatediff", "build_other_motion"))
    with pytest.raises(RequestError, match="is for another kind of model than 'tiny'"):
        film(engine, job("animatediff:build_still", files, motion=other))


@pytest.mark.parametrize("shape", [(100, 64), (64, 100), (333, 100), (70, 64)])
def test_the_shape_of_a_picture_is_one_that_the_usual_checkpoint_can_do(
    shape: tuple[int, int], tmp_path: Path
) -> None:
    Pillow.new("RGB", shape).save(tmp_path / "start.png")
    given = {"prompt": "a", "image": str(tmp_path / "start.png")}
    for name, step in (("wan", 32), ("sana-video", 32), ("ltx2", 32), ("helios", 64)):
        filled = forms.fill(registry.family(name).params, given).model_dump()
        assert filled["width"] % step == filled["height"] % step == 0, name


def test_a_clip_to_carry_on_does_not_set_the_length(files: dict[str, str]) -> None:
    params = registry.family("helios").params
    filled = forms.fill(params, {"prompt": "a", "video": files["long"]}).model_dump()
    assert (filled["duration_s"], filled["width"], filled["height"]) == (5, 576, 384)


def test_what_is_handed_in_keeps_its_shape_and_its_length(files: dict[str, str]) -> None:
    params = registry.family("wan").params
    t2v = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
    filled = forms.fill(params, {"prompt": "a", "image": files["start"]}).model_dump()
    assert (filled["width"], filled["height"], filled["fps"]) == (1152, 768, 24)
    given = {"prompt": "a", "video": files["clip"], "checkpoint": t2v}
    filled = forms.fill(params, given).model_dump()
    assert (filled["width"], filled["height"]) == (768, 512)
    assert (filled["duration_s"], filled["fps"]) == (1, 16)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("wan", {"frames": 10}, "frames must be a multiple of 4 plus 1, got 10; try 9 or 13"),
    ("wan", {"width": 100}, "width must be a multiple of 16, got 100; try 96 or 112"),
    ("wan", {"width": 80}, "width must be a multiple of 32"),
    ("wan", {"fps": 25}, "fps"),
    ("wan", {"last_image": "end"}, "last_image was given without image"),
    ("wan", {"image": "start", "last_image": "end"}, "takes no last_image; take checkpoint="),
    ("wan", {"video": "clip"}, "takes no video; take checkpoint=Wan-AI/Wan2.1-T2V"),
    ("wan", {"mask": "mask"}, "takes no mask; take checkpoint=Wan-AI/Wan2.1-VACE"),
    ("wan", {"guidance_low": 3}, "guidance_low is for models with two denoisers"),
    ("wan", {"guidance": 1, "negative_prompt": "x"}, "negative_prompt has no effect with gui"),
    ("wan", {"prompt": "a fox " * 200}, "this model reads 512"),
    ("wan", {"frames": None, "duration_s": 14}, "set duration_s to 10.0417 or less"),
    ("wan:build_words", {"image": "start"}, "takes no image; take checkpoint=Wan-AI/Wan2.2-TI2V"),
    ("wan:build_words", {"video": "clip", "frames": 33, "fps": 16}, "is 1.00 s long; set durat"),
    ("wan:build_words", {"video": "clip", "strength": 0.2, "fps": 16}, "set strength to 0.34 or"),
    ("wan:build_pictures", {}, "begins with a picture; give image"),
    (
        "wan:build_pictures",
        {"image": "start", "last_image": "end", "frames": None, "duration_s": 0.5, "fps": 16},
        "with last_image the number of frames must fit, and 8 do not; set frames to 9",
    ),
    ("wan:build_vace", {"mask": "mask"}, "mask was given without video"),
    ("wan:build_vace", {"mask_video": "clip"}, "mask_video was given without video; give video"),
    (
        "wan:build_vace",
        {"mask_video": "clip", "mask": "mask", "video": "clip"},
        "mask and mask_video were both given; leave one out",
    ),
    ("wan", {"mask_video": "clip"}, "takes no mask_video; take checkpoint=Wan-AI/Wan2.1-VACE"),
    ("wan", {"control_video": "clip"}, "takes no control_video; take checkpoint=Wan-AI/Wan2.2-An"),
    ("wan", {"fps": 30}, "fps 30 is not for"),
    ("wan:build_animate", {"image": "start"}, "moves a person; give control_video"),
    (
        "wan:build_animate",
        {"image": "start", "control_video": "clip", "face_video": "clip", "video": "clip"},
        "video and mask_video go together; give both, or none",
    ),
    ("ltx2", {"frames": 12}, "frames must be a multiple of 8 plus 1, got 12; try 9 or 17"),
    ("ltx2", {"height": 80}, "height must be a multiple of 32, got 80; try 64 or 96"),
    ("ltx2", {"schedule": "distilled"}, "schedule=distilled takes 8 steps and guidance 1, got 3"),
    ("ltx2", {"image": "start", "video": "clip"}, "image and video were both given"),
    ("ltx2", {"soundtrack": "own", "music": "jazz"}, "set soundtrack=song, or say in the prompt"),
    (
        "ltx2",
        {"control_video": "clip"},
        "control_video is for a LoRA that follows it; give adapter",
    ),
    ("ltx2", {"control_video": "clip", "video": "clip"}, "video and control_video were both given"),
    ("ltx2", {"upscaler": "a/b/c"}, "upscaler is for distilled weights; set schedule=distilled"),
    (
        "ltx2",
        {"upscaler": "a/b/c", "schedule": "distilled", "steps": 8, "width": 96},
        "width must be a multiple of 64 with upscaler, got 96; try 64 or 128",
    ),
    (
        "ltx2",
        {"upscaler": "a/b/c", "schedule": "distilled", "steps": 8},
        "checkpoint 'a/b/c' is not on this machine; get it with: studio models pull a/b/c",
    ),
    ("cogvideox", {"image": "start"}, "takes no image; take checkpoint=THUDM/CogVideoX-5b-I2V"),
    ("cogvideox", {"prompt": "a fox " * 60}, "this model reads 226"),
    ("cogvideox", {"control_video": "clip"}, "takes no control_video; take checkpoint=alibaba-pai"),
    ("cogvideox:build_following", {}, "follows a clip; give control_video"),
    ("cogvideox:build_following", {"control_video": "clip", "image": "start"}, "takes no image"),
    ("cogvideox:build_later", {"video": "clip"}, "frames must be a multiple of 8 plus 5 for"),
    ("cogvideox", {"width": 72}, "width must be a multiple of 16, got 72; try 64 or 80"),
    ("skyreels", {"width": 72}, "width must be a multiple of 16, got 72; try 64 or 80"),
    ("skyreels", {"frames": 10}, "frames must be a multiple of 4 plus 1, got 10; try 9 or 13"),
    ("sana-video", {"height": 80}, "height must be a multiple of 32, got 80; try 64 or 96"),
    ("sana-video:build_large", {"frames": 13}, "multiple of 8 plus 1 for"),
    ("sana-video:build_large", {"width": 96}, "width must be a multiple of 64 for"),
    ("cogvideox", {"frames": 12}, "frames must be a multiple of 4 plus 1, got 12; try 9 or 13"),
    ("cogvideox:build_pictures", {}, "begins with a picture; give image"),
    ("cogvideox:build_pictures", {"width": 80}, "makes 9 frames of 64x64 only; set frames=9, wid"),
    ("skyreels", {"window": 12}, "window must be a multiple of 4 plus 1, got 12; try 9 or 13"),
    ("skyreels", {"frames": 17, "window": 9}, "overlap 17 is not less than window 9"),
    ("skyreels", {"image": "start", "video": "clip"}, "image and video were both given"),
    ("skyreels", {"video": "clip", "overlap": 37}, "is 1.00 s long; give one of 1.54 s or more"),
    (
        "skyreels",
        {"image": "start", "last_image": "end", "frames": 17, "window": 9, "overlap": 5},
        "last_image is for clips made at once, and 17 frames are more than window 9",
    ),
    ("sana-video", {"frames": 16}, "frames must be a multiple of 4 plus 1, got 16; try 13 or 17"),
    ("helios", {"frames": 50}, "frames must be what whole chunks of 33 come to, got 50; try 33 or"),
    ("helios", {"width": 160}, "width must be a multiple of 64, got 160; try 128 or 192"),
    ("helios", {"steps": 4}, "steps must be a multiple of 3 for"),
    ("helios", {"guidance": 5}, "guidance 5 is not for distilled weights; leave it at 1, or take"),
    ("helios", {"image": "start", "video": "long"}, "image and video were both given"),
    ("helios", {"video": "clip"}, "is 1.00 s long; give one of 1.38 s or more"),
    ("animatediff", {"context": 8, "frames": 9}, "overlap 12 is not less than context 8; make"),
    ("animatediff", {"video": "clip", "rounds": 2}, "leave out rounds"),
    ("animatediff", {"controlnet": "toy"}, "controlnet and control_video need each other; give"),
    ("animatediff", {"control_video": "clip"}, "controlnet and control_video need each other"),
    ("animatediff", {"prompt": "a fox " * 40}, "this model reads 77"),
    ("animatediff", {"frames": 20, "fit": "disk"}, "needs fit=whole or fit=offload, got disk"),
    ("animatediff", {"motion": "owner/name"}, "has motion of its own; leave motion out"),
    ("animatediff:build_still", {}, "pull guoyww/animatediff-motion-adapter-v1-5-3"),
]


@pytest.mark.parametrize(("model", "options", "words"), REFUSED)
def test_what_it_cannot_do_is_refused_with_the_way_out(
    model: str, options: dict[str, Any], words: str, engine: Engine, files: dict[str, str]
) -> None:
    with pytest.raises(RequestError, match=re.escape(words)) as refused:
        film(engine, job(model, files, **options))
    assert "\n" not in str(refused.value) and not str(refused.value).endswith("config.json")
