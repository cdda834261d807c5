"""The memory of drawings: what is looked up for a prompt, and how it enters the transformer."""

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pipelines.pocket.colours import tinted
from pipelines.pocket.look_up import Area, LookUp
from pipelines.pocket.noise import hinted
from pipelines.pocket.references import CARDS, MISNAMED, Drawing, Files, References
from pipelines.pocket.rough import (
    BLIND_SHARE,
    Basis,
    RoughTransformer,
    Sprite,
    compose,
    over_white,
    pack,
    straight,
)
from pipelines.pocket_image import ASSETS, FAMILY
from studio.core import Request, resolve

FOLDER = ASSETS / "pocket-image" / "references"


def webp(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(FOLDER)


@pytest.mark.parametrize("prompt", ["a guitar", "one guitar, please", "画一把吉他"])
def test_a_thing_is_looked_up_in_drawings_of_it(look_up: LookUp, prompt: str) -> None:
    [drawing] = look_up.drawings(prompt, "any", 7)
    assert "guitar" in drawing.key


def test_two_things_lie_where_the_words_put_them(look_up: LookUp) -> None:
    fox, tree = look_up.chosen("a fox to the left of a tree", "any", 7)
    assert fox.box.x < tree.box.x
    assert "fox" in look_up.references.drawings[fox.index].key
    assert "tree" in look_up.references.drawings[tree.index].key


def test_copies_of_a_thing_are_of_one_drawing(look_up: LookUp) -> None:
    chosen = look_up.chosen("three guitars", "any", 7)
    assert len(chosen) == 3 and len({each.index for each in chosen}) == 1


def test_a_style_that_is_asked_for_is_looked_up(look_up: LookUp) -> None:
    for style in ("3d", "classic", "outline"):
        assert {d.style for d in look_up.drawings("a cat", style, 3)} == {style}


def test_without_a_style_nothing_is_looked_up_that_asks_for_credit(look_up: LookUp) -> None:
    for seed in range(30):
        assert not any(d.asks_credit for d in look_up.drawings("a guitar", "any", seed))


@pytest.mark.parametrize("key", sorted(CARDS | MISNAMED))
def test_a_drawing_on_a_card_or_of_something_else_stands_in_no_scene(
    look_up: LookUp, key: str
) -> None:
    memory = look_up.references
    concept = next(each.concept for each in memory.drawings if each.key == key)
    for seed in range(8):
        chosen = memory.choose(concept, "any", np.random.default_rng(seed), is_whole=True)
        assert chosen is not None and memory.drawings[chosen].key != key
        assert not memory.drawings[chosen].asks_credit


def test_another_seed_looks_at_other_drawings_the_same_seed_at_the_same(look_up: LookUp) -> None:
    assert look_up.chosen("a guitar", "any", 3) == look_up.chosen("a guitar", "any", 3)
    assert len({look_up.chosen("a guitar", "any", seed)[0].index for seed in range(20)}) > 2


@pytest.mark.parametrize(
    ("prompt", "tints"),
    [
        ("a blue guitar", ["blue"]),
        ("a guitar", [None]),
        ("a guitar on a blue background", [None]),
        ("a pink fox to the left of a tree", ["pink", None]),
        ("a fox that is all green", ["green"]),
        ("a Gray fox", ["grey"]),
        ("紫色的兔子", ["purple"]),
        ("一只粉色的大象", ["pink"]),
        ("蓝狗", ["blue"]),
        ("兔子，蓝色背景", [None]),
        ("雪白的兔子", [None]),
    ],
)
def test_a_colour_before_a_thing_colours_its_drawing(
    look_up: LookUp, prompt: str, tints: list[str | None]
) -> None:
    assert [each.tint for each in look_up.chosen(prompt, "any", 7)] == tints


def test_words_that_name_nothing_make_no_rough(look_up: LookUp) -> None:
    chosen = look_up.chosen("quietly, and then again", "any", 7)
    assert chosen == []
    laid = look_up.laid(chosen, (160, 96), Area())
    assert laid.shape == (1, 4, 96, 160) and (laid[:, 3] == -1).all()
    rough = look_up.rough(laid)
    assert rough.shape == (1, 24, 12, 20) and not rough.any()


def test_a_rough_stays_inside_the_area_that_is_to_be_drawn(look_up: LookUp) -> None:
    chosen = look_up.chosen("a guitar", "any", 7)
    area = Area.of(torch.nn.functional.pad(torch.ones(64, 64), (64, 0, 64, 0)))
    assert area == Area(0.5, 0.5, 0.5, 0.5)
    laid = look_up.laid(chosen, (128, 128), area)
    nothing = look_up.references.basis.encode(look_up.laid([], (128, 128), area))
    changed = look_up.rough(laid) - nothing
    where = changed.abs().sum(dim=1)[0] > 1e-3
    assert where[9:15, 9:15].any() and not where[:8].any() and not where[:, :8].any()


def test_noise_begins_with_a_trace_of_the_rough_and_only_where_something_is_drawn(
    look_up: LookUp,
) -> None:
    laid = look_up.laid(look_up.chosen("a guitar", "any", 7), (128, 128), Area(0.5, 0.5, 0.5, 0.5))
    latent = look_up.rough(laid)
    noise = torch.randn(latent.shape, generator=torch.Generator().manual_seed(1))
    begun = hinted(pack(noise), latent, laid) - pack(noise)
    changed = begun.abs().sum(dim=2).view(8, 8) > 0
    assert changed[5:7, 5:7].all() and not changed[:4].any() and not changed[:, :4].any()
    assert (begun.square().mean() < 0.05 * noise.square().mean()).item()


def test_the_record_credits_what_was_looked_at_and_only_then() -> None:
    def sources(prompt: str, **params: object) -> set[str]:
        request = Request(prompt, kind="image", family=FAMILY.name, seed=7, params=params)
        job = resolve(request)[0]
        return {source.licence for source in job.family.sources(job.params)}

    assert sources("a guitar", style="outline") == {"CC-BY-4.0"}
    assert sources("a guitar") <= {"MIT", "Apache-2.0"} and sources("a guitar")
    assert sources("a guitar", looks_up=False) == set()


def test_a_tinted_drawing_takes_the_hue_and_keeps_light_dark_and_shape() -> None:
    ramp = np.zeros((8, 8, 4), np.uint8)
    ramp[..., :3] = np.linspace(60, 200, 8).astype(np.uint8)[:, None, None]
    ramp[:, 2:6, 3] = 255
    red = tinted(ramp, "red")
    assert (red[..., 0].astype(int) > red[..., 2].astype(int) + 20).all()
    assert np.array_equal(red[..., 3], ramp[..., 3])
    assert (np.diff(red[:, 3, :3].astype(int).sum(axis=1)) >= 0).all()


def test_a_sprite_laid_over_white_comes_back_straight() -> None:
    sprite = np.zeros((16, 16, 4), np.uint8)
    sprite[4:12, 4:12] = (200, 40, 90, 255)
    sprite[4:12, 4:6, 3] = 128
    back = straight(over_white(sprite))
    seen = sprite[..., 3] > 0
    assert np.abs(back[seen].astype(int) - sprite[seen]).max() <= 2
    assert not back[..., 3][~seen].any()


def test_sprites_lie_at_their_place_in_their_size() -> None:
    red = np.full((8, 8, 4), (255, 0, 0, 255), np.uint8)
    alpha = compose([Sprite(red, x=0.25, y=0.5, size=0.5)], 128, 64)[..., 3]
    assert alpha[16:48, 16:48].all() and alpha.sum() == 32 * 32 * 255


def test_a_memory_gives_back_its_drawings_by_thing_and_style() -> None:
    red, green = (np.full((32, 32, 4), (*rgb, 255), np.uint8) for rgb in ((200, 0, 0), (0, 200, 0)))
    drawings = [
        Drawing("a/cat", "cat", "flat", "A", "CC-BY-4.0"),
        Drawing("b/cat", "cat", "3d", "B", "MIT"),
    ]
    basis = Basis(torch.zeros(3, 256), torch.zeros(256))
    files = [webp(red), webp(green)]
    packed = Files(
        np.frombuffer(b"".join(files), np.uint8), np.cumsum([len(file) for file in files])
    )
    memory = References(packed, drawings, basis)
    rng = np.random.default_rng(0)
    assert memory.choose("cat", "flat", rng) == 0
    assert memory.choose("cat", "glossy", rng) == 1, "3d is like it"
    assert memory.choose("cat", "cartoon", rng) == 1, "asks for no credit"
    assert memory.choose("dog", "flat", rng) is None
    for index, expected in enumerate((red, green)):
        found = memory.pixels(index)
        assert np.abs(found.astype(int) - expected).max() < 12


def test_the_transformer_sees_the_rough_of_each_token() -> None:
    torch.manual_seed(0)
    model = RoughTransformer(
        patch_size=1, in_channels=16, out_channels=8, num_layers=1, num_single_layers=1,
        attention_head_dim=8, num_attention_heads=2, joint_attention_dim=4,
        pooled_projection_dim=4, guidance_embeds=False, axes_dims_rope=(2, 2, 4),
    ).eval()  # fmt: skip
    given = {
        "hidden_states": torch.randn(1, 16, 8),
        "encoder_hidden_states": torch.randn(1, 3, 4),
        "pooled_projections": torch.randn(1, 4),
        "timestep": torch.tensor([0.5]),
        "img_ids": torch.tensor([[0.0, y, x] for y in range(4) for x in range(4)]),
        "txt_ids": torch.zeros(3, 3),
    }
    rough = pack(torch.randn(1, 2, 8, 8))
    with torch.no_grad():
        without = model(**given).sample
        with_one = model(**given, joint_attention_kwargs={"rough": rough}).sample
        empty = model(**given, joint_attention_kwargs={"rough": rough * 0}).sample
        told = {"rough": rough, "negative": given["pooled_projections"]}
        away = model(**given, joint_attention_kwargs=told).sample
        told["negative"] = given["pooled_projections"] + 1
        towards = model(**given, joint_attention_kwargs=told).sample
        late = {**given, "timestep": torch.tensor([0.2])}
        last = model(**late, joint_attention_kwargs=told).sample
        told["negative"] = given["pooled_projections"]
        unguided = model(**late, joint_attention_kwargs=told).sample
    assert torch.equal(unguided, last), "near the end guidance changes nothing"
    assert torch.allclose(towards, with_one)
    assert torch.allclose(away, torch.lerp(with_one, without, BLIND_SHARE), atol=1e-6)
    assert without.shape == with_one.shape == (1, 16, 8)
    assert torch.allclose(without, empty) and not torch.allclose(without, with_one)


def test_a_things_place_is_known_where_it_came_down_on_another(look_up: LookUp) -> None:
    chosen = look_up.chosen("a penguin on a wave", "any", 5)
    assert chosen[0].box.on == chosen[1].box.concept
    whole = look_up.laid(chosen, (128, 128), Area())[0, 3] > -1
    assert (np.any(look_up.covered(chosen, (128, 128)), axis=0) == whole.numpy()).mean() > 0.999
