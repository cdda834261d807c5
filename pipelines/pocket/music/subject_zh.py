"""Chinese: the phrase that a prompt is about, and that phrase as a line to sing.

Patterns and lists of words; knows nothing about themes, rhymes or music.
"""

import random
import re

LONGEST_LINE = 10
"""Characters of a hook in one line; a longer one is cut in two."""

_KIND = (
    "(?:lo-?fi|beat|song|歌曲|歌谣|歌儿|歌|曲子|曲|音乐|旋律|小调|民谣|摇篮曲|情歌|说唱|"
    "歌词|儿歌|主题曲|作品)"
)
_STYLE = (
    "(?:低保真|lo-?fi|流行|摇滚|民谣|爵士|放克|雷鬼|嘻哈|说唱|电子|电音|舞曲|古风|国风|中国风|"
    "古典|氛围|合成器|合成波|浩室|科技舞曲|芯片|管弦乐|史诗|影视|蓝调|乡村|波萨诺瓦|圆舞曲|华尔兹|"
    "轻音乐|抒情|欢快|快乐|开心|悲伤|伤感|忧伤|温柔|安静|平静|舒缓|治愈|动感|激昂|热血|梦幻|"
    "浪漫|轻快|活泼|搞笑|黑暗|神秘|慢|快|好听|简短|短|长|原创|男声|女声|童声|合唱|英文|中文|"
    "简单|优美|美丽|钢琴|吉他|弦乐|鼓|贝斯|小提琴|二胡|古筝|笛子|八位机|风格|风|的|、|，|,|\\s)"
)
_TECHNICAL = re.compile(
    r"\d+\s*(?:秒钟?|分钟?|bpm|拍|小节|s)(?:长)?(?:的|左右)*|速度\s*\d+|"
    r"[A-Ga-g][#b♯♭升降]?\s*(?:大调|小调)(?:的)?|[升降][A-G](?:大调|小调)(?:的)?|"
    r"(?:用|由|配上?|带|加)[^，,。；]{0,6}"
    r"(?:演唱|伴奏|演奏|人声|女声|男声|童声|钢琴|吉他|鼓|合唱)(?:的)?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:请|麻烦|能不能|可以|能|可否|我想要?|想要|想听|我要|要|来|帮我|帮忙|给我|为我|替我|你|"
    r"唱|写|做|作|生成|创作|制作|编|谱|弹|放|听|一首|一段|一支|一曲|一个|首|段|支|点|吧|一下)+"
)
_FOUND = (
    re.compile(r"(?:关于|有关|描写|描述|讲述|讲的是|说的是|表达|歌颂|赞美|怀念|纪念)(.+)"),
    re.compile(r"(?<!可)以(.+?)为(?:主题|题)"),
    re.compile(r"(?:写给|献给|送给|唱给|给)(?!我(?:写|做|来|唱|一|$))(.+)"),
    re.compile(r"^(?:[^，。]*?)(?:唱一?唱|唱唱)(.+)"),
)
_GIVEN = "给"
_MARKS = ("", "", _GIVEN, "")
"""Before a phrase that the song is given to, so that the hook can say so."""

_TAIL = re.compile(
    rf"(?:为主题|为题|的故事|听|唱)?(?:的)?(?:{_STYLE})*{_KIND}(?:吧|好吗|行吗|呢)?[。！!？?]*$"
)
_STYLES = re.compile(_STYLE, re.IGNORECASE)
_STYLES_OR_KINDS = re.compile(rf"{_STYLE}|{_KIND}", re.IGNORECASE)
_STYLE_FIRST = re.compile(rf"^(?:{_STYLE})+(?=.)", re.IGNORECASE)
_MEASURE = re.compile(
    r"^(?:一|那|这|某|两|几)(?:个|位|只|条|场|座|片|首|段|朵|棵|匹|群|间|辆|艘|份|杯|碗)(?=.)"
)
_PERSON = (
    "(?:老?朋友|男孩|女孩|男人|女人|人|孩子|少年|姑娘|小伙子?|老人|老师|同桌|同学|室友|恋人|"
    "爱人|陌生人|士兵|水手|旅人|邻居)"
)
_RELATIVE = re.compile(
    rf"^(?:一个|那个|那位|一位|某个|我的)?(.{{2,24}}?)的(?:那个|一个)?{_PERSON}$"
)
_SUBJECT = re.compile(rf"^(?:一个|那个|那位|一位|某个|我的|我)?{_PERSON}(?=.{{3,}}$)(?!的)(.+)$")


