"""What people type becomes options, and what they mistype becomes one line with the way out.

Run: python -m pytest tests/test_cli_parser.py
"""

import subprocess
import sys
import typing
from pathlib import Path

import pytest

from studio.cli import docs, parser
from studio.errors import RequestError, StudioError
from studio.spec import Kind

ROOT = Path(__file__).parent.parent
COMMANDS = "make route replay show models presets library doctor serve evaluate bench".split()


def complaint(*argv: str) -> str:
    with pytest.raises(RequestError) as caught:
        parser.parse(argv)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_command_of_the_design_is_there():
    assert set(COMMANDS) <= set(parser.subcommands(parser.build()))


def test_kinds_are_those_of_the_contract():
    assert parser.KINDS == typing.get_args(Kind)


def test_make_reads_all_its_options():
    options = parser.parse(
        [
            "make",
            "a cat",
            "--as",
            "image",
            "--model",
            "m",
            "--preset",
            "p",
            "--seed",
            "3",
            "--count",
            "2",
            "--set",
            "a=1",
            "--input",
            "f.png",
            "--out",
            "d",
            "--json",
        ]
    )
    assert (options.prompt, options.kind, options.model, options.preset) == (
        "a cat",
        "image",
        "m",
        "p",
    )
    assert (options.seed, options.count, options.assignments) == (3, 2, ["a=1"])
    assert (options.input, options.out, options.json) == (["f.png"], "d", True)


def test_one_set_takes_several_options_and_leaves_the_prompt_alone():
    options = parser.parse(["make", "--set", "a=1", "b=two words", "a cat", "--set", "c=="])
    assert options.assignments == ["a=1", "b=two words", "c=="]
    assert options.prompt == "a cat"


def test_a_prompt_may_look_like_an_assignment():
    assert parser.parse(["make", "e=mc2 on a blackboard"]).prompt == "e=mc2 on a blackboard"


def test_a_prompt_may_begin_with_a_dash_after_two_dashes():
    assert parser.parse(["make", "--", "-5 degrees"]).prompt == "-5 degrees"
    assert parser.parse(["make", "--seed", "4", "--", "--frost"]).prompt == "--frost"


def test_a_single_dash_is_a_prompt():
    assert parser.parse(["make", "-"]).prompt == "-"


@pytest.mark.parametrize("argv", [["--debug", "make", "x"], ["make", "x", "--debug"]])
def test_debug_is_heard_before_and_after_the_command(argv: list[str]):
    assert parser.parse(argv).debug is True


def test_an_unknown_command_names_the_nearest():
    assert complaint("mkae", "x") == "no command 'mkae'; did you mean make?"


def test_an_unknown_option_names_the_nearest():
    assert complaint("make", "x", "--cuont", "3").startswith(
        "no option '--cuont'; did you mean --count"
    )


def test_options_are_not_abbreviated():
    assert "--seed" in complaint("make", "x", "--see", "3")


def test_an_unknown_kind_lists_the_kinds():
    assert complaint("make", "x", "--as", "sogn") == "no kind 'sogn'; did you mean song?"


@pytest.mark.parametrize("value", ["", "-1", "1.5", "ten", "0x1", "9" * 40, "١"])
def test_a_number_that_is_none_is_named(value: str):
    assert f"{value!r} is not a whole number" in complaint("make", "x", f"--seed={value}")


def test_a_missing_prompt_is_named():
    assert complaint("make") == "missing PROMPT; see studio make --help"


def test_an_unquoted_prompt_is_understood_as_such():
    assert "quotes" in complaint("make", "a", "cat")


def test_an_option_without_its_value_is_named():
    assert complaint("make", "x", "--out").startswith("--out: expected one argument")


def test_options_without_a_command_list_the_commands():
    assert "make, route" in complaint("--debug")


def test_the_page_about_the_command_line_is_not_stale():
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == docs.page(), "run: python -m studio.cli.docs > docs/cli.md"


def test_the_page_names_every_option_of_every_command():
    page = docs.page()
    for command in parser.subcommands(parser.build()).values():
        for action in command._actions:
            assert action.help
            assert all(
                name in page or name in ("-h", "--help", "--debug")
                for name in action.option_strings
            )


def test_parsing_imports_nothing_heavy():
    code = (
        "import sys; from studio.cli.parser import build; build(); "
        "heavy = {'torch', 'diffusers', 'transformers', 'gradio', 'numpy', 'pydantic', 'PIL'};"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_error_of_the_parser_is_a_studio_error():
    for argv in (
        ["make"],
        ["nope"],
        ["make", "x", "y"],
        ["serve", "--port"],
        ["library", "--as", "x"],
    ):
        with pytest.raises(StudioError):
            parser.parse(argv)
