"""The licence that a model card states, as an SPDX expression."""

from pathlib import Path
from typing import Any

import pytest

from studio import cards


@pytest.mark.parametrize(
    ("card", "wanted"),
    [
        ({"license": "apache-2.0"}, "Apache-2.0"),
        ({"license": "MIT"}, "MIT"),
        ({"license": "gpl-3.0"}, "GPL-3.0-only"),
        ({"license": "openrail++"}, "LicenseRef-CreativeML-OpenRAIL-PlusPlus-M"),
        ({"license": "gemma"}, "LicenseRef-gemma"),
        ({"license": "other", "license_name": "Flux 1 (dev) NC"}, "LicenseRef-Flux-1-dev-NC"),
        ({"license": ["mit", "cc-by-4.0"]}, "MIT AND CC-BY-4.0"),
        ({"license": "other"}, ""),
        ({"license": None}, ""),
        ({"license": 7}, ""),
        ({}, ""),
    ],
)
def test_the_hubs_words_become_spdx_names(card: dict[str, Any], wanted: str) -> None:
    assert cards.licence(card) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("---\nlicense: mit\n---\n# A model", "MIT"),
        ("---\nlicense:\n- mit\n---\n", "MIT"),
        ("# A model\nlicense: mit", ""),
        ("---\nlicense: [mit\n---\n", ""),
        ("---\n- mit\n---\n", ""),
        ("", ""),
    ],
)
def test_only_what_a_card_begins_with_counts(text: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / cards.CARD).write_text(text)
    assert cards.licence_in(tmp_path) == wanted


def test_without_a_card_nothing_is_stated(tmp_path: Path) -> None:
    assert cards.licence_in(tmp_path) == ""
