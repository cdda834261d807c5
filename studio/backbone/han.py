"""The roles of known words in a Chinese clause: the thing made comes last.

Knows words and their places, not what they weigh.
"""

import re

from studio.backbone.clauses import MEDIA, NOUNS, Clause, Mark
from studio.backbone.words import Hit

HAN_MEASURE = re.compile(
    r"[一两二三四五六七八九十几半这那某每\d]{0,3}"
    r"(?:首|曲|支|张|幅|副|枚|套|段|部|条|集|个|只|把|款|份|篇|种|点|些|组|系列)$"
)
HAN_MAKING = re.compile(
    r"(?:画|写|做|作|来|唱|拍|生成|制作|创作|设计|弄|整|搞|搞个|要|想要|谱|编|录|帮我|给我|为我|请|想听|听|出|配)"
    r"(?:一下|出|成|个|点|段|首|张|了)?$"
)
HAN_FOR = re.compile(r"(?:给|为|帮|替)[^给为帮替]{0,12}$")
HAN_MAKE_AFTER = re.compile(r"[做写配作画拍来设弄整谱编唱剪生制创]")
HAN_ABOUT = re.compile(
    r"(?:关于|讲|描写|描述|表现|主题是|主题为|有|里有|上面是|写着|根据|把|让|像|在|用)[^的]{0,10}$"
)
HAN_AND = re.compile(r"\s*(?:和|与|加|跟|、)")
# "做一段bgm给vlog": what stands after the giving is not what is made.
HAN_GIVE = re.compile(r"[做写来画唱拍编谱配设生][^给]{1,20}(?:送给|给)[^给做写画唱拍编谱配]{0,6}$")
# "用一段视频讲讲这首歌": the means is what is made.
HAN_BY = re.compile(r"用(?:一|个)?(?:段|首|张|幅|条|支|个|部|组)?$")
HAN_TELLS = re.compile(
    r"(?:来)?(?:讲|说|描写|写|演奏|弹|奏|拉|吹|唱|介绍|记录|表现|表达|呈现|展示|描述|解释|诉说)"
)
HAN_TAIL = re.compile(
    r"^(?:吧|呢|啊|吗|呀|哦|了|嘛|吗|就行|就好|谢谢|那种|之类|一样|给我|给你|给他|给她|\s)*$"
)
HAN_OBJECT_NEXT = re.compile(
    r"^\s*(?:给|关于|讲|送|来|让|用|要|适|作|当|在|和|与|加|配|主题|里|中|，|,|风格|、|$)"
)
HAN_INTO = re.compile(
    r"(?:变成|做成|作成|改成|写成|谱成|转成|当作|作为|成为|编成|制成|画成|拍成)[一个首段张幅部]*$"
)


# "…,想为她写首歌": an order may come after what it is about.
HAN_ORDER = re.compile(
    r"^(?!讲|说|关于|描写|内容|主题|歌词|里面|画面).*(?:写|做|作|来|画|唱|谱|配|拍|设计|生成|制作|剪|编|录|选)(?:[一个首张段点幅些成支条部出两三]|$)[^的]{0,6}$"
)
# "重金属版的两只老虎": a version is of the kind that it names.
HAN_VERSION = re.compile(r"\s*(?:版本?|风格?版)(?:的|$)")


