"""Music that suits what is to be seen: the nearest of some scenes by the meaning of the words.

The scenes are a table, each with words for its music that the router reads like a prompt. Knows no
family.
"""

from functools import lru_cache

import numpy as np

from studio.backbone import meaning
from studio.backbone.linear import Vector

SCENES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("upbeat funk", ("surfing a big wave", "skateboard tricks", "racing cars", "basketball game")),
    ("energetic rock", ("storm and lightning", "motorcycle on a highway", "a volcano explodes")),
    ("cheerful folk", ("a dog plays in the garden", "a picnic on a farm", "a fox in the forest")),
    ("playful ragtime", ("a clown at the circus", "a funny chicken", "a cartoon monkey dances")),
    ("chiptune", ("a robot walks", "a video game character jumps", "pixel aliens")),
    ("synthwave", ("neon city at night", "a futuristic car", "a laser grid")),
    ("dreamy ambient", ("a spaceship in outer space", "planets and stars", "jellyfish in the sea")),
    (
        "calm ambient",
        ("sunset over the sea", "clouds drift over mountains", "snow falls", "a lake"),
    ),
    (
        "epic cinematic music",
        ("a dragon flies over a castle", "a knight in battle", "the wild sea"),
    ),
    (
        "mysterious cinematic music",
        ("a ghost in a haunted house", "a spooky forest", "halloween bats"),
    ),
    ("happy disco", ("dancing at a disco", "a disco ball", "people on roller skates")),
    ("happy house music", ("a birthday party", "people dance in a club", "fireworks and balloons")),
    ("calm lo-fi", ("a cup of coffee", "rain on the window", "a cat sleeps", "reading a book")),
    ("gentle lullaby", ("a baby sleeps", "the moon at night", "a teddy bear in bed")),
    ("romantic bossa nova", ("a couple in love", "hearts and roses", "a palm beach", "cocktails")),
    (
        "elegant waltz",
        ("a ballerina", "a swan on the water", "a butterfly on a flower", "a royal ball"),
    ),
    ("calm guofeng", ("a panda eats bamboo", "a red lantern", "chinese dragon boat", "a pagoda")),
    ("country", ("a cowboy rides a horse", "a cow in a field", "a tractor", "the desert")),
    ("reggae", ("a tropical island", "a parrot", "a pineapple with sunglasses", "summer fun")),
    ("jazz swing", ("a chef cooks in a restaurant", "a detective", "an old car in paris")),
    ("bright march", ("toy soldiers", "a train", "a fire engine", "flags in a parade")),
)
"""(music, what is seen)."""

PLAIN = "bright pop"
"""For what resembles none of the scenes."""

LEAST_LIKENESS = 0.3


def music_for(text: str) -> str:
    """Words for music that suits a scene, such as "calm lo-fi"; costs the encoder's loading."""
    seen = text[: meaning.MAX_CHARACTERS].strip()
    if not seen:
        return PLAIN
    likeness = _scenes() @ meaning.embed([seen])[0]
    best = int(np.argmax(likeness))
    return _musics()[best] if likeness[best] >= LEAST_LIKENESS else PLAIN


@lru_cache(maxsize=1)
def _scenes() -> Vector:
    """(N, D): the meaning of every scene."""
    return meaning.embed([scene for _, scenes in SCENES for scene in scenes])


@lru_cache(maxsize=1)
def _musics() -> tuple[str, ...]:
    return tuple(music for music, scenes in SCENES for _ in scenes)
