"""Licences that weights of several families are under, with what they allow in words.

A checkpoint is under those of all its parts: a text encoder of others brings its own. What each
asks for stands in `studio/rights/licences.toml`. Knows no family.
"""

STABILITY = "LicenseRef-scancode-stability-ai-community-2024"
STABILITY_TERMS = "any use below 1,000,000 USD of revenue a year; above, a licence of Stability AI"

GEMMA = "LicenseRef-scancode-gemma-tou-2024-04-01"
"""Of encoders made from Gemma 1, 2 and 3. Gemma 4, which LTX-2.5 reads with, is Apache-2.0."""

GEMMA_TERMS = "not for what Gemma's prohibited use policy lists"
