"""A grammar of prompts for the router: volume for the linear model, from templates and the lexicon.

Every sentence is made here; none is taken from the hand-written evaluation. Knows nothing of weights.
"""

import random
import re

from studio.backbone import words

THINGS_EN = """cat;red fox;old lighthouse;robot;dragon;bowl of ramen;mountain lake;castle;bicycle;owl;panda;
little girl;astronaut;pirate ship;teapot;sunflower;train station;whale;snowman;city street;wizard;bear;
balloon;strawberry cake;desert island;forest path;horse;butterfly;chef;samurai;paper boat;cactus;penguin;
space station;grandmother;kitten;garden;waterfall;market;statue;moon;house by the sea;bridge;campfire""".replace(
    "\n", ""
).split(";")
THINGS_ZH = """猫;红狐狸;老灯塔;机器人;龙;拉面;山间的湖;城堡;自行车;猫头鹰;熊猫;小女孩;宇航员;海盗船;茶壶;向日葵;
火车站;鲸鱼;雪人;城市街道;巫师;小熊;气球;草莓蛋糕;荒岛;森林小路;马;蝴蝶;厨师;武士;纸船;仙人掌;企鹅;空间站;
奶奶;小猫;花园;瀑布;集市;雕像;月亮;海边的房子;石桥;篝火;樱花;竹林;江南小镇;长城""".replace(
    "\n", ""
).split(";")
PLACES_EN = "in the snow;on a rooftop;at night;under the stars;by the river;in a quiet village;on Mars;at dawn;in the rain;in front of a window;on a wooden table;over the sea".split(
    ";"
)
PLACES_ZH = "雪地里;屋顶上;夜晚;星空下;河边;安静的村庄;火星上;清晨;雨中;窗前;木桌上;大海上".split(
    ";"
)
LENGTHS_EN = "30 seconds;two minutes;a minute;3 minutes;45 seconds".split(";")
CLIPS_EN = "5 second;8 second;10 second;4s".split(";")
LENGTHS_ZH = "三十秒;两分钟;一分钟;3分钟;45秒".split(";")
CLIPS_ZH = "5秒;8秒;十秒;4秒".split(";")

