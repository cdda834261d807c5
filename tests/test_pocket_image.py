"""pocket-image with its real weights: what a creator relies on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.pocket.wording import worded
from pipelines.pocket_image import ASSETS, FAMILY, PocketImageParams
from studio.core import Request, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.media import Image
from studio.pictures import size_like
from studio.spec import Step
from studio.store import Store

ROOT = Path(__file__).resolve().parent.parent
FAST = {"steps": 4, "width": 256, "height": 256}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


def draw(engine: Engine, prompt: str = "a red apple", seed: int = 7, **params: Any) -> Image:
    job = resolve(
        Request(prompt, kind="image", family=FAMILY.name, seed=seed, params={**FAST, **params})
    )[0]
    media = engine.run(job, lambda step: None)
    assert isinstance(media, Image)
    return media


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture with a red left half and a blue right half, 320 × 320 px."""
    pixels = np.zeros((320, 320, 3), np.uint8)
    pixels[:, :160] = (220, 40, 40)
    pixels[:, 160:] = (40, 60, 220)
    path = tmp_path / "photo.png"
    Pillow.fromarray(pixels).save(path)
    return path


@pytest.fixture
def right_half(tmp_path: Path) -> Path:
    mask = np.zeros((320, 320), np.uint8)
    mask[:, 160:] = 255
    path = tmp_path / "mask.png"
    Pillow.fromarray(mask).save(path)
    return path


def difference(a: Image, b: Image) -> float:
    return float(np.abs(a.pixels.astype(int) - b.pixels.astype(int)).mean())


def test_a_seed_draws_the_same_pixels_alone_and_in_a_batch(engine: Engine, store: Store) -> None:
    alone = draw(engine, seed=8)
    batch = Request("a red apple", kind="image", family=FAMILY.name, seed=7, count=3, params=FAST)
    made = [Pillow.open(a.path) for a in generate(batch, store=store, engine=engine)]
    assert np.array_equal(np.asarray(made[1].convert("RGB")), alone.pixels)


def test_words_seed_style_and_what_to_avoid_all_change_the_picture(engine: Engine) -> None:
    plain = draw(engine)
    assert difference(plain, draw(engine, prompt="a blue whale")) > 3
    assert difference(plain, draw(engine, seed=9)) > 1
    assert difference(plain, draw(engine, style="outline")) > 1
    assert difference(plain, draw(engine, negative_prompt="red")) > 0.5


@pytest.mark.parametrize(("width", "height"), [(512, 512), (1024, 576), (256, 640), (1024, 1024)])
def test_the_picture_has_exactly_the_size_asked_for(
    engine: Engine, width: int, height: int
) -> None:
    made = draw(engine, width=width, height=height)
    assert (made.width, made.height) == (width, height)


def test_a_sticker_is_solid_where_it_is_drawn_and_empty_around(engine: Engine) -> None:
    sticker = draw(engine, "a glossy heart", background="transparent", steps=12)
    assert sticker.has_alpha
    alpha = sticker.pixels[..., 3]
    assert alpha[:8, :8].max() < 40
    assert alpha[96:160, 96:160].mean() > 200


def test_a_picture_without_a_transparent_background_has_no_alpha(engine: Engine) -> None:
    assert not draw(engine).has_alpha


def test_the_less_strength_the_nearer_to_the_picture_it_starts_from(
    engine: Engine, photo: Path
) -> None:
    given = Image(np.asarray(Pillow.open(photo).resize((256, 256))))
    near = draw(engine, image=photo, strength=0.2, steps=10)
    far = draw(engine, image=photo, strength=1.0, steps=10)
    assert difference(given, near) < difference(given, far)


def test_a_picture_to_start_from_keeps_its_finest_detail(engine: Engine, tmp_path: Path) -> None:
    dots = np.full((256, 256, 3), 235, np.uint8)
    dots[64:192, 64:192] = (230, 150, 60)
    for y in range(72, 184, 12):
        dots[y : y + 4, 72:184] = (90, 50, 30)
    path = tmp_path / "fine.png"
    Pillow.fromarray(dots).save(path)
    made = draw(engine, "a box", image=path, strength=0.3, steps=6)
    assert difference(Image(dots), made) < 6


@pytest.mark.parametrize("colour", [(0.9, 0.7, 0.2), (-0.8, -0.3, 0.6), (0.1, 0.1, 0.1)])
def test_a_plain_colour_is_plain_to_the_corners(colour: tuple[float, float, float]) -> None:
    import torch

    from pipelines.pocket.image import PocketImage
    from pipelines.pocket.rough import pack

    model = PocketImage.load()
    plain = torch.ones(1, 4, 128, 128)
    plain[:, :3] = torch.tensor(colour)[None, :, None, None]
    latents = pack(model.look_up.references.basis.encode(plain))
    drawn = model.paint(
        latents, 128, 128, torch.tensor([1.0, 1, 1, -1])[None, :, None, None].expand(1, 4, 128, 128)
    )
    middle = drawn[32:96, 32:96, :3].mean((0, 1))
    for corner in (drawn[:12, :16], drawn[:12, -16:], drawn[-12:, :16], drawn[-12:, -16:]):
        assert np.abs(corner[..., :3] - middle).mean() < 4


