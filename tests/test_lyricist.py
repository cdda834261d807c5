"""Written lyrics: they rhyme, scan, sing the prompt's own subject and never repeat a line."""

import itertools
import re
import time

import pytest

from pipelines.pocket.music.lines import Language, book, ending
from pipelines.pocket.music.lyricist import title_of, wants_voice, write_lyrics
from pipelines.pocket.music.subject_en import syllable_count
from studio.errors import RequestError, UnknownName

SECTIONS = ("verse", "chorus", "verse", "chorus", "bridge", "chorus")
ENGLISH = (
    "a lo-fi song about a friend who went to lunch and never came back",
    "lullaby for my baby",
    "a funny song about losing my keys",
    "🐱🍕",
    "dark techno",
    "upbeat summer pop",
    "jazz song about time",
    "rainy window late at night",
)
CHINESE = (
    "一首关于一个朋友去吃午饭再也没回来的低保真歌曲",
    "给女儿的摇篮曲",
    "关于加班的搞笑说唱",
    "🌧️",
    "电子舞曲",
    "夏天的海边",
)
PROMPTS: list[tuple[str, Language]] = [
    *((each, "en") for each in ENGLISH),
    *((each, "zh") for each in CHINESE),
]


def stanzas(lyrics: str) -> list[tuple[str, list[str]]]:
    blocks = (block.splitlines() for block in lyrics.split("\n\n"))
    return [(lines[0].strip("[]"), lines[1:]) for lines in blocks]


def written(prompt: str, language: Language, seed: int = 0) -> list[tuple[str, list[str]]]:
    return stanzas(write_lyrics(prompt, "", language, SECTIONS, seed))


def hook(prompt: str, language: Language, seed: int = 0) -> str:
    return dict(written(prompt, language, seed))["chorus"][0]


@pytest.mark.parametrize(("prompt", "language"), PROMPTS)
def test_every_section_has_four_lines_and_the_chorus_comes_back_unchanged(prompt, language):
    for seed in range(5):
        song = written(prompt, language, seed)
        assert [name for name, _ in song] == list(SECTIONS)
        assert all(len(lines) == 4 for _, lines in song)
        assert len({tuple(lines) for name, lines in song if name == "chorus"}) == 1


@pytest.mark.parametrize(("prompt", "language"), PROMPTS)
def test_second_and_fourth_lines_rhyme_on_different_words(prompt, language):
    rhymes = book(language).rhymes
    for seed in range(5):
        for name, lines in written(prompt, language, seed):
            second, fourth = ending(lines[1]), ending(lines[3])
            assert rhymes[second] == rhymes[fourth] and second != fourth, (name, lines)


@pytest.mark.parametrize(("prompt", "language"), PROMPTS)
def test_no_line_comes_twice_outside_the_chorus(prompt, language):
    for seed in range(5):
        song = written(prompt, language, seed)
        lines = [line for name, body in song if name != "chorus" for line in body]
        assert len(set(lines)) == len(lines)
        assert not set(lines) & set(dict(song)["chorus"])


def test_all_written_lines_are_even_and_none_stands_in_the_stock_twice():
    for language, few, many in (("en", 7, 9), ("zh", 7, 7)):
        stock = book(language)
        groups = [*stock.themes, *stock.moods.values()]
        halves = [half for group in groups for half in group.halves]
        lines = [line for half in halves for line in (half.first, half.second)]
        assert len(set(lines)) == len(lines)
        count = syllable_count if language == "en" else len
        uneven = [line for line in lines if not few <= count(line) <= many]
        assert not uneven


def test_every_theme_has_enough_to_say_in_both_languages():
    english, chinese = book("en"), book("zh")
    assert [each.name for each in english.themes] == [each.name for each in chinese.themes]
    for theme in (*english.themes, *chinese.themes):
        assert len(theme.halves) >= 16 and len(theme.refrains) >= 4 and len(theme.hooks) >= 2
        pairs = [
            pair
            for pair in itertools.combinations(theme.halves, 2)
            if pair[0].rhyme == pair[1].rhyme
        ]
        assert len(pairs) >= 12


