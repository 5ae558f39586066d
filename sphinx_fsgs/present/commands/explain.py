"""``fsgs explain WORD``: a code, an instruction, a question, a processor, or a list of one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.check.result import Report
from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.commands.common import can_decode, open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.selection import CLEAN, UNUSABLE
from sphinx_fsgs.records import dataclass

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session

_CODE = re.compile(r"FSGS\d{3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """The word, the format, the documents whose examples are listed, and whether bytes are asked for instead."""

    word: str
    format: str = "text"
    paths: tuple[str, ...] = ()
    encoded: bool = False


def options_of(values: Mapping[str, object]) -> Options:
    """Return the options among the attributes that argparse has set."""
    paths = cast("list[str]", values["paths"])
    return Options(cast(str, values["word"]), cast(str, values["format"]), tuple(paths), bool(values["bytes"]))


def execute(options: Options, console: Console) -> int:
    """Print the explanation, or the bytes of an instruction; an unknown word is a usage error."""
    if options.encoded and not can_decode("explain", console):
        return UNUSABLE
    if _CODE.fullmatch(options.word) and not options.encoded:
        return _finish(_page(options.word), (), options, console)
    settings = settings_here(console)
    session = open_session(settings, console) if settings else None
    if session is None:
        return UNUSABLE
    if options.encoded:
        return _finish(session.encodings(options.word), (), options, console)
    entries = session.entries(options.word) if options.format == "json" or options.paths else ()
    if not options.paths:
        return _finish(session.explain(options.word), [_plain(each) for each in entries], options, console)
    stems = [stem for each in entries if (stem := getattr(each, "stem", ""))]
    if not stems:
        console.err(f'fsgs explain: --in lists what runs an instruction, and "{options.word}" is none')
        return UNUSABLE
    return _with_examples(session, entries, options, console)


def _with_examples(session: Session, entries: Iterable[object], options: Options, console: Console) -> int:
    """Print the explanation with what runs the instructions in the documents below some paths."""
    from sphinx_fsgs.present.pipeline import check_file
    from sphinx_fsgs.present.runner import check_all, could_not_be_read, inputs
    from sphinx_fsgs.present.uses import lines, rows
    from sphinx_fsgs.present.words import plural

    files = tuple(inputs(options.paths))
    report = check_all(files, lambda path, shown: check_file(session, path, shown), session.tool_version, "")
    held = [{**_plain(each), "examples": rows(report.documents, getattr(each, "stem", ""))} for each in entries]
    text = session.explain(options.word, lambda stem: lines(report.documents, stem))
    status = _finish(text, held, options, console)
    console.err(f"read {plural(len(report.documents), 'document')} for examples")
    return max(status, _unreadable(report, console) if could_not_be_read(files, report) else CLEAN)


def _unreadable(report: Report, console: Console) -> int:
    """Say why a file that was named could not be read; what else is wrong with documents is for ``fsgs check``."""
    console.findings(each for document in report.documents if not document.results for each in document.diagnostics)
    return UNUSABLE


def _finish(text: str | None, entries: Sequence[Mapping[str, object]], options: Options, console: Console) -> int:
    if not text:
        known = f'nothing is known of "{options.word}". {_near(options.word)}'
        said = f'no instruction is called "{options.word}"' if options.encoded else known
        console.err(f"fsgs explain: {said}".rstrip())
        return UNUSABLE
    console.out(_as_json(options.word, text, entries) if options.format == "json" else text.rstrip() + "\n")
    return CLEAN


def _page(code: str) -> str:
    """Return the page of a diagnostic, or nothing when there is none."""
    path = _pages() / f"{code.upper()}.rst"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _pages() -> Path:
    return data_dir("diagnostics")


def _near(word: str) -> str:
    if not _CODE.fullmatch(word):
        return (
            "Known are codes, instructions, questions, processors, and lists of them: FSGS301, LKGS, amd_zen3, profiles"
        )
    return suggestion(word, (path.stem for path in _pages().glob("FSGS*.rst")))


def _plain(entry: object) -> dict[str, object]:
    """Return the data of an entry as what JSON has, under the name of its kind."""
    import dataclasses

    assert dataclasses.is_dataclass(entry) and not isinstance(entry, type)
    return {
        "kind": type(entry).__name__.removesuffix("Entry").removesuffix("Page").lower(),
        **dataclasses.asdict(entry),
    }


def _as_json(word: str, text: str, entries: Sequence[Mapping[str, object]]) -> str:
    import json

    held = {"version": 1, "word": word, "text": text, "entries": list(entries)}
    return json.dumps(held, ensure_ascii=False, indent=1) + "\n"
