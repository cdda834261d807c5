"""Components that several families share, at toy size. Knows no family."""

from typing import Any

import torch


def seeded(make: Any) -> Any:
    """Makes a component from fixed random weights, ready for use."""
    torch.manual_seed(0)
    made = make()
    with torch.no_grad():
        for value in made.parameters():
            # Some classes leave parameters as they find them in memory.
            if value.ndim < 2:
                value.copy_(torch.randn_like(value) * 0.02 + 1)
    return made.eval()


def vae(channels: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    options: dict[str, Any] = {
        "in_channels": 3,
        "out_channels": 3,
        "block_out_channels": (8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 2,
        "up_block_types": ("UpDecoderBlock2D",) * 2,
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "latent_channels": channels,
        "sample_size": 32,
    }
    return seeded(lambda: AutoencoderKL(**options, **more))


def qwen_tokenizer() -> Any:
    """A byte-level tokenizer of 258 words, with a chat template."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    words = ["<|endoftext|>", "<|im_end|>", *sorted(ByteLevel.alphabet())]
    tokenizer = Qwen2Tokenizer(vocab={word: at for at, word in enumerate(words)}, merges=[])
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return tokenizer


def qwen3(vocabulary: int, width: int = 16) -> Any:
    from transformers import Qwen3Config, Qwen3Model

    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=1024,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    return seeded(lambda: Qwen3Model(config))
