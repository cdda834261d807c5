"""Mid-size models of the real classes with random weights, to measure with where none are here.

A hundred million numbers each: large enough that weights and features rule time and memory, small
enough for a CPU. What they draw means nothing. Knows four families by the classes of diffusers.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines.open import packed, single_file
from pipelines.open.checkpoints import INDEX
from studio.adapt import quiet_libraries


def z_image(folder: Path) -> None:
    """A Z-Image of 78 M in the denoiser, 27 M in the encoder; its files in bf16, as published."""
    import torch
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        ZImagePipeline,
        ZImageTransformer2DModel,
    )

    tokenizer = _qwen_tokenizer()
    transformer = filled(
        lambda: ZImageTransformer2DModel(
            in_channels=16,
            dim=640,
            n_layers=10,
            n_refiner_layers=2,
            n_heads=5,
            n_kv_heads=5,
            cap_feat_dim=512,
            axes_dims=[32, 48, 48],
            axes_lens=[1024, 512, 512],
        )
    )
    pipe = ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(16, scaling_factor=0.36, shift_factor=0.12),
        text_encoder=_qwen3(),
        tokenizer=tokenizer,
        transformer=transformer,
    )
    pipe.to(torch.bfloat16).save_pretrained(folder)


def sdxl(folder: Path) -> None:
    """A Stable Diffusion XL of 209 M in the denoiser; its files in fp32."""
    from diffusers import (
        EulerDiscreteScheduler,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )

    tokenizer = _clip_tokenizer()
    # What diffusers takes as a tuple, its types call a number.
    shape: Any = {"transformer_layers_per_block": (1, 2, 4), "attention_head_dim": (2, 4, 8)}
    unet = filled(
        lambda: UNet2DConditionModel(
            **shape,
            in_channels=4,
            out_channels=4,
            block_out_channels=(128, 256, 512),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=2,
            cross_attention_dim=768,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=64,
            projection_class_embeddings_input_dim=6 * 64 + 512,
        )
    )
    scheduler: Any = EulerDiscreteScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
    )
    StableDiffusionXLPipeline(
        vae=_vae(4, scaling_factor=0.13025),
        text_encoder=_clip(256, projects=False),
        text_encoder_2=_clip(512),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=scheduler,
        add_watermarker=False,
    ).save_pretrained(folder)


def wan(folder: Path) -> None:
    """A Wan of 74 M in the denoiser, with Wan 2.1's autoencoder at half of its width; in bf16."""
    import torch
    from diffusers import (
        AutoencoderKLWan,
        UniPCMultistepScheduler,
        WanPipeline,
        WanTransformer3DModel,
    )

    transformer = filled(
        lambda: WanTransformer3DModel(
            num_attention_heads=6,
            attention_head_dim=128,
            text_dim=512,
            ffn_dim=2048,
            num_layers=10,
            rope_max_seq_len=256,
        )
    )
    # Noise has no need of the statistics of real latents.
    plain: Any = {"latents_mean": [0.0] * 16, "latents_std": [1.0] * 16}
    scheduler: Any = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    pipe = WanPipeline(
        tokenizer=_t5_tokenizer(),
        text_encoder=_umt5(512),
        transformer=transformer,
        vae=filled(lambda: AutoencoderKLWan(base_dim=48, z_dim=16, **plain)),
        scheduler=scheduler,
    )
    pipe.to(torch.bfloat16).save_pretrained(folder)


def ace_step(folder: Path) -> None:
    """An ACE-Step of 60 M in the denoiser, with the autoencoder of its makers; in bf16."""
    import torch
    from diffusers import (
        AceStepPipeline,
        AceStepTransformer1DModel,
        AutoencoderOobleck,
        FlowMatchEulerDiscreteScheduler,
    )
    from diffusers.pipelines.ace_step import AceStepConditionEncoder

    shape: dict[str, Any] = {"hidden_size": 640, "intermediate_size": 1920, "head_dim": 128}
    shape |= {"num_attention_heads": 5, "num_key_value_heads": 5}
    sound: dict[str, Any] = {
        "downsampling_ratios": [2, 4, 4, 6, 10],
        "channel_multiples": [1, 2, 4, 8, 16],
        "sampling_rate": 48_000,
    }
    conditions = filled(
        lambda: AceStepConditionEncoder(
            text_hidden_dim=512,
            num_lyric_encoder_hidden_layers=2,
            num_timbre_encoder_hidden_layers=2,
            **shape,
        )
    )
    pipe = AceStepPipeline(
        vae=filled(lambda: AutoencoderOobleck(**sound)),
        text_encoder=_qwen3(),
        tokenizer=_qwen_tokenizer(),
        transformer=filled(
            lambda: AceStepTransformer1DModel(num_hidden_layers=8, is_turbo=True, **shape)
        ),
        condition_encoder=conditions,
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
    )
    pipe.to(torch.bfloat16).save_pretrained(folder)


