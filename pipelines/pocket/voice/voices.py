"""Who sings: a voice as numbers, from English or Chinese words ("soft female", "机器人合唱").

Words multiply: "warm old male choir" is a male voice made warm, old and many. Knows nothing about
notes or samples.
"""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Voice:
    """A singer. Ranges are MIDI numbers."""

    tract: float = 1.16
    """Formants against those of an adult male; a shorter tract has higher ones."""

    low: int = 55
    high: int = 77
    breath: float = 0.15
    """Noise in the tone, 0 to 1."""

    open_quotient: float = 0.62
    """The share of a cycle in which the glottis is open: less is more pressed."""

    asymmetry: float = 0.68
    """Where in the open phase the flow peaks: more closes more sharply."""

    tilt_hz: float = 5600.0
    """Where the tone begins to lose brightness."""

    vibrato_cents: float = 30.0
    vibrato_hz: float = 5.5
    glide_s: float = 0.035
    """How long the pitch takes from note to note."""

    jitter_cents: float = 4.0
    shimmer: float = 0.02
    voicing: float = 1.0
    """Strength of the tone beside the breath, 0 to 1: a whisper has little."""

    ring: float = 0.0
    """The singer's formant, 0 to 1: upper formants drawn together near 3 kHz."""

    singers: int = 1
    spread_cents: float = 6.0
    """How far singers of a choir are out of tune with each other."""

    is_robot: bool = False
    speech_hz: float = 205.0
    pace: float = 1.0
    """Speed of speech."""

    @property
    def upper_formants(self) -> tuple[float, float]:
        """F4 and F5 in Hz."""
        fourth, fifth = 3450 * self.tract, 4350 * self.tract
        return (
            fourth + self.ring * (2950 * self.tract**0.5 - fourth),
            fifth + self.ring * (3500 * self.tract**0.5 - fifth),
        )


FEMALE = Voice()
MALE = replace(
    FEMALE, tract=1.0, low=43, high=65, speech_hz=115.0, tilt_hz=4600.0, open_quotient=0.55
)
CHILD = replace(FEMALE, tract=1.32, low=59, high=81, speech_hz=265.0, vibrato_cents=8.0, breath=0.2)

_KINDS: tuple[tuple[str, Voice], ...] = (
    (r"child(?:ren|like)?(?:'s)?|kids?\b|\bboys?\b|\bgirls?\b|童|孩子?|小朋友|儿童", CHILD),
    (
        r"females?|woman|women|lad(?:y|ies)|sopranos?|altos?|contralto|mezzo|diva|girlish|女",
        FEMALE,
    ),
    (r"\bmales?\b|\bm[ae]n\b|tenors?|baritones?|\bbass(?:o|es)?\b|\bguys?\b|gentleman|男", MALE),
)
_OPERA = r"opera(?:tic)?|classical|sopranos?|tenors?|baritones?|歌剧|美声"
_TRAITS: tuple[tuple[str, dict[str, float]], ...] = (
    (
        r"soft(?:ly)?|gentle|tender|quiet|sweet|delicate|轻柔|温柔|柔和?|轻|甜美?|细腻",
        {"breath": 2.0, "tilt_hz": 0.6},
    ),
    (
        r"breathy|airy|ethereal|angelic|dreamy|ghost(?:ly)?|气声|空灵|飘渺|梦幻",
        {"breath": 3.5, "tilt_hz": 0.5, "open_quotient": 1.15},
    ),
    (
        r"whisper(?:ed|ing|y|s)?|低语|耳语|悄悄",
        {"breath": 5.0, "tilt_hz": 0.5, "open_quotient": 1.15, "voicing": 0.3},
    ),
    (
        r"warm|mellow|dark|deep|rich|velvet(?:y)?|温暖|低沉|浑厚|醇厚?|磁性",
        {"tilt_hz": 0.75, "tract": 0.97},
    ),
    (r"bright|clear|pop|crisp|明亮|清亮|清澈|清脆|流行", {"tilt_hz": 1.4, "breath": 0.7}),
    (
        r"power(?:ful)?|strong|rock|belt(?:ing|ed)?|loud|shout(?:ing)?|有力|高亢|摇滚|洪亮|嘹亮",
        {"tilt_hz": 1.7, "open_quotient": 0.85},
    ),
    (
        r"husky|raspy|gravelly|rough|hoarse|smoky|沙哑|烟嗓|粗犷",
        {"jitter_cents": 4.0, "shimmer": 5.0, "breath": 2.2, "tilt_hz": 0.8},
    ),
    (
        r"\bold\b|aged|elderly|grand(?:ma|pa|mother|father)|老|苍老",
        {"jitter_cents": 2.5, "shimmer": 2.5, "breath": 1.5},
    ),
    (r"young|teen(?:age)?(?:r)?|youthful|年轻|少年|少女|青年", {"tract": 1.05, "tilt_hz": 1.1}),
    (_OPERA, {"vibrato_cents": 1.15, "tilt_hz": 1.3}),
    (
        r"baritones?|\bbass(?:o|es)?\b|altos?|contralto|mezzo|deep|低沉|男低音|女低音",
        {"tract": 0.96},
    ),
    (r"nasal|twang(?:y)?|country|鼻音", {"tract": 1.03, "tilt_hz": 1.3, "open_quotient": 0.9}),
    (r"giant|monster|demon|ogre|巨人|怪兽|怪物|恶魔", {"tract": 0.82, "jitter_cents": 3.0}),
    (r"elf|elven|fairy|chipmunk|cartoon|pixie|精灵|仙女|卡通", {"tract": 1.15}),
    (r"straight|no vibrato|无颤音", {"vibrato_cents": 0.0}),
    (r"vibrato|trembling|颤音|颤抖", {"vibrato_cents": 1.5}),
    (r"slow(?:ly)?|calm|缓慢|平静|沉稳", {"pace": 0.88}),
    (r"fast|quick|lively|hurried|快速?|活泼", {"pace": 1.12}),
)
_REGISTERS: tuple[tuple[str, int], ...] = (
    (
        r"\b(?:low(?:er|-pitched)?|deep)\b|\bbass(?:o|es)?\b|baritones?|altos?|contralto|giant|monster|demon|ogre|低(?!语)|巨人|怪兽|怪物|恶魔",
        -4,
    ),
    (
        r"\bhigh(?:er|-pitched)?\b|sopranos?|tenors?|falsetto|elf|elven|fairy|chipmunk|pixie|高(?!亢)|假声|精灵|仙女",
        3,
    ),
)
"""Words that move the range and the pitch of speech, in semitones."""

