"""English: the phrase that a prompt is about, and that phrase as a line to sing.

Rules of grammar and lists of words; knows nothing about themes, rhymes or music.
"""

import random
import re

from pipelines.pocket.music.subject_words import (
    ADVERBS,
    ASKING,
    BOUNDARIES,
    DETERMINERS,
    KINDS,
    NAMES,
    NOT_GERUNDS,
    OPEN_ENDED,
    PEOPLE,
    PERSON,
    PRESENT,
    PRONOUNS,
)

LONGEST_LINE = 11
"""Syllables of a hook in one line; a longer one is cut in two, a far longer one is shortened."""

_KIND = rf"(?:{KINDS})"
_ABOUT = re.compile(
    r"\b(?:about|regarding|describing|celebrating|dedicated to|devoted to|inspired by|telling of|"
    r"that tells (?:of|the story of)|on the (?:theme|subject|topic) of)\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)
_FOR = re.compile(rf"\b{_KIND}\s+(for|of|to|on|when|where|while)\s+(.+)", re.IGNORECASE | re.DOTALL)
_TECHNICAL = re.compile(
    r"\b(?:\d+(?:[.:]\d+)?[- ]*(?:seconds?|secs?|s|minutes?|mins?|bpm|hz|bars?)(?:[- ]long)?|"
    r"(?:at|in) (?:a )?(?:slow|fast|medium|moderate|quick) (?:tempo|pace)|tempo \d+|at \d+|"
    r"in (?:the key of )?[a-g](?:[#b♯♭]|[- ]sharp|[- ]flat)?[- ]?(?:major|minor|dur|moll|dorian)|"
    r"in (?:english|chinese|mandarin)|in [2-9]/[248]|"
    r"in the style of [\w' ]+|"
    r"(?:with|featuring|sung by|played on|on)(?: (?:a|an|the|some|only))?(?: [\w-]+){0,3}? "
    r"(?:vocals?|vocalist|voices?|singers?|singing|piano|guitars?|drums?|strings|bass|synths?|"
    r"choir|beats?|flute|violin|cello|sax(?:ophone)?|trumpet|brass|organ|pads?|808s?|harp|lyrics)"
    r"(?: and (?:a )?(?:[\w-]+ )?(?:vocals?|piano|guitars?|drums?|strings|bass|synths?|choir|"
    r"flute|violin|cello|sax|trumpet|brass|organ|pads?))*)(?![\w'-])",
    re.IGNORECASE,
)
_END = re.compile(r"[.;!?\n:()\[\]|]")
_WORD = re.compile(r"[A-Za-z0-9À-ÿ][A-Za-z0-9À-ÿ'’&-]*")


def phrase_of(prompt: str) -> str:
    """What the prompt is about in its own words, or "" where it names nothing."""
    text = re.sub(r"\s+", " ", _TECHNICAL.sub(" , ", prompt.replace("’", "'"))).strip()
    about = _ABOUT.search(text)
    if about:
        return _tidy(about.group(1))
    meant = _FOR.search(text)
    if meant:
        word, rest = meant.group(1).lower(), _tidy(meant.group(2))
        joined = rest if word in ("of", "on") else f"{word} {rest}"
        return joined if _without_asking(rest) else ""
    return _left_over(text)


def _tidy(text: str) -> str:
    """One clause: to the first full stop, and to the first comma that does not go on."""
    clause, *more = _END.split(text.strip(), maxsplit=1)[0].split(",")
    for each in more:
        if not re.match(r"\s*(?:and|but|or|who|that|where|when|which)\b", each):
            break
        clause += each
    words = _WORD.findall(clause)
    while words and words[-1].lower() in OPEN_ENDED:
        words.pop()
    return " ".join(words)


def _left_over(text: str) -> str:
    """The fullest stretch of words between commas that do more than ask."""
    pieces = [_without_asking(piece) for piece in re.split(r"[,.;!?\n:()\[\]|]", text)]
    return max(pieces, key=lambda piece: len(piece.split()), default="")


def _without_asking(piece: str) -> str:
    words = [word for word in _WORD.findall(piece) if not word[0].isdigit()]
    kept = [word for word in words if word.lower() not in ASKING]
    if not kept or all(word.lower() in DETERMINERS | BOUNDARIES for word in kept):
        return ""
    # A phrase keeps its small words; those that only asked at its ends go.
    while words and words[0].lower() in ASKING | (DETERMINERS - {"my", "your", "our", "the"}):
        words.pop(0)
    while words and words[-1].lower() in ASKING | OPEN_ENDED:
        words.pop()
    inner = [word for word in words if word.lower() not in ASKING or word.lower() in _SMALL]
    return " ".join(inner)


_SMALL = DETERMINERS | BOUNDARIES | PRONOUNS


def as_hook(phrase: str, mood: str, rng: random.Random) -> tuple[str, str]:
    """The phrase as title and as a line: a clause where it can be one, else a call to it."""
    words = [word.capitalize() if word.lower() in NAMES else word for word in phrase.split()]
    given = len(words) > 1 and words[0] == "for"
    words = words[given:]
    clause = _person_clause(words) or _plain_clause(words)
    if clause:
        return title(clause), clause
    noun = _definite(words)
    if given and syllable_count(noun) <= 6:
        return title(noun), f"This one is for {noun}"
    return title(noun), _called(noun, mood, rng)


def _person_clause(words: list[str]) -> str:
    """ "a friend who went away" → "you went away"; "" where it is something else."""
    lower = [word.lower() for word in words]
    at = next((k for k, word in enumerate(lower[:5]) if word in PERSON or word in PEOPLE), -1)
    if at < 0 or at + 2 > len(words) - 1 or any(word in BOUNDARIES for word in lower[:at]):
        return ""
    many = lower[at] in PEOPLE
    link, rest = lower[at + 1], words[at + 2 :]
    if link in ("who", "that") and rest[0].lower() not in PRONOUNS | DETERMINERS:
        return ("we " if many else "you ") + _second_person(rest, many)
    if _is_gerund(lower[at + 1]):
        return ("we're " if many else "you're ") + _second_person(words[at + 1 :], many)
    return ""


_OBJECTS = {"him": "you", "himself": "yourself", "herself": "yourself", "themselves": "yourself"}
_VERBS = {
    "is": "are", "was": "were", "has": "have", "does": "do", "doesn't": "don't", "isn't": "aren't",
    "wasn't": "weren't", "hasn't": "haven't", "goes": "go", "misses": "miss", "watches": "watch",
    "teaches": "teach", "wishes": "wish", "passes": "pass", "catches": "catch", "reaches": "reach",
    "dances": "dance", "dies": "die", "lies": "lie", "washes": "wash", "finishes": "finish",
}  # fmt: skip


def _second_person(words: list[str], many: bool) -> str:
    """Verbs and pronouns of someone told about, turned to someone spoken to."""
    said: list[str] = []
    verb_next = True
    for k, word in enumerate(words):
        low = word.lower()
        if verb_next and low not in ADVERBS:
            said.append(_base_form(low, word))
            verb_next = False
        else:
            after = words[k + 1].lower() if k + 1 < len(words) else ""
            said.append(_pronoun(word, after, many))
        verb_next = verb_next or (low in ("and", "but") and _verb_follows(words[k + 1 :]))
    return " ".join(said)


def _verb_follows(words: list[str]) -> bool:
    """Whether a verb comes after "and", as in "and never comes back", not "and her boss"."""
    first = words[0].lower() if words else ""
    return first in ADVERBS or first in PRESENT or first in _VERBS


def _base_form(low: str, word: str) -> str:
    if low in _VERBS:
        return _VERBS[low]
    if re.search(r"[^aeiou]ies$", low):
        return low[:-3] + "y"
    return low[:-1] if re.search(r"[^su]s$", low) else word


def _pronoun(word: str, after: str, many: bool) -> str:
    low = word.lower()
    to = {"your": "our", "you": "us", "yourself": "ourselves"} if many else {}
    if low in ("his", "their") or (low == "her" and after and after not in BOUNDARIES):
        turned = "your"
    elif low in ("he", "she", "they"):
        return "we" if many else "you"
    elif low == "her" or (low == "them" and many):
        turned = "you"
    else:
        turned = _OBJECTS.get(low, word)
    return to.get(turned, turned) if turned != word else word


def _plain_clause(words: list[str]) -> str:
    """A phrase that is a sentence, or becomes one by a word less or more; "" for a noun."""
    low = [word.lower() for word in words]
    if low[0] in ("how", "that") and len(words) > 2 and low[1] in PRONOUNS | DETERMINERS:
        return " ".join(words[1:])
    if low[0] in PRONOUNS and len(words) > 1 and low[1] not in BOUNDARIES:
        return " ".join(words)
    if low[0] == "to" and len(words) > 1:
        return " ".join(words[1:])
    if low[0] == "being" and len(words) > 1:
        return "I'm " + " ".join(words[1:])
    start = 1 if low[0] in ("not", "never", "always", "just", "still") and len(words) > 1 else 0
    if low[:2] == ["not", "being"]:
        return "I'm not " + " ".join(words[2:])
    follows = low[start + 1] if len(words) > start + 1 else ""
    if _is_gerund(low[start]) and (start or follows in _AFTER_GERUND):
        return "I'm " + " ".join(words)
    return ""


_AFTER_GERUND = BOUNDARIES | DETERMINERS | PRONOUNS | ADVERBS | {"up", "down", "away", "home", ""}


def _is_gerund(word: str) -> bool:
    return len(word) > 4 and word.endswith("ing") and word not in NOT_GERUNDS


def _definite(words: list[str]) -> str:
    """ "a cat that runs the office" → "the cat that runs the office"."""
    low = [word.lower() for word in words]
    if low[0] in ("a", "an") and {"who", "that", "which"} & set(low[2:5]):
        return " ".join(["the", *words[1:]])
    return " ".join(words)


_CALLS = {
    "calm": ("I keep coming back to {}", "Sing to me of {}", "I could sing all day of {}"),
    "sad": ("I still remember {}", "I keep thinking of {}", "Nothing comes back like {}"),
    "happy": ("Here's to {}", "Sing it out for {}", "Hey, hey, {}"),
    "energetic": ("Here's to {}", "Shout it out for {}", "One more time for {}"),
    "dark": ("Nobody warned me about {}", "Something takes me back to {}", "I can't forget {}"),
    "dreamy": ("I was dreaming of {}", "I drift away to {}", "Float me back to {}"),
}


def _called(noun: str, mood: str, rng: random.Random) -> str:
    size = syllable_count(noun)
    calls = [each for each in _CALLS[mood] if syllable_count(each.format("")) + size <= 9]
    bare = noun.split()[0].lower() not in DETERMINERS and not re.search(r"s$", noun)
    if size <= 3 and bare and rng.random() < 0.5:
        return f"{noun}, oh {noun}"
    return rng.choice(calls).format(noun) if calls else noun


def split(line: str) -> tuple[str, ...]:
    """A line to sing as one line, or two where it is long; what is far too long is shortened."""
    words = line.split()
    while syllable_count(" ".join(words)) > 2 * LONGEST_LINE:
        words = _shorter(words)
    if syllable_count(" ".join(words)) <= LONGEST_LINE:
        return (" ".join(words),)
    cuts = [k for k in range(2, len(words) - 1) if words[k].lower() in BOUNDARIES]
    cuts = cuts or list(range(1, len(words)))
    best = min(cuts, key=lambda k: _unevenness(words, k))
    head, tail = " ".join(words[:best]), " ".join(words[best:])
    # Two or three syllables make no line.
    return (head,) if syllable_count(tail) < 4 else (head, tail)


def _unevenness(words: list[str], cut: int) -> int:
    return abs(syllable_count(" ".join(words[:cut])) - syllable_count(" ".join(words[cut:])))


def _shorter(words: list[str]) -> list[str]:
    """Without the last phrase, or the last word where there is only one phrase."""
    cut = next((k for k in range(len(words) - 1, 1, -1) if words[k].lower() in BOUNDARIES), 0)
    kept = words[: cut or len(words) - 1]
    while len(kept) > 1 and kept[-1].lower() in OPEN_ENDED:
        kept.pop()
    return kept if kept else words[:1]


def title(phrase: str) -> str:
    """At most five words, cut where a phrase ends."""
    words = phrase.split()
    while len(words) > 5:
        words = _shorter(words)
    return " ".join(words)


_SILENT = re.compile(r"(?:[^aeiouyl]|[aeiou]l)e(?:'?s)?$|(?<![td])(?<=[^aeiouy])ed$")


def syllable_count(text: str) -> int:
    """About how many syllables English words have, by their vowels."""
    return sum(
        _syllables(word)
        for word in re.findall(r"[a-zà-ÿ']+", text.lower().replace("every", "evry"))
    )


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouyà-ÿ]+", word))
    hissing = re.search(r"(?:[csxz]|sh|ch|ge)e'?s$|ges$", word)
    silent = _SILENT.search(word) and not hissing
    extra = 1 if re.search(r"[^we]n't$", word) and word not in ("don't", "can't", "won't") else 0
    return max(1, groups - bool(silent) + extra)
