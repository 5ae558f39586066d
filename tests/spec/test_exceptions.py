"""The exceptions of each instruction: derived from its Operation, they are those that the manuals list.

``exceptions.toml`` was written from the manuals. Conditions are not compared as text: that each says the
same as the derived one, as long as no earlier check has raised, is proved for all states.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.operands import InMemory
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import Check, Machine, MemoryRules
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.spec.exceptions import ExceptionRow, exceptions_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Call, Expr, Memory, Name, names_in, walk
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Fault, Function, If, Let, read_expression
from tests.machine.support import Answers, spec

S = Span("", 1, 1, 1, 1)
PROFILES = ("intel_pantherlake", "intel_sapphirerapids_x", "amd_zen1", "intel_core2")
Key = tuple[str, str]
Listed = Mapping[str, str]


@dataclass(frozen=True)
class Group:
    """Checks next to each other whose order software cannot see: one exception, one error code."""

    key: Key
    conditions: tuple[tuple[Expr | None, tuple[tuple[str, Expr], ...]], ...]


def listed() -> dict[str, list[Listed]]:
    text = (Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def expression(text: str) -> Expr:
    return read_expression(fragment_of(text))


def grouped(rows: Iterable[tuple[Key, Expr | None, tuple[tuple[str, Expr], ...]]]) -> list[Group]:
    found = []
    for key, each in itertools.groupby(rows, lambda row: row[0]):
        found.append(Group(key, tuple((when, where) for _, when, where in each)))
    return found


def derived_groups(rows: Sequence[ExceptionRow]) -> list[Group]:
    codes = {"": "none", "0": "0", "selector_error(selector)": "selector"}

    def key(row: ExceptionRow) -> Key:
        if row.access:
            return (f"MEM {row.access}", "stack" if row.of == "the stack" else row.of)
        return (row.fault, codes.get(row.error_text, row.error_text))

    return grouped((key(row), row.when, row.where) for row in rows)


def listed_groups(entry: Instruction, rows: Sequence[Listed]) -> list[Group]:
    where: tuple[tuple[str, Expr], ...] = ()
    if "the selector" in entry.roles:
        where = (("selector", entry.roles["the selector"]), ("d", expression("descriptor_of(selector)")))

    def key(row: Listed) -> Key:
        return (f"MEM {row['access']}", row["of"]) if row["fault"] == "MEM" else (row["fault"], row["code"])

    return grouped((key(row), expression(row["when"]) if "when" in row else None, where) for row in rows)


# ---- conditions as terms ------------------------------------------------------------------------


class Reading(Spec):
    """A spec in which one instruction raises #UD where a condition holds, and does nothing else."""

    def __init__(self, entry: Instruction, when: Expr | None, where: Sequence[tuple[str, Expr]]) -> None:
        super().__init__(spec().folder)
        self.__dict__.update(spec().__dict__)
        raises = Fault("#UD", None, S)
        check = raises if when is None else If(((when, (raises,)),), (), S)
        own = {*entry.kinds, *(name for form in entry.forms for name, _ in form.bindings)}
        lets = []
        for name, value in where:
            if _mentions(when, where, name):
                tables = any(isinstance(each, Memory) for each in walk(value))
                lets.append(Let(name, self._looked_at(f"the_{name}", value, own) if tables else value, S))
                own.add(name)
        self._instructions = {entry.stem: replace(entry, operation=(*lets, check))}

    def _looked_at(self, name: str, value: Expr, own: set[str]) -> Expr:
        """Return a value by way of a function, so that what it reads of the tables is no access."""
        names = {each.name.split(".")[0] for each in names_in(value)}
        parameters = tuple(sorted(names & own))
        self._definitions = {**self._definitions, name: Function(name, parameters, value, S)}
        return Call(name, tuple(Name(each, S) for each in parameters), S)


