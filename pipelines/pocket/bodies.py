"""Which things of a prompt are seen whole: what stands in a place or does something has a body.

Of some animals most drawings are of the head alone, as emoji are. That is what a sticker of a fox
looks like, but no fox in a forest. Reads words and boxes; knows no drawings.
"""

import re
from collections.abc import Sequence

from pipelines.pocket.layout import Box

DEEDS_EN = re.compile(
    r"\b(?:st(?:ands?|anding|ood)|sits?|sitting|runs?|running|walk(?:s|ing)?|jump(?:s|ing)?|"
    r"leap(?:s|ing)?|eats?|eating|drink(?:s|ing)|rid(?:es?|ing)|danc(?:es?|ing)|sleep(?:s|ing)?|"
    r"asleep|holds?|holding|carr(?:ies|ying)|play(?:s|ing)|reads|reading|swims?|swimming|"
    r"climb(?:s|ing)?|crawl(?:s|ing)?|hug(?:s|ging)|chas(?:es|ing)|hunt(?:s|ing)|fishing|cooking|"
    r"lying|lies|howl(?:s|ing)|ska(?:tes|ting)|skis|skiing|surf(?:s|ing)|march(?:es|ing)|"
    r"watering|waving|throwing|kicking|digging|sweeping|juggling|kneeling|meditating|"
    r"whole|full[- ]body|from head to (?:toe|foot))\b",
    re.IGNORECASE,
)
DEEDS_ZH = re.compile(
    "坐|站|跑|跳|吃|喝|骑|睡|抱|拿|玩|爬|追|躺|趴|走路|散步|行走|游泳|看书|读书|钓鱼|做饭|滑冰|滑雪|冲浪|浇水|浇花|扫地|打扫|唱歌|挥手|撑伞|打伞|全身|整只"
)
HEADS = re.compile(
    r"\b(?:faces?|heads?|portraits?|close[- ]?ups?|mask)\b|脸|头像|头部|的头|特写|面具",
    re.IGNORECASE,
)


def shown_whole(prompt: str, boxes: Sequence[Box], *, is_set: bool) -> set[str]:
    """The concepts of the boxes that are seen from head to foot.

    All of them in a place or where the words say what somebody does, else those that stand on
    something; none where the prompt asks for a face.

    Args:
        is_set: whether the prompt says where its things are, or shows something else whole.
    """
    if HEADS.search(prompt):
        return set()
    does = DEEDS_EN.search(prompt) or DEEDS_ZH.search(prompt)
    return {box.concept for box in boxes if is_set or does or box.on}
