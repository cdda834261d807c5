"""How the denoisers of diffusers are trained: what they read, what they are asked, what they say.

One `Method` for each kind, as its makers' papers and training scripts have it. Loads no library: a
method is only looked at until a lesson begins. Knows nothing of lessons, files or time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
"""The matrices of attention, which a LoRA usually changes (Hu et al. 2021, section 4.2)."""

JOINT = ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
"""Those for the words, where words and picture have their own."""

TIMES = 1000
"""Times of a schedule, as transformers count them."""


def usual_latent(pipe: Any, pixels: "Tensor") -> "Tensor":
    """The latent (1, C, h, w) of a picture (1, 3, H, W) in [-1, 1], scaled for the denoiser."""
    config = pipe.vae.config
    mode = pipe.vae.encode(pixels).latent_dist.mode()
    return (mode - (getattr(config, "shift_factor", None) or 0)) * config.scaling_factor


@dataclass(frozen=True)
class Method:
    """How a family's denoiser is trained.

    `checkpoint`: the weights to teach where nobody names others: undistilled ones, for distilled
    ones forget their few steps; what they learn fits both. `side`: of the pictures, in px. `words`:
    what the encoders make of a caption. `predict`: what the denoiser says of a noisy latent
    (1, C, h, w) at a time (1,), with words: by "flow", the velocity, noise less picture, at a share
    of noise in [0, 1]; by "diffusion", noise or velocity, as the scheduler has it, at a
    whole-numbered time.
    """

    checkpoint: str
    part: Literal["transformer", "unet"]
    words: Callable[[Any, str], Any]
    predict: "Callable[[Any, Tensor, Tensor, Any], Tensor]"
    kind: Literal["flow", "diffusion"] = "flow"
    targets: tuple[str, ...] = ATTENTION
    latent: "Callable[[Any, Tensor], Tensor]" = usual_latent
    side: int = 1024


def _sdxl_words(pipe: Any, caption: str) -> Any:
    tokens, _, pooled, _ = pipe.encode_prompt(
        prompt=caption, device=pipe.text_encoder.device, do_classifier_free_guidance=False
    )
    return tokens, pooled


def _sdxl_predict(pipe: Any, noisy: "Tensor", time: "Tensor", words: Any) -> "Tensor":
    tokens, pooled = words
    height, width = (length * pipe.vae_scale_factor for length in noisy.shape[-2:])
    # Size before and after cropping, and where it was cropped (Podell et al. 2023, section 2.2).
    sizes = noisy.new_tensor([[height, width, 0, 0, height, width]])
    return pipe.unet(
        noisy,
        time,
        encoder_hidden_states=tokens,
        added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes},
        return_dict=False,
    )[0]


def _sd3_words(pipe: Any, caption: str) -> Any:
    tokens, _, pooled, _ = pipe.encode_prompt(
        *[caption] * 3, device=pipe.text_encoder.device, do_classifier_free_guidance=False
    )
    return tokens, pooled


def _sd3_predict(pipe: Any, noisy: "Tensor", time: "Tensor", words: Any) -> "Tensor":
    tokens, pooled = words
    return pipe.transformer(
        hidden_states=noisy,
        timestep=time * TIMES,
        encoder_hidden_states=tokens,
        pooled_projections=pooled,
        return_dict=False,
    )[0]


def _z_image_words(pipe: Any, caption: str) -> Any:
    device = pipe.text_encoder.device
    # A tokenizer without a chat template makes no token of nothing, and it needs one.
    return pipe.encode_prompt(caption or " ", device, do_classifier_free_guidance=False)[0]


def _z_image_predict(pipe: Any, noisy: "Tensor", time: "Tensor", words: Any) -> "Tensor":
    # It takes pictures as clips of one frame, counts time from noise, and says the opposite.
    said = pipe.transformer([noisy[0, :, None]], 1 - time, words, return_dict=False)[0]
    return -said[0].transpose(0, 1)


def _flux2_words(pipe: Any, caption: str) -> Any:
    return pipe.encode_prompt(caption, pipe.text_encoder.device)


def _flux2_predict(pipe: Any, noisy: "Tensor", time: "Tensor", words: Any) -> "Tensor":
    tokens, places = words
    said = pipe.transformer(
        hidden_states=pipe._pack_latents(noisy),
        timestep=time,
        guidance=None,
        encoder_hidden_states=tokens,
        txt_ids=places,
        img_ids=pipe._prepare_latent_ids(noisy).to(noisy.device),
        return_dict=False,
    )[0]
    return said.transpose(1, 2).reshape(noisy.shape)


def _flux2_latent(pipe: Any, pixels: "Tensor") -> "Tensor":
    return pipe._encode_vae_image(pixels, None)


SDXL = Method(
    "stabilityai/stable-diffusion-xl-base-1.0", "unet", _sdxl_words, _sdxl_predict, "diffusion"
)
SD3 = Method(
    "stabilityai/stable-diffusion-3.5-medium",
    "transformer",
    _sd3_words,
    _sd3_predict,
    targets=ATTENTION + JOINT,
)
Z_IMAGE = Method("Tongyi-MAI/Z-Image", "transformer", _z_image_words, _z_image_predict)
FLUX2_KLEIN = Method(
    "black-forest-labs/FLUX.2-klein-base-4B",
    "transformer",
    _flux2_words,
    _flux2_predict,
    targets=(*ATTENTION, *JOINT, "to_qkv_mlp_proj"),
    latent=_flux2_latent,
)
