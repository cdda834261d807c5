"""Which things a prompt mentions, in English and Chinese, with the names that are shipped."""

import json
import time
from pathlib import Path

import pytest

from pipelines.pocket.names import Mention, Names
from studio.errors import WeightsError

SHIPPED = (
    Path(__file__).resolve().parent.parent / "assets" / "pocket-image" / "references" / "names.json"
)
NAMES = Names.load(SHIPPED)
# A face and the whole animal are both right.
SAME = {"🐱": "🐈", "🐶": "🐕", "🐰": "🐇", "🐻‍❄️": "🐻"}


def concept(emoji: str) -> str:
    """An emoji's id in the manifest: its bare code points."""
    return "-".join(f"{ord(c):x}" for c in emoji if c != "\ufe0f")


FACE = {concept(face): concept(whole) for face, whole in SAME.items()}


def found(prompt: str, limit: int = 3) -> list[str]:
    return [FACE.get(each.concept, each.concept) for each in NAMES.find(prompt, limit)]


def check(prompt: str, emojis: str) -> None:
    wanted = [FACE.get(concept(each), concept(each)) for each in emojis.split()]
    assert found(prompt) == wanted


ENGLISH = [
    # full names, in any wording
    ("a cat", "🐈"),
    ("Two cats and THREE dogs", "🐈 🐕"),
    ("mice and cheese", "🐁 🧀"),
    ("cherries, leaves and knives", "🍒 🍃 🔪"),
    ("the teddy bear's picnic", "🧸"),
    ("an ice-cream", "🍨"),
    ("jack-o’-lantern", "🎃"),
    ("a polar bear and a penguin", "🐻‍❄️ 🐧"),
    ("T-Rex", "🦖"),
    ("a beach with an umbrella", "🏖"),
    ("bridge at night", "🌉"),
    ("a bow and arrow", "🏹"),
    ("a hammer and a wrench", "🔨 🔧"),
    ("red heart", "❤"),
    ("a black cat under the moon", "🐈‍⬛ 🌕"),
    # synonyms: the thing for which the word is central
    ("dog", "🐕"),
    ("a bike and a plane", "🚲 ✈"),
    ("car", "🚗"),
    ("flower", "🌼"),
    ("heart", "❤"),
    ("smiley", "🙂"),
    ("happy face", "😀"),
    ("ship", "🚢"),
    ("sun, moon and stars", "☀ 🌕 ⭐"),
    ("a tree by a house", "🌳 🏠"),
    ("phone and computer", "📱 💻"),
    ("a kitten and a puppy", "🐈 🐕"),
    ("cake", "🎂"),
    ("a pair of glasses", "👓"),
    ("two glasses of red wine", "🍷"),
    ("a cup of hot coffee", "☕"),
    # compounds
    ("smiling cat", "😸"),
    ("grinning cat with heart eyes", "😻"),
    ("cat with tears of joy", "😹"),
    ("woman firefighter", "👩‍🚒"),
    ("a female doctor with a syringe", "👩‍⚕️ 💉"),
    ("man running", "🏃‍♂️"),
    ("a man is running in the park", "🏃‍♂️"),
    ("woman with red hair", "👩‍🦰"),
    ("a bearded man", "🧔‍♂️"),
    ("thumbs up, dark skin tone", "👍"),
    ("chocolate cake", "🎂"),
    ("a clock over the sea, a snail on a leaf", "🕰 🐌 🍃"),
    ("shiny heart on fire", "❤️‍🔥"),
    ("face without mouth", "😶"),
    ("an angry bird and a crying baby", "🐦 👶"),
    ("a girl with a happy face", "👧"),
    ("a cat with green eyes", "🐈"),
    # relations keep the order of mention
    ("cat next to dog", "🐈 🐕"),
    ("a dog on the left and a cat on the right", "🐕 🐈"),
    ("a crown above a frog", "👑 🐸"),
    ("a star at the top, a fish at the bottom", "⭐ 🐟"),
    ("a boy and his dog", "👦 🐕"),
    # styles, colours, counts
    ("flat design bike, blue line icon", "🚲"),
    ("old-school 3D rocket, bold graphic", "🚀"),
    ("glossy gradient fox sticker, cut out", "🦊"),
    ("a poster of a lion, line art", "🦁"),
    ("weather icon, snowman", "☃"),
    ("red car", "🚗"),
    ("orange cat", "🐈"),
    ("orange and white cat", "🐈"),
    ("the cat is orange", "🐈"),
    ("an orange", "🍊"),
    ("two oranges", "🍊"),
    ("orange, apple and banana", "🍊 🍎 🍌"),
    ("a lime green frog", "🐸"),
    ("a cherry red heart-shaped balloon", "🎈"),
    ("a rose on a pink background", "🌹"),
    # places and backgrounds
    ("a plane on a blue sky background", "✈"),
    ("white background, a clock", "🕰"),
    ("a cat white background", "🐈"),
    ("peach background, a bear", "🐻"),
    ("mug in the rain", "☕"),
    ("a crab on a sunny beach", "🦀"),
    ("a deer in the mountains at sunset", "🦌"),
    ("on the moon, a robot", "🌕 🤖"),
    ("a mountain", "⛰"),
    ("a rainbow over a volcano", "🌈 🌋"),
    # refusals
    ("a cat without a hat", "🐈"),
    ("a dog, no hat", "🐕"),
    ("a snowman without a scarf and gloves, with a carrot", "☃ 🥕"),
    ("don't draw a cat, draw a dog", "🐕"),
    ("a fox instead of a wolf", "🦊"),
    ("not only a cat but also a dog", "🐈 🐕"),
    ("a no smoking sign", "🚭"),
    # words of speech, verbs, letters
    ("Please draw me a sheep, I want it cute", "🐑"),
    ("could you help me draw a new free car", "🚗"),
    ("watch the sunrise over a castle", "🏰"),
    ("a bird that can fly", "🐦"),
    ("birds fly over the house", "🐦 🏠"),
    ("a small red rocket flies up", "🚀"),
    ("the plane flies over a city", "✈"),
    ("a robot waves its hand", "🤖"),
    ("two flies on a cake", "🪰 🎂"),
    ("the ocean waves", "🌊"),
    ("a man cooking", "👨"),
    ("a cat plus a dog", "🐈 🐕"),
    ("plus", "➕"),
    ("Leo the cat", "🐈"),
    ("the letter A", ""),
    ("a button", ""),
    ("the number 5", ""),
    ("turn left, then up, to the top", ""),
    ("I love you, thank you, good morning", ""),
    ("", ""),
]
CHINESE = [
    ("猫", "🐈"),
    ("一只熊猫", "🐼"),
    ("熊猫和猫", "🐼 🐈"),
    ("三朵花", "🌼"),
    ("橘猫和白狗", "🐈 🐕"),
    ("帮我画一只可爱的小猫", "🐈"),
    ("马上画一匹马", "🐎"),
    ("左边是猫，右边是狗", "🐈 🐕"),
    ("猫在狗的左边", "🐈 🐕"),
    ("太阳在房子上方", "☀ 🏠"),
    ("不要帽子，画一只企鹅", "🐧"),
    ("一个披萨，没有菠萝", "🍕"),
    ("别画狗，画猫", "🐈"),
    ("戴着红色围巾的雪人", "🧣 ⛄"),
    ("红色的汽车", "🚗"),
    ("橙色的猫", "🐈"),
    ("两个橙子", "🍊"),
    ("樱桃红的汽车", "🚗"),
    ("玫瑰色的裙子", "👗"),
    ("玫瑰，粉色背景", "🌹"),
    ("一座城堡，背景是群山", "🏰"),
    ("蓝色气球，森林背景", "🎈"),
    ("在雨中的兔子", "🐇"),
    ("草地上的兔子", "🐇"),
    ("水牛在水里", "🐃"),
    ("海底的鲸鱼", "🐋"),
    ("一座山", "⛰"),
    ("雪山", "🏔"),
    ("彩虹和山", "🌈 ⛰"),
    ("夜幕下的桥", "🌉"),
    ("心形气球", "🎈"),
    ("爱心", "❤"),
    ("笑脸和哭脸", "🙂 😢"),
    ("微笑的狗", "🐕"),
    ("生气的女孩", "👧"),
    ("我很生气，画一只狗", "🐕"),
    ("女消防员", "👩‍🚒"),
    ("跑步的男人", "🏃‍♂️"),
    ("卡通风格的狐狸，白底", "🦊"),
    ("扁平图标火箭", "🚀"),
    ("水墨画风格的蘑菇，线稿", "🍄"),
    ("草莓蛋糕和一杯咖啡", "🍰 ☕"),
    ("一碗面和筷子", "🍜 🥢"),
    ("苹果树", "🌳"),
    ("金鱼和河马", "🐟 🦛"),
    ("手机和电脑", "📱 💻"),
    ("一只龙虾和一条龙", "🦞 🐉"),
    ("一个女孩抱着一只猫", "👧 🐈"),
    ("鼻子在冰块的右边", "👃 🧊"),
    ("表情包：鲸鱼", "🐋"),
    ("金发女孩", "👱‍♀️"),
    ("罗马", ""),
    ("狗粮", ""),
    ("我爱你", ""),
    ("a cat 和 一只狗", "🐈 🐕"),
]


