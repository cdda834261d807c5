"""Turns what songs got into the tables of measures beside their targets. Makes no song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studio.evaluate._asked import FIELDS
from studio.evaluate._singing import Singing
from studio.evaluate._song_prompts import Prompt
from studio.evaluate._sounding import ATTACKS
from studio.score import Score

TARGETS = {
    "tempo": 1.0, "key and mode": 1.0, "notes in scale": 1.0, "metre": 1.0, "instruments": 1.0,
    "duration": 1.0, "genre heard": 0.8,
}  # fmt: skip
OVERLAP, NO_COPY, IN_TUNE, ONSET_S, MARKED = 0.8, 0.99, 0.9, 0.04, 0.95
LUFS, LUFS_OFF, PEAK_DB = -14.0, 0.5, -1.0


@dataclass(frozen=True)
class Song:
    """What one song got; `wrong` says what is not as asked."""

    prompt: Prompt
    marks: Mapping[str, bool]
    wrong: str = ""
    score: Score | None = None
    singing: Singing | None = None
    in_scale: float = 0.0
    genre_heard: str = ""
    lufs: float = 0.0
    peak_db: float = 0.0
    file_peak_db: tuple[str, float] | None = None
    """Format and true peak of the delivered file."""

    file_lufs: float = 0.0
    marked: Mapping[str, bool] = field(default_factory=dict)


def table(
    songs: Sequence[Song], tunes: Mapping[str, Any], judge: Mapping[str, Any]
) -> dict[str, Any]:
    """All measures."""
    made = [song for song in songs if song.score is not None]
    return {
        "songs": len(songs),
        "asked": {name: row for name in FIELDS if (row := _share(songs, name))},
        "notes": _notes(made),
        "tunes": dict(tunes),
        "singing": _singing(made),
        "sound": _sound(made),
        "judge": {"accuracy": judge["accuracy"], "pieces": judge["pieces"]["kept"]},
        "genres": _genres(songs),
        "wrong": [{"prompt": s.prompt.text, "got": s.wrong} for s in songs if s.wrong],
    }


def _share(songs: Sequence[Song], name: str) -> dict[str, Any]:
    """The share that got a mark, in each language and together; of songs that were asked for it."""
    hits = [(song.prompt.language, song.marks[name]) for song in songs if name in song.marks]
    if not hits:
        return {}
    row: dict[str, Any] = {
        language: _mean([hit for own, hit in hits if own == language])
        for language in sorted({language for language, _ in hits})
    }
    row |= {"all": _mean([hit for _, hit in hits]), "songs": len(hits)}
    if name in TARGETS:
        row |= {"target": TARGETS[name], "is_reached": row["all"] >= TARGETS[name]}
    return row


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)


def _notes(made: Sequence[Song]) -> dict[str, float]:
    found = [song.in_scale for song in made]
    return {"least share in scale": round(min(found), 4), "mean": _mean(found)} if found else {}


def _singing(made: Sequence[Song]) -> dict[str, Any]:
    """Over all frames, onsets and syllables of all sung songs together."""
    sung = [song.singing for song in made if song.singing is not None]
    if not sung:
        return {}
    cents = np.concatenate([each.cents for each in sung])
    onsets = np.concatenate([each.onsets for each in sung])
    syllables = sum(each.syllables for each in sung)
    unheard = [text for each in sung for text in each.unheard]
    in_tune, median = _mean((cents <= 35).tolist()), float(np.median(np.abs(onsets)))
    return {
        "songs": len(sung),
        "frames within 35 cents": in_tune,
        "onset error, median (s)": round(median, 4),
        "onsets within 100 ms": _mean((np.abs(onsets) <= 0.1).tolist()),
        "syllables": syllables,
        "syllables heard": round(1 - len(unheard) / syllables, 4),
        "unheard": unheard[:40],
        "is_reached": in_tune >= IN_TUNE and median <= ONSET_S and not unheard,
    }


def _sound(made: Sequence[Song]) -> dict[str, Any]:
    if not made:
        return {}
    loud = [song.lufs for song in made]
    files = [song for song in made if song.file_peak_db is not None]
    peaks: dict[str, float] = {}
    for song in files:
        assert song.file_peak_db is not None
        name, peak = song.file_peak_db
        peaks[name] = round(max(peak, peaks.get(name, -99.0)), 2)
    attacks = {
        name: _mean([song.marked[name] for song in files if name in song.marked])
        for name in (ATTACKS if files else ())
    }
    top = max(song.peak_db for song in made)
    return {
        "loudness, least and most (LUFS)": [round(min(loud), 2), round(max(loud), 2)],
        "true peak, most (dBTP)": round(top, 2),
        "files": len(files),
        "true peak of files, most (dBTP)": peaks,
        "mark read after": attacks,
        "is_reached": all(abs(each - LUFS) <= LUFS_OFF for each in loud)
        and max([top, *peaks.values()]) <= PEAK_DB
        and all(share >= MARKED for share in attacks.values()),
    }


def _genres(songs: Sequence[Song]) -> dict[str, float]:
    """How often the judge hears each genre that was asked for."""
    asked = [song for song in songs if "genre heard" in song.marks]
    names = sorted({str(song.prompt.want.genre) for song in asked})
    return {
        name: _mean([s.marks["genre heard"] for s in asked if s.prompt.want.genre == name])
        for name in names
    }


# Pages


def markdown(result: Mapping[str, Any]) -> str:
    """The tables as a page."""
    head = f"# {result['family']}: {result['songs']} songs\n\nSeed {result['seed']}, "
    parts = [_asked_part, _tunes_part, _singing_part, _sound_part, _genre_part, _wrong_part]
    pages = [part(result) for part in parts]
    return head + f"{result['seconds']} s.\n\n" + "\n\n".join(page for page in pages if page) + "\n"


def _asked_part(result: Mapping[str, Any]) -> str:
    lines = ["| asked | target | English | Chinese | both | songs | reached |", "|" + "---|" * 7]
    for name, row in result["asked"].items():
        target = f"≥ {_percent(row['target'])}" if "target" in row else ""
        cells = [name, target, *(_percent(row.get(k)) for k in ("en", "zh", "all"))]
        lines.append("| " + " | ".join([*cells, str(row["songs"]), _reached(row)]) + " |")
    return "\n".join(lines)


def _tunes_part(result: Mapping[str, Any]) -> str:
    tunes = result["tunes"]
    if not tunes:
        return ""
    near = tunes["overlap of genres near public scores"]
    long = tunes["overlap with excerpts as long"]
    near_long = tunes["overlap of genres near public scores with excerpts as long"]
    missing = float("nan")
    lines = [
        f"Overlap with held-out public scores (target {OVERLAP}), of all songs and of "
        f"{', '.join(tunes['genres near public scores'])}; then the same with the public scores "
        "cut to as many bars as our tunes have:",
        "",
        "| feature | all | those | all, as long | those, as long |",
        "|---|---|---|---|---|",
        *[f"| {name} | {value:.2f} | {near.get(name, missing):.2f} | "
          f"{long.get(name, missing):.2f} | {near_long.get(name, missing):.2f} |"
          for name, value in tunes["overlap"].items()],
        "",
        f"{_percent(tunes['share without a copied run'])} of songs have no run of eight notes "
        f"that a training piece has (target {_percent(NO_COPY)}); the longest such run has "
        f"{tunes['longest copied run']} notes.",
    ]  # fmt: skip
    return "\n".join(lines)


def _singing_part(result: Mapping[str, Any]) -> str:
    found = result["singing"]
    if not found:
        return ""
    late_ms = found["onset error, median (s)"] * 1000
    return (
        f"Singing, in {found['songs']} songs, in the mix's stem: "
        f"{_percent(found['frames within 35 cents'])} of voiced frames within 35 cents (target "
        f"{_percent(IN_TUNE)}), median onset error {late_ms:.0f} ms "
        f"(target {ONSET_S * 1000:.0f}), {_percent(found['syllables heard'])} of "
        f"{found['syllables']} syllables heard (target 100 %)."
    )


def _sound_part(result: Mapping[str, Any]) -> str:
    found = result["sound"]
    if not found:
        return ""
    low, high = found["loudness, least and most (LUFS)"]
    text = (
        f"Sound: {low} to {high} LUFS (target {LUFS:g}), true peak at most "
        f"{found['true peak, most (dBTP)']} dBTP (target {PEAK_DB:g})."
    )
    if found["files"]:
        peaks = ", ".join(f"{n} {v}" for n, v in found["true peak of files, most (dBTP)"].items())
        marks = ", ".join(f"{n} {_percent(v)}" for n, v in found["mark read after"].items())
        text += f" Of {found['files']} files: true peak {peaks}; the mark is read after {marks}."
    return text


def _genre_part(result: Mapping[str, Any]) -> str:
    shares = ", ".join(f"{name} {share:.0%}" for name, share in result["genres"].items())
    judge = result["judge"]
    return (
        f"Genres as the judge hears them (it is right about {_percent(judge['accuracy'])} of "
        f"{judge['pieces']} pieces around tunes that it never saw): {shares}."
    )


def _wrong_part(result: Mapping[str, Any]) -> str:
    lines = [f"- {each['prompt']} → {each['got']}" for each in result["wrong"]]
    return "\n".join(["Not as asked:", "", *lines]) if lines else ""


def _reached(row: Mapping[str, Any]) -> str:
    return {True: "yes", False: "no", None: ""}[row.get("is_reached")]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"
