"""Pictures on their way to a server and back: forms to send, answers to read.

Knows the image interfaces of OpenAI, vLLM-Omni and SGLang, and no family.
"""

import base64
import binascii
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from pipelines.remote.client import Answer, Upload
from studio.errors import PipelineError, RequestError
from studio.pictures import read_mask, read_picture

MAX_ANSWER_BYTES = 200_000_000


def upload(name: str, path: Path) -> Upload:
    """A picture as PNG, upright and without the metadata of its file."""
    return _png(name, read_picture(path))


def mask_upload(path: Path, size: tuple[int, int], server: str) -> Upload:
    """A mask, white where the picture may change, as the server wants it.

    vLLM-Omni takes it so; OpenAI takes what is transparent for what may change.

    Raises:
        RequestError: it is of another size than the picture, or the server takes none.
    """
    if server == "sglang":
        raise RequestError("server sglang takes no mask; leave mask out")
    mask = read_mask(path, size)
    if server == "vllm-omni":
        return _png("mask_image", mask)
    rgba = np.zeros((size[1], size[0], 4), np.uint8)
    rgba[..., 3] = 255 - np.asarray(mask)
    return _png("mask", PIL.Image.fromarray(rgba))


def _png(name: str, picture: PIL.Image.Image) -> Upload:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return name, (f"{name}.png", file.getvalue(), "image/png")


def first_of(answer: Answer, found: Any) -> Mapping[str, Any]:
    """The first item of an answer's JSON.

    Raises:
        PipelineError: it has none.
    """
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise no_picture(answer, "its JSON has no data")
    return data[0]


def in_words(answer: Answer, item: Mapping[str, Any]) -> bytes | None:
    """The picture's file from the item itself; None where there is only a link to it.

    Raises:
        PipelineError: neither is there.
    """
    text = item.get("b64_json")
    if isinstance(text, str) and text:
        try:
            return base64.b64decode(text.rpartition("base64,")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise no_picture(answer, "its b64_json is no base64") from error
    if isinstance(item.get("url"), str) and item["url"]:
        return None
    raise no_picture(answer, "it has neither b64_json nor url")


def decoded(answer: Answer, data: bytes) -> PIL.Image.Image:
    """The picture in a file that came back, RGB or RGBA.

    Raises:
        PipelineError: it is none, or too large.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        path.write_bytes(data)
        try:
            return read_picture(path)
        except RequestError as error:
            raise no_picture(answer, str(error).partition(";")[0]) from error


def no_picture(answer: Answer, why: str) -> PipelineError:
    return PipelineError(
        f"{answer.url} answered {answer.status} without a picture: {why}; "
        "check base_url, and that the server's model makes pictures"
    )
