"""Captions: what is sung, line by line with its times, as subtitles in a file.

Knows no container and paints nothing (`paint` does).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.score import Score
from studio.scripts import HAN
from studio.sounds.sung import sung_lines

LEAST_S = 0.8
"""A line that is sung faster stays this long, unless the next one comes."""

_LINGER_S = 0.5


@dataclass(frozen=True)
class Caption:
    """A line and when it is shown, in seconds from the beginning."""

    text: str
    start_s: float
    end_s: float


def captions_of(score: Score | None, lyrics: str, duration_s: float) -> tuple[Caption, ...]:
    """The lines that are sung, none beyond the end of a clip; none where nothing is sung.

    Args:
        lyrics: as a person wrote them; may be empty.
        duration_s: how long the clip is.
    """
    if score is None:
        return ()
    lines: dict[int, list[tuple[str, float, float]]] = {}
    for each in sung_lines(score, lyrics):
        lines.setdefault(each.line, []).append((each.text, each.start_s, each.end_s))
    found = [
        Caption("".join(text for text, _, _ in line).strip(), line[0][1], line[-1][2])
        for line in lines.values()
    ]
    return _fitted([each for each in found if each.text and each.start_s < duration_s], duration_s)


def to_srt(captions: Sequence[Caption]) -> str:
    """The captions as SubRip text, which ffmpeg turns into what a container has."""
    blocks = (
        f"{number}\n{_stamp(each.start_s)} --> {_stamp(each.end_s)}\n{_one_line(each.text)}\n"
        for number, each in enumerate(captions, 1)
    )
    return "\n".join(blocks)


def language_of(captions: Sequence[Caption]) -> str:
    """The language of most lines, as ISO 639-2 names it; English where none has Han characters."""
    chinese = sum(1 for each in captions if HAN.search(each.text))
    return "zho" if chinese * 2 > len(captions) else "eng"


def _fitted(lines: Sequence[Caption], duration_s: float) -> tuple[Caption, ...]:
    """Each line lingers a little, but never into the next one or beyond the end."""
    found: list[Caption] = []
    for index, each in enumerate(lines):
        last_s = lines[index + 1].start_s if index + 1 < len(lines) else duration_s
        wanted_s = max(each.end_s + _LINGER_S, each.start_s + LEAST_S)
        found.append(Caption(each.text, each.start_s, min(wanted_s, last_s, duration_s)))
    return tuple(each for each in found if each.end_s > each.start_s)


def _one_line(text: str) -> str:
    # A blank line ends a caption, and "-->" would begin another.
    return " ".join(text.split()).replace("-->", "→")


def _stamp(second: float) -> str:
    whole = round(second * 1000)
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"
