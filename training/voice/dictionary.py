"""Packs the CMU Pronouncing Dictionary: `python -m training.voice.dictionary FILE`.

FILE is cmudict.dict as its project publishes it. Each word keeps its first pronunciation; a phoneme
becomes one byte from 0x80 on, so that a search through the bytes finds a word without parsing.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "pocket-voice"


def main(source: Path) -> None:
    entries: dict[str, list[str]] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split("#")[0].split()
        if re.fullmatch(r"[a-z']+", word):
            entries.setdefault(word, phones)
    symbols = sorted({phone for phones in entries.values() for phone in phones})
    code = {symbol: bytes([0x80 + index]) for index, symbol in enumerate(symbols)}
    lines = [
        word.encode() + b" " + b"".join(code[p] for p in phones)
        for word, phones in sorted(entries.items())
    ]
    text = b"\n" + b"\n".join(lines) + b"\n"
    path = FOLDER / "english.npz"
    np.savez_compressed(
        path, text=np.frombuffer(text, np.uint8), symbols=np.array(symbols, dtype="U4")
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (FOLDER / "manifest.json").write_text(json.dumps({path.name: digest}, indent=1) + "\n")
    print(f"{len(entries)} words, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