def test_chinese_rhymes_are_rhymes_as_spoken():
    pypinyin = pytest.importorskip("pypinyin")
    stock = book("zh")
    allowed = {"i": {"i", "v"}, "zi": {"i"}, "e": {"e", "o", "uo"}, "eng": {"eng", "ing", "ueng"}}
    for theme in stock.themes:
        for half in theme.halves:
            final = pypinyin.pinyin(half.second, style=pypinyin.Style.FINALS)[-1][0]
            family = allowed.get(half.rhyme)
            fits = (
                final in family
                if family
                else final.endswith(half.rhyme.lstrip("i"))
                or (half.rhyme in _WRITTEN_SHORT and final in _WRITTEN_SHORT[half.rhyme])
            )
            assert fits, (half.second, final, half.rhyme)


_WRITTEN_SHORT = {
    "ei": {"uei", "ui", "ei"},
    "ou": {"iou", "iu", "ou"},
    "en": {"en", "in", "uen", "un", "vn"},
    "an": {"an", "ian", "uan", "van"},
    "ie": {"ie", "ve", "ue"},
}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (ENGLISH[0], "You went to lunch and never came back"),
        ("rock anthem that says never give up", "Never give up"),
        ("a pop song about how we met in the rain", "We met in the rain"),
        ("a song about falling in love, 90 bpm, in C minor", "I'm falling in love"),
        ("song for my mother", "This one is for my mother"),
        ('a song called "Blue Snow" with female vocals', "Blue Snow"),
        ("a song for someone who hates mondays and her boss", "You hate Mondays and your boss"),
        ("a ballad about two friends who sing and drive all night", "We sing and drive all night"),
        ("a song about a girl leaving her small town", "You're leaving your small town"),
        ("a song about a cat that runs the office", "The cat that runs the office"),
        ("a lullaby to help me sleep", "Help me sleep"),
    ],
)
def test_the_english_hook_is_the_prompts_own_subject(prompt, expected):
    assert hook(prompt, "en") == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (CHINESE[0], "你去吃午饭再也没回来"),
        ("一个去远方流浪的男孩的歌", "你去远方流浪"),
        ("热血的歌，关于永不放弃", "永不放弃"),
        ("一首叫《蓝色的雪》的歌", "蓝色的雪"),
        ("请写一首送给分手三年的前任的歌", "分手三年的前任"),
    ],
)
def test_the_chinese_hook_is_the_prompts_own_subject(prompt, expected):
    assert hook(prompt, "zh") == expected


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("a song about rain on a tin roof", "rain on a tin roof"),
        ("a folk song about my grandmother's kitchen", "my grandmother's kitchen"),
        ("write me a song about coffee", "coffee"),
    ],
)
@pytest.mark.parametrize("mood", ["calm", "sad", "happy", "energetic", "dark", "dreamy"])
def test_a_thing_is_called_by_its_name_in_every_mood(prompt, subject, mood):
    chorus = stanzas(write_lyrics(prompt, mood, "en", ("chorus",), 3))[0][1]
    assert subject in chorus[0].lower()


def test_chinese_words_are_chinese_and_english_words_english():
    for prompt in CHINESE:
        assert not re.search("[A-Za-z]", "".join(sum((b for _, b in written(prompt, "zh")), [])))
    for prompt in ENGLISH:
        assert not re.search("[\u4e00-\u9fff]", str(written(prompt, "en")))


def test_the_same_seed_gives_the_same_words_and_another_others():
    first = write_lyrics(ENGLISH[0], "sad", "en", SECTIONS, 7)
    assert first == write_lyrics(ENGLISH[0], "sad", "en", SECTIONS, 7)
    assert len({write_lyrics(ENGLISH[0], "sad", "en", SECTIONS, n) for n in range(20)}) == 20


