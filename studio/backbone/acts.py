"""What happens in a sentence, and by what means it is to be shown: patterns beyond `orders`.

A Chinese clause that ends in a verb of movement tells what happens ("细胞在分裂"); one that ends in a
noun names a thing ("奔跑的豹子"). Patterns over the raw text. Knows no weights and no lexicon.
"""

import re
from collections.abc import Iterator

from studio.backbone.orders import ACTS, Order, third

# ruff: noqa: E501 - the tables of verbs below are patterns, one kind a line.

# Verbs that a still picture cannot hold, as a clause may end in them.
ENDS = "|".join(
    """旋转 转动 分裂 震动 抖动 颤动 摆动 摇晃 晃动 流动 飘动 飘落 飘散 飘扬 落下 落地 升起 升空 降下 坠落 下坠 爆炸 爆发
    喷发 喷涌 融化 结冰 破裂 碎裂 开裂 绽放 凋谢 枯萎 熄灭 亮起 闪烁 闪动 奔跑 飞奔 奔腾 翻滚 翻飞 翻动 起舞 跳舞 舞动
    跳跃 弹跳 蹦跳 转身 转头 扭头 回头 抬头 低头 点头 摇头 眨眼 眨动 挥手 招手 起立 起身 鞠躬 起飞 降落 着陆 出发 启动
    停下 停住 倒下 倒塌 坍塌 摔倒 滑倒 打滚 离开 靠近 走近 走远 远去 消失 出现 散开 聚拢 合拢 打开 关上 合上 张开 展开
    变身 变形 变色 变脸 变红 变黄 变绿 变大 变小 长大 生长 破土 发芽 孵化 破壳 追逐 打架 打闹 吵架 碰撞 相撞 撞击
    说话 开口 醒来 惊醒 苏醒 睁眼 流逝 变化 变幻 交替 更替 切换 逃跑 逃走 冲刺 起跑 射门 扣篮 起跳 跳水 翻跟头
    后空翻 转圈 打转 倒流 蔓延 扩散 涌来 退去 涨潮 退潮 开动 行驶 游动 蠕动 呼吸 打哈欠 伸懒腰 打喷嚏 拥抱 相遇
    重逢 摇尾巴 追尾巴 走秀 跑步 赛跑 飞行 飞舞 盘旋 滑行 漂移 漂走 漂流 沸腾 燃尽 烧尽 收缩 膨胀 跳动 滚动
    滑落 滴落 散落 掉落 飞起 飞走 飞远 跑掉 跑远 溜走 开走 倒车 进站 出站 入水 出水 破浪 起伏 摇摆 舒展""".split()
)
STOP = r"(?=$|[,，。!！?？;；、\s])"
# "一只鸟在飞": one syllable is enough behind "在", "着" or a way of going.
ENDS_SHORT = r"(?:在|正|着|得|地|跟着|绕着[^,，。]{1,8}|围着[^,，。]{1,8})[飞跑转飘跳走滚游爬摇晃抖落流](?:[啊呀])?"
# "被风吹散", "绕着太阳转", "越抛越高", "字母自己拼好": what is done to a thing, and how it ends.
RESULT = (
    r"被[^,，。的]{1,8}[散开走倒碎飞落断破掉起翻灭]"
    r"|(?:绕着|围着|沿着|朝着|顺着|向着|追着)[^,，。的]{1,10}[转飞跑走游爬滑滚行]"
    r"|[吹冲撞炸摔砸踩折叠烧撕切敲压挤裂][散开走倒碎飞断破掉裂灭](?!的)|四溅|翻涌|涌出|睁开|露出|扫过|断了"
    r"|自己(?:慢慢)?[㐀-鿿]{1,2}(?:好|开|上|下去|起来|动|走)(?!的)|(?:一|两|几)(?:圈|下|步|跳)(?:一|两)?(?:圈|下|步|跳)?"
    + STOP
)
ENDS_SHORT += rf"|在[^,，。的]{{1,5}}[转飞跳跑滚飘游]{STOP}|(?:正在|在)(?:{ENDS})(?!的)"
ACT_END = (
    rf"{RESULT}|(?:{ENDS})(?:起来|下来|开来|开|过来|而过|而去|而出|了|不停|不止)?{STOP}|{ENDS_SHORT}{STOP}"
    rf"|[飞走跑跳爬滚滑游驶冲飘流钻掉落涌](?:走|来|去|开|远|过去|过来){STOP}"
)
SPAN = (
    r"从[^,，。从]{1,8}?(?:到|变成|变到|长到|长成|变为|走到|慢慢到)[^,，。]{1,8}"
    r"|\bfrom (?:dusk|dawn|day|night|seed|morning|sunrise|sunset|spring|summer|winter|egg|noon|empty|sketch)"
    r"\b.{1,20}\b(?:to|till|until|into)\b"
)
BECOMES = r"(?<![改转千善])变(?![奏形声调速了得])(?=[㐀-鿿]{1,4}(?:$|[,，。]))|(?<![把将想])(?:变成|变为|变回|化作|化为|幻化成|长成)"
STEPWISE = (
    r"(?:冬去春来|春去秋来|花开花落|日出日落|潮起潮落|斗转星移|日夜更替|四季[更交]替)|突然|忽然|一点点|一点一点|瞬间|一下子|猛地|接连|一个接一个|依次|逐一|一片片|一盏盏|越[㐀-鿿]{1,3}越[㐀-鿿]|越来越"
    r"|\bone (?:after (?:the other|another)|by one)\b|\b(?:little by little|bit by bit|all at once)\b"
    r"|\b(?:starts?|begins?|starting|beginning) to (?!finish)\w+"
    r"|\b(?:suddenly|slowly|gradually|gently|quickly|finally) \w+s\b|\b\d+x (?:speed|faster)\b"
    r"|\b(?:want|see|watch|show me|need|have) (?:to see )?(?:the|my|an?|our|his|her)\s+(?:\w+ ){1,2}?\w{2,}ing\b"
)
MORE = (
    "stomp splat zoom whizz swarm erupt slam split divide orbit circle chew lick scratch bark crumple twist"
    " wriggle bite tumble unravel skate surf charge smash clap wag sneeze yawn juggle knock spray flood"
).split()
_DOES = "|".join(third(verb) for verb in (*ACTS, *MORE))
# "The statue turns its head": what the thing does to its own, or where it goes.
DOES = (
    rf"\b\w+s? (?:itself|themselves)\b|\bthe \w{{2,}}[^s\W]s (?:{'|'.join(ACTS)})\b(?! of)|(?<!\b[Tt]he )(?<!\b[Aa] )\b(?:{_DOES})\s+(?:its|his|her|their|itself|himself|herself|themselves|away|around"
    r"|round|off|open|shut|apart|upwards?|downwards?|backwards?|forwards?|towards?|through|into|onto"
    r"|across|past|back and forth|side to side|everywhere)\b"
)
_MOVES = (
    r"(?:zoom|pan|dolly|tilt|track|fly|glide|swoop|crane|push|pull|drift|sweep|orbit|circl|truck)"
)
CAMERA = (
    rf"^(?:\w+ )?{_MOVES}(?:s|e|es|ing|ming|ning)? (?:slowly |gently |low |fast )?(?:in|out|back|past|over"
    r"|through|along|across|into|around|up|down|from|to|towards?)\b"
    rf"|\bcamera (?:slowly |gently |then )?(?!was|is|on|with|bag|lens|and|of|in|that)\w+s\b"
    r"|镜头(?:慢慢|缓缓|一直|先|再|突然|跟|随)?(?:从|由|向|往|对准|推|拉|摇|移|跟|扫|升|降|转|切|穿|掠|绕|贴)"
    r"|(?:推|拉|移|摇|扫)(?:进|近|远|向|过)?(?:镜头|镜)|运镜|(?:仰|俯|环绕|跟|手持|航)拍着?"
)
# Into what the thing is made, by the verb: "把声音画成波浪", "把这句话唱出来".
DRAWN = (
    r"画(?:成|下来|出来|进|到|在)|用(?:颜色|线条|画面|色块|一幅画|一张图|图|画笔?)(?:来)?(?:表现|表达|描绘|呈现|讲|说|记录)"
    r"|看起来(?:像|是)|长什么样|什么样子"
    r"|\b(?:drawn|painted|pictured|illustrated|depicted|sketched|visuali[sz]ed|carved) as\b"
    r"|\bwhat .{1,40} (?:would )?looks? like\b"
)
SUNG = (
    r"唱(?:成|出来|给|一遍|一唱|首|段|唱)|谱(?:成|上|个|首|一)|写成歌|编(?:成|进).{0,6}歌|填(?:个|上|一)?词"
    r"|配(?:点|个|上|一段|一首|首|段|些)[^,，。图画插]{0,8}(?:音乐|曲|歌|乐|BGM|bgm|声|伴奏)"
    r"|用(?:音乐|旋律|歌声|歌|一首歌|一段旋律|声音)(?:来)?(?:表现|表达|讲|说|描|写|记|诉)"
    r"|\b(?:set|put|turned|turn it|turn this) (?:in)?to (?:music|song|a song)\b|\bsung (?:by|as|in|to)\b"
    r"|\bwhat .{1,40} (?:would )?sounds? like\b"
)
FILMED = (
    r"会动的(?=[㐀-鿿a-z])|动态(?:的)?[^,，。的]{0,4}(?:logo|海报|封面|图标|标志|请柬|邀请函|贺卡|头像|壁纸)"
    r"|拍(?:成|一段|一条|段|条|支|个)(?!照|张)|用(?:一段|一条|一个|段|个)?(?:视频|动画|短片|镜头|延时|慢动作|慢镜头)"
    r"|(?:然后|再|接着)?让(?:它|他|她|它们|他们|画面|画里的?|图里的?|照片里?的?)[^,，。]{0,8}(?:动|飞|走|跑|跳|转|飘|眨|笑|摇|游)"
)
# "画一只鸟,然后让它飞走": what was drawn shall move.
STIRRED = re.compile(
    r"让(?:它|他|她|它们|他们|画面|画里的?|图里的?|照片里?的?)[^,，。]{0,10}(?:动|飞|走|跑|跳|转|飘|眨|笑|摇|游|泛|流|唱)"
    r"|动起来|活过来|活了过来"
)
# What the asker has already made: "我拍了一段视频,想配…" asks for something else.
HAD = (
    r"(?<![给帮])我(?:们|自己)?(?:刚|昨天|以前)?(?:拍|录|剪|画|写|做)(?:了|好|完|的)"
    r"|\b(?:I|we)(?:'ve got| have| got|'ve) (?=(?:an?|this|my|some|our)\b.{3,60}\b(?:need|want|lack|missing|looking))"
    r"|\b(?:my|our|the) (?=[\w ]{3,24} (?:is|are) (?:done|finished|ready|cut|silent)\b)"
    r"|\b(?:I|we|he|she)(?:'ve| have| had| just|'ve just)? (?:filmed|shot|cut|recorded|painted|drew|made|edited|wrote|took)\b"
)
HEARD = (
    r"[听放播哼奏](?:的)?(?:那种)?(?=$|[,，。!！?？])|(?:时|时候|里|前|后|课|会|店|上)(?:放|听|播)"
    r"|[声调腔]$|[箫笛琴胡鼓筝号]声|听起来|听上去"
    r"|^(?:女声|男声|童声|低音|高音|音色|琴声|副歌|主歌|歌词|旋律|节奏|鼓点|前奏|贝斯|曲风|唱腔|声线|人声)(?:要|得|是|用|循环|再|别|不要|我|空|高|低|温|沙|清|轻|有|加|和)"
    r"|\b(?:chorus|verse|beat|tempo|vocals|lyrics|melody|drums|bass)\s+(?:should|must|needs?)\b"
)
# "古筝流水一样的", "给新人敬酒选个喜庆的": a quality without its noun.
OPEN = r"(?:的|那种|风格|味道|感觉|气氛)(?:吧|就行|就好)?(?=$|[,，。!！?？])"
PATTERNS = {
    name: re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for name, pattern in (
        ("act.end", ACT_END),
        ("act.span", SPAN),
        ("act.becomes", BECOMES),
        ("act.stepwise", STEPWISE),
        ("act.does", DOES),
        ("act.camera", CAMERA),
        ("act.drawn", DRAWN),
        ("act.sung", SUNG),
        ("act.filmed", FILMED),
        ("act.had", HAD),
        ("act.heard", HEARD),
        ("act.open", OPEN),
    )
}
# A syllable of movement that describes no noun: "掠过梯田", not "奔跑的豹子" and not "跑车".
DYNAMIC = re.compile(
    r"(?:飞(?!机|船|碟|侠|天|鸟|镖|扬)|跑(?!车|鞋|道|酷)|跳(?!绳|棋|蚤|楼机)|滚(?!筒|石)|爬(?!山|虎)|掉|落(?!地窗|叶|日)|冲(?!锋衣|浪)"
    r"|撞|追(?!思|悼|求|忆)|炸(?!鸡|酱|弹|物)|裂|融|抛|扔|甩|踢(?!踏)|溅|涌|喷(?!泉|漆|绘|壶)|飘(?!带)|晃|闪(?!电|亮)|穿过|掠|驶|漂(?!亮|流瓶)"
    r"|滑(?!板|梯|稽|雪|冰)|升(?!学|职)|降(?![ABCDEFG]|噪)|搭起|推开|拉开|打开|翻(?!唱|译)|伸|扑|甩|钻|跃|旋转|转身|转头|转过)"
    r"(?![^,，。]{0,3}的)"
)
MOST = 4
HAPPENS = ("act.end", "act.span", "act.becomes", "act.stepwise", "act.does", "act.camera")


def find(text: str) -> Iterator[Order]:
    """The first place of every pattern that the text shows."""
    for name, pattern in PATTERNS.items():
        match = pattern.search(text)
        if match is not None:
            yield name, match.start(), match.end()
    for match in list(DYNAMIC.finditer(text))[:MOST]:
        yield "act.dynamic", match.start(), match.end()
