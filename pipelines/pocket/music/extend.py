"""A score made longer: its ringing end opens into new sections, which may take up its tunes.

Knows nothing of sound or files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.pocket.music.accompany import Player
from pipelines.pocket.music.compose import assemble
from pipelines.pocket.music.form import Form, Planned, Span, plan_form
from pipelines.pocket.music.plan import Piece, Scene, SongPlan, plan_players, scenes_of
from pipelines.pocket.music.rework import Work, cut_chords, notes_of, piece_of, read_grid, spliced
from pipelines.pocket.music.tokens import Grid
from pipelines.pocket.music.tune import TuneWriter
from studio.score import Part, Score


def continue_score(score: Score, added_s: float, work: Work, plan: SongPlan | None = None) -> Score:
    """The piece, longer by `added_s` seconds: its ringing end opens into new sections.

    New sections with the name of an old one take up its tune. Of `plan`, words, liveliness and
    instruments are theirs: who is asked for takes the place of who had it.

    Raises:
        RequestError: the words do not fit into the time.
    """
    base = piece_of(score, work.seed, plan)
    bar = score.beats_a_bar
    kept = sum(scene.planned.bars for scene in base.scenes)
    rings = base.scenes[-1].rings_from
    # A last bar that only rings opens; one that is sung keeps its words.
    if rings is not None and kept > 1 and all(n.start_beats < rings for n in score.sung()):
        kept -= 1
    total = score.duration_s + added_s
    open_s = total - score.seconds(kept * bar)
    span = Span(open_s, score.tempo_bpm, score.metre)
    form = going_on(plan_form(span, base.genre, base.plan.stanzas))
    base = replace(base, players=_recast(base, form))
    piece = _lengthened(base, form, kept)
    grid = read_grid(base, score)
    writer = TuneWriter(piece, work.model, replace(work.settings, seed=work.seed), work.on_step)
    old = len(piece.scenes) - len(form.sections)
    writer.keep(_scene_grids(piece.scenes[:old], grid))
    new = assemble(piece, writer.write())
    return _appended(score, new, kept * bar)


def _recast(base: Piece, form: Form) -> tuple[Player, ...]:
    """Who plays on: those asked for in their places, everybody else as before."""
    asked = base.plan.instruments
    found = plan_players(base.plan, base.genre, form, base.rng("players"))
    new = {player.name: player for player in found if player.instrument in asked}
    return tuple(new.pop(player.name, player) for player in base.players) + tuple(new.values())


def going_on(form: Form) -> Form:
    """What would begin a piece is an interlude within it."""
    return replace(form, sections=tuple(_as_interlude(each, "intro") for each in form.sections))


def _as_interlude(section: Planned, name: str) -> Planned:
    is_edge = section.name == name and not section.line_bars
    return replace(section, name="interlude") if is_edge else section


def _lengthened(base: Piece, form: Form, kept: int) -> Piece:
    """The old scenes, cut after the kept bars, and those of a form for the rest."""
    old = list(_first_bars(base.scenes, kept, form.beats_a_bar))
    places = {scene.name: at for at, scene in reversed(list(enumerate(old)))}
    start = kept * form.beats_a_bar
    new = []
    for scene in scenes_of(base.plan, base.genre, form, base.players):
        like = scene.planned.like
        like = places.get(scene.name, None if like is None else like + len(old))
        rings = None if scene.rings_from is None else scene.rings_from + start
        planned = replace(scene.planned, like=like)
        begin = scene.start_beats + start
        new.append(replace(scene, planned=planned, start_beats=begin, rings_from=rings))
    return replace(base, scenes=(*old, *new), length_beats=start + form.length_beats)


def _first_bars(scenes: Sequence[Scene], bars: int, beats_a_bar: float) -> Iterator[Scene]:
    for scene in scenes:
        count = min(bars, scene.planned.bars)
        bars -= count
        if count:
            planned = replace(_as_interlude(scene.planned, "outro"), bars=count)
            length = count * beats_a_bar
            yield replace(scene, planned=planned, length_beats=length, rings_from=None)


def _scene_grids(scenes: Sequence[Scene], grid: Grid) -> dict[int, Grid]:
    grids, bar = {}, 0
    for at, scene in enumerate(scenes):
        grids[at] = grid.slice_bars(bar, bar + scene.planned.bars)
        bar += scene.planned.bars
    return grids


def _apart(part: Part, old: Score) -> Part:
    """A place that somebody else takes over is another part."""
    before = next((each for each in old.parts if each.name == part.name), part)
    return part if before.instrument == part.instrument else replace(part, name=f"{part.name} new")


def _appended(old: Score, new: Score, seam: float) -> Score:
    """The old notes up to a beat, the new ones from there."""
    new = replace(new, parts=tuple(_apart(part, old) for part in new.parts))
    names = list(dict.fromkeys([part.name for part in (*old.parts, *new.parts)]))
    parts = []
    for name in names:
        like = next(part for part in (*old.parts, *new.parts) if part.name == name)
        span = (seam, new.length_beats + 1)
        notes = spliced(notes_of(old, name), notes_of(new, name), span)
        if notes:
            parts.append(replace(like, notes=notes))
    chords = (*cut_chords(old.chords, 0.0, seam), *cut_chords(new.chords, seam, new.length_beats))
    sections = [s for s in new.sections if s.length_beats > 0]
    return replace(new, parts=tuple(parts), chords=chords, sections=tuple(sections))
