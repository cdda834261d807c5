"""Pictures for text encoders that look at them too. Knows no family."""

from pathlib import Path
from typing import Any


def qwen_reader(folder: Path) -> Any:
    """The processor of a checkpoint with an encoder of Qwen2-VL, made for pictures only.

    The stock one reads films too, and needs torchvision for that alone.

    Args:
        folder: a checkpoint with `processor` and `tokenizer` in it.
    """
    from transformers import (
        ProcessorMixin,
        Qwen2Tokenizer,
        Qwen2VLImageProcessorPil,
        Qwen2VLProcessor,
    )

    class PictureReader(Qwen2VLProcessor):
        def __init__(
            self, image_processor: Any, tokenizer: Any, chat_template: str | None = None
        ) -> None:
            self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
            self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
            self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
            ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    return PictureReader(
        Qwen2VLImageProcessorPil.from_pretrained(folder / "processor", local_files_only=True),
        Qwen2Tokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
    )
