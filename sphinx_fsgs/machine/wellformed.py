"""Whether every Operation can be compiled, for every form that its instruction allows, as integers and as terms.

A document meets only the forms that it uses; a spec is checked before one needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from functools import partial
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.compile import MODES, CompileError, Compiler
from sphinx_fsgs.machine.delivery import DELIVERED_IN
from sphinx_fsgs.machine.forms import form_samples, samples
from sphinx_fsgs.machine.operands import Binding, Constant
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.instructions import load_definitions
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.tables import UNKNOWN_CITATION, UNKNOWN_FEATURE
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Call, Expr, walk
from sphinx_fsgs.syntax.instruction import Form, Instruction
from sphinx_fsgs.syntax.operation import Block, Function, If, Let, Procedure, Statement
from sphinx_fsgs.syntax.service import Service

NOT_WELL_FORMED = "FSGS940"

_AUTHORITY = "the notation of Operations: every name is known, and every width is that of its place"
_MODES: tuple[Mode, ...] = ("64-bit", "compatibility", "protected")
_WIDTHS = (64, 32, 16, 8, 1)
"""What a function that only documents call is tried with; it is wrong when it fits none."""


def check_operations(spec: Spec) -> tuple[Diagnostic, ...]:
    """Return what is wrong with instructions, procedures and invariants, in the order of files and lines.

    Nothing is raised. A procedure that no Operation calls is a warning: no line of it is ever checked.
    """
    found: list[Diagnostic] = []
    compilers = (Compiler(spec, symbolic=False), Compiler(spec, symbolic=True))
    try:
        files = sorted(set(spec.index.definitions.values()))
        stems = spec.index.stems
    except SpecError as error:
        return error.diagnostics
    for path in files:
        found += _attempt(partial(_check_definitions, spec, path))
    found += _attempt(partial(_check_fetch, compilers))
    found += _attempt(partial(_check_delivery, spec, compilers))
    for name in spec.index.services:
        found += _attempt(partial(_check_service, spec, name, compilers))
    for stem in stems:
        found += _attempt(partial(_check_instruction, spec, stem, compilers))
    if not found:
        found += _attempt(partial(_check_unused, spec, files, compilers[0].used))
        found += _attempt(partial(_check_invariants, spec))
    return tuple(sorted(_once(found), key=Diagnostic.sort_key))


def _attempt(check: Callable[[], Iterable[Diagnostic]]) -> list[Diagnostic]:
    try:
        return list(check())
    except SpecError as error:
        return list(error.diagnostics)


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Drop what was found again with another form or in another mode: at one place, one finding."""
    first: dict[tuple[str, int, int, str], Diagnostic] = {}
    for each in found:
        first.setdefault((each.span.path, each.span.line, each.span.column, each.code), each)
    return list(first.values())


def _check_instruction(spec: Spec, stem: str, compilers: tuple[Compiler, ...]) -> Iterator[Diagnostic]:
    entry = spec.instruction(stem)
    yield from _check_header(spec, entry)
    yield from _check_cites(spec, entry.operation)
    modes = [mode for mode in _MODES if not entry.modes or mode in entry.modes]
    for form in entry.forms:
        if not any(True for mode in modes for _ in form_samples(spec, stem, form, mode)):
            yield _no_operands(entry, form)
    everyone = (*compilers, *(_reading(spec, entry, role) for role in entry.roles.values()))
    for mode in modes:
        for bound in samples(spec, stem, mode):
            for compiler in everyone:
                yield from _compiled(bound, compiler)


def _compiled(bound: Bound, compiler: Compiler) -> Iterator[Diagnostic]:
    try:
        compiler.operation(bound.stem, bound.binding)
    except CompileError as error:
        yield _finding(error, bound)


def _check_fetch(compilers: tuple[Compiler, ...]) -> Iterator[Diagnostic]:
    """Look at what every step begins with, in each mode."""
    for compiler in compilers:
        for mode in _MODES:
            try:
                compiler.fetch(mode)
            except CompileError as error:
                help_text = error.help or "compare with another procedure"
                yield Diagnostic(NOT_WELL_FORMED, "error", error.span, error.message, _AUTHORITY, help_text)


