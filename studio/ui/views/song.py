"""A song: its player, and what may be done with it. The page's script makes the player play.

All that can be said without sound is drawn here; the script finds its places by data attributes.
Knows no store, queue or component.
"""

from html import escape

from studio.sounds import parts
from studio.sounds.player import Player, StemFile
from studio.ui import icons, naming
from studio.ui.views.parts import Picture, alt_text, note
from studio.ui.views.terms import card
from studio.ui.words import WORDS, Language, say

_FILES = (
    ("midi", parts.MIDI),
    ("lead_sheet", parts.LEAD_SHEET),
    ("cover", parts.COVER),
    ("rights_record", parts.RIGHTS),
)


def song(language: Language, picture: Picture) -> str:
    """The player with everything that lies beside the song; without that, sound and waveform."""
    player = picture.player
    more = "" if player is None else _more(language, picture, player)
    rights = picture.rights
    terms = card(language, rights) if rights is not None else ""
    url, data = escape(picture.url), escape(picture.part(parts.PLAYER) if player else "")
    return (
        f'<section class="st-song" data-song="{url}" data-player="{data}" tabindex="-1" '
        f'aria-label="{say(language, "kind.song")}">'
        f"{_head(language, picture, player)}{_wave(language, player)}{more}"
        f'<audio preload="metadata" src="{url}"></audio>'
        f'<p class="st-note is-bad" data-trouble hidden>{say(language, "cannot_play")}</p>'
        f"{_missing(language, picture)}"
        f"</section>{terms}"
    )


def _missing(language: Language, picture: Picture) -> str:
    if not picture.missing:
        return ""
    names = ", ".join(picture.missing)
    return note(say(language, "missing_beside", names=names))


def _head(language: Language, picture: Picture, player: Player | None) -> str:
    title = (player.title if player else "") or alt_text(language, picture.record)
    facts = "".join(f"<span>{escape(each)}</span>" for each in _facts(language, picture, player))
    shown = f'<img src="{escape(picture.thumbnail_url)}" alt="" class="st-cover">'
    play, pause = say(language, "play"), say(language, "pause")
    return (
        f'<div class="st-song-head">{shown}<div><p class="st-song-title">{escape(title)}</p>'
        f'<p class="st-facts">{facts}</p><div class="st-transport">'
        f'<button class="st-play" data-play aria-label="{play}" data-on="{pause}" '
        f'data-off="{play}">{icons.PLAY}{icons.PAUSE}</button>'
        '<span class="st-time"><b data-now>0:00</b> / '
        f"<span data-whole>{_clock(player.duration_s) if player else '–:––'}</span></span>"
        f'<span class="st-dim st-busy" data-busy hidden>{say(language, "loading_stems")}</span>'
        "</div></div></div>"
    )


def _facts(language: Language, picture: Picture, player: Player | None) -> list[str]:
    if player is None:
        return []
    genre = naming.value(language, picture.record.family, "genre", player.genre)
    found = [genre] if genre else []
    if player.key:
        mode = f"mode.{player.mode}"
        known = naming.value(language, picture.record.family, "mode", player.mode or "")
        found.append(f"{player.key} {say(language, mode) if mode in WORDS else known}".strip())
    if player.tempo_bpm:
        found.append(say(language, "bpm", count=f"{round(player.tempo_bpm, 1):g}"))
    if player.metre:
        found.append("{}/{}".format(*player.metre))
    return found


def _wave(language: Language, player: Player | None) -> str:
    sections = player.sections if player else ()
    length = max(player.duration_s, 1e-6) if player else 1.0
    marks = "".join(
        f'<button data-seek="{mark.start_s}" style="left:{mark.start_s / length * 100:.3f}%">'
        f"{escape(_section(language, mark.name))}</button>"
        for mark in sections
    )
    whole = player.duration_s if player else 0
    return (
        f'<div class="st-sections">{marks}</div>'
        f'<div class="st-wave" role="slider" tabindex="0" aria-label="{say(language, "position")}" '
        f'aria-valuemin="0" aria-valuemax="{whole:.0f}" aria-valuenow="0" data-wave="mix">'
        "<canvas></canvas></div>"
    )


