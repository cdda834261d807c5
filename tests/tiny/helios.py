"""Toy Helioses: the distilled one, and those that take guidance, in three sizes or in one."""

from pathlib import Path
from typing import Any

from diffusers import (
    HeliosDMDScheduler,
    HeliosPipeline,
    HeliosPyramidPipeline,
    HeliosScheduler,
    HeliosTransformer3DModel,
)

from tests.tiny.parts import seeded, umt5_words
from tests.tiny.wan import SHAPE, wan_vae


def build(folder: Path) -> None:
    scheduler = HeliosDMDScheduler()
    HeliosPyramidPipeline(**_parts(), scheduler=scheduler, is_distilled=True).save_pretrained(
        folder
    )


def build_base(folder: Path) -> None:
    HeliosPipeline(**_parts(), scheduler=HeliosScheduler(stages=1)).save_pretrained(folder)


def build_mid(folder: Path) -> None:
    scheduler = HeliosScheduler()
    HeliosPyramidPipeline(**_parts(), scheduler=scheduler, is_cfg_zero_star=True).save_pretrained(
        folder
    )


def _parts() -> dict[str, Any]:
    return {**umt5_words(), "vae": seeded(wan_vae), "transformer": seeded(_transformer)}


def _transformer() -> HeliosTransformer3DModel:
    return HeliosTransformer3DModel(**SHAPE, in_channels=4, rope_dim=(4, 4, 4))
