"""Open picture models: every task they have, and what each refuses; on toy weights."""

import functools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from studio import forms, registry
from studio.engine import Engine
from studio.errors import RequestError
from studio.media import Image
from studio.request import Job
from studio.spec import Step
from tests.tiny import tiny

SIZE = {"width": 64, "height": 64}
LONG = "a fox that walks over a bridge of glass " * 6


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A picture to start from, a mask of its size, one to look at, and one too small for that."""
    folder = tmp_path_factory.mktemp("pictures")
    found: dict[str, str] = {}
    sizes = {"start": (96, 64), "mask": (96, 64), "other": (80, 100), "small": (70, 20)}
    for seed, (name, (width, height)) in enumerate(sizes.items()):
        noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        if name == "mask":
            noise[:, : width // 2], noise[:, width // 2 :] = 0, 255
        path = folder / f"{name}.png"
        Pillow.fromarray(noise).save(path)
        found[name] = str(path)
    return found


def job(model: str, pictures: dict[str, str], **options: Any) -> Job:
    """A small job; "family:builder" names other toy weights than the usual."""
    name, _, builder = model.partition(":")
    family = registry.family(name)
    values = {"prompt": "a red cat", "seed": 7, **SIZE, "steps": 3}
    values["checkpoint"] = str(tiny(name, builder or "build"))
    values |= {key: pictures.get(str(value), value) for key, value in options.items()}
    if str(values.get("controlnet", "")).startswith("toy"):
        values["controlnet"] = str(
            tiny(name, values["controlnet"].replace("toy", "build_controlnet"))
        )
    return Job(family, forms.fill(family.params, values), prompt="a red cat")


def draw(engine: Engine, asked: Job) -> tuple[Image, list[Step]]:
    steps: list[Step] = []
    made = engine.run(asked, steps.append)
    assert isinstance(made, Image)
    return made, steps


@functools.lru_cache
def plain(engine: Engine, model: str) -> Image:
    """What a model draws when nothing is asked for but the words."""
    return draw(engine, job(model, {}))[0]


CONTROL = {"controlnet": "toy", "control_image": "other"}
UNION = {**CONTROL, "controlnet": "toy_union", "control_kind": "depth"}
MASKED = {"image": "start", "mask": "mask"}
FILLS = {"controlnet": "toy_fills", **MASKED}
TASKS: list[tuple[str, dict[str, Any], int]] = [
    ("z-image", {"image": "start"}, 2),
    ("z-image", {"image": "start", "mask": "mask"}, 2),
    ("z-image", CONTROL, 3),
    ("z-image", {**CONTROL, "controlnet": "toy_masks"}, 3),
    ("z-image", {**CONTROL, "controlnet": "toy_masks", **MASKED}, 3),
    ("flux2-klein", {"image": "start"}, 3),
    ("flux2-klein", {"reference": "other"}, 3),
    ("flux2-klein", {"image": "start", "reference": "other", "reference_2": "start"}, 3),
    ("flux2-klein", {"image": "start", "mask": "mask", "strength": 0.6}, 2),
    ("flux2-klein", {"image": "start", "mask": "mask", "reference": "other"}, 3),
    ("flux2-klein:build_base", {"guidance": 4}, 3),
    ("qwen-image", {"image": "start"}, 2),
    ("qwen-image", {"image": "start", "mask": "mask"}, 2),
    ("qwen-image", {"negative_prompt": "blurred"}, 3),
    ("qwen-image", CONTROL, 3),
    ("qwen-image", FILLS, 3),
    ("qwen-image:build_edit", {"image": "start"}, 3),
    ("qwen-image:build_edit", {"image": "start", "reference": "other"}, 3),
    ("sdxl", {"image": "start"}, 1),
    ("sdxl", {"image": "start", "mask": "mask"}, 1),
    ("sdxl", CONTROL, 3),
    ("sdxl", {**CONTROL, "image": "start"}, 1),
    ("sdxl", {**CONTROL, "image": "start", "mask": "mask"}, 1),
    ("sdxl", UNION, 3),
    ("sdxl", {**UNION, "image": "start"}, 1),
    ("sdxl", {**UNION, **MASKED}, 1),
    ("sdxl", {"prompt": LONG}, 3),
    ("sdxl", {"prompt": LONG, "negative_prompt": "blurred"}, 3),
    ("sdxl", {"sampler": "euler-a"}, 3),
    ("sdxl", {"sampler": "dpm++"}, 3),
    ("sdxl", {"sampler": "lightning", "guidance": 0}, 3),
    ("sd3.5", {"image": "start"}, 2),
    ("sd3.5", {"image": "start", "mask": "mask"}, 2),
    ("sd3.5", CONTROL, 3),
    ("sd3.5", FILLS, 3),
    ("sd3.5", {"prompt": LONG, "negative_prompt": "blurred"}, 3),
    ("sana", {"image": "start"}, 2),
    ("sana:build_plain", {"negative_prompt": "blurred"}, 3),
    ("sana:build_plain", CONTROL, 3),
    ("ernie-image", {"guidance": 4, "negative_prompt": "blurred"}, 3),
]


@pytest.mark.parametrize(("model", "options", "count"), TASKS)
def test_each_task_draws_in_the_steps_it_tells(
    model: str,
    options: dict[str, Any],
    count: int,
    engine: Engine,
    pictures: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It looks at pictures of a megapixel, for which a CPU takes a minute.
    where = "diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus.VAE_IMAGE_SIZE"
    monkeypatch.setattr(where, 64 * 64)
    made, steps = draw(engine, job(model, pictures, **options))
    assert made.pixels.shape == (64, 64, 3)
    assert [(step.index, step.total) for step in steps] == [
        (index, count) for index in range(1, count + 1)
    ]
    if not model.endswith("edit"):
        assert made != plain(engine, model), "what was asked for made no difference"


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("z-image", CONTROL),
        ("qwen-image", CONTROL),
        ("qwen-image", FILLS),
        ("sdxl", CONTROL),
        ("sdxl", UNION),
        ("sd3.5", CONTROL),
        ("sd3.5", FILLS),
        ("sana:build_plain", CONTROL),
    ],
)
def test_with_a_controlnet_the_same_seed_draws_the_same(
    model: str, options: dict[str, Any], engine: Engine, pictures: dict[str, str]
) -> None:
    one, _ = draw(engine, job(model, pictures, **options))
    assert draw(engine, job(model, pictures, **options))[0] == one


@pytest.mark.parametrize("model", ["flux2-klein", "qwen-image", "sdxl", "sd3.5", "sana"])
def test_the_words_make_a_difference(model: str, engine: Engine, pictures: dict[str, str]) -> None:
    other, _ = draw(engine, job(model, pictures, prompt="a blue boat"))
    assert other != plain(engine, model)


def test_of_a_long_prompt_the_end_counts_too(engine: Engine, pictures: dict[str, str]) -> None:
    for model in ("sdxl", "sd3.5"):
        one, _ = draw(engine, job(model, pictures, prompt=LONG + "at night"))
        other, _ = draw(engine, job(model, pictures, prompt=LONG + "at noon."))
        assert one != other, model


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sdxl", {"width": 1023}, "width must be a multiple of 8, got 1023; try 1016 or 1024"),
    ("sana", {"height": 500}, "height must be a multiple of 32, got 500; try 480 or 512"),
    ("z-image", {"mask": "mask"}, "mask was given without image"),
    ("sdxl", {"controlnet": "toy"}, "controlnet and control_image need each other"),
    ("sdxl", {"image": "start", "strength": 0.1}, "is not one step; set strength to 0.34 or more"),
    ("sdxl", {"guidance": 0, "negative_prompt": "x"}, "negative_prompt has no effect with gui"),
    ("sd3.5", {"image": "start", **CONTROL}, "control_image has no place beside image"),
    ("qwen-image", {"image": "start", **CONTROL}, "control_image has no place beside image"),
    (
        "sdxl",
        {**UNION, "control_kind": "none"},
        "several kinds of pictures, got control_kind='none'",
    ),
    ("sdxl", {**UNION, "control_kind": "tile"}, "set it to one of: pose, depth, scribble, edges,"),
    ("sdxl", {**CONTROL, "control_kind": "depth"}, "follows one kind of pictures; leave out con"),
    ("z-image", {"image": "start", **CONTROL}, "beside image here; give one of them, or a mask"),
    ("z-image", {**MASKED, **CONTROL}, "knows no masks; take one of version 2"),
    ("z-image", {**MASKED, **CONTROL, "strength": 0.3}, "strength has no effect with a ControlN"),
    ("sd3.5", {**FILLS, "controlnet": "toy"}, "takes control_image, not image and mask"),
    ("sd3.5", {**CONTROL, "controlnet": "toy_fills"}, "takes image and mask, not control_image"),
    ("sd3.5", {"controlnet": "toy_fills"}, "give both (or image and mask, if it fills masks)"),
    ("sana", CONTROL, "takes no ControlNet; take checkpoint=Efficient-Large-Model/Sana_1600M"),
    ("qwen-image:build_edit", CONTROL, "takes no ControlNet; take checkpoint=Qwen/Qwen-Image-2512"),
    ("flux2-klein", {"guidance": 4}, "has no effect on distilled weights"),
    ("flux2-klein", {"image": "start", "width": 1024}, "too narrow to change a picture"),
    ("flux2-klein", {"reference": "small"}, "'small.png' is 70x20; give one of at least 64 px"),
    (
        "flux2-klein",
        {"image": "start", "mask": "mask", "width": 1600, "height": 1600},
        "too large to work within a mask",
    ),
    ("qwen-image", {"reference": "other"}, "take checkpoint=Qwen/Qwen-Image-Edit"),
    ("qwen-image:build_edit", {}, "changes pictures; give image"),
    ("qwen-image:build_edit", {"image": "start", "mask": "mask"}, "works on whole pictures"),
    ("sana", {"negative_prompt": "x"}, "reads no negative_prompt"),
    ("sana:build_plain", {"image": "start"}, "draws from words alone"),
    ("ernie-image", {"prompt": "a fox " * 800}, "this model reads 2048"),
    ("flux2-klein", {"prompt": "a fox " * 100}, "shorten it to about"),
    ("sdxl", {"prompt": "a fox " * 200}, "shorten it"),
    ("sd3.5", {"prompt": "a fox " * 200}, "this model reads 512"),
]


@pytest.mark.parametrize(("model", "options", "words"), REFUSED)
def test_what_it_cannot_do_is_refused_with_the_way_out(
    model: str, options: dict[str, Any], words: str, engine: Engine, pictures: dict[str, str]
) -> None:
    with pytest.raises(RequestError, match=re.escape(words)) as refused:
        draw(engine, job(model, pictures, **options))
    assert "\n" not in str(refused.value)


def test_weights_of_another_family_are_refused_by_name(
    engine: Engine, pictures: dict[str, str]
) -> None:
    wrong = job("sdxl", pictures, checkpoint=str(tiny("z-image")))
    with pytest.raises(RequestError, match="holds a ZImagePipeline.*needs StableDiffusionXLPip"):
        draw(engine, wrong)
    mixed = job("sdxl", pictures, **CONTROL)
    mixed = job("sd3.5", pictures, **{**CONTROL, "controlnet": mixed.params.controlnet})  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(RequestError, match="holds a ControlNetModel, give a SD3ControlNetModel"):
        draw(engine, mixed)


def test_a_controlnet_of_several_kinds_is_told_which(
    engine: Engine, pictures: dict[str, str]
) -> None:
    depth, pose = (
        draw(engine, job("sdxl", pictures, **{**UNION, "control_kind": kind}))[0]
        for kind in ("depth", "pose")
    )
    assert depth != pose


def test_a_controlnet_is_named_among_the_weights(pictures: dict[str, str]) -> None:
    plain, controlled = job("sdxl", pictures), job("sdxl", pictures, **CONTROL)
    more = set(controlled.family.weights_for(controlled.params)) - set(
        plain.family.weights_for(plain.params)
    )
    assert [each.path.parent for each in more] == [tiny("sdxl", "build_controlnet")]


@pytest.mark.parametrize("model", ["z-image", "sdxl"])
def test_a_controlnet_goes_with_layers_on_disk(
    model: str, engine: Engine, pictures: dict[str, str]
) -> None:
    # Z-Image's has layers in common with the transformer.
    whole, disk = (
        draw(engine, job(model, pictures, **CONTROL, precision="fp32", fit=fit))[0]
        for fit in ("whole", "disk")
    )
    assert whole == disk


def test_a_controlnet_in_one_file_draws_as_its_folder(
    engine: Engine, pictures: dict[str, str], tmp_path: Path
) -> None:
    for builder in ("toy", "toy_masks"):
        asked = job("z-image", pictures, **{**CONTROL, "controlnet": builder})
        folder = Path(asked.params.controlnet)  # pyright: ignore[reportAttributeAccessIssue]
        file = tmp_path / f"{builder}.safetensors"
        shutil.copy(folder / "diffusion_pytorch_model.safetensors", file)
        (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
        alone = job("z-image", pictures, **{**CONTROL, "controlnet": str(file)})
        assert draw(engine, alone)[0] == draw(engine, asked)[0], builder
        found = alone.family.weights_for(alone.params)[-1]
        assert (found.model, found.licence) == (file.name, "Apache-2.0")
    with pytest.raises(RequestError, match="is a part of no kind that is known by itself"):
        other = tiny("sdxl", "build_controlnet") / "diffusion_pytorch_model.safetensors"
        draw(engine, job("sdxl", pictures, **{**CONTROL, "controlnet": str(other)}))


def test_the_makers_advice_for_a_checkpoint_fills_what_is_left_open(
    pictures: dict[str, str],
) -> None:
    for family in registry.families().values():
        for checkpoint in family.checkpoints:
            given = {"prompt": "a", "checkpoint": checkpoint.id}
            filled = forms.fill(family.params, given).model_dump()
            assert {name: filled[name] for name in checkpoint.advice} == checkpoint.advice
    turbo = {"prompt": "a", "checkpoint": "stabilityai/stable-diffusion-3.5-large-turbo"}
    params = registry.family("sd3.5").params
    assert forms.fill(params, {**turbo, "steps": 6}).model_dump()["steps"] == 6
    assert params.notes({**turbo, "steps": 40}) == (
        "stabilityai/stable-diffusion-3.5-large-turbo is made for steps=4; it is 40",
    )


def test_a_picture_to_start_from_keeps_its_shape(pictures: dict[str, str]) -> None:
    params = registry.family("sdxl").params
    filled = forms.fill(params, {"prompt": "a", "image": pictures["start"]}).model_dump()
    assert (filled["width"], filled["height"]) == (1248, 832)
    assert filled["width"] * filled["height"] <= 1024 * 1024


def test_terms_are_told_for_every_checkpoint() -> None:
    terms = {c.id: c.terms for f in registry.families().values() for c in f.checkpoints}
    assert "1,000,000 USD" in terms["stabilityai/stable-diffusion-3.5-medium"]
    assert "not for commercial" in terms["black-forest-labs/FLUX.2-klein-9B"]
    for name, text in terms.items():
        if name.startswith("Efficient-Large-Model/Sana_"):
            assert "not for commercial" in text


def test_local_weights_have_the_licence_of_their_card(tmp_path: Path) -> None:
    family = registry.family("sdxl")
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in tiny("sdxl").iterdir():
        (folder / path.name).symlink_to(path)

    def licence() -> str:
        params = forms.fill(family.params, {"prompt": "a", "checkpoint": str(folder)})
        return family.licence_for(params)

    assert licence() == "LicenseRef-Unknown"
    for card, expected in (
        ("license: mit", "MIT"),
        ("license: other\nlicense_name: my terms v2", "LicenseRef-my-terms-v2"),
        ("license: other\nlicense_name: faipl-1.0-sd", "LicenseRef-faipl-1.0-sd"),
        ("license: who-knows", "LicenseRef-who-knows"),
    ):
        (folder / "README.md").write_text(f"---\n{card}\n---\n\nlicense: apache-2.0\n")
        assert licence() == expected
