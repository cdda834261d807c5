"""The record and the hash of what is seen or heard."""

import json
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from studio.errors import RequestError
from studio.media import Audio, Image, Video
from studio.record import Record, WeightsUsed, media_sha256, versions

WHOLE = Record(
    id="a1",
    created="2026-01-02T03:04:05.678+00:00",
    kind="image",
    family="toy",
    family_licence="MIT",
    weights=(WeightsUsed(name="a/b", sha256="0", revision="1", licence="MIT"),),
    params={"prompt": "一只猫 🐈", "seed": 4, "strength": 0.5, "colour": None},
    prompt="一只猫 🐈",
    versions=versions(),
    platform="Linux x86_64",
    seconds=0.5,
    media_sha256="0",
)
BLACK = Image(np.zeros((4, 6, 3), dtype=np.uint8))
SOUND = Audio(np.zeros((2, 8), dtype=np.float32), 8000)
CLIP = Video(np.zeros((2, 4, 6, 3), dtype=np.uint8), 8.0)


def test_a_record_reads_back_and_keeps_every_language() -> None:
    assert Record.from_json(WHOLE.to_json()) == WHOLE
    assert "一只猫 🐈" in WHOLE.to_json()


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        WHOLE.family = "other"  # type: ignore[misc]


@pytest.mark.parametrize("field", ["id", "params", "media_sha256", "kind"])
def test_a_record_without_something_needed_names_it(field: str) -> None:
    values = json.loads(WHOLE.to_json())
    del values[field]
    with pytest.raises(RequestError, match=f"not a readable record: {field}"):
        Record.from_json(json.dumps(values))


def test_a_record_cannot_deny_that_it_was_generated() -> None:
    values = {**json.loads(WHOLE.to_json()), "ai_generated": False}
    with pytest.raises(RequestError, match="ai_generated"):
        Record.from_json(json.dumps(values))


def test_the_hash_is_of_what_is_seen_or_heard() -> None:
    turned = Image(BLACK.pixels.reshape(6, 4, 3))
    brighter = Image(BLACK.pixels + 1)
    media = [BLACK, turned, brighter, SOUND, replace(SOUND, sample_rate=9000), CLIP]
    media += [replace(CLIP, fps=9.0), replace(CLIP, audio=SOUND)]
    assert len({media_sha256(each) for each in media}) == len(media)
    assert media_sha256(BLACK) == media_sha256(Image(BLACK.pixels.copy()))
    assert media_sha256(Image(np.asfortranarray(BLACK.pixels))) == media_sha256(BLACK)
