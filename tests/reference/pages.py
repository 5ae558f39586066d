"""The pages of the diagnostics, read as the tests need them: the two texts, and why one cannot be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = "page.rst"

_BLOCK = re.compile(r"\.\. code-block:: (?P<language>[\w-]+)\n(?P<below>(?:[ \t]+\S.*\n|[ \t]*\n)*)")
_OPTION = re.compile(r"[ \t]+:(?P<name>\w+):[ \t]*(?P<value>.*)\n")
_SECTION = re.compile(r"^(?P<title>\S.*)\n-+\n", re.MULTILINE)
_EXCUSE = re.compile(r"^:cannot be shown: (?P<reason>\S.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One literal block: the file that it stands for, and what is in it, or what changes (a ``diff``)."""

    path: str
    language: str
    text: str

    def write(self, folder: Path) -> None:
        """Write the file below ``folder``, or change the one that is there."""
        file = folder / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.changed(file) if self.language == "diff" else self.text, encoding="utf-8")

    def changed(self, file: Path) -> str:
        """Return the text of the file with the lines of the diff replaced; each of them stands there."""
        lines = file.read_text(encoding="utf-8").split("\n")
        at = 0
        for change in self.text.strip("\n").split("\n"):
            sign, line = change[:1], change[1:]
            if sign == "+":
                lines.insert(at, line)
                at += 1
                continue
            at = lines.index(line, at)
            if sign == "-":
                del lines[at]
            else:
                at += 1
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a code; either ``excuse`` is empty or there is no wrong text."""

    code: str
    title: str
    wrong: tuple[Text, ...]
    right: tuple[Text, ...]
    excuse: str


def read_page(path: Path) -> Page:
    """Return what the page of a diagnostic shows."""
    text = path.read_text(encoding="utf-8")
    title = text.split("\n", 1)[0]
    sections = dict(_sections(text))
    excuse = _EXCUSE.search(text)
    return Page(
        path.stem,
        title,
        tuple(_texts(sections.get("Wrong", ""))),
        tuple(_texts(sections.get("Right", ""))),
        " ".join(excuse["reason"].split()) if excuse else "",
    )


def read_pages(folder: Path) -> tuple[Page, ...]:
    """Return all pages of a folder, in the order of their codes."""
    return tuple(read_page(path) for path in sorted(folder.glob("FSGS*.rst")))


def _sections(text: str) -> Iterator[tuple[str, str]]:
    heads = list(_SECTION.finditer(text))
    for head, after in zip(heads, [*heads[1:], None], strict=False):
        yield head["title"], text[head.end() : after.start() if after else len(text)]


def _texts(section: str) -> Iterator[Text]:
    for block in _BLOCK.finditer(section):
        below, options = block["below"], {}
        while option := _OPTION.match(below):
            options[option["name"]] = option["value"].strip()
            below = below[option.end() :]
        yield Text(options.get("caption", PAGE), block["language"], _outdented(below))


def _outdented(below: str) -> str:
    """Return a block without the three blanks of its directive; a diff keeps the blank that says "as it is"."""
    return "\n".join(line[3:] for line in below.strip("\n").split("\n")) + "\n"
