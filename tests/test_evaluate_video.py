"""The measuring of clips: a known camera is recognised, prompts are what they claim to be."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.backbone import route
from studio.evaluate import video
from studio.evaluate._camera import seen
from studio.pictures import read_picture

ROOT = Path(__file__).resolve().parent.parent
SIDE, FRAMES, FPS = 192, 25, 12


def scene() -> NDArray[np.uint8]:
    """Real drawings, wider than what is filmed of them."""
    sheet = read_picture(ROOT / "assets" / "pictures" / "sheet.webp").convert("RGB")
    return np.asarray(sheet.crop((0, 0, 4 * SIDE, 4 * SIDE)))


def filmed(view: str) -> list[NDArray[np.uint8]]:
    """Frames of the scene as a camera sees them that goes as `view` says."""
    return [_frame(scene(), view, index / (FRAMES - 1) - 0.5) for index in range(FRAMES)]


def _frame(picture: NDArray[np.uint8], view: str, at: float) -> NDArray[np.uint8]:
    """`at` from -0.5 to 0.5."""
    x = y = angle = 0.0
    zoom = 1.0
    if view in ("pan left", "pan right"):
        x = (at if view == "pan right" else -at) * 0.7
    if view in ("tilt up", "tilt down"):
        y = (at if view == "tilt down" else -at) * 0.7
    if view in ("zoom in", "zoom out"):
        zoom = float(np.exp((at if view == "zoom in" else -at) * 0.33))
    if view == "orbit":
        angle = at * np.radians(48)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    # The scene is a plane that is turned about its middle and seen from a distance of 3.
    plane = corners * 2
    depth = 3 + plane[:, 0] * np.sin(angle)
    seen_at = np.stack([plane[:, 0] * np.cos(angle) - x, plane[:, 1] - y], 1)
    seen_at = seen_at * (3 * zoom / depth)[:, None]
    source = (plane / 2 + 1) / 2 * picture.shape[0]
    target = (seen_at + 1) / 2 * SIDE
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return np.asarray(cv2.warpPerspective(picture, matrix, (SIDE, SIDE)), np.uint8)


@pytest.mark.parametrize(
    "view",
    ["static", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out", "orbit"],
)
def test_a_known_camera_is_recognised(view: str) -> None:
    assert seen(filmed(view), FPS).camera == view


def test_something_small_that_moves_is_no_camera() -> None:
    frames = [frame.copy() for frame in filmed("static")]
    for index, frame in enumerate(frames):
        frame[80:110, 20 + 4 * index : 50 + 4 * index] = (200, 30, 30)
    assert seen(frames, FPS).camera == "static"


def test_a_blank_clip_stands_still() -> None:
    assert seen([np.full((64, 64, 3), 255, np.uint8)] * 10, FPS).camera == "static"


def test_there_are_a_hundred_prompts_in_both_languages_for_every_camera() -> None:
    found = video.prompts()
    assert len(found) == len({each.text for each in found}) == 100
    assert Counter(each.language for each in found) == {"en": 50, "zh": 50}
    assert len({each.camera for each in found[:16]}) == 8


def test_the_prompts_ask_for_a_clip() -> None:
    asked = [route(each.text, "video").params.get("camera") for each in video.prompts()]
    assert sum(each is not None for each in asked) >= 95


def test_a_run_tells_and_writes_what_it_found(tmp_path: Path) -> None:
    told: list[str] = []
    got = video.evaluate("toy-clip", limit=2, files=1, out=tmp_path, say=told.append)
    assert got["prompts"] == 2 and got["exact_count"] == 1.0
    assert got["files"]["measured"] == got["files"]["exact"] == 1
    assert (tmp_path / "video.json").is_file()
    assert "Camera recognised" in (tmp_path / "video.md").read_text("utf-8")
    assert len(told) == 3
