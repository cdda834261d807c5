"""The page and its API in one process; also what a Hugging Face Space runs.

On a Space the default models are loaded here, at module level, before anybody asks: that is where
ZeroGPU wants them, and a CPU Space answers its first visitor at once.
"""

import os
import sys

if os.environ.get("SPACES_ZERO_GPU"):
    # Before anything imports torch, which it patches.
    import spaces  # noqa: F401 # pyright: ignore[reportMissingImports, reportUnusedImport]

from studio import registry
from studio.ui import serve, space

ENGINE = None
if space.is_space():
    ENGINE = space.prepare([f for f in registry.families().values() if f.default_for_kind])


def announce(url: str) -> None:
    sys.stderr.write(f"the page is at {url}\n")


if __name__ == "__main__":
    serve(engine=ENGINE, on_ready=announce)
