"""A toy SkyReels-V2 of the diffusion forcing kind."""

from pathlib import Path

from diffusers import SkyReelsV2DiffusionForcingPipeline, SkyReelsV2Transformer3DModel

from tests.tiny.parts import flow_scheduler, seeded, umt5_words
from tests.tiny.wan import SHAPE, wan_vae


def build(folder: Path) -> None:
    SkyReelsV2DiffusionForcingPipeline(
        **umt5_words(),
        vae=seeded(wan_vae),
        transformer=seeded(_transformer),
        scheduler=flow_scheduler(8.0),
    ).save_pretrained(folder)


def _transformer() -> SkyReelsV2Transformer3DModel:
    return SkyReelsV2Transformer3DModel(
        **SHAPE, in_channels=4, rope_max_seq_len=32, inject_sample_info=True, num_frame_per_block=1
    )