def test_outside_the_mask_not_a_pixel_changes(
    engine: Engine, photo: Path, right_half: Path
) -> None:
    given = np.asarray(Pillow.open(photo))
    made = draw(
        engine, "a green tree", image=photo, mask=right_half, width=320, height=320, strength=1.0
    )
    assert np.array_equal(made.pixels[:, :158], given[:, :158])
    assert np.abs(made.pixels[:, 170:].astype(int) - given[:, 170:]).mean() > 5


def test_a_mask_of_another_size_is_refused(
    engine: Engine, photo: Path, right_half: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.png"
    Pillow.open(right_half).resize((100, 100)).save(small)
    with pytest.raises(RequestError, match="100x100.*320x320"):
        draw(engine, image=photo, mask=small)


def test_without_a_size_a_picture_to_start_from_keeps_its_shape(photo: Path) -> None:
    wide = photo.with_name("wide.png")
    Pillow.open(photo).resize((900, 300)).save(wide)
    params = PocketImageParams(prompt="a", image=wide)
    assert (params.width, params.height) == size_like(900, 300, 512, 256, 2048)
    assert params.width / params.height == pytest.approx(3, rel=0.1)


def test_a_variation_lies_between_the_seeds_own_picture_and_another(engine: Engine) -> None:
    own = draw(engine)
    little, much = (draw(engine, variation=v, variation_seed=5) for v in (0.15, 0.9))
    assert 0 < difference(own, little) < difference(own, much)


def test_a_long_prompt_is_read_to_its_end(engine: Engine) -> None:
    long = "a small quiet garden with many things in it, " * 90
    assert difference(draw(engine, long + "a red car"), draw(engine, long + "a blue fish")) > 0


def test_every_step_shows_a_preview_of_the_clean_picture(engine: Engine) -> None:
    previews: list[Image | None] = []
    job = resolve(Request("a cat", kind="image", family=FAMILY.name, seed=1, params=FAST))[0]

    def look(step: Step) -> None:
        previews.append(step.preview)

    final = engine.run(job, look)
    assert isinstance(final, Image)
    drawn = [p for p in previews if p is not None]
    assert len(drawn) == FAST["steps"]
    last = Image(np.asarray(Pillow.fromarray(drawn[-1].pixels).resize((256, 256))))
    assert difference(last, final) < 12


def test_style_and_background_are_worded_in_the_prompts_language() -> None:
    assert worded("a cat", "flat", "transparent") == "flat design a cat on a transparent background"
    assert worded("一只猫", "flat", "any") == "扁平风格的一只猫"
    assert worded("沙滩上的猫", "flat", "any") == "扁平风格的沙滩上的猫 on a beach"


@pytest.mark.parametrize("behind", ["against a plain red background", "before a solid red wall"])
def test_a_plain_background_of_a_colour_is_painted_however_it_is_said(
    engine: Engine, behind: str
) -> None:
    prompt = f"a star {behind}"
    red, green, blue = draw(engine, prompt, width=256, height=256).pixels[:16].mean((0, 1))
    assert red > 150 > 110 > max(green, blue)
    assert worded(prompt, "any", "white") == prompt + " on a white background"


def test_a_thing_that_is_looked_up_is_drawn_after_it_and_credited(
    engine: Engine, store: Store
) -> None:
    looked_up = draw(engine, "a guitar", steps=8)
    assert difference(looked_up, draw(engine, "a guitar", steps=8, looks_up=False)) > 3
    params = {**FAST, "style": "outline"}
    asked = Request("a guitar", kind="image", family=FAMILY.name, seed=7, params=params)
    [made] = generate(asked, store=store, engine=engine)
    [source] = made.record.sources
    assert "guitar" in source.name and source.licence == "CC-BY-4.0" and source.author


def test_a_private_record_credits_without_telling_what_was_asked(
    engine: Engine, store: Store
) -> None:
    asked = Request("a guitar", kind="image", family=FAMILY.name, seed=7, params=FAST, private=True)
    [made] = generate(asked, store=store, engine=engine)
    assert [source.name for source in made.record.sources] == [""]
    assert made.record.sources[0].author


def test_the_stock_pipeline_opens_the_shipped_folder() -> None:
    from diffusers import AutoencoderKL, FluxPipeline

    from pipelines.pocket.rough import RoughTransformer

    # pocket-text stands in for both of Flux's own encoders.
    without = dict.fromkeys(("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"))
    folder = ASSETS / "pocket-image"
    transformer = RoughTransformer.from_pretrained(folder / "transformer", local_files_only=True)
    pipe = FluxPipeline.from_pretrained(
        folder, transformer=transformer, local_files_only=True, **without
    )
    assert pipe.transformer is transformer
    assert isinstance(pipe.vae, AutoencoderKL)


FIRST_PICTURE = """
import gc, sys
from studio.core import Request, generate
list(generate(Request("a red apple", family="pocket-image", params={params!r})))
slow = ("gradio", "moviepy", "pandas", "pyloudnorm", "c2pa", "torchvision")
slow += ("torch._inductor.compile_fx",)
print([name for name in slow if name in sys.modules], gc.get_stats()[2]["collections"])
"""


def test_a_first_picture_imports_and_collects_no_more_than_it_must(home: Path) -> None:
    """Looking for garbage among all that the libraries import takes a second or two each time."""
    code = FIRST_PICTURE.format(params=FAST)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    imported, _, collections = done.stdout.strip().rpartition(" ")
    assert imported == "[]"
    assert int(collections) <= 3, "models are loaded outside of studio.adapt.loading"
