"""Reads the licensed drawing packs and lists every picture that pocket-image may learn from.

A pack is an npm package with an SPDX licence. Each drawing is matched to an emoji concept (so that
the same thing drawn in nine styles shares one name in English and Chinese) or keeps its own name.
Flags, skin-tone duplicates and brand logos are left out. Knows nothing about models or training.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKS = Path(__file__).parent.parent / "cache" / "packs"

EMOJI_DATA = "emojibase-data-17.0.0"
FLAG_GROUP = 9
COMPONENT_GROUP = 2
BRANDS = frozenset(
    "tiktok tik-tok wechat alipay github github-one gitlab google google-ads facebook facebook-one "
    "twitter apple apple-one weibo qq instagram instagram-one youtube youtobe dribble behance "
    "dropbox evernote figma-component figma gitee huawei iconpark linkedin new-lark lark-one lark "
    "microsoft paypal pinterest reddit skype slack telegram tencent-qq toutiao twitch vimeo "
    "whatsapp "
    "wechat-pay xigua zhihu baidu bytedance chrome edge firefox safari internet-explorer android "
    "dingding airpods messenger snapchat medium-m steam spotify tumblr vk yahoo oceanengine "
    "bydesign adobe-illustrate adobe-indesign adobe-lightroom adobe-photoshop sketch asana "
    "weixin-mini-app weixin-search weixin-market weixin-shake weixin-scan weixin-card "
    "weixin-cards-offers weixin-favorites weixin-games weixin-people-nearby weixin-top-stories "
    "foursquare flickr ios-face-recognition fm hdd applet-closed".split()
)
SKIN_WORDS = ("-light", "-medium", "-dark", "skin-tone")
ZWJ_TAIL = ("fe0f", "fe0e")


@dataclass(frozen=True)
class Pack:
    """One npm package: where it lies, how its drawings look, who made them, on what terms."""

    folder: str
    style: str
    author: str
    licence: str
    is_emoji: bool = True

    @property
    def npm(self) -> str:
        scope, _, rest = self.folder.partition("-json-")
        if scope == "iconify":
            return "@iconify-json/" + rest.rsplit("-", 1)[0]
        return "@lobehub/" + self.folder.removeprefix("lobehub-").rsplit("-", 1)[0]

    @property
    def version(self) -> str:
        return self.folder.rsplit("-", 1)[1]


SOURCES = (
    Pack("iconify-json-fluent-emoji-1.2.7", "glossy", "Microsoft Corporation", "MIT"),
    Pack("iconify-json-fluent-emoji-flat-1.2.6", "flat", "Microsoft Corporation", "MIT"),
    Pack("lobehub-fluent-emoji-3d-1.1.0", "3d", "Microsoft Corporation, LobeHub", "MIT"),
    Pack("iconify-json-noto-1.2.9", "cartoon", "Google LLC", "Apache-2.0"),
    Pack("iconify-json-noto-v1-1.2.5", "soft", "Google LLC", "Apache-2.0"),
    Pack("iconify-json-twemoji-1.2.5", "simple", "Twitter, Inc. and contributors", "CC-BY-4.0"),
    Pack("iconify-json-emojione-1.2.3", "classic", "Emoji One", "CC-BY-4.0"),
    Pack("iconify-json-fxemoji-1.2.2", "bold", "Mozilla", "Apache-2.0"),
    Pack("iconify-json-streamline-emojis-1.2.4", "outline", "Streamline", "CC-BY-4.0"),
    Pack("iconify-json-icon-park-1.2.4", "icon", "ByteDance", "Apache-2.0", False),
    Pack("iconify-json-flat-color-icons-1.2.3", "flat icon", "Icons8", "MIT", False),
    Pack(
        "iconify-json-fluent-color-1.2.21", "gradient icon", "Microsoft Corporation", "MIT", False
    ),
    Pack("iconify-json-meteocons-1.2.4", "weather icon", "Bas Milius", "MIT", False),
)


@dataclass(frozen=True)
class Concept:
    """A thing that can be drawn: its names and tags in both languages."""

    id: str
    group: int
    subgroup: int
    en: str
    zh: str
    tags_en: tuple[str, ...]
    tags_zh: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """One picture of one concept in one pack; `source` is SVG text or the path of a WebP file."""

    pack: Pack
    name: str
    concept: Concept | None
    source: str

    @property
    def key(self) -> str:
        return f"{self.pack.npm}/{self.name}"


def _read(*parts: str) -> dict:
    return json.loads(PACKS.joinpath(*parts).read_text("utf-8"))


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _bare(hexcode: str) -> str:
    return "-".join(p for p in hexcode.lower().split("-") if p not in ZWJ_TAIL)


@cache
def concepts() -> dict[str, Concept]:
    """Every emoji concept without flags, components and skin tones, by bare code points."""
    chinese = {e["hexcode"]: e for e in _read(EMOJI_DATA, "zh", "data.json")}
    found = {}
    for e in _read(EMOJI_DATA, "en", "data.json"):
        if e.get("group") in (None, FLAG_GROUP, COMPONENT_GROUP):
            continue
        zh = chinese[e["hexcode"]]
        found[_bare(e["hexcode"])] = Concept(
            id=_bare(e["hexcode"]),
            group=e["group"],
            subgroup=e["subgroup"],
            en=e["label"],
            zh=zh["label"],
            tags_en=tuple(e.get("tags", ())),
            tags_zh=tuple(zh.get("tags", ())),
        )
    return found


@cache
def _concept_by_name() -> dict[str, str]:
    """Drawing name without punctuation → concept id; exact labels win over shortcodes."""
    names: dict[str, str] = {}
    for book in ("joypixels", "iamcal", "github", "emojibase", "cldr"):
        for code, short in _read(EMOJI_DATA, "en", "shortcodes", f"{book}.json").items():
            for name in [short] if isinstance(short, str) else short:
                names[_flat(name)] = _bare(code)
    for pack in SOURCES:
        chars = PACKS / pack.folder / "chars.json"
        if pack.is_emoji and chars.exists():
            for code, name in json.loads(chars.read_text()).items():
                names[_flat(name)] = _bare(code)
    for concept in concepts().values():
        names[_flat(concept.en)] = concept.id
    return {name: code for name, code in names.items() if code in concepts()}


def _concept_of(name: str) -> Concept | None:
    names = _concept_by_name()
    unnumbered = re.sub(r"-?\d$", "", name)  # streamline calls second drawings "crab-2"
    code = names.get(_flat(name)) or names.get(_flat(unnumbered))
    return concepts()[code] if code else None


def _is_left_out(name: str, pack: Pack) -> bool:
    if pack.is_emoji:
        return name.startswith("flag") or any(word in name for word in SKIN_WORDS)
    return name in BRANDS


def _largest_of_each(icons: dict[str, dict]) -> dict[str, dict]:
    """Keeps the largest of the sizes that one icon comes in (name-16, name-20, …)."""
    best: dict[str, tuple[int, str]] = {}
    for name in icons:
        sized = re.fullmatch(r"(.+)-(\d\d)", name)
        base, size = (sized.group(1), int(sized.group(2))) if sized else (name, 0)
        best[base] = max(best.get(base, (-1, "")), (size, name))
    return {base: icons[name] for base, (_, name) in best.items()}


def _svg_drawings(pack: Pack) -> Iterator[Drawing]:
    icons = _read(pack.folder, "icons.json")
    side_w, side_h = icons.get("width", 16), icons.get("height", 16)
    found = icons["icons"] if pack.is_emoji else _largest_of_each(icons["icons"])
    for name, icon in found.items():
        if icon.get("hidden") or _is_left_out(name, pack):
            continue
        concept = _concept_of(name) if pack.is_emoji else None
        if pack.is_emoji and concept is None:
            continue
        box = (icon.get("left", 0), icon.get("top", 0))
        size = (icon.get("width", side_w), icon.get("height", side_h))
        body = icon["body"].replace("currentColor", "#333333")
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{box[0]} {box[1]} {size[0]} {size[1]}">{body}</svg>'
        )
        yield Drawing(pack, name, concept, svg)


def _webp_drawings(pack: Pack) -> Iterator[Drawing]:
    for path in sorted((PACKS / pack.folder / "assets").glob("*.webp")):
        concept = concepts().get(_bare(path.stem))
        if concept is not None:
            yield Drawing(pack, path.stem, concept, str(path))


def drawings() -> Iterator[Drawing]:
    """Every usable drawing of every pack, in a fixed order."""
    for pack in SOURCES:
        read = _svg_drawings if pack.folder.startswith("iconify") else _webp_drawings
        yield from read(pack)
