"""Citations: the public things that the facts of the spec rest on."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.tables import MISSING_KEY, WRONG_VALUE, Record, Sheet, header_names

# As the grammar of Operations reads them: a source, a colon, a place in it.
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*:[^\s,\]]+")
_OPTIONAL = tuple("document revision section repository commit file function author date quoted url".split())


@dataclass(frozen=True, slots=True)
class Citation:
    """One thing that a stranger can open: a section of a document, a place in a repository, or a message.

    What a citation does not have is an empty string. ``revision`` is that of the document, or the
    release of the repository where no commit is named. ``quoted`` says where others quote what nobody of us opened.
    """

    key: str
    title: str
    document: str = ""
    revision: str = ""
    section: str = ""
    repository: str = ""
    commit: str = ""
    file: str = ""
    function: str = ""
    author: str = ""
    date: str = ""
    quoted: str = ""
    url: str = ""

    def __str__(self) -> str:
        """Return where to look, in one line, without the title."""
        version = f"revision {self.revision}" if self.revision and self.document else self.revision
        parts = (self.document, self.repository, version, self.section, self.commit, self.file, self.function)
        quoted = f"as quoted {self.quoted}" if self.quoted else ""
        return ", ".join(part for part in (*parts, self.author, self.date, quoted) if part)


def citation_keys(folder: Path) -> frozenset[str]:
    """Return the keys that ``spec/citations.toml`` defines, without parsing the file.

    :param folder: the ``spec`` folder.
    :raises SpecError: when the file cannot be read.
    """
    return frozenset(header_names(folder / "citations.toml"))


def load_citations(folder: Path) -> dict[str, Citation]:
    """Return all citations by key, in the order of the file.

    :raises SpecError: with everything that is wrong with ``spec/citations.toml``.
    """
    sheet = Sheet(folder / "citations.toml")
    citations = {key: _citation(key, record) for key, record in sheet.tables()}
    sheet.finish()
    return citations


def _citation(key: str, record: Record) -> Citation:
    if not _KEY.fullmatch(key):
        record.complain(WRONG_VALUE, f"{key!r} is not a citation key", help='write it like "sdm:SWAPGS"')
    title = record.text("title")
    fields = {name: record.text(name, "") for name in _OPTIONAL}
    if not fields["document"] and not fields["repository"]:
        record.complain(MISSING_KEY, f"{key} names neither a document nor a repository", help="say where to look")
    if fields["repository"] and not (fields["commit"] or fields["revision"]):
        record.complain(MISSING_KEY, f"{key} names a repository without a commit", help="give commit or revision")
    record.done()
    return Citation(key, title, **fields)
