"""Looks at every window before its frames are made, and has a poor one made up once more.

What is measured are key frames, reduced: whether a window holds together shows there, at a
fraction of the cost of its frames. The better of two is taken.
"""

from torch import Tensor

from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.plan import Plan
from pipelines.pocket.video.scene import Scene
from pipelines.pocket.video.windows import Windows
from pipelines.temporal.measure import ClipScores, Measure, measured

SIDE = 128
"""Pixels of the shorter side of what is measured."""

RATE = 8
"""Frames a second that are measured."""

LEAST_CONSISTENCY = 0.95
LEAST_SMOOTHNESS = 0.96
"""Of its subject and its motion; a window below is made up once more. Of 95 real animations that
were held out 96 % lie above both, of the same ones shaken 1 % (docs/consistency.md)."""


class Watched:
    """The scores of a clip, and the choice between two tries of a window."""

    def __init__(self, scene: Scene, camera: Camera, plan: Plan) -> None:
        self.scene = scene.reduced(SIDE)
        self.camera = camera
        self.plan = plan
        self._measure = Measure(RATE)
        self._settled: set[int] = set()

    def settle(self, windows: Windows, window: int) -> None:
        """Decides on the motion of a window: the first that is made up, or a better second."""
        if window in self._settled or not windows.is_moving:
            return
        self._settled.add(window)
        first = windows.paths(window)
        scores = self._scores(first)
        if not is_poor(scores):
            return
        second = windows.made_up(window, 1)
        if goodness(self._scores(second)) > goodness(scores):
            windows.take(window, 1, second)

    def add(self, windows: Windows, window: int) -> None:
        """Adds a window to the scores; windows come in their order, each once."""
        numbers = self.plan.frames_of(window)
        fps = self.plan.frame_count / self.camera.duration_s
        for number in numbers[:: max(1, round(fps / RATE))]:
            time_s = self.camera.duration_s * number / self.plan.frame_count
            paths = windows.at(self.plan.place(number))
            self._measure.add(self.scene.shown(paths, self.camera.matrix(time_s)))

    def scores(self) -> dict[str, float]:
        """Of the whole clip so far, by name."""
        return self._measure.scores().as_dict()

    def _scores(self, paths: Tensor) -> ClipScores:
        """Of a window by itself, without the camera."""
        rest = Camera("static", 0, 1, self.camera.aspect).matrix(0)
        return measured((self.scene.shown(key, rest) for key in paths), RATE)


def goodness(scores: ClipScores) -> float:
    """How well a window holds together, as one number."""
    return min(
        scores.subject_consistency - LEAST_CONSISTENCY, scores.motion_smoothness - LEAST_SMOOTHNESS
    )


def is_poor(scores: ClipScores) -> bool:
    """Whether it is worth another try."""
    return goodness(scores) < 0
