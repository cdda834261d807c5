"""What the options of every family of open picture models have in common, beyond each option.

Knows no family.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import model_validator

from pipelines.open import options
from pipelines.open.attention import Attention
from pipelines.open.plan import Fit
from studio.pictures import open_picture
from studio.spec import Checkpoint, Params


class OpenParams(Params):
    """What every open model is asked, filled in as the checkpoint's makers advise.

    A family sets the class variables. Its options are named as in `options`.
    """

    published: ClassVar[tuple[Checkpoint, ...]] = ()

    guided_above: ClassVar[float] = 1
    """Guidance that is not above it does nothing, and then a negative prompt does neither."""

    fit: Fit = options.fit()
    attention: Attention = options.attention()

    @model_validator(mode="before")
    @classmethod
    def _as_advised(cls, given: Any) -> Any:
        return {**advice(cls, given), **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _avoids_with_guidance(self) -> "OpenParams":
        guidance = getattr(self, "guidance", None)
        avoids = getattr(self, "negative_prompt", "")
        if avoids and guidance is not None and guidance <= self.guided_above:
            raise ValueError(
                f"negative_prompt has no effect with guidance {guidance:g}; "
                f"set guidance above {self.guided_above:g}, with a model that is made for it"
            )
        return self

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the family's usual setting stands, and the checkpoint is made for another."""
        advised = advice(cls, given)
        kept = [name for name in advised if str(given.get(name)) == str(_usual(cls, name))]
        return tuple(
            f"{given['checkpoint']} is made for {name}={advised[name]}; it is {given[name]}"
            for name in kept
        )


class PictureParams(OpenParams):
    """Keeps the shape of a picture to start from, and checks what belongs together."""

    side_step: ClassVar[int] = 16
    """Sides of pictures are multiples of it, in px."""

    controls_pictures: ClassVar[bool] = False
    """Whether a ControlNet goes with a picture to start from, too."""

    controls_masks: ClassVar[bool] = False
    """Whether a ControlNet goes with a mask, too."""

    fills_masks: ClassVar[bool] = False
    """Whether there are ControlNets that fill masks: they take image and mask, no control_image."""

    adapter: str = options.adapter()

    @model_validator(mode="before")
    @classmethod
    def _shaped(cls, given: Any) -> Any:
        return {**_shape(cls, given), **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _belongs_together(self) -> "PictureParams":
        if getattr(self, "mask", None) and not getattr(self, "image", None):
            raise ValueError("mask was given without image; give image too")
        return self

    @model_validator(mode="after")
    def _is_controlled(self) -> "PictureParams":
        control, seen, image, mask = (
            getattr(self, name, None) for name in ("controlnet", "control_image", "image", "mask")
        )
        if seen and not control or control and not (seen or self.fills_masks and mask):
            fills = " (or image and mask, if it fills masks)" if self.fills_masks else ""
            raise ValueError(f"controlnet and control_image need each other; give both{fills}")
        if seen and image and not (self.controls_masks if mask else self.controls_pictures):
            way = ", or a mask with it" if self.controls_masks else ""
            raise ValueError(f"control_image has no place beside image here; give one of them{way}")
        if control and mask and not self.controls_pictures:
            self._check_unused("strength", "with a ControlNet and a mask")
        return self

    def _check_unused(self, name: str, when: str) -> None:
        """Refuse a value that would do nothing.

        Raises:
            ValueError: the option is not at its default.
        """
        if getattr(self, name) != _usual(type(self), name):
            raise ValueError(f"{name} has no effect {when}; leave it out")


class LookingParams(OpenParams):
    """What belongs together where pictures are looked at through an IP-Adapter.

    A family has the options `reference`, more of them with numbers or none, `ip_adapter` and
    `reference_strength`.
    """

    usual_ip_adapter: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _looks_through(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("ip_adapter") or not _seen(given.get):
            return given
        return {**given, "ip_adapter": cls.usual_ip_adapter}

    @model_validator(mode="after")
    def _looks_at_something(self) -> "LookingParams":
        if getattr(self, "ip_adapter", "") and not self.seen:
            raise ValueError("ip_adapter was given without reference; give reference too")
        return self

    @property
    def seen(self) -> tuple[Path, ...]:
        """The pictures to look at."""
        return _seen(lambda name: getattr(self, name, None))


def _seen(value_of: Callable[[str], Any]) -> tuple[Path, ...]:
    return tuple(filter(None, map(value_of, ("reference", "reference_2"))))


def _usual(params: type[Params], name: str) -> Any:
    return params.model_fields[name].default


def advice(params: type[OpenParams], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the makers of the checkpoint that is asked for recommend."""
    name = str(given.get("checkpoint", "")).partition("@")[0]
    return next((each.advice for each in params.published if each.id == name), {})


def _shape(params: type[PictureParams], given: Mapping[str, Any]) -> dict[str, int]:
    """Without a size asked for, a picture to start from keeps its shape."""
    image = given.get("image")
    if not image or given.get("width") or given.get("height"):
        return {}
    area = _usual(params, "width") * _usual(params, "height")
    with open_picture(Path(image)) as picture:
        width, height = shape_like(picture.width / picture.height, area, params.side_step)
    return {"width": width, "height": height}


def shape_like(ratio: float, area: int, step: int) -> tuple[int, int]:
    """The size (width, height) in px of at most an area, of about a ratio of the sides."""
    sides = ((area * ratio) ** 0.5, (area / ratio) ** 0.5)
    width, height = (max(int(side // step), 2) * step for side in sides)
    return width, height
