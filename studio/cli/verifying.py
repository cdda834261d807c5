"""`studio verify`: what can be told about the rights of a file, a line for each question.

Reads only. Knows neither signatures nor licences: the findings come from `studio.rights`.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli import output
from studio.errors import PipelineError, RequestError

if TYPE_CHECKING:
    from studio.rights.verify import Report


def verify(options: argparse.Namespace) -> int:
    from studio.home import home_folder
    from studio.rights.listening import Listening

    path = _path(options.file)
    # Decoding goes on while the rest is imported.
    listening = Listening(path)
    from studio.rights import verify as rights

    report = rights.verify(path, home_folder(), listening)
    if options.json:
        output.as_json({"path": str(path), **report.to_dict()})
    else:
        _show(report)
    if report.trouble:
        raise RequestError(report.trouble)
    bad = [each.question for each in report.findings if each.state == "bad"]
    if bad:
        raise PipelineError(
            f"{len(bad)} of {len(report.findings)} findings are bad: {', '.join(bad)}; see above"
        )
    return 0


def _path(name: str) -> Path:
    """The file of that name, or of an entry of the library."""
    path = Path(name).expanduser()
    if path.exists() or "/" in name or path.suffix:
        return path
    # The library brings everything along that writes files, which takes longer than the answer.
    from studio.store import Store

    return Store().entry(name).path


def _show(report: "Report") -> None:
    width = max(len(each.question) for each in report.findings)
    for each in report.findings:
        output.line(output.printable(f"{each.question:<{width}}  {each.state:<7}  {each.text}"))
        for detail in each.details:
            output.line(" " * (width + 11) + output.printable(detail))
