"""Words for a song whose prompt brings none: sections of written lines around the prompt's subject.

Chooses and rhymes; invents no line itself. Knows nothing about melody, voices or files.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

from pipelines.pocket.music import subject_en
from pipelines.pocket.music.lines import Book, Half, Language, Refrain, Theme, Tone, book, ending
from pipelines.pocket.music.subject import Subject, capital, find_subject
from pipelines.pocket.music.words import section_name
from studio.errors import RequestError, unknown

SILENT = frozenset({"intro", "solo", "interlude", "breakdown", "build", "drop"})
"""Sections that are played, not sung."""

MOST_SECTIONS = 60

_MOODS = {
    "calm": "peaceful gentle relaxing relaxed chill mellow soft soothing quiet tender warm "
    "平静 安静 舒缓 温柔 放松 治愈 轻柔 宁静 温暖",
    "sad": "melancholic melancholy lonely heartbroken bittersweet nostalgic mournful gloomy "
    "sorrowful "
    "悲伤 伤感 忧伤 难过 忧郁 失落 怀旧 悲 哀伤",
    "happy": "cheerful joyful sunny playful bright upbeat funny sweet romantic uplifting hopeful "
    "快乐 开心 欢快 高兴 甜蜜 搞笑 轻快 活泼 幸福",
    "energetic": "epic intense powerful driving angry aggressive excited fast triumphant heroic "
    "热血 激昂 动感 激烈 愤怒 燃 有力 史诗 激情",
    "dark": "scary spooky tense mysterious sinister horror haunting ominous eerie "
    "黑暗 恐怖 神秘 阴森 紧张 诡异",
    "dreamy": "ethereal floating magical ambient hazy surreal spacey "
    "梦幻 空灵 飘渺 迷离 奇幻",
}  # fmt: skip
_TONES: dict[str, tuple[Tone, ...]] = {
    "happy": ("+", "="),
    "energetic": ("+", "="),
    "sad": ("-", "="),
    "dark": ("-", "="),
}


def write_lyrics(
    prompt: str, mood: str, language: Language, sections: Sequence[str], seed: int
) -> str:
    """Tagged lyrics, four lines a section, the chorus the same each time.

    The hook, a chorus's first line, is the prompt's own subject. `mood` is a word such as "sad" or
    "梦幻", or empty where the prompt tells. Played sections keep their tag and have no lines.

    Raises:
        RequestError: an empty prompt, another language, no or too many sections.
        UnknownName: a section that does not exist.
    """
    _check(prompt, language, sections)
    names = [_known_section(name) for name in sections]
    writer = _Writer.of(prompt, _mood_of(mood, prompt), language, seed)
    chorus = writer.chorus() if "chorus" in names else ()
    bodies = [_body(name, writer, chorus) for name in names]
    return "\n\n".join(
        "\n".join((f"[{name}]", *body)) for name, body in zip(names, bodies, strict=True)
    )


def title_of(prompt: str, language: Language) -> str:
    """Two to five words (Chinese: up to eight characters) that name the song."""
    _check(prompt, language, ("verse",))
    subject = find_subject(prompt, language, "calm", 0)
    core = subject.core if subject else _untold(prompt, language)
    if language == "zh":
        return core if len(core) > 1 else core + "之歌"
    words = core.split()
    if len(words) == 1:
        words = ["All", "About", *words]
    return " ".join(_title_word(k, word) for k, word in enumerate(words[:5]))


def _untold(prompt: str, language: Language) -> str:
    """A title for a prompt that has no subject."""
    hook = _themes(prompt, book(language), _mood_of("", prompt))[0].hooks[0]
    return subject_en.title(hook) if language == "en" else hook


_SMALL = frozenset("a an the and but or of in on at to for with by from".split())


def _title_word(place: int, word: str) -> str:
    return word if place and word.lower() in _SMALL else capital(word)


_NO_VOICE = re.compile(
    r"\binstrumentals?\b|\bno (?:vocals?|voices?|singing|singer|lyrics|words)\b|"
    r"\bwithout (?:any )?(?:vocals?|voices?|singing|singer|lyrics|words)\b|\bkaraoke track\b|"
    r"\bbackground music\b|\bbgm\b|\bbacking track\b|\bmusic bed\b|"
    r"纯音乐|无人声|没有人声|不要人声|不要唱|不用唱|不唱|无歌词|没有歌词|不要歌词|配乐|背景音乐|伴奏带|轻音乐",
    re.IGNORECASE,
)
_VOICE = re.compile(
    r"\b(?:songs?|sing|sings|singing|sung|singers?|vocals?|vocalist|lyrics?|voices?|choir|ballads?|"
    r"anthems?|lullab(?:y|ies)|hymns?|carols?|serenades?|rapper|rapping|raps?|duet|chorus|"
    r"sea shanty)\b|"
    r"歌(?!剧院)|唱|人声|歌词|女声|男声|童声|民谣|说唱|摇篮曲|情歌|合唱",
    re.IGNORECASE,
)
_PLAYED = re.compile(
    r"\b(?:beats?|loops?|soundtrack|score|piece|sonata|concerto|symphony|etude|nocturne|prelude|"
    r"fugue|suite|ambience|soundscape|riff|groove|solo|jingle|background|music for)\b|"
    r"节拍|循环|奏鸣曲|协奏曲|交响|练习曲|夜曲|前奏曲|音景|钢琴曲|吉他曲|独奏|环境音",
    re.IGNORECASE,
)
_SUNG_GENRES = frozenset(
    {
        "pop",
        "pop ballad",
        "rock",
        "soul",
        "reggae",
        "folk",
        "country",
        "blues",
        "art song",
        "hip-hop",
    }
)


def wants_voice(prompt: str, genre: str) -> bool:
    """Whether a song of this prompt is sung: as it says, else as is usual in the genre."""
    if _NO_VOICE.search(prompt):
        return False
    if _VOICE.search(prompt):
        return True
    return not _PLAYED.search(prompt) and genre.strip().lower() in _SUNG_GENRES


def _check(prompt: str, language: str, sections: Sequence[str]) -> None:
    if not prompt.strip():
        raise RequestError("no prompt to write lyrics from, got ''; say what to sing about")
    if language not in ("en", "zh"):
        raise RequestError(f"no lyrics in language {language!r}; there is en and zh")
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise RequestError(
            f"lyrics have 1 to {MOST_SECTIONS} sections, got {len(sections)}; choose fewer or more"
        )


def _known_section(name: str) -> str:
    known = section_name(f"[{name}]")
    if known is None:
        raise unknown("section", name, ("verse", "prechorus", "chorus", "bridge", "outro", *SILENT))
    return known


def _body(name: str, writer: "_Writer", chorus: tuple[str, ...]) -> tuple[str, ...]:
    if name in SILENT:
        return ()
    return chorus if name == "chorus" else writer.stanza(away=name in ("bridge", "outro"))


def _mood_of(mood: str, prompt: str) -> str:
    """One of six moods: from the word given, else from the prompt, else as its theme is."""
    for text in (mood.lower(), prompt[:800].lower()):
        found = [name for name, words in _MOODS.items() if _mentions(text, (name, *words.split()))]
        if found:
            return found[0]
    first = _themes(prompt, book("zh" if re.search("[\u4e00-\u9fff]", prompt) else "en"), "calm")[0]
    return _BY_THEME.get(first.name, "calm")


_BY_THEME = {
    "loss": "sad", "courage": "energetic", "party": "happy", "humour": "happy", "dream": "dreamy",
    "food": "happy", "morning": "happy",
}  # fmt: skip


def _mentions(text: str, words: Sequence[str]) -> int:
    """How many of the words a text has; Chinese words may stand inside others."""
    return sum(len(_pattern(word).findall(text)) for word in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    plain = re.escape(word)
    return re.compile(rf"(?<![a-z]){plain}(?![a-z])" if word[0].isascii() else plain)


def _themes(prompt: str, lines: Book, mood: str) -> tuple[Theme, ...]:
    """At most two themes, the plainest first; by the mood where the prompt names none."""
    text = prompt[:5000].lower()
    hits = {theme.name: _weight(text, theme.words) for theme in lines.themes}
    ranked = sorted(lines.themes, key=lambda theme: -hits[theme.name])
    found = tuple(theme for theme in ranked[:2] if hits[theme.name])
    return found or (next(each for each in lines.themes if each.name == _BY_MOOD[mood]),)


def _weight(text: str, words: Sequence[str]) -> int:
    """Phrases count for more than words, since they are less often meant otherwise."""
    found = [word for word in words if _pattern(word).search(text)]
    return sum(1 + word.count(" ") if word.isascii() else min(len(word), 3) for word in found)


_BY_MOOD = {
    "calm": "night", "sad": "loss", "happy": "party", "energetic": "courage", "dark": "night",
    "dreamy": "dream",
}  # fmt: skip


@dataclass
class _Writer:
    """Hands out lines, none of them twice."""

    lines: Book
    themes: tuple[Theme, ...]
    mood: str
    hook: tuple[str, ...]
    rng: random.Random
    used: set[Half] = field(default_factory=set)
    stanzas: int = 0

    @staticmethod
    def of(prompt: str, mood: str, language: Language, seed: int) -> "_Writer":
        rng = random.Random(f"lyrics {seed} {prompt}")
        lines = book(language)
        themes = _themes(prompt, lines, mood)
        subject: Subject | None = find_subject(prompt, language, mood, seed)
        hook = subject.sung if subject else (rng.choice(themes[0].hooks),)
        return _Writer(lines, themes, mood, hook, rng)

    def chorus(self) -> tuple[str, ...]:
        """The hook and a refrain; a hook of two lines leaves the refrain its rhyme only."""
        first, rest = self.hook[0], self.hook[1:]
        last = ending(self.hook[-1])
        fit = [each for each in self.themes[0].refrains if ending(each.fourth) != last]
        if rest:
            # Its third line is left out, which only lines that stand alone allow.
            fit = [each for each in fit if each.third is None]
        refrain: Refrain = self.rng.choice(fit or list(self.themes[0].refrains))
        if rest:
            return (first, *rest, refrain.second, refrain.fourth)
        return (first, refrain.second, refrain.third or first, refrain.fourth)

    def stanza(self, *, away: bool) -> tuple[str, ...]:
        """Four new lines; those `away` from the verses' theme tell of the mood first."""
        pool: list[Half] = []
        for tier in self._tiers(away):
            pool += [half for half in tier if half not in self.used and half not in pool]
            pairs = [(a, b) for a, b in combinations(pool, 2) if _rhyme(a, b)]
            if pairs:
                return self._take(list(self.rng.choice(pairs)))
        raise RequestError(
            f"no new lines after {self.stanzas} verses; ask for fewer sections or write the lyrics"
        )

    def _take(self, halves: list[Half]) -> tuple[str, ...]:
        self.rng.shuffle(halves)
        self.used.update(halves)
        self.stanzas += 1
        return tuple(line for half in halves for line in (half.first, half.second))

    def _tiers(self, away: bool) -> list[list[Half]]:
        """Where to look for lines, the most fitting first."""
        own = [self._toned(theme) for theme in self.themes]
        # A second theme has the second verse, so that both are told.
        turned = own[1:] + own[:1] if self.stanzas % 2 else own
        mood = self._toned(self.lines.moods[self.mood])
        fitting = [mood, *turned] if away else [*turned, mood]
        any_tone = [list(theme.halves) for theme in self.themes]
        others = [self._toned(theme) for theme in self.lines.themes]
        return [*fitting, *any_tone, *others]

    def _toned(self, theme: Theme) -> list[Half]:
        leans: Tone = "-" if any(each.leans == "-" for each in self.themes) else "+"
        tones = _TONES.get(self.mood, ("=", leans))
        return [half for half in theme.halves if half.tone in tones]


def _rhyme(one: Half, other: Half) -> bool:
    return one.rhyme == other.rhyme and ending(one.second) != ending(other.second)
