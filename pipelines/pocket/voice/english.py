"""English words to phonemes and syllables: a dictionary, its families of words, rules last.

Knows nothing about notes or sound.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from studio.weights import shipped_file, verify

ASSETS = Path(__file__).resolve().parents[3] / "assets" / "pocket-voice"

VOWELS = frozenset("AA AE AH AO AW AX AY EH ER EY IH IY OW OY UH UW".split())
_CLUSTERS = """P L,P R,B L,B R,T R,D R,K L,K R,G L,G R,F L,F R,TH R,SH R,S L,S W,S P,S T,S K,S M,
S N,T W,D W,K W,G W,TH W,S P L,S P R,S T R,S K R,S K W,HH Y,P Y,B Y,K Y,F Y,M Y,V Y,HH W"""
_ONSETS = frozenset(" ".join(each.split()) for each in _CLUSTERS.split(","))

LIGHT = frozenset(
    "a an the and or but nor so if as at by for from in into of off on onto out over to up with "
    "i you he she it we they me him her us them my your his its our their be am is are was were "
    "been do does did has have had can could will would shall should may might must that this "
    "than then there when while who whom which what i'm you're he's she's it's we're they're i'll "
    "you'll he'll she'll we'll they'll i'd you'd he'd she'd we'd they'd i've you've "
    "we've they've".split()
)
"""Words of one syllable that carry no accent, whatever a dictionary stresses in them."""


@dataclass(frozen=True)
class Spoken:
    """A syllable of a word: its phones and where its vowel stands among them."""

    phones: tuple[str, ...]
    stress: int
    """2 primary, 1 secondary, 0 none."""


def pronounce(word: str) -> tuple[Spoken, ...]:
    """The syllables of a word in any case; apostrophes count."""
    return _divided(_phones(word.lower().replace("’", "'").strip("'") or word))


def is_known(word: str) -> bool:
    """Whether the dictionary has a word."""
    return bool(_looked_up(word.lower()))


@functools.lru_cache(maxsize=1)
def _dictionary() -> tuple[bytes, list[str]]:
    import numpy as np

    verify(shipped_file(ASSETS, "english.npz"))
    with np.load(ASSETS / "english.npz") as packed:
        return packed["text"].tobytes(), packed["symbols"].tolist()


def _looked_up(word: str) -> tuple[str, ...]:
    text, symbols = _dictionary()
    key = b"\n" + word.encode("ascii", "ignore") + b" "
    at = text.find(key)
    if at < 0 or not word:
        return ()
    start = at + len(key)
    return tuple(symbols[code - 0x80] for code in text[start : text.index(b"\n", start)])


# Noises that songs are full of, and words younger than the dictionary or spelled as no rule reads.
_OURS = {
    "hm": "HH AH1 M", "hmm": "HH AH1 M", "mm": "AH1 M", "mmm": "AH1 M", "mhm": "AH1 M HH AH1 M",
    "sh": "SH AH1", "shh": "SH AH1", "psst": "P IH1 S T", "brr": "B ER1", "grr": "G ER1",
    "pfft": "P IH1 F T", "tsk": "T IH1 S K", "zz": "Z AH1 Z", "aah": "AA1", "woah": "W OW1",
    "lofi": "L OW1 F AY2", "emoji": "IH0 M OW1 JH IY0", "ramen": "R AA1 M AH0 N",
    "matcha": "M AA1 CH AH0", "anime": "AE1 N AH0 M EY2", "hygge": "HH UW1 G AH0",
    "shoulda": "SH UH1 D AH0", "coulda": "K UH1 D AH0", "woulda": "W UH1 D AH0",
    "e'en": "IY1 N", "o'er": "AO1 R", "ne'er": "N EH1 R", "siobhan": "SH IH0 V AO1 N",
    "saoirse": "S ER1 SH AH0", "niamh": "N IY1 V", "acai": "AA0 S AA0 IY1",
    "hozier": "HH OW1 Z IY0 ER0", "kanye": "K AA1 N Y EY0", "tiktok": "T IH1 K T AA2 K",
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _phones(word: str) -> tuple[str, ...]:
    ours = _OURS.get(re.sub(r"(.)\1{2,}", r"\1\1", word)) or _OURS.get(word)
    if ours:
        return tuple(ours.split())
    known = _looked_up(word) or _from_family(word) or _stretched(word) or _from_halves(word)
    return known or by_rule(word)


def _stretched(word: str) -> tuple[str, ...]:
    """A word drawn out in writing: "sooo", "looove"."""
    if not re.search(r"(.)\1\1", word):
        return ()
    forms = (re.sub(r"(.)\1{2,}", kept, word) for kept in (r"\1", r"\1\1"))
    return next(filter(None, map(_looked_up, forms)), ())


def _from_family(word: str) -> tuple[str, ...]:
    """A known word with an ending: "'s", "-ing", "-in'", "-ed", "-ly" …"""
    for ending, phones in (
        ("'s", ""),
        ("s", ""),
        ("es", ""),
        ("ing", "IH0 NG"),
        ("in", "IH0 N"),
        ("ed", "D"),
        ("d", "D"),
        ("er", "ER0"),
        ("ly", "L IY0"),
        ("ness", "N AH0 S"),
        ("less", "L AH0 S"),
        ("ful", "F AH0 L"),
        ("y", "IY0"),
    ):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3:
            continue
        # "dancing" from "dance", "humming" from "hum".
        forms = (stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem)
        known = next(filter(None, map(_looked_up, forms)), ())
        if known:
            return (*known, *(phones.split() or _plural(known[-1])))
    return ()


def _plural(last: str) -> tuple[str, ...]:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return ("IH0", "Z")
    return ("S",) if last in ("P", "T", "K", "F", "TH") else ("Z",)


def _from_halves(word: str) -> tuple[str, ...]:
    """A compound of two known words ("moonflower")."""
    for cut in sorted(range(3, len(word) - 2), key=lambda at: abs(2 * at - len(word))):
        first, second = _looked_up(word[:cut]), _looked_up(word[cut:])
        if first and second:
            return (*first, *(each.replace("1", "2") for each in second))
    return ()


_RULES = [
    (re.compile(pattern), tuple(phones.split()))
    for pattern, phones in [
        (r"tion", "SH AH0 N"), (r"sion", "ZH AH0 N"), (r"ough", "OW1"), (r"augh", "AO1"),
        (r"eigh", "EY1"), (r"igh", "AY1"), (r"tch", "CH"), (r"sch", "S K"), (r"dge", "JH"),
        (r"qu", "K W"), (r"ch", "CH"), (r"sh", "SH"), (r"th", "TH"), (r"ph", "F"),
        (r"wh", "W"), (r"ck", "K"), (r"ng(?![aeiou])", "NG"), (r"nk", "NG K"),
        (r"^kh", "K"), (r"^x", "Z"), (r"(?<=[aeiou])h(?![aeiouy])", ""),
        (r"^kn", "N"), (r"^wr", "R"), (r"^ps", "S"), (r"mb$", "M"), (r"gh", "G"),
        (r"eau", "OW1"), (r"ee", "IY1"), (r"ea", "IY1"), (r"oo", "UW1"), (r"oa", "OW1"),
        (r"ou", "AW1"), (r"ow$", "OW1"), (r"ow", "AW1"), (r"oi|oy", "OY1"),
        (r"ai|ay", "EY1"), (r"au|aw", "AO1"), (r"ei|ey$", "EY1"), (r"ie", "IY1"),
        (r"ew|ue", "UW1"), (r"ar", "AA1 R"), (r"or", "AO1 R"), (r"er|ir|ur", "ER1"),
        (r"le$", "AH0 L"), (r"(?<=.)e$", ""), (r"(?<=[^aeiou])y$", "IY0"),
        (r"a(?=[^aeiouy]e)", "EY1"), (r"i(?=[^aeiouy]e)", "AY1"), (r"o(?=[^aeiouy]e)", "OW1"),
        (r"u(?=[^aeiouy]e)", "UW1"), (r"a$", "AH0"), (r"o$", "OW0"), (r"i$", "IY0"),
        (r"a", "AE1"), (r"e", "EH1"), (r"i", "IH1"), (r"o", "AA1"), (r"u", "AH1"),
        (r"^y", "Y"), (r"y", "IH1"), (r"c(?=[eiy])", "S"), (r"g(?=[eiy])", "JH"),
        (r"([bdfgklmnprstvz])\1", "@"), (r"cc?", "K"), (r"x", "K S"), (r"b", "B"),
        (r"d", "D"), (r"f", "F"), (r"g", "G"), (r"h", "HH"), (r"j", "JH"), (r"k", "K"),
        (r"l", "L"), (r"m", "M"), (r"n", "N"), (r"p", "P"), (r"q", "K"), (r"r", "R"),
        (r"s", "S"), (r"t", "T"), (r"v", "V"), (r"w", "W"), (r"z", "Z"), (r".", ""),
    ]
]  # fmt: skip


# Words that end like Italian, Spanish or Japanese ones have their vowels too.
_OPEN_RULES = [
    (re.compile(rf"{letter}(?=(?:[^aeiouy]|[ckpst]h)[aeiou])"), (phone,))
    for letter, phone in (("a", "AA1"), ("e", "EH1"), ("i", "IY1"), ("o", "OW1"), ("u", "UW1"))
]
_OPEN = re.compile(r"[^aeiouy][aio]$")


def by_rule(word: str) -> tuple[str, ...]:
    """Phonemes of a word that no dictionary has; the first vowel is stressed, of open words the
    last but one."""
    phones: list[str] = []
    at = 0
    is_open = bool(_OPEN.search(word)) and len(word) > 3
    rules = [*_OPEN_RULES, *_RULES] if is_open else _RULES
    while at < len(word):
        for pattern, found in rules:
            match = pattern.match(word, at)
            if match:
                # A doubled consonant sounds once.
                phones += (word[at].upper(),) if found == ("@",) else found
                at = match.end()
                break
    if not any(phone[:-1] in VOWELS for phone in phones):
        phones.append("AH1")
    places = [i for i, phone in enumerate(phones) if phone[:-1] in VOWELS]
    first = places[-2] if is_open and len(places) > 2 else places[0]
    return tuple(
        phone.replace("1", "0") if i != first else phone.replace("0", "1")
        for i, phone in enumerate(phones)
    )


def _divided(phones: tuple[str, ...]) -> tuple[Spoken, ...]:
    """Each vowel with the longest cluster before it that an English word can begin with."""
    plain = [phone.rstrip("012") for phone in phones]
    vowels = [index for index, phone in enumerate(plain) if phone in VOWELS]
    if not vowels:
        return (Spoken((*plain, "AX"), 0),)
    cuts = [0]
    for left, right in zip(vowels, vowels[1:], strict=False):
        start = right
        while start - 1 > left and _begins(plain[start - 1 : right]):
            start -= 1
        cuts.append(start)
    ends = [*cuts[1:], len(plain)]
    return tuple(
        _syllable(plain[start:end], phones[vowel][-1])
        for start, end, vowel in zip(cuts, ends, vowels, strict=True)
    )


def _syllable(plain: list[str], mark: str) -> Spoken:
    stress = {"1": 2, "2": 1}.get(mark, 0)
    # An unstressed "u" of "cut" is the neutral vowel.
    return Spoken(tuple("AX" if p == "AH" and not stress else p for p in plain), stress)


def _begins(cluster: list[str]) -> bool:
    return (len(cluster) == 1 and cluster[0] != "NG") or " ".join(cluster) in _ONSETS
