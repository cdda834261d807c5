"""The genres that pocket-music writes in, found by any of their names."""

from functools import lru_cache

from pipelines.pocket.music.genres.band import GENRES as BAND
from pipelines.pocket.music.genres.electronic import GENRES as ELECTRONIC
from pipelines.pocket.music.genres.genre import Cast, Genre, Grooves, Swing
from pipelines.pocket.music.genres.salon import GENRES as SALON
from pipelines.pocket.music.genres.story import GENRES as STORY
from studio.errors import unknown

__all__ = ["GENRES", "Cast", "Genre", "Grooves", "Swing", "find_genre"]

GENRES: dict[str, Genre] = {genre.name: genre for genre in (*BAND, *ELECTRONIC, *SALON, *STORY)}


@lru_cache(maxsize=1)
def _by_any_name() -> dict[str, Genre]:
    return {name: genre for genre in GENRES.values() for name in (genre.name, *genre.also)}


def find_genre(name: str) -> Genre:
    """The genre of a name, "lofi" and "低保真" included.

    Raises:
        UnknownName: there is none; the message says the nearest.
    """
    found = _by_any_name().get(name.strip().lower())
    if found is None:
        raise unknown("genre", name, GENRES)
    return found