ENGLISH = {
    "image": """a {I} of a {x};{I} of a {m} {S};{I} for a {G} band;{I} for my {V};a {I} about {S};{x};a {x} {p};a {c} {x};
a {x} with a {N};a {N};an old {N} {p};the {N};a {x} playing the {N};{N} player {p};draw a {x};draw a {x} playing the {N};paint a {x} {p};
a {x}, {T};{T} of a {x};a {x}, {I};a {x} {p}, {t};design a {I} for a {V} channel;{V} {I};a {S} {I};{G} {I};a {q};{q} {p};a {q} and a {x};
{I}: a {x} and a {S};I want a {I} with a {x};create a {I} of a {x} watching a {V};a {x} {I} without text;a {M} {x};a {M} {x} {p};{T} {N};
a {x} {p}, a {x} {p}, {c} light, {t}, {t};please make a {I} for our {G} night;{I} showing the history of {G};a {x} writing a {S};a {m} {x};
three {x}s and a {q};a {x} wearing headphones, {T};{I} with the title "{S}";a {x} listening to {G} {p};an {I} inspired by a {S};turn this {S} into a {I};
the feeling of a {S} as a {I};{q} {I};two {I}s of a {x};sketch of a {q} {p};a {x} in a {V}, {I};{x} and {x};the {x} is {M};a {x} that loves {G};a {c} and {c} {x};
paint the feeling of a {m} {S};draw me a {S};illustrate the lyrics of a {S};a scene with a {N}, a {x} listening, {m} light, painted in {c};
a beautiful scene of a {x} {p}, with a {N} and a {N}, an old {q}, the {S} almost visible, {c} light, {m} mood, {t}""",
    "song": """a {S} about a {x};{G};{m} {G};{G} with {N};{m} {N};{N} and {N};{S} for a {V};{S} for my {I};write a {S} about a {x};compose {S} for {N};
{G} {S};a {x} {p} as a {S};a {G} {S} inspired by a {I};sing about a {x};{S} in D minor;{G} track at 120 bpm;{l} of {G};a {l} {S};{d} {N} {S};{S}, {w};
make a {x} into a {S};{G}, {N}, {w}, 90 bpm;{m} {S} to sleep to;a {S} with {N} and {N};a {m} {S} for a {x} {p};{G} {p};{N} solo;{d} {G};
I want to hear {G};can you write a {S} for my {V};something like {G} with {N};{m} {S}, {m}, no drums;{N} {S} about {I}s;a {S} that sounds like a {I};
turn this {I} into a {S};the sound of a {x} as {G};{w}, {w}, {G};a {N} plays a {m} {S};{G} about a {x} and a {V};play me a {m} {S};{S} for the scene where a {x} cries;
{l} {N} {S} in G major;a {S} called "{x}";{G} {S} for a {q};background {S} for {V}s;{m} {m} {G} loop;
make a {S} out of this: {x} {p};my {x} is the best, as a {S};{N} and {x};{m} {N} {p};{N}, {N};{d} {S} for a {q};an {G} piece describing a {x};set this poem to music: the {x} {p};{Y};{Y};{Y};{Y};{Y};{Y};{y};{y};{y};lyrics: {Y}""",
    "video": """a {V} of a {x};{V} of a {x} {M} {p};animate a {x};{C} over a {x};the camera {C} on a {x};a {x} {M}, 24 fps;{V} for my {S};a {V} for a {G} {S};
{V} about a {I};make this {I} move;turn this {I} into a {V};{k} {V} of a {x};a {x} {M}, seamless loop;a {x} {e}, then a {x} {e};slow motion {x};film a {x} {M};
{C} of a {x} {p};a {V} where a {x} {e};{V}, {v};a {x} {p}, {v}, {v};{M} {x}, 48 frames;bring this {I} to life;a {m} {V} of a {x} playing the {N};
{x} {e} and {e}, {C};a {V} of a {q};{T} {V} of a {x};a {V} inspired by {G};{V} with a {x} and a {x};vertical {V} of a {x};I need a {V} of a {N} player {p};
first a {x} {e}, then it {e};{c} {x} {M}, {C};a looping {V} of {p};make the {x} blink;let the {x} dance;the {x} changes from {c} to {c};{x} {e};a {x} {e} {p};my {x} {M};a {x} {p}, {V};transition from a {x} to a {x};{M} {x}, 60 frames;slow motion {x} {p};{k} clip, a {x} {M};make the {x} {e} slowly;
a {x}, {C}, with {m} {N};a {x} {p}, {C}, with {m} {G} {N};a {x} {M}, {C}, {m} {G};a {x} {M}, {C}, with {m} {G}""",
    "any": "{a};something {a};{a} {a};make something {m};the {a} of {a};{a} for my friend;{m}",
}
CHINESE = {
    "image": """一张{x}的{I};{S}的{I};{G}乐队的{I};给我的{V}做一张{I};关于{S}的{I};{x};{p}的{x};{c}的{x};抱着{N}的{x};一把{N};{p}的旧{N};弹{N}的{x};画一只{x};画{x}弹{N};
{T},{x};{T}风格的{x};{x},{I};{p}的{x},{t};帮我设计一个{V}频道的{I};{V}{I};{S}{I};{G}{I};{q};{p}的{q};{q}和{x};{I}:{x}和{S};我想要一张有{x}的{I};画一首{S}的{I};
{x}的{I},不要文字;{M}的{x};{p}{M}的{x};{T}的{N};{p}的{x},{c}的光,{t},{t};把这首{S}画成一幅{I};展示{G}历史的{I};{m}的{x};画出{S}的感觉;{p}有一把{N},旁边是{x},仿佛听见{S},色调{m},{t};画面里有{x}和{N},{p},光线{m},{t};三只{x}和{q};戴耳机的{x},{T};
听{G}的{x};画一个{x};请画{x},{T};{I},上面写着“{S}”;两张{x}的{I};一个{q}的{I};{x}在{p};一幅{I},{x}和{x};{x}在看{V}的{I};给{q}做个{I};{x}与{x}""",
    "song": """一首关于{x}的{S};{G};{m}的{G};{G}加{N};{m}的{N};{N}和{N};给{V}写一段{S};为我的{I}写一首{S};写一首{S},讲{x};{N}{S};{G}{S};{p}的{x},做成一首{S};
看着{I}写的{S};唱一首关于{x}的{S};D小调的{S};120bpm的{G};{l}的{G};{l}的{S};{d}的{N}{S};{S},{w};把{x}变成一首{S};{G},{N},{w};适合睡觉的{m}{S};
来一首{m}的{S};来一段{G};{N}独奏;{d}的{G};想听{G};给我的{V}配一首{S};{m}的{S},不要鼓;像{I}一样的{S};把这张{I}变成{S};{w},{w},{G};
{x}主题的{S};{G}风格的{S};帮我写首{S};哼一段{m}的旋律;{V}里的{S};名叫“{x}”的{S};给{q}写首{S};{m}{S};一段{m}的{N}{S};{S},{x};{G},讲{x}的故事;{V}的{S};用{N}演奏的{S};{p}听的{S};
{x}很好,写成{S};{N}和{x}声;{m}的{N};{N}、{N};{q}用的{S};把这首诗谱成曲:{x};给这首诗配上{S};帮我作曲,主题是{a};{Y};{Y};{Y};{Y};{Y};{Y};{y};{y};{y};歌词:{Y}""",
    "video": """一段{x}的{V};{x}{M}的{V};让{x}动起来;镜头{C},{x};{C}{x};{M}的{x},每秒24帧;给我的{S}做个{V};为{G}做一段{V};关于{I}的{V};让这张{I}动起来;把这张{I}变成{V};
{k}的{x}{V};{x}{M},无缝循环;{x}{e},然后{x}{e};{x}的慢动作;拍一段{x}{M};{p}的{x}{V};{x}{e}的{V};{V},{v};{p}的{x},{v};{M}的{x},48帧;{m}的{V},{x}弹{N};
{x}{e},{C};一段{q}的{V};{T}风格的{V};{G}风格的{V};竖屏{V},{x};先是{x}{e},接着{e};{c}的{x}{M},{C};{V},{x}和{x};做一个{x}的{V};拍{x}的{V};镜头穿过{x};生成{V}:{x};{k}{V},{x}{M};会动的{x};{M}的{x},60帧;slow motion的{x};从{p}到{p}的转场;{x}{e};{x}在{p}{e};让{x}眨眨眼;{x}从{c}变{c};{x},{V};{x}在{p},{V};镜头{C};{x}{M},{C},配{m}的{N};{x},{C},{m}的{G}""",
    "any": "{a};{a}的感觉;{a}和{a};做个{m}的;送给朋友的{a};关于{a};{m}",
}
SLOTS = {
    "I": "image.noun", "S": "song.noun", "V": "video.noun", "G": "genre", "N": "instrument", "m": "mood",
    "T": "image.style", "t": "image.term", "w": "song.term", "v": "video.term", "C": "camera", "M": "motion",
    "e": "event", "q": "content", "c": "colour", "d": "tempo", "a": "abstract",
}  # fmt: skip


