"""Words for windows of music, in English and Chinese, from what is known of them.

Mood follows Russell's (1980) quadrants: major or minor, quick or slow. Each kind of music gets a
few captions, encoded once by pocket-text. Knows nothing about notes.
"""

import hashlib
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.conditions import GENRES, METRES
from pipelines.pocket.text import PocketText
from training.slices import CACHE

FOLDER = CACHE / "music"

EACH = 5
"""Captions for one mood, metre, genre and language."""

MOODS = (
    (("calm", "peaceful", "gentle", "dreamy", "warm", "tender", "relaxing", "soft", "hopeful"),
     ("平静的", "安宁的", "温柔的", "梦幻的", "温暖的", "放松的", "轻柔的", "有希望的")),
    (("happy", "cheerful", "joyful", "lively", "upbeat", "playful", "bright", "energetic"),
     ("快乐的", "欢快的", "喜悦的", "活泼的", "轻快的", "俏皮的", "明亮的", "有活力的")),
    (("sad", "melancholic", "lonely", "wistful", "nostalgic", "sorrowful", "dark and slow"),
     ("悲伤的", "忧郁的", "孤独的", "怀旧的", "伤感的", "凄凉的", "沉重的")),
    (("dramatic", "tense", "restless", "angry", "stormy", "mysterious", "driving", "epic"),
     ("戏剧性的", "紧张的", "不安的", "愤怒的", "暴风雨般的", "神秘的", "激烈的", "史诗般的")),
)  # fmt: skip
"""Of each quadrant: slow major, quick major, slow minor, quick minor."""

METRE_WORDS = (
    (("", "", "in 4/4"), ("", "", "四四拍的")),
    (("in 3/4", "in waltz time", "in triple time"), ("三拍的", "圆舞曲节奏的", "四三拍的")),
    (("in 6/8", "rocking", "lilting"), ("六八拍的", "摇曳的", "八六拍的")),
)
NOUNS = (("song", "tune", "melody", "piece of music"), ("歌", "曲子", "旋律", "音乐"))
GENRES_ZH = (
    "", "艺术歌曲", "室内乐", "民谣", "流行", "抒情流行", "摇滚", "爵士摇摆", "圆舞曲", "拉格泰姆",
    "摇篮曲", "低保真", "浩室", "铁克诺", "氛围音乐", "合成器浪潮", "放克", "波萨诺瓦", "芯片音乐",
    "嘻哈", "雷鬼", "电影配乐", "国风", "布鲁斯", "乡村", "进行曲", "灵魂乐",
    "迷幻舞曲", "鼓打贝斯",
)  # fmt: skip
QUICK_ENERGY = 3
QUICK_TEMPO = 5


def quadrant(mode: int, tempo: int, energy: int) -> int:
    """Index into MOODS, from the numbers of the conditions."""
    is_quick = tempo >= QUICK_TEMPO if tempo else energy > QUICK_ENERGY
    return 2 * int(mode == 2) + int(is_quick)


def _caption(mood: int, metre: int, genre: int, is_chinese: bool, rng: np.random.Generator) -> str:
    side = int(is_chinese)
    mood_words = MOODS[mood][side]
    mood_word = mood_words[rng.integers(len(mood_words))]
    metre_word = METRE_WORDS[metre][side][rng.integers(3)]
    noun = NOUNS[side][rng.integers(len(NOUNS[side]))]
    if is_chinese:
        return f"{mood_word}{metre_word}{GENRES_ZH[genre]}{noun}"
    name = GENRES[genre] if genre else ""
    return " ".join(f"a {mood_word} {name} {noun} {metre_word}".split())


def _encoded(texts: list[str]) -> NDArray[np.float32]:
    """(N, 384) pooled vectors, kept on disk until the texts change."""
    name = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    path = FOLDER / f"captions-{name}.npy"
    if not path.exists():
        pooled = PocketText.load().encode(texts, is_exact=False).pooled
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, pooled.numpy().astype(np.float32))
    return np.load(path)


class Captions:
    """Encoded captions, found by what they say."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.rows: dict[tuple[int, int, int], list[int]] = {}
        texts: list[str] = []
        kinds = product(range(len(MOODS)), range(len(METRES)), range(len(GENRES)))
        for kind in kinds:
            self.rows[kind] = list(range(len(texts), len(texts) + 2 * EACH))
            texts += [_caption(*kind, n % 2 == 1, rng) for n in range(2 * EACH)]
        self.table = _encoded(texts)

    def draw(self, kind: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float32]:
        """The vector of a caption for mood, metre and genre; half of them name no genre."""
        mood, metre, genre = kind
        rows = self.rows[mood, metre, genre if rng.random() < 0.5 else 0]
        return self.table[rows[int(rng.integers(len(rows)))]]
