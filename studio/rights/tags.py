"""What a music file says about itself in plain tags, whatever its container.

The words between this package and the containers: `studio.sounds.tags` writes and reads them.
Knows no container, no key and no signature: tags are a courtesy to players and shops, the signed
record is what counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.errors import RequestError

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
# The only characters that China's label may have: printable ASCII without space, " and \.
_LABEL_CHARACTERS = frozenset(map(chr, {0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)}))


@dataclass(frozen=True)
class RightsTags:
    """The tags of one file; an empty one is not written."""

    title: str = ""
    genre: str = ""
    credit_text: str = ""
    """Whom to name, ready to print. Never a copyright claim by itself."""

    licence: str = ""
    """SPDX expression of the whole work."""

    terms_url: str = ""
    source_type: str = TRAINED
    """IPTC digital source type, as a URL."""

    aigc: Mapping[str, str] = field(default_factory=dict)
    """China's label, written as compact JSON, exactly once in a file."""

    record_json: str = ""
    """Short copy of the rights record; the full one is in the signature."""

    rights_id: str = ""
    """URN of the rights record."""

    lyrics: str = ""
    """Lines as sung, without times."""

    studio_record_json: str = ""
    """How it was made (`studio.record`)."""

    score: str = ""
    """The score that it was played from (`studio.sounds.packed`), to go on from it."""

    software: str = ""
    """Program and version that wrote it."""

    def __post_init__(self) -> None:
        for name, text in self.aigc.items():
            if not set(text) <= _LABEL_CHARACTERS:
                raise RequestError(
                    f"AI label {name} may have ASCII letters, digits and signs only, no space, "
                    f"quote or backslash, got {text!r}; shorten or transcribe it"
                )
