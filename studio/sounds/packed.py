"""A score as one line of text, to travel inside the song that was played from it, and back.

Nothing is rounded: what comes back is the same score. Compact JSON, packed, in base64, with a
version in front. Knows no container and no sound.
"""

import base64
import binascii
import json
import math
import zlib
from typing import Any

from studio.errors import PipelineError, RequestError
from studio.score import Chord, Note, Part, Score, Section

VERSION = "studio.score/1"
# Ten minutes of a dozen busy parts have about a tenth of it; a foreign file may hold a bomb.
_MAX_BYTES = 16_000_000
_PLAIN = ("tempo_bpm", "key", "mode", "length_beats", "title", "genre", "take", "is_loop")


def pack(score: Score) -> str:
    """The text of a score: printable ASCII without spaces."""
    data = {name: getattr(score, name) for name in _PLAIN} | {
        "metre": score.metre,
        "chords": [_list(each) for each in score.chords],
        "sections": [_list(each) for each in score.sections],
        "parts": [
            [part.name, part.role, part.instrument, [_list(note) for note in part.notes]]
            for part in score.parts
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{VERSION}:{base64.b64encode(zlib.compress(text.encode(), 9)).decode()}"


def unpack(text: str) -> Score:
    """The score of a text.

    Raises:
        RequestError: another version, or damaged.
    """
    version, _, packed = text.partition(":")
    if version != VERSION:
        raise RequestError(
            f"the score in this file is {version[:40]!r}, this studio reads {VERSION}; "
            "use the studio that made it"
        )
    try:
        return _score(json.loads(_unzipped(packed), parse_constant=_no_number))
    except (
        ValueError, KeyError, TypeError, zlib.error, binascii.Error, PipelineError, RecursionError,
    ) as error:  # fmt: skip
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RequestError(
            f"the score in this file is damaged ({reason}); give the file as it was made"
        ) from error


def _list(value: Note | Chord | Section) -> list[Any]:
    """The fields in their order; what is left open at the end stays out."""
    fields = list(vars(value).values())
    while fields and fields[-1] in ("", None):
        fields.pop()
    return fields


def _unzipped(packed: str) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(base64.b64decode(packed, validate=True), _MAX_BYTES)
    if not unpacker.eof:
        raise ValueError(f"cut short, or over {_MAX_BYTES} bytes")
    return text


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _score(data: dict[str, Any]) -> Score:
    top, bottom = data["metre"]
    score = Score(
        **{name: data[name] for name in _PLAIN},
        metre=(int(top), int(bottom)),
        chords=tuple(Chord(*each) for each in data["chords"]),
        sections=tuple(Section(*each) for each in data["sections"]),
        parts=tuple(
            Part(name, role, instrument, tuple(Note(*note) for note in notes))
            for name, role, instrument, notes in data["parts"]
        ),
    )
    # A score is read by players that trust its numbers.
    if not math.isfinite(score.duration_s) or not score.scale or top < 1 or bottom < 1:
        raise ValueError("no such tempo, key or metre")
    return score