@pytest.mark.parametrize(("prompt", "emojis"), ENGLISH)
def test_an_english_prompt_names(prompt: str, emojis: str) -> None:
    check(prompt, emojis)


@pytest.mark.parametrize(("prompt", "emojis"), CHINESE)
def test_a_chinese_prompt_names(prompt: str, emojis: str) -> None:
    check(prompt, emojis)


def test_a_mention_says_where_it_stands() -> None:
    prompt = "Please draw two DOGS, 一只猫"
    dog, cat = NAMES.find(prompt)
    assert prompt[dog.start : dog.end] == "DOGS"
    assert prompt[cat.start : cat.end] == "猫"


def test_letters_that_grow_when_lowered_do_not_move_what_follows() -> None:
    prompt = "İİİ 猫"
    assert [prompt[m.start : m.end] for m in NAMES.find(prompt)] == ["猫"]


@pytest.mark.parametrize(
    ("prompt", "emojis"),
    [
        ("🦊🌲🌙", "🦊 🌲 🌙"),
        ("一只🐱和🐶", "🐱 🐶"),
        ("a ✈️ over 🏔", "✈ 🏔"),
        ("👩🏽‍🚀", "👩‍🚀"),
        ("a fox ™ → ①, 3️⃣", "🦊"),
    ],
)
def test_an_emoji_is_the_thing_that_it_shows(prompt: str, emojis: str) -> None:
    check(prompt, emojis)


