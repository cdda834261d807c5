"""Which concepts pictures are judged on: a rule written down before any judge was trained.

A concept is judged when at least five drawings of it exist (so that one is held out), and it is
  - not a sign (emoji group 8: arrows, letters, zodiac): those are read, not recognised;
  - not a gendered or compound duplicate of another concept (an id joined by U+200D);
  - not one of the 24 clock faces, which differ by the hands alone;
  - not a later member of a family below, whose members differ only by side, state or number.

Knows nothing about models.
"""

from training.image.split import MIN_DRAWINGS

SIGNS = 8
CLOCK_FACES = range(0x1F550, 0x1F568)
# The first member of each family stays.
FAMILIES = (
    ("1f448", "1f449", "1f446", "1f447", "261d", "1faf5"),  # pointing hands
    ("1f91b", "1f91c"),  # fists
    ("1faf2", "1faf1"),  # sideways hands
    ("1faf7", "1faf8"),  # pushing hands
    ("1f50d", "1f50e"),  # magnifying glasses
    ("1f312", "1f311", "1f313", "1f314", "1f316", "1f317", "1f318"),  # moon phases
    ("1f31b", "1f31c"),  # quarter moon faces
    ("1f30d", "1f30e", "1f30f"),  # globes
    ("1f4eb", "1f4ea", "1f4ec", "1f4ed"),  # mailboxes
    ("1f46b", "1f46c", "1f46d"),  # two people holding hands
    ("1f930", "1fac3", "1fac4"),  # pregnancy
    ("23f3", "231b"),  # hourglasses
    ("1f4b5", "1f4b4", "1f4b6", "1f4b7"),  # banknotes
    ("1f512", "1f513", "1f50f", "1f510"),  # padlocks
    ("1f508", "1f50a"),  # loudspeakers by volume
    ("1f50b", "1faab"),  # batteries by charge
    ("1f947", "1f948", "1f949"),  # medals by rank
)
LATER_MEMBERS = frozenset(member for family in FAMILIES for member in family[1:])


def _is_clock_face(concept: str) -> bool:
    return "-" not in concept and int(concept, 16) in CLOCK_FACES


def judged(rows: list[dict]) -> list[dict]:
    """One fact sheet (id, en, zh, group) per judged concept, ordered by id."""
    counts: dict[str, int] = {}
    about: dict[str, dict] = {}
    for row in rows:
        if (concept := row["concept"]) is not None:
            counts[concept] = counts.get(concept, 0) + 1
            about[concept] = {
                "id": concept,
                "en": row["en"],
                "zh": row["zh"],
                "group": row["group"],
            }
    return [
        about[concept]
        for concept in sorted(counts)
        if counts[concept] >= MIN_DRAWINGS
        and about[concept]["group"] != SIGNS
        and "200d" not in concept
        and not _is_clock_face(concept)
        and concept not in LATER_MEMBERS
    ]
