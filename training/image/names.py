"""Writes the names of the things that the drawings show, for `pipelines.pocket.names`.

    python -m training.image.names --out assets/pocket-image/references/names.json

Names are the labels of emojibase-data, turned as people say them ("man: beard" → "bearded man"),
and the list in `synonyms.txt`. What no emoji shows is named in `drawn.txt`. Each name goes to one
thing. Knows nothing of prompts or models.
"""

import argparse
import json
import re
from pathlib import Path

from studio.scripts import is_chinese
from training.image.drawn import named
from training.image.split import manifest, seen

SYNONYMS = Path(__file__).with_name("synonyms.txt")
FACES = range(11)
"""Emojibase subgroups whose names often say a mood."""
GESTURES_AND_DOINGS = (*range(15, 22), 22, 24, 27, 28, 29)
SYMBOLS = 8
LOOKS = {
    "bald": ("bald {}", "bald headed {}"),
    "beard": ("bearded {}", "{} with beard"),
    "blond hair": ("blond {}", "blonde {}", "blond haired {}", "blonde haired {}",
                   "{} with blond hair", "{} with blonde hair"),
    "red hair": ("red haired {}", "redhead {}", "{} with red hair"),
    "white hair": ("white haired {}", "{} with white hair"),
    "curly hair": ("curly haired {}", "{} with curly hair"),
}  # fmt: skip


def things() -> dict[str, dict]:
    """The first drawing of every thing that may be learned from, by concept, in emoji order."""
    rows = manifest()
    found: dict[str, dict] = {}
    for index in seen(rows):
        row = rows[int(index)]
        if row["concept"]:
            found.setdefault(row["concept"], row)
    return found


def _english(label: str) -> list[str]:
    """The label and other ways to say it."""
    label = label.replace("’", "'")
    names = [label]
    who, _, look = label.partition(": ")
    if look in LOOKS:
        names += [form.format(who) for form in LOOKS[look]]
    doing = re.fullmatch(r"(man|woman|person|men|women|people) (\w+ing)( [\w ]+)?", label)
    if doing:
        who, verb, rest = doing.group(1), doing.group(2), doing.group(3) or ""
        be = "are" if who in ("men", "women", "people") else "is"
        names.append(f"{who} {be} {verb}{rest}")
        if not rest:
            names.append(f"{verb} {who}")
    job = re.fullmatch(r"(man|woman) (?!in |with |wearing |playing )([\w ]+)", label)
    if job and not doing:
        names.append(f"{'male' if job.group(1) == 'man' else 'female'} {job.group(2)}")
    return names


def _chinese(label: str) -> list[str]:
    """The label and other ways to say it; labels without a Chinese character name nothing."""
    names = [label] if is_chinese(label) else []
    look = re.fullmatch(r"(男人|女人|成人): (\w+)", label)
    if look:
        names += [f"{look.group(2)}{of}{look.group(1)}" for of in ("的", "")]
    doing = re.fullmatch(r"([男女])生(\w+)", label)
    if doing:
        who, verb = doing.groups()
        names += [f"{verb}的{who}{end}" for end in "人生孩"] + [f"{who}人{verb}"]
    return names


def _is_doubtful(name: str, row: dict, is_label: bool) -> bool:
    """Whether a name often says a mood, or a label a deed or a word of everyday speech."""
    is_short = len(name) <= 2 if is_chinese(name) else " " not in name
    group, subgroup = row["group"], row["subgroup"]
    if group == 0 and subgroup in FACES:
        return subgroup != 10 or not name.startswith(("skull", "头骨", "骷髅"))
    if not is_label:
        return False
    if group == 1 and subgroup in GESTURES_AND_DOINGS:
        return is_short
    return group == SYMBOLS and is_short


def read_synonyms() -> tuple[dict[str, list[str]], set[str]]:
    """Names by label, and the names that count only alone."""
    names: dict[str, list[str]] = {}
    alone: set[str] = set()
    for line in SYNONYMS.read_text("utf-8").splitlines():
        if line.startswith("~"):
            alone |= {name.strip() for name in line[1:].split(",")}
        elif line and not line.startswith("#"):
            label, _, rest = line.rpartition(": ")
            names.setdefault(label, []).extend(name.strip() for name in rest.split(","))
    return names, alone


def build() -> dict[str, dict[str, list[str]]]:
    """Concept → names "en", "zh", synonyms "tags", and the names that count only "alone"."""
    rows = things()
    synonyms, alone = read_synonyms()
    labels = {row["en"]: concept for concept, row in rows.items()}
    unknown = sorted(set(synonyms) - {row["en"] for row in manifest() if row["concept"]})
    if unknown:
        raise SystemExit(f"{SYNONYMS.name}: no such labels: {unknown}; see emojibase-data")
    owner: dict[str, str] = {}
    offers = [(concept, "en", [row["en"].replace("’", "'")]) for concept, row in rows.items()]
    offers += [(labels[label], "tags", each) for label, each in synonyms.items() if label in labels]
    offers += [(concept, "zh", _chinese(row["zh"])) for concept, row in rows.items()]
    offers += [(concept, "en", _english(row["en"])) for concept, row in rows.items()]
    table: dict[str, dict[str, list[str]]] = {concept: {} for concept in rows}
    for concept, kind, names in offers:
        for name in names:
            if owner.setdefault(name.lower(), concept) == concept:
                _add(table[concept], kind, name, rows[concept], alone)
    table |= named(labels, owner)
    return {concept: table[concept] for concept in sorted(table) if table[concept]}


def _add(entry: dict[str, list[str]], kind: str, name: str, row: dict, alone: set[str]) -> None:
    if name.lower() in alone or _is_doubtful(name, row, is_label=kind != "tags"):
        kind = "alone"
    if not any(name.lower() in (n.lower() for n in names) for names in entry.values()):
        entry.setdefault(kind, []).append(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    names = build()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    args.out.write_text(text + "\n", "utf-8")
    count = sum(len(each) for entry in names.values() for each in entry.values())
    print(f"{len(names)} things, {count} names, {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