def _section(language: Language, name: str) -> str:
    # Sections may be numbered: "verse 2".
    word, _, number = name.partition(" ")
    key = f"section.{word}"
    return f"{say(language, key)} {number}".strip() if key in WORDS else name


def _more(language: Language, picture: Picture, player: Player) -> str:
    pieces = (
        _chords(language, player),
        _lyrics(language, player),
        _stems(language, picture, player),
        _roll(language, picture, player),
        _files(language, picture),
    )
    return "".join(pieces)


def _chords(language: Language, player: Player) -> str:
    if not player.chords:
        return ""
    chips = "".join(
        f'<button data-seek="{chord.start_s}">{escape(chord.symbol)}</button>'
        for chord in player.chords
    )
    return (
        f'<div class="st-chords" role="group" aria-label="{say(language, "chords")}">{chips}</div>'
    )


def _lyrics(language: Language, player: Player) -> str:
    lines = "".join(
        "<p>"
        + "".join(
            f'<span data-seek="{each.start_s}" data-end="{each.end_s}">{escape(each.text)}</span>'
            for each in line
        )
        + "</p>"
        for line in player.lines
    )
    if not lines:
        return ""
    label = say(language, "option.lyrics")
    return f'<div class="st-lyrics" role="group" tabindex="0" aria-label="{label}">{lines}</div>'


def _stems(language: Language, picture: Picture, player: Player) -> str:
    stems = [each for each in player.stems if picture.has(each.file)]
    if not stems:
        return ""
    rows = "".join(_stem(language, picture, stem) for stem in stems)
    return (
        f'<details class="st-more" data-stems="{player.stem_gain}">'
        f"<summary>{say(language, 'stems')} <span>{len(stems)}</span></summary>"
        f'<div class="st-stems">{rows}</div></details>'
    )


def _stem(language: Language, picture: Picture, stem: StemFile) -> str:
    name, url = escape(stem.name), escape(picture.part(stem.file))
    # A part that is the only one of its role is called by it, and by other names where it is not.
    called = say(language, f"role.{stem.role}") if stem.name == stem.role else name
    played = escape(naming.instrument(language, stem.instrument))
    buttons = "".join(
        f'<button class="st-toggle" data-{act} aria-pressed="false" '
        f'aria-label="{say(language, act)}: {called}">{say(language, act)}</button>'
        for act in ("solo", "mute")
    )
    return (
        f'<div class="st-stem" data-stem="{name}" data-url="{url}"><div><b>{called}</b>'
        f'<span class="st-dim">{played if played != name else ""}</span></div>'
        f'<div class="st-wave" data-wave="{name}"><canvas></canvas></div>{buttons}'
        f'<a class="st-toggle" href="{url}" download="{_file_name(picture, stem.file)}" '
        f'aria-label="{say(language, "download")}: {called}">{icons.DOWNLOAD}</a></div>'
    )


def _roll(language: Language, picture: Picture, player: Player) -> str:
    if player.tempo_bpm is None or not picture.has(parts.PIANO_ROLL):
        return ""
    url = escape(picture.part(parts.PIANO_ROLL))
    words = say(language, "piano_roll")
    return (
        f'<details class="st-more"><summary>{words}</summary><div class="st-roll">'
        f'<img loading="lazy" src="{url}" alt="{words}"></div></details>'
    )


def _files(language: Language, picture: Picture) -> str:
    links = "".join(_link(language, picture, *each) for each in _FILES if picture.has(each[1]))
    if not links:
        return ""
    return f'<p class="st-files"><span class="st-dim">{say(language, "files")}</span>{links}</p>'


def _link(language: Language, picture: Picture, word: str, file: str) -> str:
    return (
        f'<a class="st-chip" href="{escape(picture.part(file))}" '
        f'download="{_file_name(picture, file)}">{say(language, word)}</a>'
    )


def _file_name(picture: Picture, file: str) -> str:
    """What a download is called: the song's name, then the part's."""
    return escape(f"{picture.artifact.path.stem}-{file.rpartition('/')[2]}")


def _clock(seconds: float) -> str:
    whole = int(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02d}"
