"""Where the command line writes: results to one stream, complaints about its use to the other."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.ansi import Choice, Palette, wants_colour
from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Console:
    """The streams of one run of the command, and how to colour what goes to standard output."""

    palette: Palette

    def out(self, text: str) -> None:
        """Write ``text`` as it is to standard output."""
        sys.stdout.write(text)

    def err(self, text: str) -> None:
        """Write ``text`` and a newline to standard error."""
        sys.stdout.flush()
        sys.stderr.write(text + "\n")

    def findings(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Write findings that concern no document, such as those about settings, to standard error."""
        from sphinx_fsgs.present.formats.text import finding
        from sphinx_fsgs.present.sources import Sources

        said = tuple(diagnostics)
        sources = Sources.of_files(each.span.path for each in said)
        for each in said:
            self.err(finding(each, sources))


def open_console(colour: Choice) -> Console:
    """Return the console of this process; what its encoding cannot write is escaped, never an exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return Console(Palette(wants_colour(colour, sys.stdout, os.environ)))


def close_quietly() -> None:
    """Point standard output to nowhere after its reader went away, so that the exit of Python stays silent."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
