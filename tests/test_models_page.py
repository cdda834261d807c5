"""The page about open models says what the families say of themselves."""

from studio import registry
from tests import models_page


def test_the_table_is_as_the_families_say() -> None:
    page = models_page.PAGE.read_text(encoding="utf-8")
    seconds = models_page.seconds_told(page)
    assert models_page.between(page) == models_page.table(seconds), (
        "the table is out of date; write it with: python -m tests.models_page"
    )


def test_every_toy_run_was_measured_and_is_short() -> None:
    seconds = models_page.seconds_told(models_page.PAGE.read_text(encoding="utf-8"))
    assert set(seconds) == {each.name for each in registry.families().values() if each.checkpoints}
    assert all(0 < float(each.removesuffix(" s")) < 6 for each in seconds.values())
