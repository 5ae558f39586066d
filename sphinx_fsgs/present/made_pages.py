"""The pages that Sphinx is given to read for ``fsgs_pages``: one for each instruction, question and processor.

Each holds a title and the one directive that shows the rest. They are files in the source folder, because Sphinx
reads nothing else, and are written only where they differ, so that what has not changed is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sphinx_fsgs.check.entries.articles import instruction
from sphinx_fsgs.check.entries.groups import groups
from sphinx_fsgs.check.entries.indexes import article_of_index
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec

CANNOT_BE_MADE = "FSGS795"

MARK = ".. This page is made from the specification of sphinx_fsgs in each build: what is changed here is lost."
"""The first line of a page that is ours to write and to remove."""

_SPECIAL = re.compile(r"([\\*`|_])")
_AUTHORITY = "the setting fsgs_pages"

_Entry = tuple[str, str, str]
"""The name of a page, its title, and how it is called where there is little room."""


def make_pages(spec: Spec, source: Path, name: str) -> tuple[Diagnostic, ...]:
    """Bring the pages in a folder of a project up to date, and return what stands in the way.

    Nothing is written over, or removed, that was not made here.

    :param source: the source folder of the project.
    :param name: the folder in it.
    """
    folder = source / name
    if not folder.resolve().is_relative_to(source.resolve()):
        return (_cannot(folder, "lies outside of the source folder", "name a folder in it"),)
    found: list[Diagnostic] = []
    wanted = dict(pages(spec))
    for name, text in wanted.items():
        found += _write(folder / name, text)
    for path in _made(folder, {Path(name).parent for name in wanted}):
        if path.relative_to(folder).as_posix() not in wanted:
            found += _remove(path)
    return tuple(found)


def pages(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield every page: its name below the folder, and its text."""
    stems = [stem for those in groups(spec).values() for stem in those]
    yield from _kind(spec, "instructions", "instruction", [_instruction(spec, stem) for stem in stems])
    yield from _kind(spec, "behaviours", "behaviour", [(name, name, name) for name in sorted(spec.behaviour_names)])
    processors = [(name, each.title, each.title) for name, each in spec.profiles.items()]
    yield from _kind(spec, "profiles", "profile", processors)
    index = article_of_index(spec, "procedures")
    yield f"{index.name}.rst", _page(index.title, "index", index.name)


def _instruction(spec: Spec, stem: str) -> _Entry:
    return stem, spec.instruction(stem).title, instruction(spec, stem)


def _kind(spec: Spec, folder: str, directive: str, entries: Sequence[_Entry]) -> Iterator[tuple[str, str]]:
    for name, title, _ in entries:
        yield f"{folder}/{name}.rst", _page(title, directive, name)
    article = article_of_index(spec, folder)
    tree = "".join(f"   {short} <{name}>\n" for name, _, short in entries)
    yield f"{folder}/index.rst", f"{_page(article.title, 'index', folder)}\n.. toctree::\n   :hidden:\n\n{tree}"


def _page(title: str, directive: str, name: str) -> str:
    heading = _SPECIAL.sub(r"\\\1", title)
    return f"{MARK}\n\n{heading}\n{'=' * len(heading)}\n\n.. fsgs:{directive}:: {name}\n   :sections:\n"


def _made(folder: Path, below: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that are ours, in the folders that hold such."""
    for path in sorted(path for each in below for path in (folder / each).glob("*.rst")):
        if _is_ours(path):
            yield path


def _is_ours(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _write(path: Path, text: str) -> Iterator[Diagnostic]:
    try:
        if path.is_file():
            there = path.read_bytes()
            if there == text.encode():
                return
            if not _is_ours(path):
                yield _cannot(path, "was written by somebody else", "move it, or name another folder")
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        yield _cannot(path, f"cannot be written: {error.strerror or error}", "name a folder that can be written")


def _remove(path: Path) -> Iterator[Diagnostic]:
    try:
        path.unlink()
    except OSError as error:
        yield _cannot(path, f"is no longer made and cannot be removed: {error.strerror or error}", "remove it")


def _cannot(path: Path, why: str, help_text: str) -> Diagnostic:
    span = Span(str(path), 1, 1, 1, 1)
    return Diagnostic(CANNOT_BE_MADE, "error", span, f"{path.name} {why}", _AUTHORITY, help_text)
