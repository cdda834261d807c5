"""A toy SkyReels-V2 of the diffusion forcing kind."""

from pathlib import Path

from diffusers import (
    SkyReelsV2DiffusionForcingPipeline,
    SkyReelsV2Transformer3DModel,
    UniPCMultistepScheduler,
)

from tests.tiny.parts import seeded, t5_tokenizer, umt5
from tests.tiny.wan import wan_vae


def build(folder: Path) -> None:
    tokenizer = t5_tokenizer()
    SkyReelsV2DiffusionForcingPipeline(
        tokenizer=tokenizer,
        text_encoder=umt5(len(tokenizer)),
        vae=seeded(wan_vae),
        transformer=seeded(_transformer),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0
        ),
    ).save_pretrained(folder)


def _transformer() -> SkyReelsV2Transformer3DModel:
    return SkyReelsV2Transformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        text_dim=16,
        freq_dim=16,
        ffn_dim=32,
        num_layers=2,
        rope_max_seq_len=32,
        inject_sample_info=True,
        num_frame_per_block=1,
    )