_CHOIR = r"choirs?|choral|chorus|ensemble|gospel|voices|crowd|合唱团?|众人|大合唱|齐唱"
_DOUBLED = r"doubled?|duets?|duo|双声|重唱|二重唱|对唱"
_ROBOT = r"robot(?:ic|s)?|android|vocoder|machine|synthetic|机器人?|电子|机械"
_PLAIN = re.compile(
    r"\b(?:a|an|the|and|with|in|of|by|to|very|bit|little|some|one|single|solo|lead|main|human|real|"
    r"natural|normal|neutral|adult|default|voice|vocals?|vocalist|singers?|singing|sung|sings?|tone|"
    r"sound(?:ing|s)?|narrator|narration|speaker|speaking|spoken|reader|style|like|type|english|"
    r"chinese|mandarin|s)\b|[的声音嗓歌手位个一唱人很非常有点和与带着腔调感色成年自然主领小大]"
)


def voice_named(words: str) -> Voice:
    """The voice that words describe; with none that are known, a clear female voice."""
    said = words.lower()
    voice = next((kind for pattern, kind in _KINDS if re.search(pattern, said)), FEMALE)
    for pattern, factors in _TRAITS:
        if re.search(pattern, said):
            changed = {name: getattr(voice, name) * by for name, by in factors.items()}
            voice = replace(voice, **changed)
    for pattern, semitones in _REGISTERS:
        if re.search(pattern, said):
            voice = _moved(voice, semitones)
    if re.search(_OPERA, said):
        voice = replace(voice, ring=0.7)
    if re.search(_CHOIR, said):
        voice = replace(voice, singers=4)
    elif re.search(_DOUBLED, said):
        voice = replace(voice, singers=2)
    if re.search(_ROBOT, said):
        voice = replace(
            voice, is_robot=True, vibrato_cents=0.0, glide_s=0.008, jitter_cents=0.0, shimmer=0.0
        )
    return replace(voice, breath=min(voice.breath, 0.9), shimmer=min(voice.shimmer, 0.1))


def _moved(voice: Voice, semitones: int) -> Voice:
    return replace(
        voice,
        low=voice.low + semitones,
        high=voice.high + semitones,
        speech_hz=voice.speech_hz * 2 ** (semitones / 12),
    )


def unknown_words(words: str) -> tuple[str, ...]:
    """What a description says that changes nothing about a voice."""
    rest = words.lower()
    tables = (*_KINDS, *_TRAITS, *_REGISTERS)
    for pattern in (*(pattern for pattern, _ in tables), _CHOIR, _DOUBLED, _ROBOT):
        rest = re.sub(pattern, " ", rest)
    # "softly-spoken" is "soft"; what is left of a known word is not a word.
    left = re.findall(r"(?<![^\W_])[^\W\d_]{2,}|[\u3400-\u9fff]+", _PLAIN.sub(" ", rest))
    return tuple(dict.fromkeys(left))


_IN_ENGLISH = re.compile(
    r"\b(?:sung|spoken|read|narrated|recited|performed)(?: \w+)? by ((?:[\w'-]+ ){0,4}[\w'-]+)"
    r"|((?:[\w'-]+[ ,]+){0,4}(?:voices?|vocals?|vocalist|singer|narrator|choir|soprano|tenor|"
    r"baritone|alto|mezzo|duet|whisper)\b)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r",|\b(?:with|by|a|an|the|for|of|about|in|on|over|my|your|his|her|to|song|music|track|tune)\b|[首的]",
    re.IGNORECASE,
)
"""What a description of a voice begins after."""

_IN_CHINESE = re.compile(
    r"[\u3400-\u9fff]{0,4}(?:[女男童]声|嗓音|[女男][高中低]音|合唱|重唱|对唱|歌手|耳语)|机器人[声唱]"
)
_REFUSED = re.compile(r"\b(?:no|without(?: any)?)\s+(?:\w+\s+)?\Z|[没无不]有?要?\Z", re.IGNORECASE)


def voice_in(prompt: str) -> str:
    """The words of a prompt that describe who sings; "" where it does not say."""
    for found in (*_IN_ENGLISH.finditer(prompt), *_IN_CHINESE.finditer(prompt)):
        words = next(filter(None, found.groups()), "") if found.groups() else ""
        words = _BEFORE.split(words or found.group())[-1]
        refused = re.search(r"\b(?:no|without)\b|[没无不]", words, re.IGNORECASE)
        if refused or _REFUSED.search(prompt[: found.start()]):
            continue
        if _says_something(words.lower()):
            return words.strip()
    return ""


def _says_something(words: str) -> bool:
    tables = (*_KINDS, *_TRAITS, *_REGISTERS)
    patterns = (*(pattern for pattern, _ in tables), _CHOIR, _DOUBLED, _ROBOT)
    return any(re.search(pattern, words) for pattern in patterns)
