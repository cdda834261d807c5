"""A song of the library opens and plays, whatever became of the files beside it."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from studio import forms, registry
from studio.core import Job, generate
from studio.library import Artifact
from studio.sounds import parts
from studio.store import Store
from studio.ui import web
from studio.ui.views.song import song

FAMILY = registry.family("toy-song")
BESIDE = ("player.json", "rights.json", "cover.png", "score.mid", "lead-sheet.musicxml")


@pytest.fixture
def made(store: Store) -> Artifact:
    values = {"prompt": "a short tune", "seed": 7, "duration_s": 6, "lyrics": "la la la"}
    job = Job(FAMILY, forms.fill(FAMILY.params, values), prompt="a short tune")
    return next(iter(generate([replace(job, format="flac")], store=store)))


def missing(html: str) -> list[str]:
    found = re.search(r"beside this song: ([^<]*?)\. It plays", html)
    return found[1].split(", ") if found else []


def shown(artifact: Artifact) -> str:
    html = song("en", web.picture(artifact, "all"))
    assert 'data-song="studio/file/all/' in html and "<audio" in html
    return html


def test_a_whole_song_misses_nothing(made: Artifact) -> None:
    html = shown(made)
    assert missing(html) == []
    assert "data-stem=" in html and "score.mid" in html and 'role="alert"' not in html


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20])


@pytest.mark.parametrize("harm", [cut, Path.unlink, lambda file: file.write_bytes(b"\xff{}")])
@pytest.mark.parametrize("name", ["player.json", "rights.json"])
def test_damaged_data_is_named_and_the_song_plays(
    made: Artifact, store: Store, name: str, harm: Callable[[Path], None]
) -> None:
    assert made.parts is not None
    harm(made.parts / name)
    assert missing(shown(made)) == [name]
    assert store.thumbnail(made.id).is_file()


@pytest.mark.parametrize("name", BESIDE[2:])
def test_a_file_that_is_gone_is_named_and_not_offered(made: Artifact, name: str) -> None:
    assert made.parts is not None
    (made.parts / name).unlink()
    html = shown(made)
    assert missing(html) == [name]
    assert html.count(name) == 1


def test_a_stem_that_is_gone_is_named_and_the_others_stay(made: Artifact) -> None:
    assert made.parts is not None
    stems = sorted((made.parts / parts.STEMS).iterdir())
    before = shown(made).count("data-stem=")
    stems[0].unlink()
    html = shown(made)
    assert missing(html) == [f"stems/{stems[0].name}"]
    assert html.count("data-stem=") == before - 1 == len(stems) - 1


def test_a_damaged_cover_leaves_the_waveform(made: Artifact, store: Store) -> None:
    assert made.parts is not None
    cut(made.parts / "cover.png")
    assert store.thumbnail(made.id).is_file()


def test_a_song_alone_plays_too(made: Artifact) -> None:
    assert made.parts is not None
    shutil.rmtree(made.parts)
    assert missing(shown(made)) == ["player.json", "rights.json", "cover.png"]
