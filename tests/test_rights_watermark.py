"""The mark in the sound: inaudible, found after every usual copy, never found where there is none.

The songs are made here: chords, bass, melody and drums, all from a seed.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.media import Audio
from studio.rights import watermark
from studio.sounds.containers import decode, encode

RATE = 44_100
SONGS = 3
VALUE = "00c0ffee"


@lru_cache(maxsize=8)
def song(seed: int, seconds: int = 30) -> Audio:
    """A song: (2, T) at 44.1 kHz."""
    random = np.random.default_rng(seed)
    beat = 60 / random.uniform(80, 140)
    out = np.zeros((2, seconds * RATE + 4 * RATE), np.float32)
    root = random.integers(45, 57)
    for number, at in enumerate(np.arange(0, seconds, beat)):
        chord = root + [0, 5, 7, 9][number // 4 % 4]
        for pitch, level in ((chord - 12, 0.4), (chord + random.choice([0, 4, 7, 12]), 0.3)):
            add(out, at, tone(pitch, beat, random) * level)
        noise = random.standard_normal(RATE // 8) * np.exp(-np.arange(RATE // 8) / 1500)
        add(out, at, noise * (0.3 if number % 2 else 0.1))
    out = np.tanh(out[:, : seconds * RATE])
    return Audio((out / np.abs(out).max() * 0.89).astype(np.float32), RATE)


def tone(pitch: int, seconds: float, random: np.random.Generator) -> NDArray[np.float64]:
    time = np.arange(int(seconds * RATE)) / RATE
    base = 440 * 2 ** ((pitch - 69) / 12)
    slope = random.uniform(0.8, 1.6)
    waves = [np.sin(2 * np.pi * base * h * time) / h**slope for h in range(1, 13)]
    return np.sum(waves, axis=0) * np.exp(-2 * time)


def add(out: NDArray[np.float32], at: float, sound: NDArray[np.float64]) -> None:
    start = int(at * RATE)
    out[:, start : start + sound.size] += sound.astype(np.float32)


@lru_cache(maxsize=8)
def marked(seed: int) -> Audio:
    return watermark.embed(song(seed), VALUE)


@pytest.mark.parametrize("seed", range(SONGS))
def test_the_mark_is_at_most_a_hint_of_the_sound(seed: int) -> None:
    before, after = song(seed).samples, marked(seed).samples
    assert after.shape == before.shape
    assert np.abs(after).max() <= np.abs(before).max()
    change = np.square(after - before).sum(dtype=np.float64)
    assert 10 * np.log10(np.square(before).sum(dtype=np.float64) / change) >= 28


@pytest.mark.parametrize("seed", range(SONGS))
@pytest.mark.parametrize(
    ("format", "kbps"), [("flac", None), ("mp3", 128), ("m4a", 128), ("opus", 96)]
)
def test_the_mark_survives_encoding(
    tmp_path: Path, seed: int, format: str, kbps: int | None
) -> None:
    path = tmp_path / f"song.{format}"
    encode(marked(seed), format, path, kbps)
    found = watermark.detect(decode(path))
    assert found is not None
    assert found.value == VALUE


@pytest.mark.parametrize("seed", range(SONGS))
@pytest.mark.parametrize("start", [0, 100_001, 717_717])
def test_the_mark_survives_in_ten_seconds_at_half_the_level(seed: int, start: int) -> None:
    part = marked(seed).samples[:, start : start + 10 * RATE] * np.float32(0.5)
    found = watermark.detect(Audio(part, RATE))
    assert found is not None
    assert found.value == VALUE


@pytest.mark.parametrize("seed", range(SONGS))
def test_the_mark_survives_48_khz_and_can_be_put_in_there(seed: int) -> None:
    moved = Audio(watermark.resample(marked(seed).samples, RATE, 48_000), 48_000)
    found = watermark.detect(moved)
    assert found is not None and found.value == VALUE
    plain = Audio(watermark.resample(song(seed).samples, RATE, 48_000), 48_000)
    found = watermark.detect(watermark.embed(plain, "12345678"))
    assert found is not None and found.value == "12345678"


def test_nothing_is_found_where_nothing_is() -> None:
    parts = [
        Audio(song(seed).samples[:, start * RATE : (start + 10) * RATE], RATE)
        for seed in range(SONGS)
        for start in (0, 9, 20)
    ]
    keys = [watermark.PUBLIC_KEY, *(f"other {number}" for number in range(60))]
    found = [watermark.detect(part, key) for part in parts for key in keys]
    assert len(found) > 500
    assert not any(found)


def test_another_key_finds_nothing() -> None:
    mine = watermark.embed(song(0), VALUE, key="of this house")
    assert watermark.detect(mine) is None
    found = watermark.detect(mine, key="of this house")
    assert found is not None and found.value == VALUE


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 0)), np.zeros((1, 100)), np.zeros((2, 20 * RATE)), np.ones((2, 20 * RATE))],
)
def test_silence_and_scraps_have_no_mark_and_take_none(samples: NDArray[np.float64]) -> None:
    sound = Audio(samples.astype(np.float32), RATE)
    assert watermark.detect(sound) is None
    after = watermark.embed(sound, VALUE)
    assert np.isfinite(after.samples).all()
    assert after.samples.shape == samples.shape


@pytest.mark.parametrize(
    "value", ["", "xyz", "123", "123456789", "-1234567", "1_234567", "0X12345A"]
)
def test_only_eight_hexadecimal_digits_are_a_mark(value: str) -> None:
    with pytest.raises(RequestError, match="eight hexadecimal digits"):
        watermark.embed(song(0, 2), value)


def test_a_rate_that_cannot_carry_it_is_refused() -> None:
    with pytest.raises(RequestError, match="44100 or 48000 Hz, got 22050"):
        watermark.embed(Audio(np.zeros((1, 22_050), np.float32), 22_050), VALUE)