def read(text: str, clause: Clause, hits: list[Hit]) -> tuple[list[str], Mark]:
    """A role for every word, and what the clause is about."""
    roles = [_han_role(text, clause, hit) for hit in hits]
    if "head" not in roles and "as" not in roles:
        _promote(text, clause, hits, roles)
    if not any(hit.is_any(MEASURES) for hit in hits):
        # A lone "吉他" may be the thing; "悲伤的吉他" is heard.
        said = text[clause.start : clause.end]
        is_heard = any(hit.is_any(HEARD) for hit in hits) or HAN_PLAYED.search(said) is not None
        roles = [
            "bare" if role == "head" and (is_heard or not hit.is_any(("instrument",))) else role
            for hit, role in zip(hits, roles, strict=True)
        ]
    if clause.index > 0 and not clause.is_label:
        roles = [
            "later" if role in {"head", "bare"} and not _is_ordered(text, clause, hit) else role
            for hit, role in zip(hits, roles, strict=True)
        ]
    heads = [hit for hit, role in zip(hits, roles, strict=True) if role in HAN_HEADS]
    if any(hit.is_any(MEDIA) for hit in heads) or any(hit.is_any(("camera",)) for hit in hits):
        return roles, ("medium", clause.start, clause.end)
    if any(hit.is_any(("abstract",)) for hit in heads):
        return roles, ("abstract", clause.start, clause.end)
    return roles, ("thing", clause.start, clause.end)


HAN_HEADS = {"head", "bare", "as", "later", "verb", "start"}
VERSIONED = ("genre", "song.noun", "instrument", "video.noun")
HAN_PLAYED = re.compile(r"配合?|用的|演奏|弹|奏|听|献给|意境|那种|感觉|高潮|心跳")
HEARD = ("mood", "tempo", "song.noun", "song.term", "song.verb", "genre")
MEASURES = ("measure.image", "measure.song", "measure.video", "measure.thing", "measure.span")


def _han_role(text: str, clause: Clause, hit: Hit) -> str:
    before, after = text[clause.start : hit.start], text[hit.end : clause.end]
    if HAN_INTO.search(before) or _is_version(hit, after):
        return "as"
    if HAN_BY.search(before) and HAN_TELLS.match(after):
        return "as"
    if HAN_GIVE.search(before):
        return "for"
    if HAN_FOR.search(before) and (HAN_MAKE_AFTER.search(after) or _names_a_work(text, hit)):
        return "for"
    if HAN_TAIL.match(after):
        return "head"
    is_verb = hit.is_any(("image.verb", "song.verb", "video.verb"))
    if is_verb and _starts(before) and not after.startswith("的"):
        return "verb"
    if (not before.strip() or before.endswith("的")) and HAN_AND.match(after):
        return "head"
    if not before.strip() and hit.is_any(("camera", "video.term", "video.noun", "motion")):
        return "start"
    if re.match(r"\s*(?:的|之)", after):
        return "mod"
    return "rest" if HAN_ABOUT.search(before) else "mod"


def _names_a_work(text: str, hit: Hit) -> bool:
    """ "给童谣《数鸭子》配…": its title follows."""
    return text[hit.end : hit.end + 1] in set("《「“")


def _is_order(before: str) -> bool:
    """ "写个欢快的…": a clause that begins with making and whose last word is a quality."""
    return re.match(r"\s*[写做来画唱拍编谱]", before) is not None and before.endswith(
        ("的", "风格")
    )


def _is_version(hit: Hit, after: str) -> bool:
    if not hit.is_any(VERSIONED):
        return False
    is_whole = hit.word.endswith("版") and after.startswith("的")
    return is_whole or HAN_VERSION.match(after) is not None


def _is_ordered(text: str, clause: Clause, hit: Hit) -> bool:
    return HAN_ORDER.match(text[clause.start : hit.start]) is not None


def _starts(before: str) -> bool:
    return (
        re.fullmatch(
            r"\s*(?:请|帮我?|给我?|我?想|我?要|能不能|可以|来|再|你能|麻烦|\s)*(?:个|点)?", before
        )
        is not None
    )


def _promote(text: str, clause: Clause, hits: list[Hit], roles: list[str]) -> None:
    """ "写首歌讲讲…": the thing counted or made is the head where the clause runs on after it."""
    for place, hit in enumerate(hits):
        before, after = text[clause.start : hit.start], text[hit.end : clause.end]
        is_made = HAN_MEASURE.search(before) or HAN_MAKING.search(before) or _is_order(before)
        if roles[place] != "mod" or not is_made or not hit.is_any(NOUNS):
            continue
        if HAN_OBJECT_NEXT.match(after):
            roles[place] = "head"
            return
