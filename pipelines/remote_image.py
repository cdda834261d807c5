"""remote-image: pictures by a model on another machine, asked over HTTP as OpenAI is.

The server decides what it can do; what it refuses is told in its own words. Loads no weights here
and knows none; the licence of the model there is what the person says it is.
"""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from pipelines.open.options import side
from pipelines.remote import address, client, options, pictures
from pipelines.remote.family import RemoteFamily
from pipelines.remote.said import said
from studio.errors import PipelineError
from studio.media import Image
from studio.pictures import open_picture, read_picture, size_like
from studio.spec import (
    InputImage,
    InputMask,
    InputReference,
    OnStep,
    Params,
    Step,
    in_chinese,
)

SIDE, LEAST, MOST = 1024, 64, 4096
MOST_WORDS = 20_000
STEPS = 2
"""Asked, and answered: a server tells nothing in between."""


class RemoteImageParams(options.RemoteParams):
    width: int = side("Width", SIDE, 8, MOST, LEAST)
    height: int = side("Height", SIDE, 8, MOST, LEAST)
    image: InputImage | None = Field(
        default=None,
        description="Picture to change",
        json_schema_extra=in_chinese("图片", "要修改的图片"),
    )
    mask: InputMask | None = Field(
        default=None,
        description="White where the picture may change",
        json_schema_extra=in_chinese("蒙版", "白色处可以改变"),
    )
    reference: InputReference | None = Field(
        default=None,
        description="Picture to look at, beside the one to change",
        json_schema_extra=in_chinese("参考图片", "另一张供参考的图片"),
    )

    @model_validator(mode="before")
    @classmethod
    def _shaped(cls, given: Any) -> Any:
        """Without a size asked for, a picture to change keeps its shape."""
        if not isinstance(given, dict) or not given.get("image"):
            return given
        if given.get("width") or given.get("height"):
            return given
        with open_picture(Path(given["image"])) as picture:
            width, height = size_like(picture.width, picture.height, SIDE, LEAST, MOST)
        return {**given, "width": width, "height": height}

    @model_validator(mode="after")
    def _belongs_together(self) -> "RemoteImageParams":
        for name in ("mask", "reference"):
            if getattr(self, name) and not self.image:
                raise ValueError(f"{name} was given without image; give image too")
        return self


class RemoteImage:
    """Asks a server for one picture at a time."""

    def __init__(self, server: address.Address) -> None:
        self.server = server

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, RemoteImageParams)
        asking = Step(1, STEPS)
        on_step(asking)
        answer = client.ask(self.server, question(params), lambda: on_step(asking))
        found = None if answer.media_type.startswith("image/") else answer.json()
        item = {} if found is None else pictures.first_of(answer, found)
        data = answer.body if found is None else pictures.in_words(answer, item)
        if data is None:
            data = self._followed(item["url"], params, lambda: on_step(asking))
        facts = said(params, answer, found)
        if isinstance(item.get("revised_prompt"), str) and item["revised_prompt"]:
            facts["prompt"] = item["revised_prompt"][:MOST_WORDS]
        image = _image(pictures.decoded(answer, data), params, facts)
        on_step(Step(STEPS, STEPS))
        return image

    def _followed(self, url: str, params: RemoteImageParams, on_wait: Any) -> bytes:
        path = client.link(self.server, url)
        limit = {"timeout_s": params.timeout_s, "max_bytes": pictures.MAX_ANSWER_BYTES}
        return client.ask(self.server, client.Question(path, **limit), on_wait).body


def question(params: RemoteImageParams) -> client.Question:
    """What the server is asked, in its own terms."""
    body = {
        "prompt": params.prompt,
        "n": 1,
        "size": f"{params.width}x{params.height}",
        **options.asked(params),
    }
    if params.server != "openai":
        body["response_format"] = "b64_json"
    if params.server == "sglang":
        # Otherwise it takes JPEG.
        body["output_format"] = "png"
    if params.image is None:
        path, files = "/images/generations", ()
    else:
        path, files = "/images/edits", _files(params, params.image)
    return client.Question(path, body, files, params.timeout_s, pictures.MAX_ANSWER_BYTES)


def _files(params: RemoteImageParams, image: Path) -> tuple[client.Upload, ...]:
    name = "image" if params.reference is None or params.server != "openai" else "image[]"
    files = [pictures.upload(name, image)]
    if params.reference is not None:
        files.append(pictures.upload(name, params.reference))
    if params.mask is not None:
        files.append(pictures.mask_upload(params.mask, read_picture(image).size, params.server))
    return tuple(files)


def _image(picture: PIL.Image.Image, params: RemoteImageParams, facts: dict[str, str]) -> Image:
    if picture.width * picture.height > MOST * MOST:
        raise PipelineError(
            f"{params.base_url} made {picture.width}x{picture.height}; ask for a smaller size"
        )
    if picture.size != (params.width, params.height):
        facts = {
            **facts,
            "differs": f"asked for {params.width}x{params.height}, "
            f"the server made {picture.width}x{picture.height}",
        }
    return Image(np.array(picture), facts)


FAMILY = RemoteFamily(
    name="remote-image",
    kind="image",
    about="Pictures by a server: vLLM-Omni, SGLang or any OpenAI-style one",
    about_zh="由服务器生成图片：vLLM-Omni、SGLang 或任何 OpenAI 风格的接口",
    params=RemoteImageParams,
    model=RemoteImage,
).family()
