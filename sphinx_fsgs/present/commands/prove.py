"""``fsgs prove "CLAIM"``"""

from __future__ import annotations

from dataclasses import replace

from sphinx_fsgs.check.result import DocumentResult, Report, Result
from sphinx_fsgs.present.commands.common import open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.formats.text import finding
from sphinx_fsgs.present.formats.verdict import render
from sphinx_fsgs.present.hosts import naming
from sphinx_fsgs.present.selection import UNUSABLE, status
from sphinx_fsgs.present.sources import Sources


def execute(claim: str, where: str | None, format: str, console: Console) -> int:
    """Judge the claim, print the verdicts, and return the exit status as ``fsgs check`` would."""
    settings = settings_here(console)
    if settings is None:
        return UNUSABLE
    if where is not None:
        settings = replace(settings, where=where, where_at=None)
    session = open_session(settings, console)
    if session is None:
        return UNUSABLE
    result = session.prove(claim)
    report = Report(session.tool_version, session.spec_digest, (DocumentResult(result.span.path, (result,), ()),))
    if format == "json":
        from sphinx_fsgs.present.formats import json

        console.out(json.render(report))
    else:
        console.out(_text(claim, result, console))
    return status(report, settings)


def _text(claim: str, result: Result, console: Console) -> str:
    sources = Sources([(result.span.path, claim)])
    said = [finding(each, sources, console.palette) for each in result.diagnostics]
    return "\n".join([render(result, console.palette, naming(result.depends_on)), *said] if result.verdicts else said)
