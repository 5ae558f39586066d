"""``fsgs run``: what a snippet changes, on each path, once for each way in which processors run it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sphinx_fsgs.check.asking import Asked, share
from sphinx_fsgs.check.judge import Finished, Judgement
from sphinx_fsgs.check.report import Item
from sphinx_fsgs.check.result import HostVerdict, Result, Trace
from sphinx_fsgs.check.scopes import selected
from sphinx_fsgs.check.wording import value_text
from sphinx_fsgs.diagnostic import Diagnostic, Step
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.path import OUTSIDE
from sphinx_fsgs.machine.program import assemble
from sphinx_fsgs.machine.setup import apply_before, begin, symbols_of
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span, fragment_of
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.syntax.example import Example, mode_of
from sphinx_fsgs.syntax.read_example import read_page

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session
    from sphinx_fsgs.machine.encode import Row

SOURCE = "<snippet>"


@dataclass(frozen=True, slots=True)
class _Ran:
    judgement: Judgement
    traces: tuple[Trace, ...] = ()
    found: tuple[Diagnostic, ...] = ()


def run_snippet(session: Session, assembly: str, before: str, where: str | None) -> Result:
    """Return the Result of a snippet: its verdict is that it could be run, its traces what it changes."""
    code = fragment_of(assembly, SOURCE)
    example, found = _read(session, code, before)
    item = Item("example", "", assembly.strip(), "directive", code.span())
    profiles, problems = _profiles(session, where, code.span())
    assembled = assemble(example.run, session.spec, mode_of(example.before), symbols_of(example.before, session.spec))
    found = (*found, *problems, *assembled.diagnostics)
    program = assembled.program
    if any(each.severity == "error" for each in found):
        return session.reporter.unjudged(item, found)
    if program is None:
        return session.undecoded(item, example.run, profiles)

    def compute(answers: Asked) -> _Ran:
        traces: list[Trace] = []
        lines: list[Diagnostic] = []

        def work() -> Judgement:
            start = begin(session.spec, mode_of(example.before), answers, MemoryRules())
            start.labels = program.addresses
            lines.extend(apply_before(start, example.before, program.arguments))
            run = session.judge.finish(program, start, answers, apart=True)
            traces.extend(_traces(run))
            return Judgement("holds", paths=run.ways, assuming=run.assuming)

        return _Ran(session.judge.guarded(work), tuple(traces), tuple(lines))

    shared = share(session.oracle, profiles, compute)
    verdicts: list[HostVerdict] = []
    traces: list[Trace] = []
    lines = dict.fromkeys(found)
    for profile, outcomes in shared.outcomes.items():
        ran, _ = outcomes[0]
        judgement = ran.judgement
        verdicts.append(HostVerdict(profile, judgement.verdict, judgement.says, judgement.reason))
        traces.extend(replace(trace, profile=profile) for trace in _of_all(outcomes))
        lines.update(dict.fromkeys(ran.found))
    assuming = dict.fromkeys(text for outcome in shared.outcomes.values() for text in outcome[0][0].judgement.assuming)
    return replace(
        session.reporter.unjudged(item, tuple(lines)),
        verdicts=tuple(verdicts),
        traces=tuple(traces),
        depends_on=shared.asked,
        runs=shared.runs,
        assuming=tuple(assuming),
    )


def _of_all(outcomes: Sequence[tuple[_Ran, Mapping[str, int]]]) -> Iterator[Trace]:
    """Yield the ways of a processor; where what no source tells makes another way, with the answer that leads to it."""
    if len({tuple(replace(trace, profile="") for trace in ran.traces) for ran, _ in outcomes}) == 1:
        yield from outcomes[0][0].traces
        return
    for ran, answers in outcomes:
        told = [f"{question} is {'yes' if answer else 'no'}" for question, answer in answers.items()]
        for trace in ran.traces:
            yield replace(trace, when=" and ".join(filter(None, (trace.when, *told))))


def list_snippet(session: Session, assembly: str, before: str) -> tuple[Row, ...]:
    """Return the lines of a snippet with their bytes; none when it cannot be run, which running it says.

    :raises NoCodec: when iced-x86 is not installed.
    """
    from sphinx_fsgs.machine.encode import Encoder

    example, _ = _read(session, fragment_of(assembly, SOURCE), before)
    symbols = symbols_of(example.before, session.spec)
    program = assemble(example.run, session.spec, mode_of(example.before), symbols).program
    return () if program is None else Encoder(session.spec).listing(program, example.run)


def _read(session: Session, code: Fragment, before: str) -> tuple[Example, tuple[Diagnostic, ...]]:
    from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly

    body = "before\n" + "\n".join(f"    {line}" for line in before.splitlines()) if before.strip() else ""
    page = read_page((), fragment_of(body, "<before>"), session.lexicon, code.span()) if body else None
    read = read_assembly(code, session.lexicon)
    lines = page.tree.before if page is not None and page.tree is not None else ()
    run = decoded(read.tree or (), session.lexicon, mode_of(lines))
    example = Example("", None, "holds", (), lines, run.tree or (), (), code.span())
    return example, (*read.diagnostics, *run.diagnostics, *(page.diagnostics if page is not None else ()))


def _profiles(session: Session, where: str | None, span: Span) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    if not where:
        return selected(session.where, session.spec), ()
    from sphinx_fsgs.syntax.read_scope import read_scope

    parsed = read_scope(fragment_of(where, "<--where>"), session.lexicon)
    if parsed.tree is None:
        return (), parsed.diagnostics
    return selected(parsed.tree, session.spec), ()


def _traces(run: Finished) -> Iterator[Trace]:
    for number, (path, seen) in enumerate(zip(run.paths, run.seen, strict=True)):
        if not run.can(number):
            continue
        steps = tuple(_steps(seen, run))
        layout = run.start.spec.layout
        when = " and ".join(value_text(each, 1, layout) for each in path.conditions)
        after = tuple(_changed(seen, 0, len(seen.boundaries) - 1, run))
        yield Trace(run.profile, (), steps, after, when if len(run.paths) > 1 else "")


def _steps(seen: Observed, run: Finished) -> Iterator[Step]:
    for number, done in enumerate(seen.steps):
        bound = run.program.instructions[done.index]
        changes = tuple(_changed(seen, number, number + 1, run)) if done.completed else ()
        events = tuple(name for name, guard in done.events if guard != 0)
        fault = "" if done.completed else _fault(seen, run.start.spec.layout)
        if number < len(seen.steps) - 1 and not done.completed:
            fault = seen.steps[number + 1].delivers
        text = f"(delivery of {done.delivers})" if done.delivers else bound.text
        yield Step(text, bound.span.line, changes, fault, events)
    if seen.vector and seen.fault_index == OUTSIDE:
        last = run.program.instructions[seen.steps[-1].index]
        yield Step("(fetch)", last.span.line, (), _fault(seen, run.start.spec.layout), ())


def _fault(seen: Observed, layout: Layout) -> str:
    if seen.error is None:
        return seen.vector
    return f"{seen.vector}({value_text(seen.error, 32, layout)})"


def _changed(seen: Observed, one: int, other: int, run: Finished) -> Iterator[tuple[str, str]]:
    before, after = seen.boundaries[one], seen.boundaries[other]
    layout = run.start.spec.layout
    for cell in layout.cells:
        was, now = before.place.read(cell.index), after.place.read(cell.index)
        if cell.counted and terms.eq(was, now, cell.width) != 1:
            yield cell.name, value_text(now, cell.width, layout)
    known = {id(change.address): change for change in before.changes()}
    for change in after.changes():
        if id(change.address) not in known and change.differs != 0:
            yield (
                f"u8[{value_text(change.address, 64, layout)}]",
                value_text(after.place.load(change.address, 1), 8, layout),
            )
