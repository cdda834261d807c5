"""Components that several families share, at toy size. Knows no family."""

from typing import Any

import torch


def seeded(make: Any) -> Any:
    """Makes a component from fixed random weights, ready for use."""
    torch.manual_seed(0)
    made = make()
    with torch.no_grad():
        for name, value in made.named_parameters():
            # Some classes leave parameters as they find them in memory, or begin with noughts that
            # keep what they are given from having any effect.
            if value.ndim < 2:
                value.copy_(torch.randn_like(value) * 0.02 + (not name.endswith("bias")))
            elif not value.any():
                value.copy_(torch.randn_like(value) * 0.1)
    return made.eval()


def vae(channels: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    widths = more.pop("block_out_channels", (8, 8))
    options: dict[str, Any] = {
        "in_channels": 3,
        "out_channels": 3,
        "block_out_channels": widths,
        "down_block_types": ("DownEncoderBlock2D",) * len(widths),
        "up_block_types": ("UpDecoderBlock2D",) * len(widths),
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


def qwen3_causal(vocabulary: int, layers: int, width: int = 8) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=1024,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    return seeded(lambda: Qwen3ForCausalLM(config))


def flux2_vae(**more: Any) -> Any:
    from diffusers import AutoencoderKLFlux2

    options: dict[str, Any] = {
        "block_out_channels": (8, 8, 8, 8),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "latent_channels": 4,
        "sample_size": 32,
    }
    return seeded(lambda: AutoencoderKLFlux2(**options, **more))


def clip_tokenizer() -> Any:
    """A tokenizer of single bytes, each within a word or at its end, that reads 77 tokens."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{each}</w>" for each in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: at for at, word in enumerate(words)}, merges=[], model_max_length=77
    )


def clip(vocabulary: int, width: int = 16, projects: bool = True) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=width,
        pad_token_id=vocabulary - 1,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
    )
    return seeded(lambda: (CLIPTextModelWithProjection if projects else CLIPTextModel)(config))


def t5_tokenizer() -> Any:
    """A tokenizer of letters that reads 512 tokens."""
    from transformers import T5Tokenizer

    words = ["<pad>", "</s>", "<unk>", "▁", *map(chr, range(33, 127))]
    vocab = [(word, -float(at)) for at, word in enumerate(words)]
    return T5Tokenizer(vocab=vocab, extra_ids=0, model_max_length=512)


def t5(vocabulary: int, width: int = 16) -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=vocabulary, d_model=width, d_kv=8, d_ff=2 * width, num_layers=2, num_heads=2
    )
    return seeded(lambda: T5EncoderModel(config))


def umt5(vocabulary: int, width: int = 16) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    config = UMT5Config(
        vocab_size=vocabulary, d_model=width, d_kv=8, d_ff=2 * width, num_layers=2, num_heads=2
    )
    return seeded(lambda: UMT5EncoderModel(config))


def umt5_words() -> dict[str, Any]:
    """The tokenizer and the text encoder of clip makers of Wan's kind."""
    tokenizer = t5_tokenizer()
    return {"tokenizer": tokenizer, "text_encoder": umt5(len(tokenizer))}


def flow_scheduler(shift: float) -> Any:
    from diffusers import UniPCMultistepScheduler

    return UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift
    )


def gemma_tokenizer() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import GemmaTokenizer

    words = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", "\n", *sorted(ByteLevel.alphabet())]
    return GemmaTokenizer(vocab={word: at for at, word in enumerate(words)}, merges=[])
