"""Imports go down only, and the core stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    "studio": 0,
    "studio.errors": 0,
    "studio.frames": 0,
    "studio.home": 0,
    "studio.media": 0,
    "studio.score": 0,
    "studio.scripts": 0,
    "studio.fit": 1,
    "studio.spec": 1,
    "studio.adapt": 1,
    "studio.clips": 1,
    "studio.stages": 1,
    "studio.headings": 1,
    "studio.pictures": 1,
    "studio.sounds": 1,
    "studio.videos": 1,
    "studio.rights.tags": 1,
    "studio.weights": 1,
    "studio.adapters": 1,
    "studio.cards": 1,
    "studio.lesson": 1,
    "pipelines": 1,
    "studio.registry": 2,
    "studio.forms": 2,
    "studio.record": 2,
    "studio.rights": 2,
    "studio.sounds.parts": 2,
    "studio.presets": 3,
    "studio.tag": 3,
    "studio.headroom": 3,
    "studio.finish": 3,
    "studio.finish_clip": 3,
    "studio.vouching": 3,
    "studio.engine": 3,
    "studio.backbone": 3,
    "studio.library": 3,
    "studio.pulling": 3,
    "studio.uses": 3,
    "studio.store": 4,
    "studio.jobs": 4,
    "studio.containing": 5,
    "studio.request": 5,
    "studio.kinds": 5,
    "studio.shots": 5,
    "studio.fitting": 5,
    "studio.forecast": 5,
    "studio.measured": 5,
    "studio.covers": 5,
    "studio.soundtracks": 5,
    "studio.storyboard": 1,
    "studio.beats": 5,
    "studio.accents": 5,
    "studio.filming": 5,
    "studio.core": 5,
    "studio.teach": 5,
    "studio.bench": 6,
    "studio.evaluate": 6,
    "studio.cli": 6,
    "studio.batch": 6,
    "studio.http": 6,
    "studio.ui": 6,
    "studio.__main__": 7,
    "app": 7,
}
# The registry finds the families, the backbone reads the text encoder and what was fitted on top of
# it: by these doors only.
DOORS = {
    "studio.backbone": ("pipelines.pocket.text", "pipelines.pocket.kind_reader"),
    # Random weights to measure with are made of the classes that the families use.
    "studio.measured": ("pipelines.open.measure",),
    # What a GGUF file was made from say the names of its tensors.
    "studio.pulling": ("pipelines.open.single_file",),
    # Where a song has no score, its bars are heard.
    "studio.beats": ("pipelines.pocket.hearing.recording",),
    # What a song must not copy is kept by who learned from it.
    "studio.evaluate": ("pipelines.pocket.music.novelty",),
}
FOR_FAMILIES = ("pipelines.open.", "pipelines.pocket.", "pipelines.remote.", "pipelines.temporal.")

FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("studio", "pipelines")
    for path in (ROOT / folder).rglob("*.py")
)


def module_name(file: Path) -> str:
    parts = [*file.parts[:-1], file.stem]
    return ".".join(part for part in parts if part != "__init__")


def key(module: str) -> str:
    """The layer table's entry for a module, or an error that asks for one."""
    found = [each for each in LAYERS if module == each or module.startswith(each + ".")]
    best = max(found, key=len, default="")
    assert best and (best != "studio" or module == "studio"), f"{module} has no layer"
    return best


def imports(file: Path, *, only_at_import: bool = False) -> set[str]:
    """Modules of ours that a file imports, also inside functions unless `only_at_import`."""
    found: set[str] = set()
    tree = ast.parse((ROOT / file).read_text())
    for node in tree.body if only_at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            names = {f"{node.module}.{each.name}" for each in node.names}
            found |= {each if is_module(each) else node.module for each in names}
    return {each for each in found if each.split(".")[0] in ("studio", "pipelines", "app")}


def is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_go_down_only(file: Path) -> None:
    importer = module_name(file)
    mine = key(importer)
    for imported in imports(file):
        if imported in DOORS.get(mine, ()):
            continue
        if mine == "pipelines" and imported.startswith("pipelines"):
            is_shared = f"{imported}.".startswith(FOR_FAMILIES)
            assert is_shared, f"{file} imports {imported}: families never import each other"
        theirs = key(imported)
        assert LAYERS[theirs] <= LAYERS[mine], f"{file} imports {imported}, a layer above it"
        assert theirs == "pipelines" or mine == theirs or not is_front_pair(mine, theirs), (
            f"{file} imports {imported}: fronts never import each other"
        )
        if theirs == "pipelines":
            assert mine in ("pipelines",), f"{file} imports {imported}: no family by name"


def is_front_pair(mine: str, theirs: str) -> bool:
    # The command line starts the others, by name.
    return LAYERS[mine] == LAYERS[theirs] == 6 and mine != "studio.cli"


def test_no_file_is_part_of_an_import_cycle() -> None:
    graph = {module_name(file): imports(file, only_at_import=True) for file in FILES}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"import cycle: {' → '.join((*trail, module))}"
        if module in done:
            return
        for imported in graph.get(module, set()):
            if imported not in (module, "studio", "pipelines"):
                visit(imported, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize(
    "statement",
    ["import studio.core", "from studio import registry; registry.families()"],
)
def test_the_core_and_the_families_import_nothing_heavy(statement: str) -> None:
    heavy = ("torch", "diffusers", "transformers", "gradio")
    code = f"{statement}; import sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