def _check_delivery(spec: Spec, compilers: tuple[Compiler, ...]) -> Iterator[Diagnostic]:
    """Look at what delivers each exception, in each mode that has handlers."""
    for compiler in compilers:
        for mode, handler in DELIVERED_IN.items():
            for fault in spec.faults.values():
                try:
                    compiler.delivery(fault, mode, handler, nested=False)
                except CompileError as error:
                    help_text = error.help or "compare with another procedure"
                    yield Diagnostic(NOT_WELL_FORMED, "error", error.span, error.message, _AUTHORITY, help_text)


def _check_service(spec: Spec, name: str, compilers: tuple[Compiler, ...]) -> Iterator[Diagnostic]:
    """Look at what a platform does for code; only 64-bit code asks it so."""
    entry = spec.service(name)
    for key in entry.cites:
        if key not in spec.citations:
            yield _at(entry, "Cites:", key, UNKNOWN_CITATION, f"unknown citation {key!r}", _near_citation(spec, key))
    for compiler in compilers:
        try:
            compiler.service(name, _MODES[0])
        except CompileError as error:
            help_text = error.help or "compare with another service"
            yield Diagnostic(NOT_WELL_FORMED, "error", error.span, error.message, _AUTHORITY, help_text)


def _near_citation(spec: Spec, key: str) -> str:
    return suggestion(key, spec.citations) or "add it to citations.toml"


def _finding(error: CompileError, bound: Bound) -> Diagnostic:
    notes = (f"seen with {bound.text} in {bound.binding.mode} mode",)
    help_text = error.help or "compare with another Operation"
    return Diagnostic(NOT_WELL_FORMED, "error", error.span, error.message, _AUTHORITY, help_text, notes)


def _reading(spec: Spec, entry: Instruction, expr: Expr) -> Compiler:
    """Return a compiler to which the Operation of an instruction is the reading of one expression.

    So what sentences mean by the words of an instruction is held to the same rules as what it does.
    """
    return Compiler(_Reading(spec, replace(entry, operation=(Let("it", expr, expr.span),))), symbolic=True)


def _error_of(compiler: Compiler, stem: str, binding: Binding) -> CompileError | None:
    try:
        compiler.operation(stem, binding)
    except CompileError as error:
        return error
    return None


def _check_invariants(spec: Spec) -> Iterator[Diagnostic]:
    entry = spec.instruction(spec.index.stems[0])
    for invariant in spec.invariants:
        error = _error_of(_reading(spec, entry, invariant.holds), entry.stem, Binding("64-bit", {}, {}))
        if error is not None:
            help_text = error.help or "compare with another invariant"
            yield Diagnostic(NOT_WELL_FORMED, "error", error.span, error.message, _AUTHORITY, help_text)


def _check_unused(spec: Spec, files: Iterable[Path], used: Set[str]) -> Iterator[Diagnostic]:
    """Look at what no Operation calls: functions are there for documents, procedures for nobody."""
    entry = spec.instruction(spec.index.stems[0])
    definitions = [each for path in files for each in load_definitions(path)]
    called = {
        each.name
        for definition in definitions
        if isinstance(definition, Function)
        for each in walk(definition.body)
        if isinstance(each, Call) and each.name != definition.name
    }
    for definition in definitions:
        if isinstance(definition, Procedure) and definition.name not in used:
            message = f"no Operation calls {definition.name}"
            yield Diagnostic(NOT_WELL_FORMED, "warning", definition.span, message, _AUTHORITY, "remove it, or call it")
        elif isinstance(definition, Function) and definition.name not in used | called:
            compiler = _reading(spec, entry, definition.body)
            errors = [_error_of(compiler, entry.stem, _given(definition, width)) for width in _WIDTHS]
            if all(errors) and errors[0] is not None:
                help_text = errors[0].help or "compare with another function"
                yield Diagnostic(NOT_WELL_FORMED, "error", errors[0].span, errors[0].message, _AUTHORITY, help_text)


