"""Everything the page says, in every language it speaks.

A row is one phrase, a column one language; a test holds that no cell is empty and that the
placeholders agree. Knows no component.
"""

from typing import Any, Literal, get_args

import gradio as gr

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WORDS: dict[str, tuple[str, str]] = {
    # header and tabs
    "tagline": (
        "One prompt. A finished picture, song or clip.",
        "一句话，一幅画、一首歌或一段短片。",
    ),
    "create_tab": ("Create", "创作"),
    "library_tab": ("Library", "作品库"),
    "to_dark": ("Switch between light and dark", "切换浅色与深色"),
    "to_language": ("切换到中文", "Switch to English"),
    "to_language_short": ("中文", "EN"),
    # prompt
    "prompt": ("What shall it be?", "想要什么？"),
    "prompt_hint": (
        "A smiling fox in a teacup, flat style… or a folk song about the sea",
        "茶杯里微笑的狐狸，扁平风格……或者一首关于大海的民谣",
    ),
    "understood": ("How the prompt was understood", "对提示词的理解"),
    "kind": ("What to make", "要做什么"),
    "kind.auto": ("Auto", "自动"),
    "kind.image": ("Picture", "图片"),
    "kind.song": ("Song", "歌曲"),
    "kind.video": ("Video", "视频"),
    "kind.none_yet": ("nothing here makes this yet", "暂无可用的模型"),
    "reads_as": ("Reads as a {kind}", "理解为{kind}"),
    "chosen": ("You chose: {kind}", "你选择了：{kind}"),
    "sure": ("{percent} % sure", "把握 {percent}%"),
    "because": ("because of", "因为"),
    "settings_read": ("and from your words", "并从中读出"),
    "type_more": (
        "Write a few words and see here how they are read.",
        "写几个字，这里会显示如何理解。",
    ),
    "which": ("It could be either. What shall it be?", "两者皆有可能，你想要哪一种？"),
    "none_makes": (
        "That sounds like a {kind}, and nothing here makes one yet.",
        "听起来是{kind}，目前还没有能做的模型。",
    ),
    "make_instead": ("Make a {kind} of it", "改做{kind}"),
    # making
    "presets": ("Presets", "预设"),
    "no_preset": ("None", "无"),
    "count": ("How many", "数量"),
    "create": ("Create", "开始创作"),
    "cancel": ("Stop", "停止"),
    "settings": ("Settings", "设置"),
    "more_settings": ("More settings", "更多设置"),
    "model": ("Model", "模型"),
    "model_auto": ("Default", "默认"),
    "reset": ("Back to defaults", "恢复默认"),
    "changed": ("{count} changed", "已改 {count} 项"),
    "start_picture": ("Start from a picture", "从图片开始"),
    "start_picture_hint": (
        "Put a picture here. Paint over the part that should change, "
        "or leave it unpainted to rework all of it.",
        "放入一张图片。涂抹想要改变的部分；不涂则整张重绘。",
    ),
    "clear_picture": ("Without a picture", "不用图片"),
    "picture_left": (
        "The picture was left aside: songs do not start from one.",
        "图片未被采用：歌曲不从图片开始。",
    ),
    "start_song": ("Start from a song or a tune (MIDI)", "从歌曲或旋律（MIDI）开始"),
    "start.auto": ("Starts from “{name}”", "从“{name}”开始"),
    "start.continue": ("Goes on from “{name}”", "接着“{name}”续写"),
    "start.repaint": ("Rewrites a part of “{name}”", "重写“{name}”的一段"),
    "start.vary": ("Varies “{name}”", "“{name}”的变奏"),
    "start.accompany": ("Accompanies “{name}”", "为“{name}”伴奏"),
    "forget": ("Start without it", "不再使用"),
    "bring_back": ("Settings from a picture, song or clip", "从图片、歌曲或短片取回设置"),
    "drop_here": ("Drop it: its settings come back", "松手即可取回它的设置"),
    "brought_back": ("The settings of “{name}” are back.", "已取回“{name}”的设置。"),
    "not_ours": (
        "“{name}” carries no settings: it was not made here, or they were removed.",
        "“{name}”不含设置：不是在这里做的，或信息已被去除。",
    ),
    "family_gone": (
        "It was made with {family}, which is not here; the default model takes its place.",
        "它由 {family} 制作，此处没有该模型；已换用默认模型。",
    ),
    # stage
    "empty_title": ("Nothing on the table yet", "这里还空着"),
    "empty_text": (
        "Write what you want to see, hear or watch, or start with one of these:",
        "写下你想看或想听的，或从这些开始：",
    ),
    "waiting": ("Waiting, {ahead} ahead", "排队中，前面还有 {ahead} 个"),
    "starting": ("Getting ready…", "准备中……"),
    "step": ("Step {index} of {total}", "第 {index} 步，共 {total} 步"),
    "item": ("{index} of {total}", "第 {index} 个，共 {total} 个"),
    "left": ("{time} left", "还需 {time}"),
    "seconds": ("{count} s", "{count} 秒"),
    "minutes": ("{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒"),
    "stopped": ("Stopped.", "已停止。"),
    "stopped_with": ("Stopped. What was finished is kept.", "已停止，已完成的都保留。"),
    "failed": ("That did not work", "没有成功"),
    "preview_of": ("Preview of: {prompt}", "预览：{prompt}"),
    "picture_of": ("{prompt}", "{prompt}"),
    "private": ("Private prompt", "私密提示词"),
    "download": ("Download", "下载"),
    "continue": ("Continue", "续写"),
    "repaint": ("Rewrite a part", "重写一段"),
    "variations": ("Variations", "变体"),
    "edit": ("Edit", "编辑"),
    "animate": ("Make it move", "让它动起来"),
    "reuse": ("Reuse settings", "沿用设置"),
    "made_how": ("How it was made", "制作方式"),
    "made_with": ("Model", "模型"),
    "preset_used": ("Preset", "预设"),
    "licence": ("Licence of the model", "模型许可"),
    "made_at": ("Made", "时间"),
    "made_in": ("Took", "用时"),
    "size_px": ("Size", "尺寸"),
    "ai_made": (
        "Made by a generative model; the file says so.",
        "由生成式模型制作，文件中已标明。",
    ),
    "show_item": ("Show number {index}", "显示第 {index} 个"),
    # a clip
    "fps": ("{count} frames a second", "每秒 {count} 帧"),
    "with_music": ("with music: {genre}", "配乐：{genre}"),
    "plan": ("Plan the scenes", "安排分镜"),
    "plan_again": ("Plan them anew", "重新安排"),
    "own_music": ("Music of your own for the clip", "为短片配上自己的音乐"),
    "start.music": ("With “{name}” as its music", "以“{name}”为配乐"),
    "steady": ("Steady it", "稳定画面"),
    "compare": ("Left: as it came. Right: evened out.", "左为原片，右为稳定后。"),
    "compare_hint": ("The line between before and after", "前后对比的分界线"),
    "before": ("Before", "之前"),
    "after": ("After", "之后"),
    "better": ("better", "变好"),
    "alike": ("as before", "不变"),
    "worse": ("worse", "变差"),
    "scores": ("How well it holds together", "画面稳定程度"),
    "holds.3": ("very well", "非常稳定"),
    "holds.2": ("well", "稳定"),
    "holds.1": ("it wavers a little", "略有不稳"),
    "holds.0": ("it falls apart", "不稳定"),
    "moves.2": ("moves a lot", "动态强"),
    "moves.1": ("moves", "动态适中"),
    "moves.0": ("hardly moves", "几乎不动"),
    "scores_hint": (
        "Measured on the finished frames, after the definitions of VBench but with small "
        "stand-ins for its networks: to compare clips made here.",
        "在成片上按 VBench 的定义测得，其中的大模型由小型方法代替，只宜比较此处的短片。",
    ),
    "score.temporal_flickering": ("Free of flicker", "无闪烁"),
    "score.subject_consistency": ("Subject stays itself", "主体一致"),
    "score.background_consistency": ("Background stays itself", "背景一致"),
    "score.motion_smoothness": ("Smooth motion", "动作流畅"),
    "score.dynamic_degree": ("How much moves", "动态程度"),
    "score.motion_sides_per_s": ("Fastest motion, sides a second", "最快动作（每秒边长）"),
    "score.warp_error": ("Change beyond motion", "运动之外的变化"),
    "score.colour_drift": ("Drift of colours", "颜色漂移"),
    # a song
    "play": ("Play", "播放"),
    "pause": ("Pause", "暂停"),
    "position": ("Position in the song", "播放位置"),
    "loading_stems": ("Loading the stems…", "正在载入分轨……"),
    "cannot_play": (
        "This browser cannot play this format; download it instead.",
        "此浏览器无法播放该格式，请下载后收听。",
    ),
    "bpm": ("{count} bpm", "每分钟 {count} 拍"),
    "chords": ("Chords", "和弦"),
    "stems": ("Stems", "分轨"),
    "solo": ("Solo", "独奏"),
    "mute": ("Mute", "静音"),
    "role.vocals": ("Vocals", "人声"),
    "role.melody": ("Melody", "旋律"),
    "role.chords": ("Chords", "和弦"),
    "role.bass": ("Bass", "贝斯"),
    "role.drums": ("Drums", "鼓"),
    "role.texture": ("Texture", "织体"),
    "piano_roll": ("Piano roll", "钢琴卷帘"),
    "files": ("Also as", "其他文件"),
    "midi": ("MIDI", "MIDI"),
    "lead_sheet": ("Lead sheet (MusicXML)", "领谱（MusicXML）"),
    "cover": ("Cover", "封面"),
    "missing_beside": (
        "Gone or damaged beside this song: {names}. It plays without; its seed makes it again.",
        "这首歌旁边的文件缺失或已损坏：{names}。歌曲仍可播放；用同一种子可重新生成。",
    ),
    "rights_record": ("Rights record", "权利记录"),
    "mode.major": ("major", "大调"),
    "mode.minor": ("minor", "小调"),
    "section.intro": ("Intro", "前奏"),
    "section.verse": ("Verse", "主歌"),
    "section.prechorus": ("Pre-chorus", "预副歌"),
    "section.chorus": ("Chorus", "副歌"),
    "section.bridge": ("Bridge", "桥段"),
    "section.solo": ("Solo", "独奏"),
    "section.break": ("Break", "间奏"),
    "section.interlude": ("Interlude", "间奏"),
    "section.drop": ("Drop", "高潮"),
    "section.build": ("Build", "铺垫"),
    "section.outro": ("Outro", "尾奏"),
    # what may be done with it
    "rights": ("What may I do with it?", "我可以怎么用？"),
    "rights_aid": (
        "A reading aid, not legal advice. The signed record in the file is what counts.",
        "仅供阅读参考，不是法律意见；以文件中签名的记录为准。",
    ),
    "rights_why": ("because of {parts}", "原因：{parts}"),
    "rights.studio": ("the studio, for everything it makes", "本工具对所有作品的要求"),
    "rights.commercial": ("May I use it commercially?", "可以商用吗？"),
    "rights.commercial.allowed": ("Yes", "可以"),
    "rights.commercial.contested": ("Contested: ask first", "有争议，请先询问"),
    "rights.commercial.unknown": ("Not known: ask first", "不明，请先询问"),
    "rights.commercial.prohibited": ("No", "不可以"),
    "rights.revenue_cap_usd": (
        "if you earn less than US${cap} a year",
        "仅限年收入低于 {cap} 美元者",
    ),
    "rights.mau_cap": (
        "for services with fewer than {cap} users a month",
        "仅限月用户少于 {cap} 的服务",
    ),
    "rights.credit": ("Must I credit?", "需要署名吗？"),
    "rights.credit.no": ("No", "不需要"),
    "rights.credit.yes": ("Yes: {names}", "需要：{names}"),
    "rights.territory": ("Where not?", "哪里不能用？"),
    "rights.territory.everywhere": ("Nowhere is left out", "没有地区限制"),
    "rights.territory.not_in": ("Not in {places}", "不可用于：{places}"),
    "rights.disclosure": ("Must I say that AI made it?", "需要标明由 AI 制作吗？"),
    "rights.disclosure.none": ("No", "不需要"),
    "rights.disclosure.where-required": ("Where the law asks for it", "在法律要求之处"),
    "rights.disclosure.always": ("Yes, always", "需要，任何时候"),
    "rights.training": ("May I train models on it?", "可以用来训练模型吗？"),
    "rights.training.allowed": ("Yes", "可以"),
    "rights.training.no-competing-model": ("Not a competing model", "不可训练竞争模型"),
    "rights.training.unknown": ("Not known: ask first", "不明，请先询问"),
    "rights.training.prohibited": ("No", "不可以"),
    "rights.derivatives": ("May I change it?", "可以改编吗？"),
    "rights.derivatives.allowed": ("Yes", "可以"),
    "rights.derivatives.unknown": ("Not known: ask first", "不明，请先询问"),
    "rights.derivatives.prohibited": ("No", "不可以"),
    "place.EU": ("the European Union", "欧盟"),
    "place.GB": ("the United Kingdom", "英国"),
    "place.KR": ("South Korea", "韩国"),
    # library
    "search": ("Search", "搜索"),
    "search_hint": ("Words of a prompt…", "提示词中的字词……"),
    "library_empty": ("What you make is kept here.", "做好的作品都保存在这里。"),
    "library_none": ("Nothing matches “{text}”.", "没有与“{text}”相符的作品。"),
    "more": ("Show more", "显示更多"),
    "close": ("Close", "关闭"),
    "delete": ("Delete", "删除"),
    "delete_sure": ("Delete it for good?", "确定永久删除？"),
    "keep": ("Keep", "保留"),
    "deleted": ("Deleted.", "已删除。"),
    "file_gone": ("The file is no longer there.", "文件已不存在。"),
    # options as the router reads them; what a family offers it names itself
    "option.negative_prompt": ("What to avoid", "不要出现"),
    "option.count": ("How many", "数量"),
    "option.width": ("Width", "宽"),
    "option.height": ("Height", "高"),
    "option.aspect": ("Shape", "比例"),
    "option.style": ("Style", "风格"),
    "option.colours": ("Colours", "颜色"),
    "option.background": ("Background", "背景"),
    "option.seed": ("Seed", "种子"),
    "option.language": ("Language", "语言"),
    "option.duration_s": ("Seconds", "时长（秒）"),
    "option.tempo_bpm": ("Beats a minute", "每分钟拍数"),
    "option.key": ("Key", "调"),
    "option.mode": ("Mode", "调式"),
    "option.genre": ("Genre", "曲风"),
    "option.mood": ("Mood", "情绪"),
    "option.instruments": ("Instruments", "乐器"),
    "option.lyrics": ("Lyrics", "歌词"),
    "option.frames": ("Frames", "帧数"),
    "option.fps": ("Frames a second", "每秒帧数"),
    "option.motion": ("Motion", "动作"),
    "option.motion_strength": ("Motion strength", "动作幅度"),
    "option.camera": ("Camera", "镜头"),
    "option.camera_strength": ("Camera strength", "镜头幅度"),
    "option.loop": ("Loop", "循环"),
    "option.scenes": ("Music video", "音乐视频"),
    "option.soundtrack": ("Soundtrack", "配乐"),
    "option.music": ("Music", "音乐"),
    "option.captions": ("Captions", "字幕"),
    "optional_hint": ("Empty: as usual", "留空则按默认"),
    "seed_hint": ("Empty: a new one each time", "留空则每次不同"),
}