def test_a_thing_named_twice_is_one_mention_and_the_limit_holds() -> None:
    assert found("a dog and a dog") == [concept("🐕")]
    assert len(NAMES.find("a dog, a cow, a fox, a bee", limit=2)) == 2
    assert len(NAMES.find("a dog, a cow, a fox, a bee", limit=9)) == 4


def test_the_thing_that_lists_a_name_earliest_has_it() -> None:
    names = Names({"1": ["guide dog", "dog"], "2": ["dog"], "3": ["cat"]})
    assert names.find("a dog") == [Mention("2", 2, 5)]
    assert names.find("a guide dog") == [Mention("1", 2, 11)]


def test_a_name_that_counts_only_alone() -> None:
    names = Names({"1": ["cat"], "2": ["plus"]}, alone=["plus"])
    assert [m.concept for m in names.find("a red plus")] == ["2"]
    assert [m.concept for m in names.find("plus a cat")] == ["1"]


def test_every_shipped_thing_is_found_by_its_first_name() -> None:
    table = json.loads(SHIPPED.read_text("utf-8"))
    first = {
        c: next(row[k] for k in ("en", "alone", "zh", "tags") if k in row)[0]
        for c, row in table.items()
    }
    missed = [name for c, name in first.items() if c not in [m.concept for m in NAMES.find(name)]]
    assert len(first) > 1600
    assert len(missed) <= 0.01 * len(first), missed


def test_a_long_prompt_is_read_in_time_that_grows_with_its_length() -> None:
    def seconds(prompt: str) -> float:
        begin = time.process_time()
        NAMES.find(prompt)
        return time.process_time() - begin

    for text in ("a cat next to a red car in the rain, flat style, ", "一只猫坐在红色的汽车旁边，"):
        seconds(text)
        short = min(seconds(text * 40) for _ in range(3))
        assert min(seconds(text * 400) for _ in range(3)) < 40 * short


def test_broken_names_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="reinstall"):
        Names.load(tmp_path / "none.json")
    broken = tmp_path / "names.json"
    broken.write_text("{", "utf-8")
    with pytest.raises(WeightsError, match=r"names\.json"):
        Names.load(broken)