def phrase_of(prompt: str) -> str:
    """What the prompt is about in its own words, or "" where it names nothing."""
    text = _TECHNICAL.sub("", prompt.strip())
    for mark, pattern in zip(_MARKS, _FOUND, strict=True):
        found = pattern.search(text)
        phrase = _tidy(found.group(1)) if found else ""
        if phrase:
            return mark + phrase
    pieces = [_ASKS.sub("", piece.strip()) for piece in re.split(r"[，,。；;！!？?\n]", text)]
    plain = [_tidy(_STYLE_FIRST.sub("", each)) for each in pieces if _STYLES_OR_KINDS.sub("", each)]
    return max(plain, key=len, default="")


def _tidy(text: str) -> str:
    """One clause, without the words that say what kind of song."""
    clause = re.split(r"[。；;！!？?\n]", text.strip())[0]
    first, *more = re.split(r"[，,]", clause)
    for each in more:
        joined = re.match(r"\s*(?:然后|却|但|再|又|就|也|最后|后来|从此|可是|因为|直到)", each)
        if not joined:
            break
        first += each.strip()
    plain = _TAIL.sub("", first.strip()).strip(" 的")
    plain = plain if _STYLES.sub("", plain) else ""
    kept = re.sub(r"[^\u4e00-\u9fffA-Za-z0-9' ]", "", plain).strip()
    return kept if re.search(r"[\u4e00-\u9fff]|[A-Za-z]{2}", kept) else ""


def as_hook(phrase: str, mood: str, rng: random.Random) -> tuple[str, str]:
    """The phrase as title and as a line: said to "you" where it tells of someone."""
    given, phrase = phrase.startswith(_GIVEN), phrase.removeprefix(_GIVEN)
    told = _RELATIVE.match(phrase) or _SUBJECT.match(phrase)
    if told:
        rest = re.sub(r"(?:他|她)们?", "你", told.group(1))
        line = rest if rest.startswith(("你", "我")) else "你" + rest
        return title(line), line
    noun = _MEASURE.sub("", phrase)
    if given and 2 < len(noun) <= 5:
        return title(noun), f"这首歌给{noun}"
    return title(noun), _called(noun, mood, rng)


_CALLS = {
    "calm": ("轻轻唱着{}", "我又想起{}"),
    "sad": ("我还记得{}", "我又想起{}"),
    "happy": ("大声唱着{}", "一起来唱{}"),
    "energetic": ("大声唱着{}", "再唱一次{}"),
    "dark": ("我忘不掉{}", "谁还记得{}"),
    "dreamy": ("我又梦见{}", "梦里都是{}"),
}
_SAID = re.compile(r"^[我你他她它咱]|(?:了|吧|啊|呢|吗)$|[在没不要会想把被让]")


def _called(noun: str, mood: str, rng: random.Random) -> str:
    """A short noun is called out; what already is a sentence, or long, stands by itself."""
    if len(noun) <= 3 and rng.random() < 0.4:
        return f"{noun}啊{noun}"
    if len(noun) > 6 or (_SAID.search(noun) and "的" not in noun):
        return noun
    return rng.choice(_CALLS[mood]).format(noun)


def split(line: str) -> tuple[str, ...]:
    """A line to sing as one line, or two where it is long; what is far too long is shortened."""
    line = line[: 2 * LONGEST_LINE]
    if len(line) <= LONGEST_LINE:
        return (line,)
    joints = [found.start() for found in re.finditer(_JOINTS, line) if found.start() >= 3]
    inside = [k for k in joints if k <= LONGEST_LINE and len(line) - k <= LONGEST_LINE]
    middle = len(line) // 2
    cut = min(inside, key=lambda k: abs(k - middle), default=middle)
    return line[:cut], line[cut:]


_JOINTS = r"然后|却|但|再|又|就|也|最后|后来|从此|可是|因为|直到|在|和|我|你|他|她"


def title(phrase: str) -> str:
    """At most eight characters, cut where a phrase ends."""
    if len(phrase) <= 8:
        return phrase
    joints = [found.start() for found in re.finditer(_JOINTS, phrase) if 2 < found.start() <= 8]
    return phrase[: joints[0] if joints else 8]
