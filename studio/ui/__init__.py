"""The page: one prompt box, what was understood, and what came of it.

`build` makes it, `serve` serves it. Importing this imports gradio; nothing below does.
"""

from studio.ui.page import build
from studio.ui.server import serve

__all__ = ["build", "serve"]