LINES_EN = """I walked beside the {x} {p};oh, hold me till the morning light;the {x} will never know my name;
we were young and running wild;take me back, take me back again;every night I dream of the {x};and the wind keeps calling me;
you said goodbye {p};there is a fire inside my heart;so sing it loud, sing it low;I can see your {m} eyes;the world goes round without you""".replace(
    "\n", ""
).split(";")
LINES_ZH = """你走过{p}的那一年;我在等一个人;风吹散了谁的思念;{x}不会懂我的心;时间慢慢走远;回忆像一场雨;
让我再看你一眼;月光照在{p};一个人走了好远;谁还记得当初的誓言;爱你是我最后的谎言;梦里又回到从前""".replace(
    "\n", ""
).split(";")
TAGS_EN = ("[verse]", "[Verse 1]", "[chorus]", "[Bridge]", "(Chorus)")
TAGS_ZH = ("[主歌]", "[副歌]", "【主歌】", "[verse]", "[chorus]")


class Grammar:
    """Fills the templates of one language, with a seeded choice of words."""

    def __init__(self, language: str, seed: int) -> None:
        is_zh = language == "zh"
        table = words.lexicon().han if is_zh else words.lexicon().english
        self.random = random.Random(seed)
        self.templates = CHINESE if is_zh else ENGLISH
        self.lines, self.tags = (LINES_ZH, TAGS_ZH) if is_zh else (LINES_EN, TAGS_EN)
        self.pools = {
            slot: [w for w, senses in table.items() if any(s.group == group for s in senses)]
            for slot, group in SLOTS.items()
        }
        self.pools |= {"x": THINGS_ZH, "p": PLACES_ZH, "l": LENGTHS_ZH, "k": CLIPS_ZH} if is_zh else {
            "x": THINGS_EN, "p": PLACES_EN, "l": LENGTHS_EN, "k": CLIPS_EN,
        }  # fmt: skip

    def sentences(self, kind: str, per_template: int) -> list[str]:
        """`per_template` fillings of every template of this kind."""
        templates = [t.strip() for t in self.templates[kind].replace("\n", "").split(";")]
        return [self._fill(template) for template in templates for _ in range(per_template)]

    def _verse(self, is_tagged: bool) -> str:
        lines = self.random.choices(self.lines, k=self.random.randint(4, 9))
        if is_tagged:
            lines[:0] = [self.random.choice(self.tags)]
            lines.insert(len(lines) // 2, self.random.choice(self.tags))
        return "\n".join(lines)

    def _fill(self, template: str) -> str:
        template = re.sub(r"\{([Yy])\}", lambda slot: self._verse(slot.group(1) == "y"), template)
        return re.sub(
            r"\{(\w)\}", lambda slot: self.random.choice(self.pools[slot.group(1)]), template
        )
