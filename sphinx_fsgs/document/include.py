"""``include`` for documents that are read with docutils alone."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.parsers.rst.directives.misc import Include as DocutilsInclude

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document import findings
from sphinx_fsgs.document.locate import shown_beside
from sphinx_fsgs.document.text import load
from sphinx_fsgs.document.tolerant import Session, current
from sphinx_fsgs.source import Span


class IncludeDirective(DocutilsInclude):
    """``include`` that reads only text, only below the root, and says where it could not."""

    option_spec = {
        **(DocutilsInclude.option_spec or {}),
        "parser": directives.unchanged,
        "encoding": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Insert the lines of the file; on failure return nothing and leave a diagnostic."""
        session = current()
        argument = directives.path(self.arguments[0])
        if argument.startswith("<") or self.options.pop("parser", None):
            return []
        self.options.pop("encoding", None)
        source, line = self.state_machine.get_source_and_line(self.lineno)
        target = _target(argument, Path(source or session.path), session)
        problem = self._problem(target, argument, session, session.span(source, line))
        if problem:
            session.diagnostics.append(problem)
            return []
        self.arguments[0] = str(target)
        return [*super().run()]

    def _problem(self, target: Path, argument: str, session: Session, span: Span) -> Diagnostic | None:
        if not target.is_relative_to(session.root):
            message = f'"{argument}" lies outside of {session.root.name or session.root}, and is not read'
            return findings.include_failed("FSGS608", span, message, "include only files below the project's root")
        if target.exists() and not (target.is_file() or target.is_dir()):  # reading a pipe may never end
            message = f'the included file "{argument}" is no file but a pipe or a device'
            return findings.include_failed("FSGS603", span, message, "include a file")
        text = load(target, shown_beside(session.path, session.shown, target))
        if isinstance(text, Diagnostic):
            if text.code != "FSGS601":
                return text
            reason = text.message.removeprefix("the file cannot be read: ")
            message = f'the included file "{argument}" cannot be read: {reason}'
            return findings.include_failed("FSGS603", span, message, "check the path; it is relative to this file")
        chain = [Path(name).resolve() for name, _ in self.state.document.include_log] or [session.path]
        if target in chain:
            names = [
                shown_beside(session.path, session.shown, path) for path in (*chain[chain.index(target) :], target)
            ]
            message = f"this include closes a circle: {' > '.join(names)}"
            return findings.include_failed("FSGS604", span, message, "remove one of these includes")
        return None


def _target(argument: str, source: Path, session: Session) -> Path:
    """Return the file that an include names.

    docutils looks beside the file with the directive, Sphinx beside the document, and for ``/x`` below
    its source folder; where a ``conf.py`` stands above the document, Sphinx's way is tried first.
    """
    home = next((folder for folder in session.path.parents if (folder / "conf.py").is_file()), None)
    if argument.startswith("/"):
        return ((home or session.root) / argument.lstrip("/")).resolve()
    folders = [source.resolve().parent, session.path.parent]
    candidates = [(folder / argument).resolve() for folder in (reversed(folders) if home else folders)]
    return next((path for path in candidates if path.is_file()), candidates[0])
