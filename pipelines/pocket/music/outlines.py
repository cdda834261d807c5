"""The outlines of instrumental pieces: which sections, and how many bars each.

Counts bars; knows no tempo, no words and no notes.
"""

from pipelines.pocket.music.genres.genre import FormName

Outline = list[tuple[str, int]]
"""Names of sections with their bars."""

FORMS: dict[FormName, tuple[str, ...]] = {
    "song": (
        "verse",
        "intro verse",
        "intro verse chorus",
        "intro verse chorus outro",
        "intro verse chorus verse chorus outro",
        "intro verse chorus verse chorus bridge chorus outro",
        "intro verse chorus verse chorus solo bridge chorus chorus outro",
        "intro verse verse chorus verse chorus solo verse chorus bridge chorus chorus outro",
    ),
    "club": (
        "drop",
        "intro drop",
        "intro build drop",
        "intro build drop outro",
        "intro verse build drop breakdown drop outro",
        "intro verse build drop breakdown build drop outro",
        "intro verse build drop breakdown verse build drop drop outro",
    ),
    "aaba": (
        "verse",
        "verse bridge",
        "verse verse bridge verse",
        "intro verse verse bridge verse outro",
        "intro verse verse bridge verse solo bridge verse outro",
        "intro verse verse bridge verse solo solo bridge verse verse bridge verse outro",
    ),
    "strains": (
        "verse",
        "verse chorus",
        "intro verse chorus",
        "intro verse verse chorus verse outro",
        "intro verse verse chorus chorus verse solo outro",
        "intro verse verse chorus chorus verse bridge bridge solo chorus outro",
    ),
    "drift": (
        "verse",
        "intro verse",
        "intro verse chorus outro",
        "intro verse chorus verse outro",
        "intro verse chorus bridge verse chorus outro",
        "intro verse verse chorus bridge verse chorus verse outro",
    ),
    "period": (
        "verse",
        "verse chorus",
        "verse chorus verse",
        "intro verse verse chorus verse outro",
        "intro verse verse chorus verse bridge verse chorus outro",
        "intro verse chorus verse bridge chorus verse solo bridge verse chorus outro",
    ),
}
EDGES = ("intro", "outro")


def outline(form: FormName, bars: int, is_loop: bool) -> Outline:
    """Sections that fill so many bars, as regular as can be."""
    templates = [text.split() for text in FORMS[form]]
    if is_loop:
        # Nothing leads in or fades: a loop is body only.
        templates = [[name for name in names if name not in EDGES] for names in templates]
    return _measured(min(templates, key=lambda names: _misfit(names, bars)), bars)


def _misfit(names: list[str], bars: int) -> float:
    """How far the sections are from their usual length, and from regular."""
    units = sum(0.5 if name in EDGES else 1.0 for name in names)
    # Short pieces have short sections before they have few; long ones have eights.
    usual = max(4.0, min(8.0, 3.0 + bars / 12))
    ratio = bars / units / usual
    too_many = 10 if len(names) > bars else 0
    return max(ratio, 1 / ratio) + too_many + _unit(names, bars)[0]


def _unit(names: list[str], bars: int) -> tuple[float, int]:
    """The best size of a section in bars, and how far from regular the form is with it."""
    edges = sum(name in EDGES for name in names)
    body = len(names) - edges
    units = [unit for unit in range(1, bars + 1) if body * unit + edges <= bars] or [1]

    def cost(unit: int) -> float:
        spare = (bars - body * unit) / unit
        # Edges of half a section are right; without edges nothing should be left over.
        off = abs(spare / edges - 0.5) if edges else spare
        return off + (0.0 if unit % 4 == 0 else 0.25 if unit % 2 == 0 else 0.6)

    return min((cost(unit), unit) for unit in units)


def _measured(names: list[str], bars: int) -> Outline:
    """Equal units for the body, the remainder for the edges."""
    edges = [name for name in names if name in EDGES]
    _, unit = _unit(names, bars)
    sizes = dict.fromkeys(names, unit)
    spare = bars - unit * (len(names) - len(edges))
    if len(edges) == 2:
        first = spare // 2
        # An even intro where it can be; what is left closes the piece.
        sizes["intro"] = first - (first % 2 if first > 1 else 0)
        sizes["outro"] = spare - sizes["intro"]
    elif edges:
        sizes[edges[0]] = spare
    measured = [(name, sizes[name]) for name in names]
    if not edges:
        measured[-1] = (names[-1], unit + spare)
    return measured
