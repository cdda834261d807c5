"""Which script a text is written in. Knows no language by its words."""

import re

HAN = re.compile(r"[\u3400-\u9fff]")


def is_chinese(text: str) -> bool:
    """Whether there is any Chinese character in a text."""
    return HAN.search(text) is not None
