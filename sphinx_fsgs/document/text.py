"""The text of a file, refused with a diagnostic where it is none."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Span

MAX_BYTES = 4 * 1024 * 1024
"""A file with more bytes than this is refused: the largest rst file of the kernel has a tenth."""

MAX_LINE = 10_000
"""A line with more characters is refused, as docutils' own ``line_length_limit`` does for the whole file."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END = re.compile(r"\r\n|\n|\r")


def load(path: Path, shown: str) -> str | Diagnostic:
    """Return the text of the file, without its byte order mark, or why it cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _refusal(
            "FSGS601", shown, f"the file cannot be read: {reason}", "the operating system", "check the path"
        )
    return decode(data, shown)


def decode(data: bytes, shown: str) -> str | Diagnostic:
    """Return the text of UTF-8 ``data``, or a diagnostic at the first byte that is none."""
    if len(data) > MAX_BYTES:
        return _refusal(
            "FSGS606",
            shown,
            f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB and is not read",
            "the bounds of this tool",
            "split the document",
        )
    if data.startswith(_UTF16) or _looks_like_utf16(data):
        return _refusal(
            "FSGS602", shown, "the file is UTF-16, not UTF-8", "Sphinx and docutils read UTF-8", "convert it"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(data[: error.start].decode("utf-8-sig", "replace"))
        return _refusal(
            "FSGS602",
            shown,
            f"byte 0x{data[error.start]:02x} is not UTF-8: {error.reason}",
            "Sphinx and docutils read UTF-8",
            "save the file as UTF-8",
            place,
        )
    if (nul := text.find("\0")) >= 0:
        return _refusal(
            "FSGS602",
            shown,
            "the file holds a NUL, so it is no text",
            "docutils uses NUL for its own purposes",
            "remove the NUL, or leave the file out",
            _place(text[:nul]),
        )
    return _long_line(text, shown) or text


def split_lines(text: str) -> list[str]:
    """Return the lines as an editor counts them: LF, CR LF and CR end a line, nothing else does."""
    return _LINE_END.split(text)


def _long_line(text: str, shown: str) -> Diagnostic | None:
    if len(text) <= MAX_LINE:
        return None
    for number, line in enumerate(split_lines(text), 1):
        if len(line) > MAX_LINE:
            return _refusal(
                "FSGS606",
                shown,
                f"line {number} is longer than {MAX_LINE} characters and the file is not read",
                "docutils: line_length_limit",
                "break the line",
                (number, 1),
            )
    return None


def _looks_like_utf16(data: bytes) -> bool:
    """Whether nearly every other byte is NUL, as in western text in UTF-16 without its mark."""
    head = data[:1024]
    half = len(head) // 2
    return half >= 4 and max(head[0::2].count(0), head[1::2].count(0)) > 0.9 * half


def _place(before: str) -> tuple[int, int]:
    lines = split_lines(before)
    return len(lines), len(lines[-1]) + 1


def _refusal(
    code: str, shown: str, message: str, authority: str, way_out: str, place: tuple[int, int] = (1, 1)
) -> Diagnostic:
    line, column = place
    return Diagnostic(code, "error", Span(shown, line, column, line, column), message, authority, way_out)