MODELS: dict[str, Callable[[Path], None]] = {
    "z-image": z_image,
    "sdxl": sdxl,
    "wan": wan,
    "ace-step": ace_step,
}


def build(family: str, folder: Path) -> Path:
    """The folder with a family's random weights, made if it is not there."""
    made = folder / family
    if not (made / INDEX).is_file():
        quiet_libraries()
        from diffusers.utils import logging

        logging.disable_progress_bar()
        MODELS[family](made)
    return made


def build_packed(family: str, folder: Path, kind: str) -> Path:
    """As `build`, with the denoiser's weights in a GGUF file; see `pack`."""
    made, weights = folder / f"{family}-{kind}", build(family, folder)
    if not (made / INDEX).is_file():
        file = pack(weights / packed.PART, folder / f"{family}-{kind}.gguf", kind)
        made.mkdir(exist_ok=True)
        single_file.unpack(file, weights, made)
    return made


def pack(
    folder: Path,
    file: Path,
    kind: str = "Q8_0",
    rename: Callable[[str], str] = str,
    about: Mapping[str, str] | None = None,
) -> Path:
    """The weights in a part's folder as a GGUF file, its matrices packed as `kind`.

    Args:
        rename: gives each tensor the name that it has in the file.
        about: texts for the header, by key.

    Raises:
        ResourceError: the package gguf is not installed.
    """
    packed.check()
    import gguf
    from safetensors.torch import load_file

    packing = gguf.GGMLQuantizationType[kind]
    writer = gguf.GGUFWriter(file, "random")
    for key, text in (about or {}).items():
        writer.add_string(key, text)
    for path in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(path).items():
            _add(writer, rename(name), tensor.float().numpy(), packing)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add(writer: Any, name: str, value: Any, packing: Any) -> None:
    from gguf import quants

    # Numbers share a scale in blocks of 32.
    if value.ndim == 2 and value.shape[1] % 32 == 0 and name.endswith(".weight"):
        writer.add_tensor(name, quants.quantize(value, packing), raw_dtype=packing)
        return
    if value.ndim > 4:
        # The format knows four dimensions; of more, the shape goes into the header.
        writer.add_array(packed.SHAPE + name, list(value.shape))
        value = value.reshape(value.shape[0], -1)
    writer.add_tensor(name, value)


def filled(make: Callable[[], Any]) -> Any:
    """A component with weights that are the same every time, none of them left as found."""
    import torch

    torch.manual_seed(0)
    made = make()
    with torch.no_grad():
        for value in made.parameters():
            if value.ndim < 2:
                value.copy_(torch.randn_like(value) * 0.02 + 1)
    return made.eval()


def _vae(channels: int, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    options: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": (64, 128, 256, 256),
        "layers_per_block": 2,
        "latent_channels": channels,
        "sample_size": 1024,
    }
    return filled(lambda: AutoencoderKL(**options, **more))


def _qwen_tokenizer() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    words = ["<|endoftext|>", "<|im_end|>", *sorted(ByteLevel.alphabet())]
    tokenizer = Qwen2Tokenizer(vocab={word: at for at, word in enumerate(words)}, merges=[])
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return tokenizer


def _qwen3() -> Any:
    from transformers import Qwen3Config, Qwen3Model

    config = Qwen3Config(
        vocab_size=16_000,
        hidden_size=512,
        intermediate_size=1536,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=64,
        max_position_embeddings=1024,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    return filled(lambda: Qwen3Model(config))


def _t5_tokenizer() -> Any:
    from transformers import T5Tokenizer

    words = ["<pad>", "</s>", "<unk>", "\u2581", *map(chr, range(33, 127))]
    vocab = [(word, -float(at)) for at, word in enumerate(words)]
    return T5Tokenizer(vocab=vocab, extra_ids=0, model_max_length=512)


def _umt5(width: int) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    config = UMT5Config(
        vocab_size=16_000, d_model=width, d_kv=64, d_ff=1024, num_layers=6, num_heads=8
    )
    return filled(lambda: UMT5EncoderModel(config))


def _clip_tokenizer() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{each}</w>" for each in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: at for at, word in enumerate(words)}, merges=[], model_max_length=77
    )


def _clip(width: int, projects: bool = True) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=6,
        num_attention_heads=width // 64,
        projection_dim=width,
        pad_token_id=513,
        bos_token_id=512,
        eos_token_id=513,
    )
    return filled(lambda: (CLIPTextModelWithProjection if projects else CLIPTextModel)(config))