EXAMPLES: dict[Language, tuple[str, ...]] = {
    "en": (
        "A happy red panda with a cup of tea, 3D",
        "A lo-fi song about a friend who moved away",
        "Sticker of a smiling avocado, transparent background",
        "A waltz in D minor for violin and harp",
        "A penguin surfing a big wave, camera pans left",
        "A bossa nova for a rainy afternoon, 40 seconds",
    ),
    "zh": (
        "端着茶杯的快乐小熊猫，3D",
        "一首关于故乡的雨的民谣",
        "微笑的牛油果贴纸，透明背景",
        "D 小调圆舞曲，小提琴和竖琴",
        "海浪上冲浪的企鹅，镜头向左移动",
        "轻松的低保真纯音乐，适合写作业",
    ),
}
"""What a newcomer may begin with, pictures, songs and a clip by turns."""


def say(language: Language, key: str, **values: object) -> str:
    """The phrase in that language, its placeholders filled."""
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def i18n() -> gr.I18n:
    """The table as the browser gets it; Chinese serves every Chinese locale."""
    tables: dict[str, dict[str, str]] = {
        language: {key: row[LANGUAGES.index(language)] for key, row in WORDS.items()}
        for language in LANGUAGES
    }
    return gr.I18n(**{**tables, "zh-CN": tables["zh"], "zh-TW": tables["zh"]})


def read_language(value: Any) -> Language:
    """The language named by a browser, English where it names none that the page speaks."""
    return "zh" if str(value or "").lower().startswith("zh") else "en"
