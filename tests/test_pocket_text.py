"""pocket-text: the shipped weights, real tokenizer, real files."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipelines.pocket.text import ASSETS, WEIGHTS, PocketText, check_files
from studio.errors import WeightsError
from studio.weights import MANIFEST

MIB = 2**20


@pytest.fixture(scope="module")
def text() -> PocketText:
    return PocketText.load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "pocket-text"
    shutil.copytree(ASSETS, folder)
    return folder


def cosine(text: PocketText, left: str, right: str) -> float:
    a, b = text.encode([left, right]).pooled
    return float(a @ b)


def test_importing_it_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, pipelines.pocket.text; sys.exit('torch' in sys.modules or "
        "'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    PocketText.load(ASSETS)
    assert capfd.readouterr() == ("", "")


def test_states_have_the_promised_shapes_and_types(text: PocketText) -> None:
    states = text.encode(["a cat", "two red cats left of a dog", ""])
    batch, longest, width = states.tokens.shape
    assert (batch, width) == (3, text.width)
    assert states.mask.shape == (3, longest) and states.mask.dtype == torch.bool
    assert states.tokens.dtype == states.pooled.dtype == torch.float32
    assert states.pooled.shape == (3, text.pooled_width)
    assert torch.allclose(states.pooled.norm(dim=1), torch.ones(3), atol=1e-5)
    assert not states.tokens[~states.mask].any()
    assert states.mask[2].sum() == 2


def test_no_prompts_give_an_empty_batch(text: PocketText) -> None:
    assert text.encode([]).pooled.shape == (0, text.pooled_width)


def test_a_prompt_gives_the_same_bits_alone_and_in_any_batch(text: PocketText) -> None:
    prompts = ["一只猫", "a very long prompt about mountains, " * 20, "a cat", "🐱"]
    together = text.encode(prompts)
    for row, prompt in enumerate(prompts):
        alone = text.encode([prompt])
        length = int(alone.mask.sum())
        assert torch.equal(together.tokens[row, :length], alone.tokens[0])
        assert torch.equal(together.pooled[row], alone.pooled[0])


def test_batched_encoding_is_close_to_the_exact_one(text: PocketText) -> None:
    prompts = ["一只猫", "a very long prompt about mountains, " * 20, "a cat"]
    exact, quick = text.encode(prompts), text.encode(prompts, is_exact=False)
    assert torch.equal(exact.mask, quick.mask)
    assert torch.allclose(exact.tokens, quick.tokens, atol=1e-3)
    assert torch.allclose(exact.pooled, quick.pooled, atol=1e-4)


def test_a_long_prompt_is_read_whole(text: PocketText) -> None:
    prompt = "a quiet village under snow, " * 400
    windows = text.windows(prompt)
    assert len(windows) > 1 and max(map(len, windows)) <= text.positions
    assert [n for w in windows for n in w[1:-1]] == text.token_numbers(prompt)
    changed = text.encode([prompt, prompt + "with a red dragon"])
    assert not torch.equal(changed.pooled[0], changed.pooled[1])
    assert int(changed.mask[0].sum()) == sum(map(len, windows))


def test_windows_end_at_the_end_of_a_word(text: PocketText) -> None:
    names = {number: name for name, number in text.tokenizer.get_vocab().items()}
    for window in text.windows("rhododendron hippopotamus " * 80):
        assert names[window[-2]].endswith("</w>")


def test_a_word_longer_than_a_window_is_still_read_whole(text: PocketText) -> None:
    windows = text.windows("x" * 5_000)
    assert sum(len(w) - 2 for w in windows) == len(text.token_numbers("x" * 5_000))


@pytest.mark.timeout(120)
def test_a_hundred_thousand_characters_are_encoded(text: PocketText) -> None:
    prompt = ("a cat and a dog on the moon, 一只猫 " * 3_300)[:100_000]
    states = text.encode([prompt])
    assert states.tokens.shape[1] == sum(map(len, text.windows(prompt)))
    assert torch.isfinite(states.tokens).all()


ODD_TEXTS = {
    "empty": "",
    "blank": " \n\t ",
    "emoji": "🐱🧙\u200d♀️🇨🇳",
    "control characters": "\x00\x01\x1b[31m",
    "surrogate": "\ud83d",
    "letters": "ñandú Ærø ﷽ 𝔘𝔫𝔦",
    "invisible": "\u200b\u202e",
    "rare han": "龘靐齉",
}


@pytest.mark.parametrize("prompt", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_any_text_is_encoded_without_an_unknown_token(text: PocketText, prompt: str) -> None:
    states = text.encode([prompt])
    assert torch.isfinite(states.pooled).all()
    assert text.tokenizer.unk_token_id not in text.token_numbers(prompt)


def test_the_names_of_the_marks_are_ordinary_text(text: PocketText) -> None:
    start, *_, end = text.windows("a cat")[0]
    numbers = text.token_numbers("a <|endoftext|> cat <|startoftext|>")
    assert start not in numbers and end not in numbers


def test_every_byte_has_a_token(text: PocketText) -> None:
    from tokenizers import pre_tokenizers

    vocab = text.tokenizer.get_vocab()
    letters = pre_tokenizers.ByteLevel.alphabet()
    assert all(letter in vocab and letter + "</w>" in vocab for letter in letters)


def test_a_character_has_one_vector_wherever_it_stands(text: PocketText) -> None:
    table = text.model.get_parameter("text_model.embeddings.token_embedding.weight")
    inside, end = text.token_numbers("猫猫")
    assert inside != end and torch.equal(table[inside], table[end])


@pytest.mark.parametrize(
    ("chinese", "english", "other"),
    [
        ("猫", "cat", "car"),
        ("一首悲伤的歌", "a sad song", "a happy dog"),
        ("三只红色的苹果", "three red apples", "a blue boat"),
        ("水彩风格的山", "mountain, watercolour style", "a piano piece"),
        ("🐱", "cat face", "airplane"),
    ],
)
def test_chinese_lands_near_its_english(
    text: PocketText, chinese: str, english: str, other: str
) -> None:
    assert cosine(text, chinese, english) > cosine(text, chinese, other) + 0.2


@pytest.mark.parametrize(
    ("left", "right"), [("two cats", "three cats"), ("两只猫", "三只猫"), ("红色的车", "蓝色的车")]
)
def test_number_and_colour_move_the_pooled_vector(text: PocketText, left: str, right: str) -> None:
    assert cosine(text, left, right) < 0.95


@pytest.mark.parametrize(
    ("left", "right"),
    [("a cat left of a dog", "a dog left of a cat"), ("猫在狗的左边", "狗在猫的左边")],
)
def test_order_changes_the_token_states(text: PocketText, left: str, right: str) -> None:
    states = text.encode([left, right]).tokens
    change = (states[0] - states[1]).norm(dim=-1) / states[0].norm(dim=-1)
    assert change.max() > 0.3


def test_the_shipped_files_are_those_of_the_manifest() -> None:
    assert len(check_files(ASSETS)) == 64
    assert sum(f.stat().st_size for f in ASSETS.iterdir()) <= 30 * MIB


def test_stock_classes_load_the_folder(text: PocketText) -> None:
    from transformers import CLIPTextModelWithProjection, CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(ASSETS, local_files_only=True)
    model = CLIPTextModelWithProjection.from_pretrained(
        ASSETS, local_files_only=True, dtype=torch.float32
    ).eval()
    with torch.inference_mode():
        out = model(**tokenizer("a red cat", return_tensors="pt"))
    ours = text.encode(["a red cat"])
    assert torch.allclose(out.last_hidden_state[0], ours.tokens[0], atol=1e-5)


def test_a_damaged_weight_file_is_refused(copy: Path) -> None:
    path = copy / WEIGHTS
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"model\.safetensors are damaged"):
        PocketText.load(copy)


def test_a_truncated_weight_file_is_refused(copy: Path) -> None:
    path = copy / WEIGHTS
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="damaged"):
        PocketText.load(copy)


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS, "tokenizer.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        PocketText.load(copy)


def test_a_manifest_without_weights_is_refused(copy: Path) -> None:
    (copy / MANIFEST).write_text(json.dumps({}), encoding="utf-8")
    with pytest.raises(WeightsError, match="names no"):
        PocketText.load(copy)
