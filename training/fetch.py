"""Fetches the licensed drawings and animations from npm, at the versions the models were made with.

    python -m training.fetch

Needs `npm`. A package already unpacked is left alone.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from training.image.packs import EMOJI_DATA, PACKS, SOURCES
from training.video.sources import NPM, PARTS, VERSION
from training.video.sources import folder as animated


def fetch(name: str, version: str, folder: str) -> None:
    """One package into `training/cache/packs/<folder>`."""
    target = PACKS / folder
    if target.is_dir():
        return
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=work, check=True)
        archive = next(Path(work).glob("*.tgz"))
        with tarfile.open(archive) as tar:
            tar.extractall(work, filter="data")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(Path(work) / "package"), target)
    print(f"{name} {version}")


if __name__ == "__main__":
    fetch("emojibase-data", EMOJI_DATA.rsplit("-", 1)[1], EMOJI_DATA)
    for pack in SOURCES:
        fetch(pack.npm, pack.version, pack.folder)
    for part in PARTS:
        fetch(f"{NPM}-{part}", VERSION, animated(part))
