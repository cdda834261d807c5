"""What differs when the page runs as a Hugging Face Space: who shares it, and a lent GPU.

On ZeroGPU a model may run only inside a function marked for it, in another process, for a time
announced beforehand. `LentEngine` does that behind the engine's usual face. Knows no page.

The other process is a fork of this one: it gets the loaded models, and every lock as it stands. A
lock that another thread holds at that moment is never released there. So everything is loaded
before the launch, no fork happens while a model loads, and a job that hangs is given up.
"""

import contextlib
import faulthandler
import functools
import math
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from studio import registry
from studio.adapt import LOADING
from studio.backbone import route
from studio.core import default_engine
from studio.engine import Engine, Runnable
from studio.errors import Cancelled, PipelineError, ResourceError, StudioError
from studio.media import Image, Media
from studio.spec import Family, OnStep, Params, Step

# The host's own default, and what a short request may ask for at least and at most. A shorter
# announcement waits less and must fit what is left of the visitor's daily share.
_UNKNOWN_S, _LEAST_S, _MOST_S = 60, 10, 120
_MARGIN = 1.5
# A step takes a second or so, and the host ends a job of unknown length after this time anyway.
_MOST_SILENT_S = 60.0
# As often as the page looks.
_PREVIEW_EVERY_S = 0.5


def is_space() -> bool:
    return bool(os.environ.get("SPACE_ID"))


def has_zero_gpu() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def prepare(families: list[Family]) -> Engine:
    """An engine with these models in memory, and the router: a Space pays once, when it starts."""
    engine = LentEngine() if has_zero_gpu() else default_engine()
    for family in families:
        engine.preload(family)
    # Unclear on purpose: only then does it load all that it has.
    route("?")
    return engine


@dataclass(frozen=True)
class Errand:
    """A job as it travels to the other process: a name and plain values."""

    family_name: str
    params: Params

    @property
    def family(self) -> Family:
        return registry.family(self.family_name)

    @property
    def work(self) -> float:
        """A measure of how long it takes, alike for jobs of one family."""
        params = self.params
        pixels = getattr(params, "width", 512) * getattr(params, "height", 512)
        return float(getattr(params, "steps", 1) * pixels)


Item = Step | Media | StudioError


class LentEngine(Engine):
    """Runs every job under `spaces.GPU`. Make it before the launch: the host looks then.

    Args:
        most_silent_s: a job that shows no step for so long has failed.
    """

    def __init__(self, most_silent_s: float = _MOST_SILENT_S) -> None:
        import spaces  # pyright: ignore[reportMissingImports] - there on a Space only

        super().__init__()
        _fork_between_loads()
        self._most_silent_s = most_silent_s
        self._pace: dict[str, float] = {}
        self._lent: Callable[[Errand], Iterator[Item]] = spaces.GPU(duration=self.seconds_for)(
            self._make_there()
        )

    def seconds_for(self, errand: Errand) -> int:
        """The time to announce: what like jobs took so far, with a margin."""
        pace = self._pace.get(errand.family_name)
        if pace is None:
            return _UNKNOWN_S
        return min(_MOST_S, max(_LEAST_S, math.ceil(pace * errand.work * _MARGIN)))

    def run(self, job: Runnable, on_step: OnStep) -> Media:
        errand = Errand(job.family.name, job.params)
        started = time.monotonic()
        media: Media | None = None
        with _translated(), contextlib.closing(_as_generator(self._lent(errand))) as items:
            for item in items:
                if isinstance(item, StudioError):
                    raise item
                if isinstance(item, Step):
                    on_step(item)
                else:
                    media = item
        if media is None:
            raise PipelineError(f"{errand.family_name} ended without a result; try again")
        self._pace[errand.family_name] = (time.monotonic() - started) / errand.work
        return media

    def _make_there(self) -> Callable[[Errand], Iterator[Item]]:
        """The function that the host marks; everything in it happens in the other process."""
        run, most_silent_s = super().run, self._most_silent_s

        def make(errand: Errand) -> Iterator[Item]:
            yield from _LentJob(functools.partial(run, errand), most_silent_s).items()

        return make


class _LentJob:
    """A job in the other process, in a thread of its own that can be given up."""

    def __init__(self, run: Callable[[OnStep], Media], most_silent_s: float) -> None:
        self._run = run
        self._most_silent_s = most_silent_s
        self._items: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._painted = _Painter()
        self._is_stopped = threading.Event()

    def items(self) -> Iterator[Item]:
        """Its steps and its result, or what went wrong, as they come. Close it to stop the job."""
        worker = threading.Thread(target=self._work, name="studio-lent", daemon=True)
        worker.start()
        patience_s = self._most_silent_s
        try:
            while (item := self._items.get(timeout=patience_s)) is not None:
                yield item
        except queue.Empty:
            patience_s = 0
            faulthandler.dump_traceback()
            yield PipelineError(
                f"the job showed no sign of life for {self._most_silent_s:g} s; try again, and "
                "if it happens again report what the log says"
            )
        finally:
            self._is_stopped.set()
            worker.join(patience_s)
            if worker.is_alive():
                # The host would give this process, and what hangs in it, the next job too.
                os._exit(1)

    def _work(self) -> None:
        try:
            self._items.put(self._run(self._on_step))
        except StudioError as error:
            # As a value: the host tells only the class of what is raised there.
            self._items.put(error)
        except Cancelled:
            pass  # by `items` being closed: nobody listens
        finally:
            self._items.put(None)

    def _on_step(self, step: Step) -> None:
        if self._is_stopped.is_set():
            raise Cancelled
        self._items.put(self._painted(step))


class _Painter:
    """Steps as they can travel: with a picture instead of the function that would paint it.

    Who looks is known only at the other end, so it paints now and then even if nobody does.
    """

    def __init__(self) -> None:
        self._last: Image | None = None
        self._again_at = 0.0

    def __call__(self, step: Step) -> Step:
        if not callable(step.picture):
            return step
        if time.monotonic() >= self._again_at:
            self._last = step.preview
            self._again_at = time.monotonic() + _PREVIEW_EVERY_S
        return Step(step.index, step.total, self._last)


def _fork_between_loads() -> None:
    """From now on a fork waits until no model is being loaded, nor any library imported for it."""
    os.register_at_fork(
        before=LOADING.acquire, after_in_parent=LOADING.release, after_in_child=LOADING.release
    )


def _as_generator(items: Iterator[Item]) -> Generator[Item, None, None]:
    yield from items


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The host's own refusals (no quota, none free) as an error of ours."""
    import gradio as gr

    try:
        yield
    except gr.Error as error:
        raise ResourceError(f"no GPU was lent: {error.message}") from error
