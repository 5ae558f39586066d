"""From the judgements of runs to the one Result: verdicts by processor, disputes, and the finding to report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sphinx_fsgs.check.asking import Asked, Oracle, Shared
from sphinx_fsgs.check.grounds import Grounds, disputes, inferred
from sphinx_fsgs.check.judge import Judgement
from sphinx_fsgs.check.names import Wording
from sphinx_fsgs.check.result import Evidence, HostVerdict, Kind, Origin, Result, Verdict
from sphinx_fsgs.check.scopes import Namer, distinguishing
from sphinx_fsgs.diagnostic import Diagnostic, Fix, Severity
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec

VACUOUS_CLAIM = "FSGS302"
UNDECIDED = "FSGS303"
NOT_AS_EXPECTED = "FSGS250"
UNDECIDED_BOUND = "FSGS240"
NO_DECODER = "FSGS242"

_UNDECIDED = {
    "sources": (UNDECIDED, "limit it to processors whose sources are clear"),
    "no solver": ("FSGS241", "install bitwuzla, or z3-solver"),
    "no decoder": (NO_DECODER, "pip install 'sphinx-fsgs[decode]', or write the instruction as text"),
    "time": ("FSGS906", "make the example smaller"),
    "bound values": (UNDECIDED_BOUND, "speak of fewer bits, or narrow the states with when"),
}
"""Code and way out of each reason for which a verdict is left open, but for the bounds."""


Outcome = tuple[Judgement, Mapping[str, int]]
"""A judgement, and the open questions as they were answered for it."""


@dataclass(frozen=True, slots=True)
class Item:
    """What was judged: an example or a claim, where it stands, and what its author expects.

    ``end`` is where a qualifier can be added.
    """

    kind: Kind
    name: str
    text: str
    origin: Origin
    span: Span
    expected: Verdict = "holds"
    end: Span | None = None


class Reporter:
    """Builds Results; the names of sets of processors come from one place."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.namer = Namer(spec)

    def unjudged(self, item: Item, found: Sequence[Diagnostic]) -> Result:
        """Return the Result of an item that was not judged, because of findings about its text."""
        return Result(
            item.kind, item.name, item.text, item.origin, item.span, (), "proved",
            expected=item.expected, diagnostics=tuple(found),
        )  # fmt: skip

    def result(
        self, item: Item, shared: Shared[Judgement], judge: Callable[[Asked], Judgement], oracle: Oracle
    ) -> Result:
        """Return the Result of an item; ``judge`` is asked once more where it matters what a disputed answer is."""
        shared = replace(shared, outcomes={each: _spoken_of_first(found) for each, found in shared.outcomes.items()})
        verdicts = tuple(self._verdict(profile, outcomes) for profile, outcomes in shared.outcomes.items())
        judgements = _distinct(shared)
        resting = tuple(Grounds(self.spec, shared, judge, oracle).found())
        failing = {host.profile for host in verdicts if host.verdict == "fails"}
        answers = (each for each in resting if each.question in self.spec.behaviour_names)
        cited = [key for each in answers if failing & {*each.profiles} for key in each.cites]
        result = Result(
            kind=item.kind,
            name=item.name,
            text=item.text,
            origin=item.origin,
            span=item.span,
            verdicts=verdicts,
            evidence=_evidence(judgements),
            assuming=tuple(dict.fromkeys(text for each in judgements for text in each.assuming)),
            depends_on=shared.asked,
            disputes=disputes(resting),
            inferred=inferred(resting),
            citations=tuple(dict.fromkeys([key for each in judgements for key in each.citations] + cited)),
            paths=max((each.paths for each in judgements), default=0),
            runs=shared.runs,
            reason=next((each.reason for each in verdicts if each.reason), ""),
            expected=item.expected,
        )
        return replace(result, diagnostics=tuple(self._findings(item, result, shared)))

    def _verdict(self, profile: str, outcomes: Sequence[Outcome]) -> HostVerdict:
        kinds = {judgement.verdict for judgement, _ in outcomes}
        judgement, _ = outcomes[0]
        if len(kinds - {"n/a"}) <= 1:  # a claim speaks of the processors that have what it is about
            return HostVerdict(profile, judgement.verdict, judgement.says, judgement.reason, judgement.counterexample)
        open_ones = sorted({question for _, fixed in outcomes for question in fixed})
        decisive = [question for question in open_ones if _decides(question, outcomes)] or open_ones
        because = f"no source settles {' or '.join(decisive)}, and the verdict hangs on it"
        return HostVerdict(profile, "undecided", because, "sources")

    # ---- findings ----

    def _findings(self, item: Item, result: Result, shared: Shared[Judgement]) -> Iterator[Diagnostic]:
        spoken_of = [each for each in result.verdicts if each.verdict != "n/a"]
        if item.expected != "holds":
            yield from self._expected(item, result, spoken_of)
            return
        if not spoken_of:
            yield self._nowhere(item, result)
            return
        yield from self._failures(item, result, shared)
        yield from self._vacuous(item, result, shared)
        yield from self._undecided(item, result, shared)

    def _expected(self, item: Item, result: Result, spoken_of: Sequence[HostVerdict]) -> Iterator[Diagnostic]:
        wrong = [each.profile for each in spoken_of if each.verdict != item.expected]
        if not wrong and spoken_of:
            return
        where = self._name(wrong).words if wrong else "every processor"
        kinds = ", ".join(sorted({each.verdict for each in result.verdicts if each.profile in wrong} or {"n/a"}))
        message = f"{_title(item)} is expected to be {_past(item.expected)}, but on {where} it is: {kinds}"
        help_text = "take `:expect:` away, or correct the example so that it shows the mistake"
        yield Diagnostic(
            NOT_AS_EXPECTED, "error", item.span, message, "the option :expect:", help_text, subject=item.text
        )

    def _nowhere(self, item: Item, result: Result) -> Diagnostic:
        reasons = sorted({each.because for each in result.verdicts if each.because})
        message = f"{_title(item)} speaks of no state of any processor in its scope"
        help_text = "name the processors or the states in which it says something"
        authority, notes = "silence is never success", tuple(reasons)
        return Diagnostic(VACUOUS_CLAIM, "error", item.span, message, authority, help_text, notes, subject=item.text)

    def _failures(self, item: Item, result: Result, shared: Shared[Judgement]) -> Iterator[Diagnostic]:
        groups: dict[tuple[str, str, Span], list[HostVerdict]] = {}
        for host in result.verdicts:
            if host.verdict == "fails":
                judgement = shared.outcomes[host.profile][0][0]
                key = (judgement.code, judgement.says, judgement.span or item.span)
                groups.setdefault(key, []).append(host)
        holds = result.on("holds")
        for (code, says, span), hosts in groups.items():
            others = tuple(self._others(hosts, result))
            fails = tuple(host.profile for host in hosts)
            qualifier = distinguishing(holds, fails, result.depends_on, self.namer) if len(groups) == 1 else None
            yield Diagnostic(
                code,
                "error",
                span,
                f"{_title(item)} is false on {self._name(fails, result).words}: {says}",
                self._authority(shared.outcomes[fails[0]][0][0], result),
                shared.outcomes[fails[0]][0][0].way_out or _way_out(item, qualifier),
                tuple(self._notes(result)),
                self._fix(item, qualifier),
                item.text,
                fails,
                holds,
                hosts[0].counterexample,
                result.citations,
                others,
            )

    def _others(self, hosts: Sequence[HostVerdict], result: Result) -> Iterator[str]:
        """Yield in one line each how the violation looks on processors where it looks different."""
        shapes: dict[object, list[HostVerdict]] = {}
        for host in hosts:
            shown = host.counterexample
            key = None if shown is None else (shown.before, shown.after, tuple(step.changes for step in shown.steps))
            shapes.setdefault(key, []).append(host)
        for same in list(shapes.values())[1:]:
            example = same[0].counterexample
            if example is not None:
                before, after = (", ".join(f"{n} = {v}" for n, v in side) for side in (example.before, example.after))
                words = self._name([host.profile for host in same], result).words
                yield f"on {words}: from {before}{f' to {after}' if after else ''}"

    def _fix(self, item: Item, qualifier: Wording | None) -> Fix | None:
        if qualifier is None or not qualifier.scope or item.kind != "claim" or item.end is None:
            return None
        return Fix("say where it holds", item.end, f" on {qualifier.scope}")

    def _vacuous(self, item: Item, result: Result, shared: Shared[Judgement]) -> Iterator[Diagnostic]:
        groups: dict[tuple[str, str, Span], list[str]] = {}
        for host in result.verdicts:
            if host.verdict == "vacuous":
                judgement = shared.outcomes[host.profile][0][0]
                key = (judgement.code, host.because, judgement.span or item.span)
                groups.setdefault(key, []).append(host.profile)
        for (code, because, span), profiles in groups.items():
            where = self._name(profiles, result)
            elsewhere = [each.profile for each in result.verdicts if each.profile not in profiles]
            offer = self.namer.name(elsewhere, result.depends_on) if elsewhere else None
            help_text = f"write :where: {offer.scope}" if offer and offer.scope else "leave a state open"
            message = f"{_title(item)} says nothing on {where.words}: {because}"
            yield Diagnostic(code, "error", span, message, "silence is never success", help_text, subject=item.text)

    def _undecided(self, item: Item, result: Result, shared: Shared[Judgement]) -> Iterator[Diagnostic]:
        groups: dict[tuple[str, str, Span], list[str]] = {}
        for host in result.verdicts:
            if host.verdict == "undecided":
                judgement = shared.outcomes[host.profile][0][0]
                span = judgement.span if judgement.verdict == "undecided" else None
                key = (host.reason, host.because, span or item.span)
                groups.setdefault(key, []).append(host.profile)
        for (reason, because, span), profiles in groups.items():
            code, help_text = _UNDECIDED.get(reason, (UNDECIDED_BOUND, "make the example smaller"))
            message = f"{_title(item)} is undecided on {self._name(profiles, result).words} ({reason}): {because}"
            severity: Severity = "note" if reason == "sources" else "error"
            authority = "the verdicts: undecided"
            yield Diagnostic(code, severity, span, message, authority, help_text, subject=item.text)

    # ---- words ----

    def _name(self, profiles: Iterable[str], result: Result | None = None) -> Wording:
        return self.namer.name(profiles, result.depends_on if result else ())

    def _authority(self, judgement: Judgement, result: Result) -> str:
        """Return the lines of the spec that decide, or else what is cited."""
        lines = [line.shown(self.spec) for line in judgement.lines]
        return ", ".join(lines or result.citations[:3]) or "the spec"

    def _notes(self, result: Result) -> Iterator[str]:
        for verdict, word in (("holds", "holds on"), ("n/a", "not available on")):
            profiles = result.on(verdict)  # type: ignore[arg-type]
            if profiles:
                yield f"{word} {self._name(profiles, result).words}"
        for dispute in result.disputes:
            where = self._name(dispute.profiles).words
            yield f"disputed ({where}): {dispute.text} [{', '.join(dispute.citations)}]"
        for told in result.inferred:
            where = self._name(told.profiles).words
            yield f"inferred ({where}): {told.says} [{', '.join(told.citations)}]"
        for text in result.assuming:
            yield f"assuming that {text}"