def test_the_mood_keeps_the_other_moods_lines_out():
    stock = book("en")
    party = next(theme for theme in stock.themes if theme.name == "party")
    sombre = {half.first for theme in stock.themes for half in theme.halves if half.tone == "-"}
    song = stanzas(write_lyrics("a song about a party", "happy", "en", SECTIONS, 1))
    assert not sombre & {line for _, lines in song for line in lines}
    assert {half.first for half in party.halves} & set(song[0][1])


def test_played_sections_have_a_tag_and_no_words():
    song = stanzas(write_lyrics("rain", "", "en", ("intro", "Verse 1", "solo", "副歌", "outro"), 0))
    assert [(name, len(lines)) for name, lines in song] == [
        ("intro", 0), ("verse", 4), ("solo", 0), ("chorus", 4), ("outro", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "prompt",
    [
        "🎉🎉🎉", "!!!", "123", "x" * 5000, "rain and " * 600, "about " * 900, "雨" * 5000,
        "，，。", "夜のうた", "lo-fi " * 900, "歌曲" * 2000 + "x", "a song about", "关于",
        "关于的歌", "who", "to", "The", "for for for",
    ],
)  # fmt: skip
def test_odd_prompts_still_get_words_quickly(prompt, language):
    began = time.process_time()
    song = stanzas(write_lyrics(prompt, "", language, SECTIONS, 0))
    assert all(len(lines) == 4 and all(lines) for _, lines in song)
    assert title_of(prompt, language).strip()
    assert time.process_time() - began < 2


def test_what_cannot_be_written_is_refused_in_a_line():
    with pytest.raises(RequestError, match="no prompt"):
        write_lyrics("  ", "", "en", SECTIONS, 0)
    with pytest.raises(RequestError, match="'fr'"):
        write_lyrics("la mer", "", "fr", SECTIONS, 0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UnknownName, match="'verze'"):
        write_lyrics("rain", "", "en", ("verze",), 0)
    with pytest.raises(RequestError, match="got 100"):
        write_lyrics("rain", "", "en", ("verse",) * 100, 0)


def test_sixty_verses_are_all_different():
    song = stanzas(write_lyrics("rain", "happy", "zh", ("verse",) * 60, 0))
    lines = [line for _, body in song for line in body]
    assert len(set(lines)) == 240


@pytest.mark.parametrize(
    ("prompt", "language", "title"),
    [
        (ENGLISH[0], "en", "You Went to Lunch"),
        ("a song about rain on a tin roof", "en", "Rain on a Tin Roof"),
        ("write me a song about coffee", "en", "All About Coffee"),
        (CHINESE[0], "zh", "你去吃午饭"),
        ("夏天的海边", "zh", "夏天的海边"),
    ],
)
def test_a_title_is_a_few_words_of_the_hook(prompt, language, title):
    assert title_of(prompt, language) == title


@pytest.mark.parametrize("prompt", ENGLISH)
def test_english_titles_have_two_to_five_words(prompt):
    assert 2 <= len(title_of(prompt, "en").split()) <= 5


@pytest.mark.parametrize(
    ("prompt", "genre", "sung"),
    [
        (ENGLISH[0], "lo-fi", True),
        ("sing about the sea", "ambient", True),
        ("pop with female vocals", "pop", True),
        ("一首关于雨的歌", "lo-fi", True),
        ("instrumental song for studying", "lo-fi", False),
        ("a lo-fi beat", "lo-fi", False),
        ("background music for a video", "pop", False),
        ("soundtrack of a storm", "cinematic", False),
        ("a drum loop", "rock", False),
        ("sad piano piece", "chamber", False),
        ("a song with no vocals", "pop", False),
        ("纯音乐，钢琴", "pop", False),
        ("短视频配乐", "pop", False),
        ("不要人声的歌", "pop", False),
        ("rainy evening", "pop ballad", True),
        ("rainy evening", "ambient", False),
    ],
)
def test_a_prompt_says_whether_it_is_sung(prompt, genre, sung):
    assert wants_voice(prompt, genre) is sung
