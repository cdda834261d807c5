"""The words of a prompt as they stand: evidence where the lexicon and the patterns know too little.

English words and pairs of them, and pairs of Chinese characters. Which of them tell anything was
learnt from prompts; the others weigh nothing. Knows no lexicon, no grammar and no weights.
"""

import re
from collections.abc import Iterator, Sequence

from studio.backbone.orders import Order

PREFIX = "plain."
# Beyond this a prompt has said enough, and many weak words would drown the few strong ones.
MAX_CHARACTERS = 600
ENGLISH = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*", re.IGNORECASE)
HAN_RUN = re.compile(r"[㐀-鿿]{2,}")


def find(text: str, silent: Sequence[tuple[int, int]] = ()) -> Iterator[Order]:
    """Every word and pair of the beginning of the text, but for the `silent` stretches."""
    for name, start, end in _all(text[:MAX_CHARACTERS]):
        if not any(begin < end and start < stop for begin, stop in silent):
            yield PREFIX + name, start, end


def _all(text: str) -> Iterator[Order]:
    before: tuple[str, int, int] | None = None
    for match in ENGLISH.finditer(text):
        word = match.group().lower()
        yield word, match.start(), match.end()
        if before is not None and text[before[2] : match.start()] in {" ", "-"}:
            yield f"{before[0]} {word}", before[1], match.end()
        before = (word, match.start(), match.end())
    for run in HAN_RUN.finditer(text):
        for start in range(run.start(), run.end() - 1):
            yield text[start : start + 2], start, start + 2
