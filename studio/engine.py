"""Runs jobs: loads each model once, keeps what fits in memory, and translates what goes wrong.

One run at a time per family. Knows no family by name, no file format and no front, and does not
import torch: only the families that need it do.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studio.adapt import loading, release_memory
from studio.errors import Cancelled, OutOfMemory, PipelineError, StudioError
from studio.fit import Choice, Machine, choose, in_words, machine
from studio.media import Audio, Image, Media, Video
from studio.spec import Family, Kind, Model, OnStep, Params, Step
from studio.weights import verify

log = logging.getLogger(__name__)

# Room for the rest: the interpreter, the page, the operating system.
_SHARE_OF_MEMORY = 0.75
_CLASSES: dict[Kind, type[Media]] = {"image": Image, "song": Audio, "video": Video}
_OUT_OF_MEMORY_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")


class Runnable(Protocol):
    """What the engine needs of a job."""

    @property
    def family(self) -> Family: ...
    @property
    def params(self) -> Params: ...


Key = tuple[str, tuple[tuple[str, Any], ...]]
"""A model: its family's name and the options that decide what is loaded."""


@dataclass
class _Slot:
    """A model's place in memory. `is_busy` is its lock: loading or running."""

    needs_bytes: int
    is_busy: bool = True
    model: Model | None = None
    sha256: tuple[str, ...] = ()
    """Of the weight files that the model was loaded from."""


@dataclass
class _Watched:
    """Passes steps on and remembers what `on_step` raised, to let exactly that through."""

    on_step: OnStep
    raised: BaseException | None = field(default=None)

    def __call__(self, step: Step) -> None:
        try:
            self.on_step(step)
        except BaseException as error:
            self.raised = error
            raise


