"""How prompts say that things are in a place ("in the snow", "在海滩上").

Knows no drawings and no other positions.
"""

import re

NOUNS_EN = (
    "meadow grass grassland lawn fields? beach seaside shore seashore coast sand sea ocean lake "
    "river waves night nighttime midnight stars starlight moonlight sunset sunrise dusk dawn "
    "evening twilight snow snowfall blizzard winter ice desert sand|dunes dunes mountains? "
    "mountain|peaks peaks hills? valley forest woods jungle woodland rainforest space outer|space "
    "universe galaxy cosmos rain storm rainstorm downpour room bedroom kitchen city town street "
    "skyline downtown cityscape park garden countryside farm farmyard village library classroom "
    "sky living|room bathroom attic workshop cafe café"
)
NOUN_EN = "|".join(word.replace("|", r"\s+") for word in NOUNS_EN.split())
RELATIONS = (
    r"in\s+front\s+of|in|on|at|under|among|amid|before|by|across|over|through|inside|within|"
    r"beneath|along|around|against|during|near"
)
PLACE_EN = re.compile(
    r"(?<![\w-])(?:"
    rf"(?:{RELATIONS})"
    rf"\s+(?:the\s+|an?\s+)?(?:(?!(?:and|with|of|{RELATIONS})\b)[\w-]+\s+){{0,2}}?(?:{NOUN_EN})"
    r"|underwater|indoors|on\s+a\s+(?:rainy|snowy|stormy)\s+day|in\s+the\s+(?:evening\s+)?glow"
    rf"|(?:{NOUN_EN}|underwater)\s+(?:background|backdrop|scene|scenery|landscape)"
    # "A snowy street at night", "a park, autumn": the end of what is said of it.
    rf"|(?:(?:snowy|rainy|stormy|starry)\s+)?(?:{NOUN_EN})"
    r"(?=\s*(?:$|[,.;:!?])|\s+(?:with|at|in|of|under|by|on|and|full|where|during|behind)\b)"
    r")(?![\w-])",
    re.IGNORECASE,
)
PAINTED_ZH = {
    "草地|草原|草坪|草丛|田野|原野|公园|花园|农场|牧场": "in a meadow",
    "沙滩|海滩|海边|海岸": "on a beach",
    "海里|海中|海底|水下|水底|水中|水里": "underwater",
    "海面|海洋|大海|海上|湖边|湖面|水面": "at sea",
    "夜晚|夜里|夜空|夜色|夜景|深夜|晚上|星空|星光|月光|雪夜|雨夜": "at night",
    "日落|日出|夕阳|黄昏|傍晚|晚霞": "at sunset",
    "雪地|雪中|雪里|雪天|雪夜|下雪|大雪|飘雪|冬天|冬日|冬季": "in the snow",
    "沙漠|沙丘|戈壁": "in the desert",
    "群山|山里|山上|山中|山间|雪山": "in the mountains",
    "森林|树林|丛林|竹林|林中|林间": "in a forest",
    "太空|外太空|宇宙|银河": "in space",
    "雨中|雨里|雨天|雨夜|下雨|大雨|暴雨": "in the rain",
    "房间|屋里|屋内|室内|卧室|客厅|厨房|书房|浴室|图书馆|教室|咖啡馆|咖啡厅": "in a room",
    "城市|都市|街上|街头|街道": "in the city",
    "天空|蓝天|半空|高空|天上|云端": "in the sky",
    "村庄|村子|乡村|村里": "in a village",
}
"""Places in Chinese, and the painted background that comes nearest, as the model knows it best."""

NOUN_ZH = "|".join(PAINTED_ZH)
# Nouns that say a place by themselves; the others need "在" before or "里" after.
SETTLED_ZH = (
    "海边|海上|海里|海中|海底|水下|水底|水中|水里|夜晚|夜里|深夜|晚上|日落|日出|夕阳|黄昏|傍晚|雪中|雪里|雪天|雪夜|下雪|大雪|飘雪|冬天|"
    "冬日|冬季|山里|山上|山中|山间|林中|林间|雨中|雨里|雨天|雨夜|下雨|暴雨|屋里|屋内|室内|街上|街头"
)
PLACE_ZH = re.compile(
    rf"在[^，。；的在]{{0,4}}?(?:{NOUN_ZH})|(?:{NOUN_ZH})(?:上|里|裡|中|下|间|前|时|旁|边|底|夜景|的?背景)"
    rf"|(?:{SETTLED_ZH})"
)


def painted(prompt: str) -> str:
    """The places of a Chinese prompt in English; empty where it names none.

    The text encoder hears a place in English far better than one in Chinese.
    """
    said = [match.group() for match in PLACE_ZH.finditer(prompt)]
    found = (
        phrase
        for nouns, phrase in PAINTED_ZH.items()
        if any(re.search(nouns, place) for place in said)
    )
    return ", ".join(found)
