"""Prompts in the form that a model's text encoder reads, and whether they fit into it.

Knows no family.
"""

from collections.abc import Callable
from typing import Any

from studio.errors import RequestError


def check_length(
    tokenizer: Any, text: str, most: int, wrap: Callable[[str], str] | None = None
) -> None:
    """Refuse a text that the model would cut.

    Args:
        most: how many tokens the model reads.
        wrap: puts the text into what is read with it, such as a chat.

    Raises:
        RequestError: it is longer than `most` tokens.
    """
    count = len(tokenizer(wrap(text) if wrap else text).input_ids)
    if count > most:
        raise RequestError(
            f"the prompt has {count} tokens, this model reads {most}; "
            f"shorten it to about {len(text) * most // count} characters"
        )


def chat(tokenizer: Any, thinks: bool) -> Callable[[str], str]:
    """Puts a text into a chat's first message, as the encoders of the Qwen3 kind read it."""

    def wrap(text: str) -> str:
        return tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=thinks,
        )

    return wrap
