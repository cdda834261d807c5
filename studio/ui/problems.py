"""Error lines in the language of the page.

Errors are one English line each, written where they are raised. Those that visitors meet most have
their sentence in Chinese here; of the others the page says in Chinese what kind of trouble it is,
and the English line follows. Knows no component, and never drops what an error says.
"""

import re
from functools import cache

from studio import registry
from studio.errors import PipelineError, RequestError, ResourceError, SaveError, StudioError
from studio.forms import controls
from studio.ui.naming import instrument, option_name, value
from studio.ui.words import WORDS, Language

_CHINESE: tuple[tuple[str, str], ...] = (
    # clips and their scenes; before the others, whose sentences may follow the place
    (
        "storyboard scene {number} (line {line}): {reason}",
        "分镜脚本第 {number} 个场景（第 {line} 行）：{reason}",
    ),
    (
        "frames={frames} at {fps} a second last {length} s, but duration_s is {given}; leave one "
        "of them out",
        "{frames} 帧按每秒 {fps} 帧为 {length} 秒，但时长设为 {given} 秒；请只留其一",
    ),
    (
        "{name} was given for a silent clip; leave out soundtrack=none",
        "无声短片不能设置 {name}；请把配乐改回音乐",
    ),
    # what was written or set
    ("{option} is empty; say what to make", "{option}为空；请写下想做什么"),
    (
        "{option} has {count} characters; at most {most}",
        "{option}有 {count} 个字符，最多 {most} 个",
    ),
    (
        "prompt has a control character ({code}) at place {place}; remove it",
        "提示词第 {place} 位有控制字符（{code}）；请删除",
    ),
    (
        "{option} must be a multiple of {step}, got {value}; try {near}",
        "{option}必须是 {step} 的倍数，现为 {value}；可改为 {near}",
    ),
    (
        "{option} must be one of {choices}; got {value}",
        "{option}必须是 {choices} 之一，现为 {value}",
    ),
    ("{option} is missing; give a file for it", "缺少{option}；请放入一个文件"),
    ("{option} must be a whole number, got {value}", "{option}必须是整数，现为 {value}"),
    ("{option} must be a number, got {value}", "{option}必须是数字，现为 {value}"),
    ("{option} must be at least {low}, got {value}", "{option}不能小于 {low}，现为 {value}"),
    ("{option} must be at most {high}, got {value}", "{option}不能大于 {high}，现为 {value}"),
    (
        "{option} must be {low} to {high}, got {value}",
        "{option}必须在 {low} 到 {high} 之间，现为 {value}",
    ),
    ("no {thing} {name}; did you mean {near}?", "没有名为 {name} 的{thing}；是否想要 {near}？"),
    ("no {thing} {name}; there is {known}", "没有名为 {name} 的{thing}；现有 {known}"),
    ("prompt is not an option; give it as the prompt itself", "提示词不是设置；请写在提示词栏"),
    # words to sing or to say
    (
        "lyrics: cannot sing {script} ({character}); write English or Chinese",
        "歌词：无法演唱 {script} 文字（{character}）；请用英文或中文",
    ),
    (
        "no words to sing in the lyrics {text}; write a line",
        "歌词 {text} 里没有可唱的字词；请写一行",
    ),
    ("lyrics: nothing to sing in {text}; give words", "歌词：{text} 里没有可唱的字词；请写些字词"),
    (
        "{count} syllables are too many for one song; give fewer lines",
        "{count} 个音节对一首歌太多；请减少行数",
    ),
    (
        "{count} syllables are too many for {seconds} s; ask for {needed} s or more, or "
        "give fewer or shorter lines",
        "{seconds} 秒唱不完 {count} 个音节；请把时长改为 {needed} 秒以上，或减少、缩短歌词",
    ),
    (
        "{count} syllables are too many for {seconds} s; give fewer or shorter lines",
        "{seconds} 秒唱不完 {count} 个音节；请减少或缩短歌词",
    ),
    (
        "{count} syllables are too many for a tune of {notes} notes; give fewer words",
        "旋律只有 {notes} 个音，唱不完 {count} 个音节；请减少歌词",
    ),
    (
        "vocals yes, but the tune has no words; give lyrics to sing on it",
        "要有人声，但旋律没有歌词；请写歌词",
    ),
    (
        "the words take {needed} s to say and have {rest} s; "
        "give fewer words or a duration of {seconds} s",
        "念完需要 {needed} 秒，只有 {rest} 秒；请减少字词，或把时长改为 {seconds} 秒",
    ),
    (
        "narration: nothing to say in {text}; give words",
        "旁白：{text} 里没有可念的字词；请写些字词",
    ),
    # files that go in
    (
        "{file} is no sound and no MIDI file; choose one that is",
        "{file} 不是声音或 MIDI 文件；请另选一个",
    ),
    (
        "{file} is not a sound; give a WAV, FLAC, MP3, M4A or Opus file",
        "{file} 不是声音文件；请用 WAV、FLAC、MP3、M4A 或 Opus",
    ),
    (
        "sound {file} is damaged or cut short ({why}); give a whole file",
        "声音文件 {file} 已损坏或不完整（{why}）；请给出完整的文件",
    ),
    (
        "sound {file} has {size} GB; at most {most} GB, cut it first",
        "声音文件 {file} 有 {size} GB，最多 {most} GB；请先剪短",
    ),
    (
        "sound {file} is longer than {minutes} minutes; cut it first",
        "声音文件 {file} 超过 {minutes} 分钟；请先剪短",
    ),
    ("sound {file} is empty; give a whole file", "声音文件 {file} 是空的；请给出完整的文件"),
    (
        "{file} has no sound in it; give a file with an audio track",
        "{file} 里没有声音；请用带音轨的文件",
    ),
    (
        "{file} is not a MIDI file; give a Standard MIDI file (.mid)",
        "{file} 不是 MIDI 文件；请用标准 MIDI 文件（.mid）",
    ),
    (
        "MIDI file {file} has no notes; give one with a melody",
        "MIDI 文件 {file} 里没有音符；请用有旋律的文件",
    ),
    (
        "MIDI file {file} has drums only; give one with a melody",
        "MIDI 文件 {file} 里只有鼓；请用有旋律的文件",
    ),
    (
        "MIDI file {file} is damaged ({why}); export it again",
        "MIDI 文件 {file} 已损坏（{why}）；请重新导出",
    ),
    (
        "score {file} cannot be read ({why}); export it as partwise MusicXML again",
        "乐谱 {file} 无法读取（{why}）；请重新导出为 partwise MusicXML",
    ),
    (
        "{file} is not a picture; give a PNG, JPEG or WebP",
        "{file} 不是图片；请用 PNG、JPEG 或 WebP",
    ),
    (
        "picture {file} is damaged or cut short ({why}); give a whole file",
        "图片 {file} 已损坏或不完整（{why}）；请给出完整的文件",
    ),
    (
        "picture {file} is over {size} megapixels; at most {most} megapixels, make it smaller "
        "first",
        "图片 {file} 超过 {size} 百万像素，最多 {most} 百万像素；请先缩小",
    ),
    (
        "picture {file} is {size}; at most {most} megapixels, make it smaller first",
        "图片 {file} 为 {size}，最多 {most} 百万像素；请先缩小",
    ),
    (
        "{file} is damaged or no {kind} file; give it as it was made",
        "{file} 已损坏，或不是 {kind} 文件；请给出原文件",
    ),
    (
        "the {kind} is cut short; give a whole file",
        "文件不完整（{kind}）；请给出完整的文件",
    ),
    (
        "the {kind} file is damaged or cut short; give a whole file",
        "{kind} 文件已损坏或不完整；请给出完整的文件",
    ),
    (
        "the {kind} file has no header; give a whole file",
        "{kind} 文件没有文件头；请给出完整的文件",
    ),
    (
        "{file} is not a clip; give an MP4, WebM, MOV, AVI or GIF",
        "{file} 不是短片；请用 MP4、WebM、MOV、AVI 或 GIF",
    ),
    (
        "{file} has no picture in it; give a clip, not a sound",
        "{file} 里没有画面；请用短片，不要用声音文件",
    ),
    (
        "clip {file} is damaged or cut short ({why}); give a whole file",
        "短片 {file} 已损坏或不完整（{why}）；请给出完整的文件",
    ),
    (
        "clip {file} is {size}; at most {most} megapixels, make it smaller first",
        "短片 {file} 为 {size}，最多 {most} 百万像素；请先缩小",
    ),
    (
        "mask is {mask} but the picture is {size}; make them the same size",
        "蒙版为 {mask}，图片为 {size}；请使两者大小相同",
    ),
    (
        "{model} takes no picture; remove it or choose another model",
        "{model} 不用图片；请移除图片或换模型",
    ),
    ("{model} cannot change only a part; clear the paint", "{model} 不能只改一部分；请清除涂抹"),
    (
        "nothing here makes that from a picture; choose another kind",
        "此处不能用图片做这种作品；请换一种",
    ),
    ("{file} changed since it was asked for; ask again", "{file} 在下单后变了；请重新提交"),
    (
        "input file {hash} is not kept here; give it again",
        "用过的文件 {hash} 已不在此处；请重新放入",
    ),
    # parts of songs
    (
        "nothing to repaint from {begin} to {end} s in a song of {length} s; "
        "ask for a stretch inside it",
        "这首歌长 {length} 秒，没有 {begin} 到 {end} 秒这一段；请选歌内的一段",
    ),
    (
        "no bar lies between {begin} and {end} s; ask for a longer stretch",
        "{begin} 到 {end} 秒之间没有完整的小节；请选长一点的一段",
    ),
    (
        "song {file} lasts {length} s; at most {most} s, cut it first",
        "歌曲 {file} 长 {length} 秒，最多 {most} 秒；请先剪短",
    ),
    (
        "a song of {length} s continued by {added} s; at most {most} s in all, add less",
        "{length} 秒的歌再续 {added} 秒太长，总共最多 {most} 秒；请少续一些",
    ),
    (
        "a loop of {seconds} s at {tempo} bpm is no whole number of bars; "
        "ask for {shorter} or {longer} s, or leave the tempo open",
        "每分钟 {tempo} 拍时，{seconds} 秒的循环不是整数小节；"
        "请改为 {shorter} 或 {longer} 秒，或不限定速度",
    ),
    # what is told beside a result
    ("no {missing} here; {instead} instead", "此处没有 {missing}，改用 {instead}"),
    ("not taken from the prompt: {reason}", "未采用提示词中的这一项：{reason}"),
    (
        "the song is {had} s long, the clip {wanted} s: it is repeated",
        "歌曲长 {had} 秒，短片长 {wanted} 秒：歌曲会重复",
    ),
    (
        "the song is {had} s long, the clip {wanted} s: its end fades out",
        "歌曲长 {had} 秒，短片长 {wanted} 秒：歌曲结尾淡出",
    ),
    (
        "no style here is {said}: it is drawn in the looks that the option style has; studio teach "
        "learns others from your pictures, and open models know more (docs/models.md)",
        "这里没有 {said} 这种画法，将按“风格”选项中的画法绘制；studio teach 可以从您的图片中学习，"
        "开放模型会的更多（docs/models.md）",
    ),
    (
        "no drawing here shows what the prompt names: it is drawn from the words alone and may not "
        "be recognised; other words for it may help, or an open model (docs/models.md)",
        "此处没有图样画过提示词所说的东西：只凭文字绘制，可能认不出来；可换个说法，或用开放模型",
    ),
    # the machine
    (
        "{count} jobs are waiting already; try again in a minute",
        "已有 {count} 个任务在排队；请稍后再试",
    ),
    ("no job {id}; it may have ended long ago", "没有任务 {id}；可能早已结束"),
    ("cannot write {path}: No space left on device", "无法写入 {path}：磁盘已满"),
    (
        "cannot encode the {format} in {path}: No space left on device; free some space or choose "
        "another folder",
        "无法在 {path} 写入 {format}：磁盘已满；请腾出空间或换一个文件夹",
    ),
    (
        "cannot save to {path}: No space left on device; free some space or choose another folder",
        "无法保存到 {path}：磁盘已满；请腾出空间或换一个文件夹",
    ),
)
"""English sentences, "{…}" standing for what is told in them, and what they are in Chinese."""

