"""The bench measures what it says, with the toy; its numbers are never judged here.

Run: python -m pytest tests/test_bench.py
"""

import json

import pytest

from studio import bench, measured
from studio.cli import main
from studio.errors import PipelineError, UnknownName
from studio.registry import family

PLAN = bench.Plan(family="toy", repeat=1)


@pytest.mark.parametrize("name", sorted(set(bench.SUITES) - set(bench.NEED_RANDOM_WEIGHTS)))
def test_every_suite_gives_numbers(name: str):
    plan = bench.Plan(family="toy-clip", repeat=1) if name == "clip" else PLAN
    found = bench.suite(name)(plan)
    numbers = [value for key, value in found.items() if key != "family"]
    assert numbers and all(isinstance(value, (int, float)) for value in numbers)
    assert all(value > 0 for key, value in found.items() if key.endswith(("_s", "_bytes")))


def test_a_child_tells_its_own_time_and_memory():
    child = bench.run_child(["--version"])
    assert 0 < child.seconds < 60
    assert 5_000_000 < child.peak_bytes < 200_000_000


def test_a_child_that_fails_says_why():
    with pytest.raises(PipelineError, match="ended with 2: error: no command 'nope'"):
        bench.run_child(["nope"])


def test_ways_that_take_turns_are_compared_by_their_medians():
    def work(rounds: int) -> None:
        sum(i * i for i in range(rounds))

    ways = {
        "direct": lambda: work(400_000),
        "engine": lambda: work(800_000),
        "saved": lambda: work(1_200_000),
    }
    found = measured._compared(ways, repeat=5)
    assert 50 < found["engine_percent"] < found["saved_percent"]
    assert found["memory_percent"] >= 0


def test_only_sizes_that_the_family_makes_are_measured():
    assert bench.sizes_of(family("toy")) == [256, 512]


def test_measuring_leaves_the_library_alone(home):
    bench.suite("sizes")(PLAN)
    assert not any(home.iterdir())


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean sizes"):
        bench.suite("size")


def test_the_command_prints_one_json_object_a_suite(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "startup", "sizes", "--model", "toy", "--repeat", "1", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["suite"] for each in found] == ["startup", "sizes"]


def test_the_command_prints_a_table_for_people(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "sizes", "--model", "toy", "--repeat", "1"]) == 0
    assert "512px_s" in capsys.readouterr().out
