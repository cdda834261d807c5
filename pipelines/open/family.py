"""Makes a family of openly published models from what is its own: options, classes, checkpoints.

Knows no family.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.open import checkpoints, ip_adapter, ladder, lora, memory, run
from pipelines.open.methods import Method
from pipelines.open.plan import plan
from studio.errors import ResourceError
from studio.fit import Rung
from studio.lesson import Learner, Lesson, Teaching
from studio.spec import Checkpoint, Family, Kind, Model, Params, Weights, unwatched

LOADS_BY = ("checkpoint", "precision", "fit")
PART_INDEX = checkpoints.PART_INDEX


def _nothing(folder: Path) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class OpenFamily:
    """What a family of open models says of itself.

    `classes`: the pipelines of diffusers that its checkpoints may be of. `model`: makes the model
    of a loaded pipeline. `published`: its checkpoints, the default one first.
    """

    name: str
    kind: Kind
    about: str
    about_zh: str
    params: type[Params]
    classes: tuple[str, ...]
    model: Callable[[run.Pipeline], Model]
    published: tuple[Checkpoint, ...]
    leaves_out: tuple[str, ...] = ()
    """Parts of its checkpoints that are not loaded."""

    makes: Callable[[Path], dict[str, Any]] = _nothing
    """Makes parts of a checkpoint, by name, that its pipeline cannot load itself."""

    controlnet: str = ""
    """The class of diffusers of its ControlNets, which the option `controlnet` names."""

    union: str = ""
    """The class of those that follow several kinds of pictures."""

    upscaler: str = ""
    """The class of its models that enlarge latents, which the option `upscaler` names."""

    eyes: ip_adapter.Eyes | None = None
    """What it looks at pictures with, by the option `ip_adapter`; None where it needs nothing."""

    teaches: Method | None = None
    """How its denoiser learns from pictures; None where nobody has written that down."""

    needs: tuple[str, ...] = ()
    """Packages of Python that only this family needs."""

    def family(self) -> Family:
        return Family(
            name=self.name,
            kind=self.kind,
            about=self.about,
            about_zh=self.about_zh,
            params=self.params,
            load=self._load,
            licence=self.published[0].licence,
            licence_of=self._licence,
            memory_bytes=self.published[0].size_bytes,
            memory=self._needed,
            ladder=self._ladder,
            weights=self._weights,
            checkpoints=self.published,
            is_here=self._is_here,
            loads_by=LOADS_BY + self._more(),
            teaching=self._teaching(),
        )

    def _more(self) -> tuple[str, ...]:
        """Options beyond every family's that decide what is loaded."""
        adapter = ("adapter",) if "adapter" in self.params.model_fields else ()
        eyes = ("ip_adapter",) if self.eyes else ()
        return adapter + tuple(self._beside) + eyes

    @property
    def _beside(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Options that name a model beside the checkpoint: how pipelines call it, its classes."""
        found = {
            "controlnet": ("controlnet", (self.controlnet, self.union)),
            "upscaler": ("latent_upsampler", (self.upscaler,)),
        }
        return {
            option: (called, tuple(filter(None, classes)))
            for option, (called, classes) in found.items()
            if any(classes)
        }

    def _named(self, given: Mapping[str, Any]) -> list[str]:
        """The models beside the checkpoint that options name."""
        return [given[option] for option in self._beside if given.get(option)]

    def _teaching(self) -> Teaching | None:
        """A LoRA of few pictures: the numbers that trainers of such models begin with."""
        if self.teaches is None:
            return None
        usual = self.teaches
        return Teaching(self._learner, 16, 1e-4, 1, 1000, usual.checkpoint, usual.side)

    def _learner(self, lesson: Lesson, device: str) -> Learner:
        from pipelines.open.learning import OpenLearner

        method = self.teaches
        assert method is not None
        self._check_packages()
        folder = checkpoints.find(lesson.checkpoint)
        parts = {**dict.fromkeys(self.leaves_out), **self.makes(folder)}
        pipeline = run.load(self.classes, folder, plan("whole", "auto", device), **parts)
        model = self.model(pipeline)

        def draws(prompt: str, seed: int) -> Any:
            size = {"width": lesson.side, "height": lesson.side}
            given = {"prompt": prompt, "seed": seed, "checkpoint": lesson.checkpoint, **size}
            return model(self.params.model_validate(given), unwatched)

        files = checkpoints.weights(lesson.checkpoint, "")
        hashes = sorted(each.sha256 for each in files if method.part in each.path.parts)
        base = (lesson.checkpoint, hashlib.sha256("".join(hashes).encode()).hexdigest())
        return OpenLearner(pipeline, method, lesson, base, draws)

    def _check_packages(self) -> None:
        """Refuse before anything is loaded.

        Raises:
            ResourceError: a package is not installed.
        """
        for name in self.needs:
            if importlib.util.find_spec(name) is None:
                raise ResourceError(
                    f"{self.name} needs the Python package {name}, which is not installed; "
                    f"run: pip install {name}"
                )

    def _ladder(self, params: Params, device: str) -> tuple[Rung, ...]:
        found = ladder.ladder(params, device, self.published, self.leaves_out)
        count = self._count_beside(params)
        if not count:
            return found
        return tuple(
            replace(
                rung,
                device_bytes=rung.device_bytes + count * memory.BYTES[rung.settings["precision"]],
            )
            for rung in found
        )

    def _count_beside(self, params: Params) -> int:
        """Numbers in the models beside the checkpoint that are here; loading refuses others."""
        given = params.model_dump()
        here = [name for name in self._named(given) if checkpoints.is_here(name, PART_INDEX)]
        parts = (checkpoints.parameters(checkpoints.find(each, PART_INDEX)) for each in here)
        count = sum(sum(each.values()) for each in parts)
        name = given.get("ip_adapter")
        if self.eyes and name and ip_adapter.is_here(name, self.eyes):
            count += ip_adapter.count(name, self.eyes)
        return count

    def _load(self, device: str, checkpoint: str, precision: str, fit: str, **more: str) -> Model:
        self._check_packages()
        folder = checkpoints.find(checkpoint)
        layout = plan(fit, precision, device)
        parts = {**dict.fromkeys(self.leaves_out), **self.makes(folder)}
        looks = self._looks(more.get("ip_adapter", ""), checkpoint)
        if looks is not None:
            parts |= ip_adapter.parts(looks.found, layout)
        pipeline = run.load(
            self.classes, folder, layout, looks, self._adds(more, checkpoint), **parts
        )
        for option, (called, classes) in self._beside.items():
            if more.get(option):
                found = checkpoints.find(more[option], PART_INDEX)
                pipeline.parts[called] = run.part(classes, found, layout)
        return self.model(pipeline)

    def _adds(self, more: Mapping[str, str], checkpoint: str) -> Callable[[Any], None] | None:
        """What puts the LoRA files that are named into a pipeline; None where none are."""
        if not more.get("adapter"):
            return None
        return lambda pipe: lora.add(pipe, more["adapter"], checkpoint, self.name)

    def _looks(self, name: str, checkpoint: str) -> ip_adapter.Looks | None:
        """What adds the IP-Adapter of that name to the denoiser; None where none is named."""
        if self.eyes is None or not name:
            return None
        return ip_adapter.Looks(ip_adapter.find(name, self.eyes), checkpoint)

    def _weights(self, checkpoint: str, adapter: str = "", **more: Any) -> tuple[Weights, ...]:
        found = checkpoints.weights(checkpoint, checkpoints.licence(checkpoint, self.published))
        used = tuple(each for each in found if each.path.parent.name not in self.leaves_out)
        used += lora.weights(adapter, self.name)
        for each in self._named(more):
            licence = checkpoints.licence(each, (), PART_INDEX)
            used += checkpoints.weights(each, licence, PART_INDEX)
        if self.eyes and more.get("ip_adapter"):
            used += ip_adapter.weights(more["ip_adapter"], self.eyes)
        return used

    def _needed(self, checkpoint: str, precision: str, adapter: str = "", **more: Any) -> int:
        needed = memory.needed(checkpoint, precision) + lora.size_bytes(adapter, self.name)
        for each in self._named(more):
            files = checkpoints.files(checkpoints.find(each, PART_INDEX))
            needed += sum(path.stat().st_size for path in files)
        if self.eyes and more.get("ip_adapter"):
            needed += ip_adapter.size_bytes(more["ip_adapter"], self.eyes)
        return needed

    def _licence(self, checkpoint: str, adapter: str = "", **more: Any) -> str:
        base = checkpoints.licence(checkpoint, self.published)
        found = [lora.licence_with(base, adapter, self.name)]
        found += [checkpoints.licence(each, (), PART_INDEX) for each in self._named(more)]
        if self.eyes and more.get("ip_adapter"):
            found.append(ip_adapter.licence(more["ip_adapter"], self.eyes))
        return " AND ".join(dict.fromkeys(" AND ".join(found).split(" AND ")))

    def _is_here(self, checkpoint: str, **more: Any) -> bool:
        if (
            self.eyes
            and (name := more.get("ip_adapter"))
            and not ip_adapter.is_here(name, self.eyes)
        ):
            return False
        return checkpoints.is_here(checkpoint) and all(
            checkpoints.is_here(each, PART_INDEX) for each in self._named(more)
        )
