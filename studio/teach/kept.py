"""What teaching leaves on the disk: a state to go on from, and a whole adapter or none.

Knows nothing about models or examples' pictures; tensors are numbers by name.
"""

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import PIL.Image

from studio.adapters import CARD_FILE, WEIGHTS_FILE, Card, Part, folder_of
from studio.errors import SaveError
from studio.weights import file_sha256

UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Progress:
    """How far a lesson is: after which step the held-out loss was least, and which is kept.

    Of the part that it is in; `parts` says how the ones before ended, `seconds` counts all.
    """

    step: int
    seconds: float
    loss_before: float
    best_loss: float
    best_step: int
    kept_loss: float
    kept_step: int
    parts: tuple[Part, ...] = ()


class Unfinished:
    """The state of a lesson that goes on, in a file of its own.

    `plan_sha256` names the lesson: a state of another is not gone on with.
    """

    def __init__(self, name: str, plan_sha256: str) -> None:
        self.path = folder_of(name).parent / UNFINISHED / f"{name}.safetensors"
        self.plan_sha256 = plan_sha256

    def read(self) -> tuple[Progress, dict[str, Any]] | None:
        """How far it was, and its tensors; None where there is none of this lesson."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                about = file.metadata() or {}
                if about.get("plan_sha256") != self.plan_sha256:
                    return None
                tensors = {key: file.get_tensor(key) for key in file.keys()}
        except (FileNotFoundError, SafetensorError):
            # Never written half, so a damaged one is not ours to go on with.
            return None
        known = json.loads(about["progress"])
        known["parts"] = tuple(Part(**each) for each in known["parts"])
        return Progress(**known), tensors

    def write(self, progress: Progress, tensors: Mapping[str, Any]) -> None:
        """Keeps a state, in place of the one before.

        Raises:
            SaveError: it could not be written.
        """
        told = asdict(progress) | {"parts": [each.model_dump() for each in progress.parts]}
        about = {"plan_sha256": self.plan_sha256, "progress": json.dumps(told)}
        with _writing(self.path.parent):
            # Another lesson of this name may be writing at the same moment.
            part = self.path.with_suffix(f".{uuid.uuid4().hex[:8]}.part")
            try:
                _save(tensors, part, about)
                os.replace(part, self.path)
            finally:
                part.unlink(missing_ok=True)

    def preview(self, step: int) -> Path:
        """Where the sheet after a step goes."""
        return self.path.with_name(f"{self.path.stem}-{step:05}.webp")

    def forget(self) -> None:
        """Deletes the state and the sheets on the way to it."""
        self.path.unlink(missing_ok=True)
        for path in self.path.parent.glob(f"{self.path.stem}-{'[0-9]' * 5}.webp"):
            path.unlink()


def write_tensors(tensors: Mapping[str, Any], path: Path, base: str) -> str:
    """Writes the weights of an adapter as half precision; returns the file's sha256.

    `base`: the model that it is for, for whoever finds the file alone.
    """
    import torch

    half = {name: tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()}
    _save(half, path, {"format": "pt", "base_model": base})
    return file_sha256(path)


def _save(tensors: Mapping[str, Any], path: Path, about: dict[str, str]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(dict(tensors), path, metadata=about)
    except SafetensorError as error:
        # So it calls what is otherwise an OSError: a full disk, a folder that is not for writing.
        raise OSError(str(error)) from error
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def making(name: str) -> Generator[Path]:
    """A folder to write a new adapter into; it takes its place when all went well.

    Raises:
        SaveError: it could not be written; what was there before stays.
    """
    final = folder_of(name)
    part = final.parent / f".{name}-{uuid.uuid4().hex[:8]}"
    with _writing(final.parent):
        part.mkdir()
        try:
            yield part
            _check(part)
            _swap(part, final)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _check(folder: Path) -> None:
    """Refuse to show what does not read back."""
    about = Card.model_validate_json((folder / CARD_FILE).read_text("utf-8"))
    if file_sha256(folder / WEIGHTS_FILE) != about.sha256:
        raise SaveError(f"the weights of adapter {about.name!r} did not read back; try again")


def _swap(part: Path, final: Path) -> None:
    if not final.exists():
        part.rename(final)
        return
    old = part.with_name(part.name + "-old")
    final.rename(old)
    part.rename(final)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Generator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SaveError(
            f"cannot write into {folder}: {error.strerror or error}; free some space, or set "
            "STUDIO_HOME to a folder you can write to"
        ) from error


def remove(name: str) -> None:
    """Deletes an adapter and what is unfinished of it."""
    shutil.rmtree(folder_of(name))
    Unfinished(name, "").forget()


def write_sheet(rows: list[list[PIL.Image.Image]], path: Path) -> Path:
    """Pictures in rows, each at its column, as one WebP."""
    side = max(picture.width for row in rows for picture in row)
    sheet = PIL.Image.new("RGB", (max(map(len, rows)) * side, len(rows) * side), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            fitted = picture.convert("RGB").resize((side, side))
            sheet.paste(fitted, (x * side, y * side))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, "WEBP", quality=90)
    return path
