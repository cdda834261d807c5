"""`studio show`, `models`, `presets` and `library`: what there is, and how it was made.

Reads only (but for `library --remove`). Shows what the families, presets and records say about
themselves; knows none of them.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cli import output
from studio.errors import RequestError

if TYPE_CHECKING:
    from studio.forms import Control
    from studio.library import Artifact
    from studio.presets import Preset
    from studio.record import Record
    from studio.spec import Family, Weights


def show(options: argparse.Namespace) -> int:
    record = find_record(options.file)
    if options.json:
        output.as_json(json.loads(record.to_json()))
    else:
        output.table(rows(record))
    return 0


def models(options: argparse.Namespace) -> int:
    from studio import registry

    if options.name in ("pull", "remove", "gc"):
        from studio.cli import weights

        return weights.run(options)
    if options.checkpoint is not None:
        raise RequestError(f"no action {options.name!r} on weights; there is pull, remove, gc")
    if options.name is not None:
        _show_family(registry.family(options.name), options.json)
        return 0
    found = [f for f in registry.families().values() if options.all or not f.hidden]
    if options.json:
        output.as_json([about(family) for family in found])
    else:
        from studio.cli.planning import needs

        output.table(
            (f.name, f.kind, f.licence, _may(f.licence), _where(f), needs(f), f.about)
            for f in found
        )
    return 0


def _may(licence: str) -> str:
    """What results under a licence may be used for."""
    from studio import uses

    return uses.in_words(uses.terms_for(licence))


def _where(family: "Family") -> str:
    """Whether a family can run, or what would have to be pulled first."""
    if family.is_here(**family.loading()):
        return "here"
    if not family.checkpoints:
        return "not set up"
    return f"not here ({family.checkpoints[0].size_bytes / 1e9:.1f} GB)"


def about(family: "Family") -> dict[str, Any]:
    """A family as JSON: what it makes and every option it takes."""
    from studio import uses
    from studio.cli.planning import usual
    from studio.forms import controls

    found = usual(family)
    return {
        "name": family.name,
        "kind": family.kind,
        "about": family.about,
        "licence": family.licence,
        "results": uses.as_json(family.licence),
        "memory_bytes": family.memory_bytes,
        "forecast": asdict(found) if found else None,
        "is_default": family.default_for_kind,
        "is_hidden": family.hidden,
        "is_here": family.is_here(**family.loading()),
        "checkpoints": [
            {**asdict(each), "results": uses.as_json(each.licence)} for each in family.checkpoints
        ],
        "weights": [{**asdict(each), "path": str(each.path)} for each in _weights(family)],
        "options": [_plain(control) for control in controls(family.params)],
    }


def _weights(family: "Family") -> "tuple[Weights, ...]":
    options = family.loading()
    return family.weights(**options) if family.is_here(**options) else ()


def _plain(control: "Control") -> dict[str, Any]:
    found = {
        key: value
        if isinstance(value, (int, float, dict, list, tuple)) or value is None
        else str(value)
        for key, value in asdict(control).items()
    }
    return found | {"suggested": list(control.suggestions())}


def _show_family(family: "Family", is_json: bool) -> None:
    from studio.forms import controls

    if is_json:
        output.as_json(about(family))
        return
    from studio.cli.planning import rows, usual

    output.line(f"{family.name}: {family.about} ({family.kind}, {family.licence})")
    if found := usual(family):
        output.table((f"  {name}", text) for name, text in rows(found))
    output.table(("  results", text) for text in _results(family))
    output.table(
        (f"  {c.id}", f"{c.size_bytes / 1e9:.1f} GB", c.licence, c.terms)
        for c in family.checkpoints
    )
    output.table(row for c in controls(family.params) for row in _option(c))


def _option(control: "Control") -> list[tuple[str, str, str, str]]:
    """The rows of an option: a long list of choices goes on below itself."""
    first, *others = folded(range_of(control))
    default = _value(control.default) if control.default not in (None, "") else ""
    row = (f"  {control.name}", first, default, control.description)
    return [row, *(("", more, "", "") for more in others)]


def folded(choices: str, width: int = 40) -> list[str]:
    """Choices, parted by "|", on lines of about so many columns."""
    lines = [""]
    for choice in choices.split("|"):
        if lines[-1] and len(lines[-1]) + 1 + len(choice) > width:
            lines.append("")
        lines[-1] += f"|{choice}" if lines[-1] or len(lines) > 1 else choice
    return lines


def _results(family: "Family") -> list[str]:
    """What results of its usual weights may be used for, and what is asked for that."""
    from studio import uses

    terms = uses.terms_for(family.licence)
    return [uses.in_words(terms), *uses.asked(terms)]


def range_of(control: "Control") -> str:
    """What the option takes, in a few words."""
    if suggestions := control.suggestions():
        return "|".join(suggestions)
    if control.kind == "choice":
        return "|".join(str(choice) for choice in control.choices)
    if control.minimum is not None and control.maximum is not None:
        ends = (control.minimum, control.maximum)
        low, high = (str(int(end)) if end == int(end) else str(end) for end in ends)
        return f"{low}..{high} {control.unit}".strip()
    return {"file": "FILE", "bool": "true|false"}.get(control.kind, control.kind)


def presets(options: argparse.Namespace) -> int:
    from studio.presets import preset, presets

    if options.name is not None:
        _show_preset(preset(options.name), options.json)
        return 0
    found = presets().values()
    if options.json:
        output.as_json([asdict(each) for each in found])
    else:
        output.table((each.name, each.family, each.about) for each in found)
    return 0


def _show_preset(preset: "Preset", is_json: bool) -> None:
    if is_json:
        output.as_json(asdict(preset))
        return
    output.line(f"{preset.name}: {preset.about} ({preset.family})")
    words = {"before the prompt": preset.prompt_prefix, "after the prompt": preset.prompt_suffix}
    settings = {**preset.params, **{key: text.strip() for key, text in words.items() if text}}
    output.table((f"  {key}", str(value)) for key, value in settings.items())


def library(options: argparse.Namespace) -> int:
    from studio.store import Store

    store = Store()
    if options.remove is not None:
        artifact = store.entry(options.remove)
        store.remove(artifact.id)
        output.note(f"deleted {artifact.path}")
        return 0
    found = store.library(options.kind, options.text, options.limit, options.offset)
    if options.json:
        output.as_json([{**facts(artifact), "is_there": artifact.is_there} for artifact in found])
        return 0
    output.table(_row(artifact) for artifact in found)
    total = store.count(options.kind, options.text)
    if total > len(found):
        output.note(f"{len(found)} of {total}; --limit and --offset show the others")
    return 0


def _row(artifact: "Artifact") -> tuple[str, ...]:
    record = artifact.record
    prompt = "(private)" if record.prompt is None else output.shorten(record.prompt, 60)
    gone = "" if artifact.is_there else "(gone) "
    when = record.created[:16].replace("T", " ")
    return (record.id[:8], when, record.kind, record.family, prompt, f"{gone}{artifact.path}")


def facts(artifact: "Artifact") -> dict[str, Any]:
    """An artifact as JSON."""
    record = artifact.record
    return {
        "path": str(artifact.path),
        "kind": record.kind,
        "family": record.family,
        "preset": record.preset,
        "prompt": record.prompt,
        "seed": record.seed,
        "seconds": record.seconds,
        "params": record.params,
        **({"scores": record.scores} if record.scores else {}),
        "id": record.id,
        "created": record.created,
        "sha256": artifact.sha256,
        "media_sha256": record.media_sha256,
    }


def find_record(name: str) -> "Record":
    """The record inside a file, or of an entry of the library.

    Raises:
        RequestError: there is neither, or the file was not made here.
    """
    from studio import tag
    from studio.store import Store

    path = Path(name)
    if not path.exists():
        return Store().entry(name).record
    record = tag.read(path)
    if record is None:
        raise RequestError(
            f"{name} does not say how it was made; give a file made here, with its metadata"
        )
    return record


def rows(record: "Record") -> list[tuple[str, str]]:
    """A record for people: what was asked first, then what it was made with."""
    found = [
        ("prompt", "(private)" if record.prompt is None else record.prompt),
        ("kind", record.kind),
        ("family", f"{record.family} ({record.family_licence})"),
        ("may be used for", _may(record.family_licence)),
        ("preset", record.preset or "none"),
    ]
    found += [(key, _value(value)) for key, value in record.params.items() if key != "prompt"]
    found += [(used.field, f"{used.name} sha256 {used.sha256}") for used in record.inputs]
    found += [("parent", parent) for parent in record.parents]
    found += [("to fit into memory", record.fit)] if record.fit else []
    if record.cover is not None:
        about = f"{record.cover.words!r} by " if record.cover.words else ""
        found.append(("cover", f"{about}{record.cover.family} ({record.cover.family_licence})"))
    if record.soundtrack is not None:
        used = record.soundtrack
        about = f"{used.words!r} by " if used.words else ""
        found.append(("soundtrack", f"{about}{used.family} ({used.family_licence})"))
    found += [(f"measured {name}", f"{value:.3g}") for name, value in record.scores.items()]
    found += [(f"the server's {name}", text) for name, text in record.told.items()]
    found += [
        ("looked at", f"{s.name or 'a drawing'} by {s.author} ({s.licence})")
        for s in record.sources
    ]
    found += [
        (f"weights {w.name}", f"sha256 {w.sha256[:16]}… {w.revision} ({w.licence})")
        for w in record.weights
    ]
    found += [
        (f"{model} learned from", source)
        for model, sources in record.trained_on.items()
        for source in sources
    ]
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return [
        *found,
        ("made", f"{record.created} in {record.seconds:.1f} s on {record.platform}"),
        ("versions", versions),
        ("media", f"sha256 {record.media_sha256}"),
        ("id", record.id),
        ("disclosure", "made with AI"),
    ]


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
