"""When the beats of a piece of music come: as its score says, else as they are heard.

Knows no clip and no storyboard's scenes; what is cut or moved on the beats is for others.
"""

from studio import soundtracks
from studio.errors import RequestError
from studio.media import Audio
from studio.score import Score
from studio.storyboard import Form


def form_of(score: Score | None, sound: Audio) -> Form:
    """What a song offers to cut on: by its score, else as it is heard."""
    if score is None:
        return _heard(sound)
    beats = soundtracks.beat_times_s(score)
    step = max(1, round(score.beats_a_bar))
    sections = tuple(
        (s.name, score.seconds(s.start_beats), score.seconds(s.start_beats + s.length_beats))
        for s in score.sections
    )
    return Form(sections, beats[::step], beats)


def _heard(sound: Audio) -> Form:
    """The bars of a recording; nothing to cut on where it has none."""
    from pipelines.pocket.hearing.recording import hear

    try:
        found = hear(sound.samples, sound.sample_rate)
    except RequestError:
        # No bars can be heard: the scenes are cut evenly.
        return Form((), (), ())
    lines = [float(each) for each in found.lines_s]
    beats = [
        one + (two - one) * beat / found.metre[0]
        for one, two in zip(lines, lines[1:], strict=False)
        for beat in range(found.metre[0])
    ]
    return Form((), tuple(lines), tuple(beats))
