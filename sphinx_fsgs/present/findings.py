"""What the hosts themselves have to complain of: settings (FSGS790, 791), an empty run (FSGS792),
folders (FSGS793), directives that show the spec (FSGS794), our own bugs (FSGS901)."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.source import Span

_PACKAGE = Path(__file__).resolve().parent.parent
_SETTINGS = "the settings that docs/reference/settings lists"


def top_of(path: str) -> Span:
    """Return the span that stands for a file as a whole."""
    return Span(path, 1, 1, 1, 1)


def unreadable_settings(path: str, why: str, place: tuple[int, int] = (1, 1)) -> Diagnostic:
    """FSGS790: the settings file is no TOML, or cannot be opened."""
    line, column = place
    return Diagnostic(
        "FSGS790",
        "error",
        Span(path, line, column, line, column),
        f"the settings cannot be read: {why}",
        "the TOML format",
        "correct the file; without it no document is checked",
    )


def bad_setting(span: Span, message: str, help: str) -> Diagnostic:
    """FSGS791: a setting with a value that it cannot have."""
    return Diagnostic("FSGS791", "error", span, message, _SETTINGS, help)


def unknown_setting(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    """FSGS791: a setting of a name that nothing reads."""
    names = tuple(known)
    way_out = suggestion(name, names) or f"known are {', '.join(names)}"
    return bad_setting(span, f'unknown setting "{name}"', way_out)


def unused_file_ignore(span: Span, pattern: str, code: str) -> Diagnostic:
    """FSGS703: a setting ignores findings in a file that has none of them."""
    message = f"there is no finding {code} in {pattern}"
    return Diagnostic("FSGS703", "error", span, message, _SETTINGS, "remove it from per-file-ignores")


def nothing_checked(path: str) -> Diagnostic:
    """FSGS792: the run found neither an example nor a claim, which is no success."""
    return Diagnostic(
        "FSGS792",
        "warning",
        top_of(path),
        "nothing was checked: no example and no claim was found",
        "silence is never success",
        'annotate a block with a comment such as ".. fsgs: example NAME"; --strict makes this a failure',
    )


def not_rst(path: str) -> Diagnostic:
    """FSGS609: a file that was named and that its suffix says is no reStructuredText."""
    return Diagnostic(
        "FSGS609",
        "error",
        top_of(path),
        "this is no reStructuredText by its name, and is not read",
        "the formats that are read: reStructuredText alone",
        "name .rst or .txt files; Markdown and other formats have to be converted",
    )


def unreadable_folder(path: str, why: str) -> Diagnostic:
    """FSGS793: a folder whose files cannot be listed, so that nobody knows what was not checked."""
    return Diagnostic(
        "FSGS793",
        "error",
        top_of(path),
        f"the folder cannot be read: {why}",
        "the operating system",
        "correct its permissions, or name the files to check",
    )


def unknown_in_spec(span: Span, kind: str, name: str, help: str) -> Diagnostic:
    """FSGS794: a directive is to show something that the spec does not have."""
    return Diagnostic("FSGS794", "error", span, f'the spec has no {kind} "{name}"', "the spec", help)


def internal(span: Span, error: BaseException) -> Diagnostic:
    """FSGS901: a bug of ours while what stands there was checked; the message names the line of our code.

    :raises BaseException: the error itself, when FSGS_DEBUG is set in the environment.
    """
    if os.environ.get("FSGS_DEBUG"):
        raise error
    return Diagnostic(
        "FSGS901",
        "error",
        span,
        f"internal error: {type(error).__name__}{_detail(error)} ({where(error)})",
        "this is a bug of the tool, not of the document",
        "please report it with the document; FSGS_DEBUG=1 shows the whole traceback",
    )


def where(error: BaseException) -> str:
    """Return the innermost line of our own code that the exception passed, as ``module/file.py:line``."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return "outside of the tool"
    return f"{Path(ours[-1].filename).relative_to(_PACKAGE).as_posix()}:{ours[-1].lineno}"


def _detail(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f": {text[:120]}" if text else ""
