"""``fsgs run``: a snippet of assembly, of which only what changes is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.check.result import DocumentResult, Report, Result
from sphinx_fsgs.present.commands.common import can_decode, open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.formats.text import finding
from sphinx_fsgs.present.formats.verdict import render_trace
from sphinx_fsgs.present.hosts import hosts, naming
from sphinx_fsgs.present.selection import UNUSABLE, status
from sphinx_fsgs.present.sources import Sources
from sphinx_fsgs.records import dataclass

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session
    from sphinx_fsgs.machine.encode import Row


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    file: str | None
    code: str | None
    before: str
    where: str | None
    format: str = "text"
    bytes: bool = False
    table: bool = False


def options_of(values: Mapping[str, object]) -> Options:
    """Return the options among the attributes that argparse has set."""
    return Options(
        cast("str | None", values["file"]),
        cast("str | None", values["code"]),
        "\n".join(cast("list[str]", values["before"])),
        cast("str | None", values["where"]),
        cast(str, values["format"]),
        cast(bool, values["bytes"]),
        cast(bool, values["table"]),
    )


def execute(options: Options, console: Console) -> int:
    """Run the snippet and print what it changes, once for each group of processors that behave alike."""
    if options.bytes and not can_decode("run", console):
        return UNUSABLE
    assembly = _assembly(options, console)
    settings = settings_here(console) if assembly is not None else None
    session = open_session(settings, console) if settings else None
    if assembly is None or settings is None or session is None:
        return UNUSABLE
    settings = replace(settings, strict=False)
    result = _run(session, assembly, options)
    report = Report(session.tool_version, session.spec_digest, (DocumentResult(result.span.path, (result,), ()),))
    rows = session.listing(assembly, options.before) if options.bytes else ()
    if options.format == "json":
        from sphinx_fsgs.present.formats import json

        console.out(json.render(report, listing=rows if options.bytes else None))
    else:
        shown = _listing(rows)
        console.out("".join(f"{line}\n" for line in shown) + _text(assembly, result, console, options.table))
    return status(report, settings)


def _run(session: Session, assembly: str, options: Options) -> Result:
    return session.run(assembly, options.before, options.where)


def _assembly(options: Options, console: Console) -> str | None:
    """Return the text to run, or None when there is none, which has then been said."""
    if (options.file is None) == (options.code is None):
        console.err('fsgs run: give either a file ("-" for standard input) or -e CODE')
        return None
    if options.code is not None:
        return options.code
    from pathlib import Path

    from sphinx_fsgs.document.text import decode

    name = options.file or ""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        console.err(f"fsgs run: {name} cannot be read: {error.strerror or error}")
        return None
    text = decode(data, name)
    if isinstance(text, str):
        return text
    console.findings([text])
    return None


def _listing(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of code, each behind its bytes; those that hang on where the code lies are dots."""
    shown = ["" if each.encoded is None else str(each.encoded) for each in rows]
    width = max(map(len, shown), default=0)
    yield from (f"  {code:{width}}   {row.text}" for code, row in zip(shown, rows, strict=True))
    yield from ("",) if rows else ()


def _text(assembly: str, result: Result, console: Console, table: bool) -> str:
    said = [finding(each, Sources([(result.span.path, assembly)]), console.palette) for each in result.diagnostics]
    if table:
        from sphinx_fsgs.present.formats import run_table

        return "\n".join([run_table.render(result), *said] if result.traces else said)
    return "\n".join([*_traces(result, console), *said])


def _traces(result: Result, console: Console) -> list[str]:
    """Return the paths of each group of processors that behave alike, headed by their names."""
    paths: dict[str, dict[str, None]] = {}
    for trace in result.traces:
        paths.setdefault(trace.profile, {})[render_trace(trace, console.palette)] = None
    groups: dict[tuple[str, ...], list[str]] = {}
    for profile, shown in paths.items():
        groups.setdefault(tuple(shown), []).append(profile)
    of = len(result.verdicts) or len(paths)
    return [
        _group(shown, hosts(profiles, of, naming(result.depends_on)), console) for shown, profiles in groups.items()
    ]


def _group(paths: tuple[str, ...], where: str, console: Console) -> str:
    many = f", in one of {len(paths)} ways" if len(paths) > 1 else ""
    return f"{console.palette.paint(f'on {where}{many}', 'bold')}\n" + "\n".join(paths)
