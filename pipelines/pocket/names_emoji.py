"""Finds things that a prompt shows instead of naming: 🦊 is a fox.

Concepts are known by the code points of their emoji ("1f98a", "2708", "1f468-200d-1f373"). Knows no
names and no drawings.
"""

import re
from collections.abc import Collection

_JOINER = "\u200d"
# Of colour and of skin: the thing stays the same.
_LOOKS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_SIGN = r"[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_LOOK = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|{_SIGN}{_LOOK}(?:{_JOINER}{_SIGN}{_LOOK})*)")


def find(prompt: str, concepts: Collection[str]) -> list[tuple[int, int, str]]:
    """Where emoji stand whose things are known: (start, end, concept), in order."""
    found = ((match, _concept(match.group(), concepts)) for match in _EMOJI.finditer(prompt))
    return [(match.start(), match.end(), each) for match, each in found if each]


def _concept(emoji: str, concepts: Collection[str]) -> str:
    """The concept of an emoji; of a joined one that is not known, that of its first sign."""
    bare = _LOOKS.sub("", emoji)
    whole, first = _points(bare), _points(bare.partition(_JOINER)[0])
    return next((each for each in (whole, first) if each in concepts), "")


def _points(text: str) -> str:
    return "-".join(f"{ord(letter):x}" for letter in text)
