"""What differs when the page runs as a Hugging Face Space: who shares it, and a lent GPU.

On ZeroGPU a model may run only inside a function marked for it, in another process, for a time
announced beforehand. `LentEngine` does that behind the engine's usual face. Knows no page.
"""

import contextlib
import math
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from studio import registry
from studio.core import default_engine
from studio.engine import Engine, Runnable
from studio.errors import Cancelled, PipelineError, ResourceError, StudioError
from studio.media import Media
from studio.spec import Family, OnStep, Params, Step

# The host's own default, and what a short request may ask for at least and at most. A shorter
# announcement waits less and must fit what is left of the visitor's daily share.
_UNKNOWN_S, _LEAST_S, _MOST_S = 60, 10, 120
_MARGIN = 1.5


def is_space() -> bool:
    return bool(os.environ.get("SPACE_ID"))


def has_zero_gpu() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def prepare(families: list[Family]) -> Engine:
    """An engine with these models in memory: a Space pays for loading once, when it starts."""
    engine = LentEngine() if has_zero_gpu() else default_engine()
    for family in families:
        engine.preload(family)
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
    """Runs every job under `spaces.GPU`. Make it before the launch: the host looks then."""

    def __init__(self) -> None:
        import spaces  # pyright: ignore[reportMissingImports] - there on a Space only

        super().__init__()
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
        run = super().run

        def make(errand: Errand) -> Iterator[Item]:
            items: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
            is_stopped = threading.Event()

            def on_step(step: Step) -> None:
                if is_stopped.is_set():
                    raise Cancelled
                items.put(step)

            def work() -> None:
                try:
                    items.put(run(errand, on_step))
                except StudioError as error:
                    # As a value: the host tells only the class of what is raised there.
                    items.put(error)
                finally:
                    items.put(None)

            with ThreadPoolExecutor(1) as pool:
                done = pool.submit(work)
                try:
                    while (item := items.get()) is not None:
                        yield item
                finally:
                    is_stopped.set()
                    with contextlib.suppress(Cancelled):
                        done.result()

        return make


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