_THINGS = {
    "model": "模型", "preset": "预设", "option": "设置", "sound format": "声音格式",
    "format": "格式", "instrument": "乐器", "genre": "曲风", "voice": "嗓音", "adapter": "风格",
}  # fmt: skip
_LEADS: tuple[tuple[type[StudioError], str], ...] = (
    (RequestError, "这样做不了"),
    (ResourceError, "本机无法完成"),
    (SaveError, "无法保存"),
    (PipelineError, "生成失败"),
)


def told(language: Language, error: StudioError | str) -> str:
    """An error as the page says it: in its language where the sentence is known here."""
    text = str(error)
    if language == "en":
        return text
    for pattern, chinese in _patterns():
        match = pattern.fullmatch(text)
        if match:
            return chinese.format(**{k: _named(k, v) for k, v in match.groupdict().items()})
    lead = next((word for kind, word in _LEADS if isinstance(error, kind)), "")
    return f"{lead}（英文说明）：{text}" if lead else text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(english), chinese) for english, chinese in _CHINESE)


def _pattern(english: str) -> re.Pattern[str]:
    """A sentence with groups for its placeholders; each is as short as the rest allows."""
    parts = re.split(r"\{(\w+)\}", english)
    groups = [f"(?P<{each}>.+?)" if at % 2 else re.escape(each) for at, each in enumerate(parts)]
    return re.compile("".join(groups), re.DOTALL)


def _named(placeholder: str, said: str) -> str:
    if placeholder in ("missing", "instead"):
        return _music(said)
    if placeholder == "near":
        return said.replace(" or ", " 或 ")
    if placeholder == "thing":
        return _THINGS.get(said, said)
    return _option(said) if placeholder == "option" else said


def _music(name: str) -> str:
    """A genre or an instrument."""
    family = registry.default_family("song").name
    genre = value("zh", family, "genre", name)
    return genre if genre != name else instrument("zh", name)


def _option(name: str) -> str:
    """What an option is called, by any family that has one of this name."""
    if f"option.{name}" in WORDS:
        return option_name("zh", name)
    known = (each for family in registry.families().values() for each in controls(family.params))
    return next((each.label_zh for each in known if each.name == name and each.label_zh), name)
