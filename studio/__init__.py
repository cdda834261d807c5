"""Studio: one prompt becomes a picture, a song or a video."""

__version__ = "0.1.0"
