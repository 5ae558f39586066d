"""How code of the kernel is entered: the states that a processor, or a caller, leaves for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.tables import CONTRADICTION, Record, Sheet

FOLDER = "entries"
RULES = "rules"
EXCEPTION = "exception"
"""The event that stands for every exception of the spec, apart for those with an error code."""
CALLED = "called"

ORIGINS = ("user", "kernel")


@dataclass(frozen=True, slots=True)
class Entry:
    """One way into the kernel: ``before`` are lines of that section of an example.

    ``event`` is the word of the statement, ``origin`` what was interrupted or calls, nothing for a function that is
    called; ``returned`` is what the kernel that it returns to may expect, as a condition. Of an exception
    ``error_code`` says whether the frame has one.
    """

    name: str
    title: str
    event: str
    origin: str
    error_code: bool
    before: tuple[str, ...]
    returned: str
    note: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What entry code keeps: ``holds`` at the boundaries of ``place``; without it what the entry itself returns to."""

    says: str
    place: str
    holds: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """All ways into the kernel, and what code keeps on each."""

    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]

    def find(self, event: str, origin: str, error_code: bool | None) -> Entry | None:
        """Return the entry by an event: an exception has ``error_code``, what is no exception None."""
        wanted = event if error_code is None else EXCEPTION
        return next((each for each in self.entries if _fits(each, wanted, origin, bool(error_code))), None)

    @property
    def events(self) -> tuple[str, ...]:
        """The words for events that are no exceptions."""
        found = dict.fromkeys(each.event for each in self.entries if each.event not in (EXCEPTION, CALLED))
        return tuple(found)


def _fits(entry: Entry, event: str, origin: str, error_code: bool) -> bool:
    return (entry.event, entry.origin, entry.error_code) == (event, origin, error_code)


def load_entries(folder: Path) -> Entries:
    """Return what ``spec/entries/`` holds.

    :raises SpecError: with everything that is wrong with a file of it.
    """
    paths = sorted(path for path in (folder / FOLDER).glob("*.toml") if path.stem != RULES)
    sheets = {path.stem: Sheet(path) for path in paths}
    citations = citation_keys(folder)
    read = [_entry(name, sheets, citations) for name in sheets]
    for sheet in sheets.values():
        sheet.finish()
    rules = Sheet(folder / FOLDER / f"{RULES}.toml")
    root = rules.root
    found = tuple(_rule(row, citations) for row in root.records("rule"))
    root.done()
    rules.finish()
    return Entries(tuple(each for each in read if each.event), found)


def _entry(name: str, sheets: Mapping[str, Sheet], citations: Iterable[str]) -> Entry:
    row = sheets[name].root
    event = row.text("event", "")
    origin = row.choice("from", ORIGINS, "origin") if "from" in row else ""
    if event and not origin and event != CALLED:
        row.complain(CONTRADICTION, f"{event} comes from nowhere", "event", help="say what it interrupts: from =")
    found = Entry(
        name,
        row.text("title"),
        event,
        origin,
        "error_code" in row and row.maybe("error_code") is True,
        tuple(_lines(row, sheets)),
        row.text("returned", ""),
        row.text("note", ""),
        row.cites(frozenset(citations)),
    )
    row.done()
    return found


def _lines(row: Record, sheets: Mapping[str, Sheet]) -> Iterator[str]:
    """Yield the lines of what an entry is like, and behind them its own."""
    like = row.choice("like", sheets, "entry") if "like" in row else ""
    yield from row.texts("before")
    if like:
        yield from sheets[like].root.texts("before")


def _rule(row: Record, citations: Iterable[str]) -> Rule:
    returned = "returned" in row and row.maybe("returned") is True
    found = Rule(
        row.text("says"),
        row.text("place"),
        "" if returned else row.text("holds"),
        row.cites(frozenset(citations)),
    )
    row.done()
    return found
