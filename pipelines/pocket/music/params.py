"""What people may ask of pocket-music, in its own words and in those that the router reads.

Knows nothing of how a song is made of it.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from pipelines.pocket.music.genres import find_genre
from pipelines.pocket.music.given import OF_SONGS, GivenParams, check_agrees
from pipelines.pocket.music.instruments import INSTRUMENTS, KITS
from pipelines.pocket.sound.names import ALIASES, NEAREST
from pipelines.pocket.voice.voices import unknown_words
from studio.errors import RequestError, unknown
from studio.spec import in_chinese

GenreName = Literal[
    "any", "pop", "pop ballad", "rock", "funk", "soul", "reggae", "folk", "lo-fi", "hip-hop",
    "house", "techno", "trance", "drum and bass", "synthwave", "ambient", "chiptune",
    "jazz swing", "bossa nova", "waltz", "ragtime", "chamber", "blues", "cinematic", "lullaby",
    "march", "country", "guofeng", "art song",
]  # fmt: skip
KIN = {
    "afrobeat": "funk", "cantopop": "pop ballad", "celtic": "folk", "choral": "art song",
    "chinese traditional": "guofeng", "dubstep": "drum and bass", "electronic": "house",
    "elevator": "bossa nova", "flamenco": "folk", "indie": "rock", "opera": "art song",
    "polka": "march", "tango": "chamber", "ballroom": "waltz", "disco": "funk", "metal": "rock",
    "punk": "rock", "samba": "bossa nova", "latin": "bossa nova", "gospel": "soul",
    "bluegrass": "country",
}  # fmt: skip
"""The nearest genre of those that are asked for and not among ours."""

KIN_TOLD = KIN.keys() - {"cantopop", "chinese traditional", "electronic", "indie"}
"""Those that somebody would miss; the others are other names."""

KeyName = Literal[
    "any", "C", "C#", "Db", "D", "D#", "Eb", "E", "F", "F#", "Gb", "G", "G#", "Ab", "A", "A#",
    "Bb", "B",
]  # fmt: skip


GENRES_ZH = {
    "any": "不限", "pop": "流行", "pop ballad": "抒情流行", "rock": "摇滚", "funk": "放克",
    "soul": "灵魂乐", "reggae": "雷鬼", "folk": "民谣", "lo-fi": "低保真", "hip-hop": "嘻哈",
    "house": "浩室", "techno": "铁克诺", "trance": "迷幻舞曲", "drum and bass": "鼓打贝斯",
    "synthwave": "合成器浪潮", "ambient": "氛围", "chiptune": "八位机", "jazz swing": "摇摆爵士",
    "bossa nova": "巴萨诺瓦", "waltz": "华尔兹", "ragtime": "拉格泰姆", "chamber": "室内乐",
    "blues": "布鲁斯", "cinematic": "电影配乐", "lullaby": "摇篮曲", "march": "进行曲",
    "country": "乡村", "guofeng": "国风", "art song": "艺术歌曲",
}  # fmt: skip
MODES_ZH = {
    "any": "不限", "major": "大调", "minor": "小调", "dorian": "多利亚", "mixolydian": "混合利底亚",
}  # fmt: skip


KEYS_ZH = {
    "any": "不限",
    **{
        key: {"#": "升", "b": "降"}.get(key[1:], "") + key[0]
        for key in get_args(KeyName)
        if key != "any"
    },
}
METRES_ZH = {"any": "不限", "4/4": "四四拍", "3/4": "四三拍", "6/8": "八六拍"}
MOST_LYRICS = 4000
Vocals = Literal["auto", "yes", "no", "spoken", "narration"]
VOCALS_ZH = {
    "auto": "自动", "yes": "有", "no": "无", "spoken": "配乐朗诵", "narration": "纯朗读"
}  # fmt: skip


class PocketMusicParams(GivenParams):
    lyrics: str = Field(
        default="",
        max_length=MOST_LYRICS,
        description="What is sung or spoken, with [verse] and [chorus] if you like",
        json_schema_extra=in_chinese(
            "歌词", "要唱或要念的词，可用[主歌]、[副歌]分段", multiline=True
        ),
    )
    vocals: Vocals = Field(
        default="auto",
        description="Whether somebody sings; spoken says the words over music, narration alone; "
        "auto reads it from the prompt",
        json_schema_extra=in_chinese(
            "人声",
            "是否演唱；“配乐朗诵”在音乐上念词，“纯朗读”没有音乐；自动则看提示词",
            choices_zh=VOCALS_ZH,
        ),
    )
    voice: str = Field(
        default="",
        max_length=80,
        description="The singer in words, such as soft female or robot choir",
        json_schema_extra=in_chinese("歌声", "用文字描述，如“温柔女声”"),
    )
    genre: GenreName = Field(
        default="any",
        description="Genre",
        json_schema_extra=in_chinese("曲风", "音乐风格", choices_zh=GENRES_ZH),
    )
    mood: str = Field(
        default="",
        max_length=80,
        description="Mood, such as calm or happy",
        json_schema_extra=in_chinese("情绪", "如平静、欢快"),
    )
    duration_s: float = Field(
        default=45,
        ge=5,
        le=600,
        title="Length",
        description="Length, exact to the sample; of a song or tune given it follows from that",
        json_schema_extra=in_chinese(
            "时长", "精确到采样点；给出歌曲或旋律时由其决定", unit="s", step=1
        ),
    )
    tempo_bpm: int | None = Field(
        default=None,
        ge=40,
        le=220,
        title="Tempo",
        description="Beats a minute; empty leaves it to the genre",
        json_schema_extra=in_chinese("速度", "每分钟拍数；留空由曲风决定", unit="bpm"),
    )
    key: KeyName = Field(
        default="any",
        description="Key",
        json_schema_extra=in_chinese("调", "主音", choices_zh=KEYS_ZH),
    )
    mode: Literal["any", "major", "minor", "dorian", "mixolydian"] = Field(
        default="any",
        description="Mode",
        json_schema_extra=in_chinese("调式", "大调、小调等", choices_zh=MODES_ZH),
    )
    metre: Literal["any", "4/4", "3/4", "6/8"] = Field(
        default="any",
        description="Metre",
        json_schema_extra=in_chinese("拍号", "每小节的拍子", choices_zh=METRES_ZH),
    )
    instruments: str = Field(
        default="",
        max_length=200,
        description="Instruments that must play, with commas between them",
        json_schema_extra=in_chinese("乐器", "必须出现的乐器，用逗号隔开"),
    )
    energy: Literal["calmer", "usual", "livelier"] = Field(
        default="usual",
        description="How lively for its genre",
        json_schema_extra=in_chinese(
            "力度", "相对曲风的强弱",
            choices_zh={"calmer": "更柔和", "usual": "照常", "livelier": "更热烈"},
        ),
    )  # fmt: skip
    loop: bool = Field(
        default=False,
        description="The end leads into the beginning",
        json_schema_extra=in_chinese("循环", "结尾接回开头"),
    )
    steps: int = Field(
        default=12,
        ge=2,
        le=64,
        description="Steps of the model for a melody",
        json_schema_extra=in_chinese("步数", "写旋律的步数", advanced=True),
    )
    guidance: float = Field(
        default=1.5,
        ge=1,
        le=6,
        title="Follow the words",
        description="How closely the melody follows genre and mood",
        json_schema_extra=in_chinese("遵循文字", "旋律多严格地遵循曲风与情绪", advanced=True),
    )

    @field_validator("instruments", mode="before")
    @classmethod
    def _as_text(cls, given: Any) -> Any:
        """The router reads a list."""
        return ", ".join(_words(given)) if isinstance(given, (list, tuple)) else given

    @field_validator("genre", mode="before")
    @classmethod
    def _by_any_name(cls, given: Any) -> Any:
        """A genre by any of its names; what is none stays, to be refused."""
        try:
            known = KIN.get(str(given), given)
            return known if known == "any" else find_genre(str(known)).name
        except RequestError:
            return given

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """A genre or an instrument that is not ours is played by its nearest: that is said."""
        genre = str(given.get("genre", ""))
        found = [f"no {genre} here; {KIN[genre]} instead"] if genre in KIN_TOLD else []
        if given.get("vocals") == "narration" and "duration_s" in given:
            found.append("narration lasts as long as its words, whatever duration_s is")
        found += [
            f"no {word} here; {NEAREST[word]} instead"
            for word in _words(given.get("instruments", ""))
            if word in NEAREST
        ]
        if strange := unknown_words(str(given.get("voice") or "")):
            found.append(
                f"a voice that is {', '.join(strange)} is not known here; "
                "try words such as soft, warm, breathy, husky, old, low, child or choir"
            )
        return tuple(dict.fromkeys(found))

    @field_validator("instruments")
    @classmethod
    def _are_known(cls, given: str) -> str:
        named(given)
        return given

    @model_validator(mode="after")
    def _is_music_or_not(self) -> "PocketMusicParams":
        file = "song" if self.song is not None else "melody" if self.melody is not None else ""
        if self.vocals == "narration" and file:
            raise ValueError(f"narration has no music for a {file}; leave it out or ask for spoken")
        if self.vocals == "narration" and self.loop:
            raise ValueError("narration does not loop; leave loop out or ask for spoken")
        return self

    @model_validator(mode="after")
    def _suits_the_song(self) -> "PocketMusicParams":
        if self.doing not in OF_SONGS:
            return self
        if self.loop:
            raise ValueError(f"loop is for new songs, not to {self.doing} one; leave it out")
        new = {"lyrics": self.lyrics.strip(), "instruments": self.instruments.strip()}
        for name, value in new.items():
            if value and self.doing != "continue":
                raise ValueError(f"{name} cannot be new to {self.doing} a song; leave it out")
        asked = {name: getattr(self, name) for name in ("genre", "key", "mode", "metre")}
        open_ones = {name: None if value == "any" else value for name, value in asked.items()}
        check_agrees(self, {**open_ones, "tempo_bpm": self.tempo_bpm})
        return self


def _words(instruments: Any) -> list[str]:
    """The names in a text or a list of them."""
    text = instruments if isinstance(instruments, str) else ", ".join(map(str, instruments))
    return [word.strip().lower() for word in re.split(r"[,，、;；]", text) if word.strip()]


def named(instruments: str) -> tuple[str, ...]:
    """The instruments of a list, by our own names.

    Raises:
        ValueError: one that nobody here plays.
    """
    found = [NEAREST.get(word) or ALIASES.get(word, word) for word in _words(instruments)]
    for name in found:
        if name not in INSTRUMENTS and name not in KITS:
            # pydantic passes on the words of a ValueError only.
            raise ValueError(str(unknown("instrument", name, (*INSTRUMENTS, *KITS))))
    return tuple(dict.fromkeys(found))
