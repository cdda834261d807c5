"""Music videos at the desk: scenes planned before they are made, edited, and made as edited."""

from studio import core, storyboard
from studio.ui import views
from studio.ui.desk import SHARED, Desk, Draft
from tests.test_soundtracks import Players

DRAFT = Draft("music video: a red ball", "video", "toy-clip").give("fps", 12).give("duration_s", 6)


def test_scenes_are_planned_for_the_song_that_will_be_made() -> None:
    desk = Desk(engine=Players())
    planned = desk.plan(DRAFT, SHARED)
    given = dict(planned.given)
    board = storyboard.read(given["storyboard"])
    assert board.character == "a red ball"
    job = core.resolve(planned.request())[0]
    assert job.seed == given["seed"] and job.params.model_dump()["scenes"] is True
    assert planned.prompt == DRAFT.prompt and given["fps"] == 12


def test_planned_anew_it_keeps_the_seed_and_forgets_what_was_edited() -> None:
    desk = Desk(engine=Players())
    edited = desk.plan(DRAFT, SHARED)
    text = dict(edited.given)["storyboard"]
    again = desk.plan(edited.give("storyboard", text.replace("red", "blue")), SHARED)
    assert dict(again.given) == dict(edited.given)


def test_the_button_says_whether_there_is_a_plan() -> None:
    assert "Plan the scenes" in views.plan("en", is_planned=False)
    assert "重新安排" in views.plan("zh", is_planned=True)
