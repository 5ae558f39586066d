"""What a document claims of the calls in a run: the result of each, or that it is none of failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sphinx_fsgs.check.judge import Claimed, Finished
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import Typed, read_view, truth, value_at
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.program import Call
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import Spec

OTHER_RESULT = "FSGS501"


def results_claimed(run: Finished) -> Iterator[Claimed]:
    """Yield what is claimed of the results of the calls, in the order of the text."""
    for index, call in enumerate(run.program.instructions):
        if isinstance(call, Call) and (call.expected is not None or call.succeeds):
            yield _claimed(index, call, run)


def _claimed(index: int, call: Call, run: Finished) -> Claimed:
    def violation(seen: Observed) -> Value:
        done = executions(index, seen)
        return terms.any_of(terms.and_(before.guard, _wrong(call, before, after, run)) for before, after in done)

    says = "it does not return that" if call.expected is not None else "it fails"
    wanted = frozenset(slot.cell for slot in result_of(call, run.start.spec).slots)
    return Claimed(violation, f"{says}: {call.text}", call.span, OTHER_RESULT, wanted)


def expects_unreachable(call: Call, spec: Spec) -> bool:
    """Return whether a document says of a call that it does not reach the memory that an argument names."""
    bad = spec.service(call.service).unreachable
    return bad is not None and call.expected == bad


def succeeded(seen: Observed, run: Finished) -> Value:
    """Return when no call on a path fails; one that cannot fail never does."""
    return terms.not_(
        terms.any_of(
            terms.and_(before.guard, _fails(call, after, run))
            for index, call in enumerate(run.program.instructions)
            if isinstance(call, Call)
            for before, after in executions(index, seen)
        )
    )


def executions(index: int, seen: Observed) -> Iterator[tuple[Snapshot, Snapshot]]:
    """Yield the boundaries before and behind each execution of an element of the program."""
    for number, step in enumerate(seen.steps):
        if step.index == index and step.behind is not None:
            yield seen.boundaries[number], step.behind()


def result_of(call: Call, spec: Spec) -> View:
    """Return where a call's result is."""
    return spec.layout.views[spec.service(call.service).result]


def _wrong(call: Call, before: Snapshot, after: Snapshot, run: Finished) -> Value:
    view = result_of(call, run.start.spec)
    result = read_view(view, after.place)
    if call.expected is not None:
        expected = value_at(call.expected, before.place, view.width)
        return terms.ne(result, expected, view.width)
    return _fails(call, after, run)


def _fails(call: Call, after: Snapshot, run: Finished) -> Value:
    holds = run.start.spec.service(call.service).succeeds
    if holds is None:
        return 0
    view = result_of(call, run.start.spec)
    result = read_view(view, after.place)
    return terms.not_(truth(holds, replace(after.place, meanings={"RESULT": Typed(result, view.width)})))
