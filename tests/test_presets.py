"""Presets are data, checked like anything a person types."""

from pathlib import Path

import pytest

from studio import registry
from studio.core import Request, resolve
from studio.errors import PipelineError, UnknownName
from studio.presets import FOLDER, preset, presets, read_file, read_folder

GOOD = """
family = "toy"
about = "Wide and blue"
about_zh = "宽幅蓝色"
prompt_prefix = "a blue "
prompt_suffix = ", wide"
[params]
width = 128
colour = "blue"
"""

FILES = sorted(FOLDER.glob("*.toml"))


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "wide.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_preset_is_named_after_its_file_and_wraps_the_prompt(tmp_path: Path) -> None:
    found = read_file(write(tmp_path, GOOD))
    assert (found.name, found.about_zh) == ("wide", "宽幅蓝色")
    assert found.wrap("cat") == "a blue cat, wide"
    assert found.params == {"width": 128, "colour": "blue"}
    assert list(read_folder(tmp_path)) == ["wide"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"toy"', '"tow"', "no model 'tow'"),
        ("width = 128", "width = 129", "width must be a multiple of 8"),
        ("width = 128", "widht = 128", "no option 'widht'; did you mean width"),
        ("width = 128", "seed = 128", "params may not fix seed"),
        ("about_zh", "about_de", "no key 'about_de'; did you mean about, about_zh"),
        ('about_zh = "宽幅蓝色"', "", "needs about_zh"),
        ("[params]", "[params", "Expected"),
    ],
)
def test_a_broken_preset_is_an_error_that_names_the_file(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    with pytest.raises(PipelineError, match=rf"preset wide\.toml: .*{reason}"):
        read_file(write(tmp_path, GOOD.replace(old, new)))


def test_an_unknown_preset_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="no preset 'stikcer'"):
        preset("stikcer")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_preset_of_ours_loads_and_makes_a_job(file: Path) -> None:
    found = read_file(file)
    assert registry.family(found.family).hidden is False
    job = resolve(Request("a red cat", preset=found.name, seed=1))[0]
    assert job.preset == found.name
    for name, value in found.params.items():
        assert getattr(job.params, name) == value
    assert "a red cat" in job.params.prompt and job.prompt == "a red cat"


def test_every_preset_is_described_in_both_languages_and_none_twice() -> None:
    found = list(presets().values())
    assert (
        len({each.about for each in found}) == len({each.about_zh for each in found}) == len(found)
    )
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in each.about_zh) for each in found)


def test_there_are_enough_presets_for_pictures_and_clips() -> None:
    kinds = [registry.family(each.family).kind for each in presets().values()]
    assert kinds.count("image") >= 14
    assert kinds.count("video") >= 12
