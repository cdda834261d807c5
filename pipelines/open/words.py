"""Prompts in the form that a model's text encoder reads, and whether they fit into it.

Knows no family.
"""

from collections.abc import Callable
from typing import Any

from studio.errors import RequestError


def check_length(
    tokenizer: Any, text: str, most: int, wrap: Callable[[str], str] | None = None
) -> int:
    """Refuse a text that the model would cut; returns how many tokens it has.

    Args:
        most: how many tokens the model reads.
        wrap: puts the text into what is read with it, such as a chat.

    Raises:
        RequestError: it is longer than `most` tokens.
    """
    around = len(tokenizer(wrap("")).input_ids) if wrap else 0
    count = len(tokenizer(wrap(text) if wrap else text).input_ids) - around
    most -= around
    if count > most:
        raise RequestError(
            f"the prompt has {count} tokens, this model reads {most}; "
            f"shorten it to about {len(text) * most // count} characters"
        )
    return count


def check_prompts(
    tokenizer: Any, params: Any, most: int, wrap: Callable[[str], str] | None = None
) -> int:
    """Refuse a prompt or negative prompt that the model would cut; as `check_length`.

    Returns:
        The tokens of the longer one.
    """
    texts = (params.prompt, params.negative_prompt)
    return max(check_length(tokenizer, text, most, wrap) for text in texts)


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


def in_chunks(tokenizer: Any, text: str, most: int, most_chunks: int) -> list[str]:
    """A text in pieces of at most `most` tokens each, cut between words where there are any.

    Raises:
        RequestError: it takes more than `most_chunks`.
    """
    chunks: list[str] = []
    rest = text.strip()
    while rest and len(chunks) < most_chunks:
        piece = first_chunk(tokenizer, rest, most)
        chunks.append(piece)
        rest = rest[len(piece) :].strip()
    if rest:
        raise RequestError(
            f"the prompt has {len(text)} characters, this model reads about "
            f"{len(text) - len(rest)} of them; shorten it"
        )
    return chunks or [""]


def first_chunk(tokenizer: Any, text: str, most: int) -> str:
    """As much of a text's beginning as `most` tokens hold, up to the end of a word if it can be."""
    if len(tokenizer(text).input_ids) <= most:
        return text
    short, long = 1, len(text)
    while long - short > 1:
        middle = (short + long) // 2
        if len(tokenizer(text[:middle]).input_ids) <= most:
            short = middle
        else:
            long = middle
    is_whole = text[short].isspace()
    words = text[:short] if is_whole else text[:short].rpartition(" ")[0]
    return words if words.strip() else text[:short]