def _given(function: Function, width: int) -> Binding:
    """Return a binding in which the parameters of a function are values of that width."""
    return Binding("64-bit", {}, {name: Constant(0, width) for name in function.parameters})


class _Reading(Spec):
    """A spec in which one instruction has another Operation."""

    def __init__(self, spec: Spec, entry: Instruction) -> None:
        super().__init__(spec.folder)
        self.__dict__.update(spec.__dict__)
        self._instructions = {entry.stem: entry}


# ---- headers ------------------------------------------------------------------------------------


def _check_header(spec: Spec, entry: Instruction) -> Iterator[Diagnostic]:
    features, modes = spec.feature_names, frozenset(MODES.values())
    if entry.requires and entry.requires not in features:
        hint = suggestion(entry.requires, features) or "name a CPUID feature of state/cpuid.toml"
        message = f"unknown feature {entry.requires!r}"
        yield _at(entry, "Requires:", entry.requires, UNKNOWN_FEATURE, message, hint)
    for mode in entry.modes:
        if mode not in modes:
            hint = suggestion(mode, modes) or f"one of {', '.join(sorted(modes))}"
            yield _at(entry, "Modes:", mode, NOT_WELL_FORMED, f"unknown mode {mode!r}", hint)
    for key in entry.cites:
        if key not in spec.citations:
            hint = suggestion(key, spec.citations) or "add it to citations.toml"
            yield _at(entry, "Cites:", key, UNKNOWN_CITATION, f"unknown citation {key!r}", hint)
    if entry.target and spec.layout.view(entry.target) is None:
        hint = suggestion(entry.target, spec.layout.views) or "name a register"
        yield _at(entry, "Target:", entry.target, NOT_WELL_FORMED, f"unknown register {entry.target!r}", hint)
    used = {name for form in entry.forms for name in form.operands}
    for name in entry.kinds:
        if name not in used:
            hint = suggestion(name, used) or "remove the line, or name the operand in Syntax:"
            yield _at(entry, "Operand:", name, NOT_WELL_FORMED, f"no Syntax: line has an operand {name}", hint)


def _no_operands(entry: Instruction, form: Form) -> Diagnostic:
    missing = [name for name in form.operands if name not in entry.kinds]
    message = f"there is no Operand: line for {missing[0]}" if missing else "no operands fit this Syntax: line"
    help_text = suggestion(missing[0], entry.kinds) if missing else ""
    help_text = help_text or "say with Operand: lines what each operand may be"
    return Diagnostic(NOT_WELL_FORMED, "error", form.span, message, _AUTHORITY, help_text)


def _at(entry: Instruction | Service, field: str, word: str, code: str, message: str, help_text: str) -> Diagnostic:
    """Return a finding at a word behind a field of the header."""
    lines = entry.text.split("\n")
    for number, line in enumerate(lines, 1):
        column = line.find(word, len(field)) + 1
        if line.startswith(field) and column:
            span = Span(entry.path, number, column, number, column + len(word))
            return Diagnostic(code, "error", span, message, _AUTHORITY, help_text)
    return Diagnostic(code, "error", Span(entry.path, 1, 1, 1, 1), message, _AUTHORITY, help_text)


# ---- citations ----------------------------------------------------------------------------------


def _check_definitions(spec: Spec, path: Path) -> Iterator[Diagnostic]:
    for each in load_definitions(path):
        if isinstance(each, Procedure):
            yield from _unknown_cites(spec, each)
            yield from _check_cites(spec, each.body)


def _check_cites(spec: Spec, block: Block) -> Iterator[Diagnostic]:
    for statement in block:
        yield from _unknown_cites(spec, statement)
        if isinstance(statement, If):
            for _, inner in statement.branches:
                yield from _check_cites(spec, inner)
            yield from _check_cites(spec, statement.otherwise)


def _unknown_cites(spec: Spec, cited: Statement | Procedure) -> Iterator[Diagnostic]:
    for key in cited.cites:
        if key not in spec.citations:
            hint = suggestion(key, spec.citations) or "add it to citations.toml"
            message = f"unknown citation {key!r}"
            yield Diagnostic(UNKNOWN_CITATION, "error", cited.span, message, _AUTHORITY, hint)
