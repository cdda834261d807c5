"""A toy FLUX.2 klein. Its pipeline looks at layer 27 of the encoder, so that one has as many."""

from pathlib import Path

from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
)

from tests.tiny.parts import flux2_vae, qwen3_causal, qwen_tokenizer, seeded


def build(folder: Path, is_distilled: bool = True) -> None:
    tokenizer = qwen_tokenizer()
    transformer = seeded(
        lambda: Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * 8,
            timestep_guidance_channels=32,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        )
    )
    Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=flux2_vae(),
        text_encoder=qwen3_causal(len(tokenizer), layers=27),
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=is_distilled,
    ).save_pretrained(folder)


def build_base(folder: Path) -> None:
    """One that takes guidance."""
    build(folder, is_distilled=False)