def _spoken_of_first(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes of a processor, behind the others those of which the claim does not speak."""
    return tuple(sorted(outcomes, key=lambda outcome: outcome[0].verdict == "n/a"))


def _decides(question: str, outcomes: Sequence[Outcome]) -> bool:
    """Whether two outcomes differ where no other question that both asked has another answer."""
    return any(
        judgement.verdict != other.verdict
        and fixed.get(question) != given.get(question)
        and all(fixed[each] == given[each] for each in (fixed.keys() & given.keys()) - {question})
        for judgement, fixed in outcomes
        for other, given in outcomes
    )


def _evidence(judgements: Sequence[Judgement]) -> Evidence:
    """Return how it is known that something holds."""
    if judgements and all(each.computed for each in judgements):
        return "computed"
    holding = [each for each in judgements if each.verdict == "holds"]
    return "exhibited" if holding and all(each.exhibited for each in holding) else "proved"


def _distinct(shared: Shared[Judgement]) -> list[Judgement]:
    found: dict[int, Judgement] = {}
    for outcomes in shared.outcomes.values():
        for judgement, _ in outcomes:
            found[id(judgement)] = judgement
    return list(found.values())


def _way_out(item: Item, qualifier: Wording | None) -> str:
    if qualifier is None or not qualifier.scope:
        return "correct it"
    if item.kind == "example":
        return f"say where it holds: :where: {qualifier.scope}"
    return f"say where it holds: on {qualifier.scope}"


def _title(item: Item) -> str:
    if item.kind == "claim":
        return f'"{item.text}"'
    return f"example {item.name}" if item.name else "the example"


def _past(verdict: Verdict) -> str:
    return {"fails": "false", "undecided": "undecided"}.get(verdict, verdict)


def hangs_on(questions: Iterable[str]) -> tuple[str, ...]:
    """Return questions as a reader knows them, CPUID bits without their prefix."""
    return tuple(question.removeprefix(FEATURE_PREFIX) for question in questions)
