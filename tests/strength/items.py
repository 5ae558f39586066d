"""What is tried on mutants: each example and claim of the documents, and the cases of the instructions if asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sphinx_fsgs.check.result import DocumentResult, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.model import Annotation, Document
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.present.pipeline import check_document
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Definition

Verdicts = tuple[tuple[str, ...], ...]


class RecordingSpec(Spec):
    """The spec, with a list of the instructions, procedures and functions that were asked for."""

    def __init__(self, original: Spec) -> None:
        self.__dict__.update(original.__dict__)
        self.used: dict[str, None] = {}

    def instruction(self, stem: str) -> Instruction:
        self.used[stem] = None
        return super().instruction(stem)

    def definition(self, name: str) -> Definition | None:
        found = super().definition(name)
        if found is not None:
            self.used[name] = None
        return found


@dataclass(frozen=True, slots=True)
class Item:
    """One annotation of a document, judged by itself with the page's own settings."""

    document: Document
    name: str
    verdicts: Verdicts
    uses: frozenset[str]

    def notices(self, spec: Spec) -> bool:
        """Whether it comes out differently with another spec; a spec that cannot be compiled is noticed."""
        try:
            return _verdicts(_results(self.document, spec)) != self.verdicts
        except (CompileError, AssertionError, ArithmeticError, LookupError, TypeError):
            return True


def items_of(path: Path, spec: Spec) -> Iterator[Item]:
    """Yield the items of a document with what they use of the spec."""
    document = read_file(path)
    pages = [note for note in document.annotations if note.head == "page"]
    for note in document.annotations:
        if note.head not in ("example", "claim", "claims"):
            continue
        for single in _single(note):
            alone = Document(document.path, (*pages, single), document.blocks, (), ())
            recording = RecordingSpec(spec)
            results = _results(alone, recording)
            for result in results:
                name = result.name or " ".join(result.text.split())
                yield Item(alone, name, _verdicts(results), frozenset(recording.used))


def _single(note: Annotation) -> Iterator[Annotation]:
    """Yield a list of claims as annotations of one claim each."""
    from dataclasses import replace

    from sphinx_fsgs.source import Fragment

    if note.head != "claims" or note.body is None:
        yield note
        return
    groups: list[list[object]] = []
    least = min(line.indent for line in note.body.lines if line.text)
    for line in note.body.lines:
        if line.text and line.indent == least:
            groups.append([line])
        elif line.text and groups:
            groups[-1].append(line)
    for group in groups:
        yield replace(note, body=Fragment(tuple(group)))  # type: ignore[arg-type]


def _results(document: Document, spec: Spec) -> tuple[Result, ...]:
    found: DocumentResult = check_document(Session(spec), document)
    return found.results


def _verdicts(results: Iterable[Result]) -> Verdicts:
    """Return what each processor got, and for failures on which line of the document."""
    return tuple(
        (*(f"{host.profile} {host.verdict}" for host in result.verdicts), *(each.code for each in result.diagnostics))
        for result in results
    )
