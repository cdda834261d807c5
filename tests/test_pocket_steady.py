"""pocket-steady: a clip that flickers or drifts comes back evened out, with the scores of both."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.pocket_steady import BEFORE, FAMILY
from studio.core import Request, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.library import Artifact
from studio.media import Audio, Video
from studio.rights.verify import verify
from studio.sounds import containers
from studio.store import Store
from studio.videos.decode import read_clip
from studio.videos.encode import Beside, encode
from studio.videos.probe import probe


def clip(kind: str, count: int = 24) -> NDArray[np.uint8]:
    """A disc that wanders over a textured ground, 96 px wide."""
    ground = np.random.default_rng(0).integers(60, 160, (12, 16, 3)).astype(np.float32)
    ground = ground.repeat(8, 0).repeat(8, 1)
    rows, columns = np.mgrid[:96, :128]
    frames = []
    for number in range(count):
        frame = ground.copy()
        frame[(rows - 48) ** 2 + (columns - 30 - 2 * number) ** 2 < 400] = (220, 60, 40)
        light = {"flickering": 1 + 0.15 * (-1) ** number, "drifting": 1 - 0.012 * number}
        is_other = kind == "cut" and number >= count // 2
        frames.append(255 - frame[::-1, ::-1] * 0.4 if is_other else frame * light.get(kind, 1))
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8)


@pytest.fixture
def made(tmp_path: Path, store: Store, engine: Engine) -> Any:
    def make(kind: str, sound_s: float = 0, **params: Any) -> Artifact:
        path, sound = tmp_path / f"{kind}.mp4", tmp_path / "tone.m4a"
        if sound_s:
            tone = 0.2 * np.sin(np.arange(round(44_100 * sound_s)) * 0.05)
            containers.encode(
                Audio(np.stack([tone, tone]).astype(np.float32), 44_100), "m4a", sound
            )
        encode(Video(clip(kind), 12.0), "mp4", path, Beside(sound if sound_s else None))
        asked = Request("steady", family=FAMILY.name, inputs=[path], seed=1, params=params)
        return next(generate(asked, store=store, engine=engine))

    return make


@pytest.mark.parametrize(
    ("kind", "score", "share"),
    [("flickering", "warp_error", 0.6), ("drifting", "colour_drift", 0.6)],
)
def test_what_was_wrong_is_less_so_and_both_scores_are_told(
    kind: str, score: str, share: float, made: Any
) -> None:
    artifact = made(kind)
    scores = artifact.record.scores
    assert scores[score] < share * scores[BEFORE + score]
    assert probe(artifact.path).frames == 24


def test_each_scene_keeps_its_own_colours(made: Any) -> None:
    given, shown = clip("cut"), read_clip(made("cut").path).frames
    for number in (0, 11, 12, 23):
        assert np.abs(shown[number].mean((0, 1)) - given[number].mean((0, 1))).max() < 6


def test_new_frames_come_between_and_the_sound_ends_with_the_picture(made: Any, home: Path) -> None:
    artifact = made("plain", sound_s=1.7, fps=24, light="false", colours="false")
    facts = probe(artifact.path)
    assert (facts.frames, facts.fps) == (48, 24) and abs(facts.sound_s - 2) < 1 / 24
    given, shown = clip("plain"), read_clip(artifact.path).frames
    assert np.abs(shown[0].astype(int) - given[0]).mean() < 6
    report = verify(artifact.path, home)
    assert not report.is_bad and report.record is not None
    roles = {each.role: each.ai_contribution for each in report.record.ai.roles}
    assert roles["Video"] == "Partly" and roles["Composition"] == "Partly"


def test_what_cannot_be_is_refused_before_any_work(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no clip at all, but long enough to look into")
    with pytest.raises(RequestError, match="'a.mp4' is not a clip"):
        resolve(Request("steady", family=FAMILY.name, inputs=[text]))
    with pytest.raises(RequestError, match="video is missing"):
        resolve(Request("steady", family=FAMILY.name))
    encode(Video(clip("plain", 8), 12.0), "gif", tmp_path / "a.gif")
    nothing = {"light": False, "colours": False}
    with pytest.raises(RequestError, match="nothing is asked for"):
        resolve(Request("a", family=FAMILY.name, inputs=[tmp_path / "a.gif"], params=nothing))