def _mentions(when: Expr | None, where: Sequence[tuple[str, Expr]], name: str) -> bool:
    texts: list[Expr] = [] if when is None else [when]
    for other, value in reversed(where):
        if other == name:
            return any(each.name == name for expr in texts for part in walk(expr) for each in names_in(part))
        texts.append(value)
    return False


class Branching(Machine):
    """A step that assumes nothing of where it leads."""

    def branch(self, check: Check, guard: Value, writes: Value, answers: Answers, *values: Value) -> Value:  # type: ignore[override]
        return check(self, guard, writes, answers, *values)


def executed(on: Spec, bound: Bound, answers: Answers) -> Machine:
    """Return the step over terms from all states, with accesses that are good."""
    start = begin(on, bound.binding.mode, answers, MemoryRules())
    machine = Branching(start.state.copy(), start.origin, {}, start.rules, "0")
    Compiler(on, symbolic=True).operation(bound.stem, bound.binding)(machine, 1, 1, answers)
    return machine


def raised_where(entry: Instruction, group: Group, bound: Bound, answers: Answers) -> Value:
    """Return when one of the checks of a group raises."""
    guards = []
    for when, where in group.conditions:
        machine = executed(Reading(entry, when, where), bound, answers)
        guards.extend(fault.guard for fault in machine.faults)
    return terms.any_of(guards)


def differ(one: Value, other: Value, given: Value) -> bool:
    """Return whether two conditions differ in a state that a third one describes."""
    session = solver.open_session()
    session.require(given)
    return session.check(terms.bit_xor(one, other, 1))


def disagreements(
    stem: str, left: Sequence[Group], right: Sequence[Group], bound: Bound, answers: Answers
) -> Iterator[str]:
    """Yield each group whose condition is another on the right, where no earlier group has raised."""
    entry = spec().instruction(stem)
    quiet: Value = 1
    for one, other in zip(left, right, strict=True):
        if one.key[0].startswith("MEM"):
            continue
        first, second = (raised_where(entry, each, bound, answers) for each in (one, other))
        if differ(first, second, quiet):
            yield f"{stem}: {one.key} with {bound.text} in {bound.binding.mode} mode on {answers.profile}"
        quiet = terms.and_(quiet, terms.not_(second))


def register_forms(stem: str) -> Iterator[Bound]:
    """Yield forms of each size and mode whose operands are not in memory."""
    for mode in ("64-bit", "compatibility"):
        seen = set()
        for bound in samples(spec(), stem, mode):  # type: ignore[arg-type]
            size = tuple(bound.binding.sizes.items())
            if not any(isinstance(each, InMemory) for each in bound.binding.names.values()) and size not in seen:
                seen.add(size)
                yield bound


# ---- the tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", listed())
def test_the_derived_table_is_the_listed_one(stem: str) -> None:
    derived = derived_groups(exceptions_of(spec(), stem))
    manual = listed_groups(spec().instruction(stem), listed()[stem])
    assert [group.key for group in derived] == [group.key for group in manual]
    found = [
        text
        for bound in register_forms(stem)
        for profile in PROFILES
        for text in disagreements(stem, derived, manual, bound, Answers(profile))
    ]
    assert found == []


def test_the_list_is_about_the_instructions_of_fs_and_gs() -> None:
    """Every instruction that a sentence can name has its table, but for those that cannot fault on their own."""
    named = {stem for stem in spec().index.stems if spec().instruction(stem).names}
    assert {stem for stem in named if exceptions_of(spec(), stem)} <= set(listed())


@pytest.mark.parametrize("stem", spec().index.stems)
def test_the_derived_table_is_what_the_code_does(stem: str) -> None:
    """The checks of the compiled Operation raise where the rows say, and nowhere else."""
    rows = exceptions_of(spec(), stem)
    for bound in itertools.islice(register_forms(stem), 3):
        answers = Answers("intel_pantherlake")
        faults = executed(spec(), bound, answers).faults
        entry = spec().instruction(stem)
        for vector in {row.fault for row in rows if row.fault} | {fault.vector for fault in faults}:
            checks = Group((vector, ""), tuple((row.when, row.where) for row in rows if row.fault == vector))
            said = raised_where(entry, checks, bound, answers)
            done = terms.any_of(fault.guard for fault in faults if fault.vector == vector)
            earlier = _first_of(entry, rows, vector, bound, answers)
            assert not differ(said, done, earlier), f"{bound.text}: {vector}"