class Engine:
    """Keeps loaded models, the least recently used first to go.

    Args:
        device: a torch device name; the best one of this machine when None.
        budget_bytes: memory for all loaded models together; most of this machine's when None.
    """

    def __init__(self, device: str | None = None, budget_bytes: int | None = None) -> None:
        self.device = device or pick_device()
        self.budget_bytes = budget_bytes or int(memory_bytes(self.device) * _SHARE_OF_MEMORY)
        self._slots: dict[Key, _Slot] = {}
        self._changed = threading.Condition()

    def run(self, job: Runnable, on_step: OnStep) -> Media:
        """Make one media. What `on_step` raises (Cancelled) passes through at that step.

        Where the family knows several ways to fit into memory, the first that does is taken.

        Raises:
            OutOfMemory: the machine cannot; the model was dropped, others stay.
            PipelineError: the model failed.
        """
        family = job.family
        params, needs = self._fitted(family, job.params)
        options = family.loading(params)
        with self._holding(family, options, needs) as slot:
            watched = _Watched(on_step)
            try:
                model = self._current(slot, family, options)
                media = model(params, watched)
            except Exception as error:
                if error is watched.raised or isinstance(error, (StudioError, Cancelled)):
                    raise
                problem = _translate(family, params, error)
                if isinstance(problem, OutOfMemory):
                    slot.model = None
                raise problem from error
        if not isinstance(media, _CLASSES[family.kind]):
            raise PipelineError(
                f"{family.name} returned {type(media).__name__}, must be a {family.kind}"
            )
        return media

    def preload(self, family: Family) -> None:
        """Load a model before anybody asks for it."""
        options = family.loading()
        with self._holding(family, options, family.needs_bytes(**options)) as slot:
            self._current(slot, family, options)

    def prefetch(self, job: Runnable) -> threading.Thread | None:
        """Load a job's model in the background, if it fits beside all that is loaded.

        Returns:
            The thread that loads it; None where the model is here already, or has no room. What
            goes wrong there is told when the job itself asks for the model.
        """
        params, needs = self._fitted(job.family, job.params)
        options = job.family.loading(params)
        key = _key(job.family, options)
        with self._changed:
            used = sum(slot.needs_bytes for slot in self._slots.values())
            if key in self._slots or used + needs > self.budget_bytes:
                return None
            self._slots[key] = slot = _Slot(needs)
        thread = threading.Thread(
            target=self._load_ahead, args=(job.family, options, slot), daemon=True
        )
        thread.start()
        return thread

    def _load_ahead(self, family: Family, options: dict[str, Any], slot: _Slot) -> None:
        try:
            self._current(slot, family, options)
        except Exception as error:  # noqa: BLE001 - the job that needs it meets it again
            log.info("%s could not be loaded ahead: %s", family.name, error)
        finally:
            self._give_back(_key(family, options), slot)

    def choice(self, family: Family, params: Params) -> Choice | None:
        """How these params are fitted into memory; None where the family has one way only.

        Raises:
            OutOfMemory: no way fits.
        """
        if family.ladder is None:
            return None
        ladder = family.ladder(params, self.device)
        asked = {name: getattr(params, name) for name in ladder[0].settings}
        if asked == dict(ladder[0].settings):
            return Choice(ladder[0])
        return choose(ladder, self.machine(), f"{family.name}{_size_asked(params)}")

    def machine(self) -> Machine:
        """What there is for one more job: idle models make room for it."""
        there = self.budget_bytes
        if self.device == "cpu":
            import psutil

            with self._changed:
                idle = sum(s.needs_bytes for s in self._slots.values() if not s.is_busy)
            there = min(there, int(psutil.virtual_memory().available) + idle)
        return machine(self.device, there)

    def _fitted(self, family: Family, params: Params) -> tuple[Params, int]:
        """Params with every option decided that says how to fit, and the memory they take."""
        choice = self.choice(family, params)
        if choice is None:
            return params, family.needs_bytes(**family.loading(params))
        settings = dict(choice.rung.settings)
        return params.model_copy(update=settings), choice.rung.device_bytes

    def loaded(self) -> list[str]:
        """Names of the families in memory, least recently used first."""
        with self._changed:
            return [name for (name, _), slot in self._slots.items() if slot.model is not None]

    def clear(self) -> None:
        """Forget every model that is not running."""
        with self._changed:
            for key in [key for key, slot in self._slots.items() if not slot.is_busy]:
                del self._slots[key]
        release_memory()

    @contextlib.contextmanager
    def _holding(
        self, family: Family, options: dict[str, Any], needs_bytes: int
    ) -> Generator[_Slot]:
        key = _key(family, options)
        slot = self._claim(key, needs_bytes)
        try:
            yield slot
        finally:
            self._give_back(key, slot)

    def _give_back(self, key: Key, slot: _Slot) -> None:
        with self._changed:
            slot.is_busy = False
            del self._slots[key]
            if slot.model is not None:
                self._slots[key] = slot  # at the end: the most recently used
            self._changed.notify_all()
        if slot.model is None:
            release_memory()

    def _claim(self, key: Key, needs_bytes: int) -> _Slot:
        """Wait until the model is free and there is room for it, and take it."""
        if needs_bytes > self.budget_bytes:
            raise OutOfMemory(
                f"{key[0]} needs {in_words(needs_bytes)}, there is "
                f"{in_words(self.budget_bytes)} for models; choose a smaller model"
            )
        with self._changed:
            while True:
                slot = self._slots.get(key)
                if slot is not None and not slot.is_busy:
                    slot.is_busy, slot.needs_bytes = True, needs_bytes
                    return slot
                if slot is None and self._make_room(needs_bytes):
                    self._slots[key] = _Slot(needs_bytes)
                    return self._slots[key]
                self._changed.wait()

    def _make_room(self, wanted: int) -> bool:
        """Drop idle models, the least recently used first; False if running ones fill it."""
        busy = sum(slot.needs_bytes for slot in self._slots.values() if slot.is_busy)
        if busy + wanted > self.budget_bytes:
            return False
        used = sum(slot.needs_bytes for slot in self._slots.values())
        for key in [key for key, slot in self._slots.items() if not slot.is_busy]:
            if used + wanted <= self.budget_bytes:
                break
            used -= self._slots.pop(key).needs_bytes
            release_memory()
        return True

    def _current(self, slot: _Slot, family: Family, options: dict[str, Any]) -> Model:
        """The slot's model, loaded anew where its files are others by now: taught again, say."""
        found = tuple(each.sha256 for each in family.weights(**options))
        if slot.model is None or slot.sha256 != found:
            slot.model = None
            slot.model = self._load(family, options)
            slot.sha256 = found
        return slot.model

    def _load(self, family: Family, options: dict[str, Any]) -> Model:
        for weights in family.weights(**options):
            verify(weights)
        with loading():
            return family.load(self.device, **options)


def pick_device() -> str:
    """The best torch device here: STUDIO_DEVICE, else an accelerator, else the CPU.

    torch is asked only where the machine shows signs of an accelerator.
    """
    named = os.environ.get("STUDIO_DEVICE")
    if named:
        return named
    has_signs = sys.platform == "darwin" or "SPACES_ZERO_GPU" in os.environ
    if not has_signs and not any(map(os.path.exists, ("/dev/nvidia0", "/dev/kfd", "/dev/dxg"))):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def memory_bytes(device: str) -> int:
    """Memory that models on this device may share, in all."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        found.append(int(text))
    return min(found)


def _key(family: Family, options: dict[str, Any]) -> Key:
    return (family.name, tuple(options.items()))


def _translate(family: Family, params: Params, error: Exception) -> StudioError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    is_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if is_memory or any(words in str(error).lower() for words in _OUT_OF_MEMORY_WORDS):
        return OutOfMemory(
            f"{family.name}{_size_asked(params)} ran out of memory; "
            "try a smaller size or close other programs"
        )
    return PipelineError(
        f"{family.name}{_size_asked(params)} failed: {type(error).__name__}: {reason}; "
        "try other options, or run with --debug and report it"
    )


def _size_asked(params: Params) -> str:
    width, height = getattr(params, "width", None), getattr(params, "height", None)
    return f" at {width}x{height}" if width and height else ""