def _first_of(entry: Instruction, rows: Sequence[ExceptionRow], vector: str, bound: Bound, answers: Answers) -> Value:
    """Return that no row of another exception raises in front of the last one of this."""
    last = max((number for number, row in enumerate(rows) if row.fault == vector), default=-1)
    others = tuple((row.when, row.where) for row in rows[:last] if row.fault and row.fault != vector)
    return terms.not_(raised_where(entry, Group(("", ""), others), bound, answers))


def test_a_mode_leaves_what_can_raise_in_it() -> None:
    in_64, elsewhere = (exceptions_of(spec(), "SWAPGS", mode) for mode in ("64-bit", "compatibility"))  # type: ignore[arg-type]
    assert [(row.fault, row.when_text) for row in in_64] == [("#UD", "CR4.FRED = 1"), ("#GP", "CPL ≠ 0")]
    assert (elsewhere[0].fault, elsewhere[0].when) == ("#UD", None)


def test_rows_say_what_local_names_mean_and_who_says_so() -> None:
    rows = exceptions_of(spec(), "LKGS")
    last = rows[-1]
    assert (last.fault, last.error_text) == ("#NP", "selector_error(selector)")
    assert last.when_text == "NOT null(selector) AND d[47] = 0"
    where = dict(last.where)
    assert set(where) == {"selector", "at", "d"}
    assert last.cites == ("sdm:MOV",)
    assert last.span.path.endswith("load_segment.insn")
    assert rows[0].when_text == "NOT CPUID.LKGS" and rows[0].cites == spec().instruction("LKGS").cites


def test_what_is_written_back_is_reached_for_writing() -> None:
    (row,) = (row for row in exceptions_of(spec(), "ADD") if row.of == "DST")
    assert row.access == "write"
    (row,) = (row for row in exceptions_of(spec(), "CMP") if row.of == "DST")
    assert row.access == "read"


# ---- the comparison is worth something ----------------------------------------------------------


def changed(stem: str, change: Any) -> list[Group]:
    rows = [dict(row) for row in listed()[stem]]
    change(rows)
    return listed_groups(spec().instruction(stem), rows)


@pytest.mark.parametrize(
    ("stem", "number", "key", "value"),
    [
        ("SWAPGS", 2, "when", "CPL = 3"),
        ("LKGS", 2, "when", "CPL > 1"),
        ("LKGS", 8, "when", "NOT null(selector) AND (selector[1:0] > d[46:45] OR CPL > d[46:45])"),
        ("MOV_LOAD", 2, "when", "NOT null(selector) AND table_offset(selector) > zero_extend(GDTR.limit, 64)"),
        ("WRFSBASE_WRGSBASE", 3, "when", "NOT canonical(zero_extend(SRC, 64), base_msr_width())"),
        ("WRMSR", 2, "when", "ECX = 0xC0000102 AND NOT canonical(EDX:EAX, base_msr_width())"),
    ],
)
def test_another_condition_is_noticed(stem: str, number: int, key: str, value: str) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        rows[number][key] = value

    derived, manual = derived_groups(exceptions_of(spec(), stem)), changed(stem, change)
    found = [
        text
        for bound in register_forms(stem)
        for profile in PROFILES
        for text in disagreements(stem, derived, manual, bound, Answers(profile))
    ]
    assert found


@pytest.mark.parametrize("stem", ["SWAPGS", "LKGS", "WRMSRNS", "POP_SEGMENT"])
def test_another_order_is_noticed(stem: str) -> None:
    manual = changed(stem, lambda rows: rows.reverse())
    assert [group.key for group in manual] != [group.key for group in derived_groups(exceptions_of(spec(), stem))]
