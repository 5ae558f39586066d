"""Operations: each compiles, is printed as it was read, cites what exists, and says where it is wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.wellformed import check_operations
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.spec.instructions import load_definitions
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.printer import definition_text, expression_text, operation_text
from sphinx_fsgs.syntax.expression import (
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
)
from sphinx_fsgs.syntax.operation import (
    Assign,
    Do,
    Fault,
    If,
    Invoke,
    Let,
    Restart,
    Statement,
    Undefined,
    read_definitions,
    read_expression,
    read_operation,
)

SPEC = Spec()
S = Span("", 1, 1, 1, 1)


# ---- well formed --------------------------------------------------------------------------------


def test_every_operation_compiles_in_every_form() -> None:
    assert check_operations(SPEC) == ()


def test_every_instruction_has_forms_in_each_of_its_modes() -> None:
    counted = {}
    for stem in SPEC.index.stems:
        modes = SPEC.instruction(stem).modes or ("64-bit", "compatibility", "protected")
        for mode in modes:
            counted[stem, mode] = len(samples(SPEC, stem, mode))  # type: ignore[arg-type]
    assert len(counted) >= 29
    assert [key for key, count in counted.items() if not count] == []


# ---- printing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", SPEC.index.stems)
def test_operations_survive_printing(stem: str) -> None:
    operation = SPEC.instruction(stem).operation
    printed = operation_text(operation)
    assert read_operation(fragment_of(printed)) == operation
    assert operation_text(read_operation(fragment_of(printed))) == printed


@pytest.mark.parametrize("path", sorted(set(SPEC.index.definitions.values())), ids=lambda path: path.stem)
def test_definitions_survive_printing(path: Path) -> None:
    found = load_definitions(path)
    assert read_definitions(fragment_of("\n\n".join(map(definition_text, found)))) == found


def test_what_is_printed_looks_like_the_file() -> None:
    entry = SPEC.instruction("WRFSBASE_WRGSBASE")
    below = entry.text.split("Operation:\n")[1]
    statements = re.sub(r"\(\*.*?\*\)", "", below, flags=re.DOTALL)
    assert "".join(operation_text(entry.operation).split()) == "".join(statements.split())


NAMES = st.sampled_from(["RAX", "GS.base", "selector", "value", "CPUID.LKGS"]).map(lambda name: Name(name, S))
NUMBERS = st.integers(0, 2**64).map(lambda value: Number(value, S))
OPERATORS = st.sampled_from(["OR", "AND", "=", "≠", "<", "≤", ">", "≥", "|", "^", "&", "<<", ">>", "+", "-", "*"])


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(Binary, OPERATORS, inner, inner, st.just(S)),  # type: ignore[arg-type]
        st.builds(Unary, st.sampled_from(["NOT", "-"]), inner, st.just(S)),  # type: ignore[arg-type]
        st.builds(Concat, inner, inner, st.just(S)),
        st.builds(Conditional, inner, inner, inner, st.just(S)),
        st.builds(Slice, inner, inner, inner, st.just(S)),
        st.builds(Call, st.sampled_from(["null", "canonical"]), st.lists(inner, max_size=3).map(tuple), st.just(S)),
        st.builds(Memory, st.sampled_from(["SS", "table"]), inner, inner, st.just(S)),
        st.builds(Msr, inner, st.just(S)),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NUMBERS), _grown, max_leaves=10)
PLACES = st.one_of(
    NAMES,
    st.builds(Slice, NAMES, NUMBERS, NUMBERS, st.just(S)),
    st.builds(Memory, st.just("DS"), EXPRESSIONS, NUMBERS, st.just(S)),
    st.builds(Msr, EXPRESSIONS, st.just(S)),
)
CITES = st.sampled_from([(), ("sdm:MOV",), ("sdm3:4.5.3", "apm2:7.6.4")])
ARGUMENTS = st.lists(EXPRESSIONS, max_size=3).map(tuple)
SIMPLE = st.one_of(
    st.builds(Let, st.just("t"), EXPRESSIONS, st.just(S), CITES),
    st.builds(Assign, PLACES, EXPRESSIONS, st.just(S), CITES),
    st.builds(Fault, st.sampled_from(["#UD", "#GP"]), st.one_of(st.none(), EXPRESSIONS), st.just(S), CITES),
    st.builds(Invoke, st.just("load_segment"), ARGUMENTS, st.just(S), CITES),
    st.builds(Do, st.just("serialise"), ARGUMENTS, st.just(S), CITES),
    st.builds(Undefined, PLACES, st.just(S), CITES),
    st.builds(Restart, st.just(S), CITES),
)


def _nested(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    block = st.lists(inner, max_size=3).map(tuple)
    branches = st.lists(st.tuples(EXPRESSIONS, block), min_size=1, max_size=3).map(tuple)
    return st.builds(If, branches, block, st.just(S), CITES)


STATEMENTS = st.recursive(SIMPLE, _nested, max_leaves=6)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_survives_printing(expr: Expr) -> None:
    assert read_expression(fragment_of(expression_text(expr))) == expr


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENTS, max_size=4).map(tuple))
def test_any_operation_survives_printing(block: tuple[Statement, ...]) -> None:
    assert read_operation(fragment_of(operation_text(block))) == block


# ---- broken specs -------------------------------------------------------------------------------


KEPT = (
    *("canonical", "descriptors", "load_segment", "memory", "selectors"),
    *("deliver", "fred", "flat_segments", "idt", "stack"),
)
"""What two instructions call, and the delivery of the exceptions that they raise."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the spec that holds two instructions and everything that they need."""
    copy = tmp_path / "spec"
    shutil.copytree(SPEC.folder, copy)
    for path in (copy / "instructions").glob("*.insn"):
        if path.stem not in ("MOV_LOAD", "WRFSBASE_WRGSBASE"):
            path.unlink()
    for path in (copy / "procedures").glob("*.insn"):
        if path.stem not in KEPT:
            path.unlink()
    return copy


def test_the_small_copy_is_well_formed(folder: Path) -> None:
    assert check_operations(Spec(folder)) == ()


def test_a_procedure_for_nobody_is_a_warning(folder: Path) -> None:
    path = folder / "procedures" / "more.insn"
    path.write_text("PROCEDURE lonely(x)\n    RIP := x;\nEND\n", encoding="utf-8")
    (found,) = check_operations(Spec(folder))
    assert (found.code, found.severity, found.span.line) == ("FSGS940", "warning", 1)
    assert found.message == "no Operation calls lonely"


def test_a_function_for_documents_is_checked(folder: Path) -> None:
    path = folder / "procedures" / "more.insn"
    path.write_text("FUNCTION wrong(x) =\n    x[3:0] = y;\n", encoding="utf-8")
    (found,) = check_operations(Spec(folder))
    assert (found.code, found.span.line, found.message) == ("FSGS940", 2, "unknown name y")


OPERATION = "instructions/WRFSBASE_WRGSBASE.insn"
LOAD = "procedures/load_segment.insn"
BROKEN = [
    # file, what is replaced, by what, the line that is blamed (its text), code, message, way out
    (
        OPERATION,
        "SEG.base := value;",
        "SEG.bass := value;",
        "SEG.bass",
        "FSGS940",
        "unknown name SEG.bass",
        '"SS.base"?',
    ),
    (OPERATION, "LET value", "LET vlaue", "canonical(value", "FSGS940", "unknown name value", '"vlaue"?'),
    (OPERATION, "CR4.FSGSBASE = 0", "CR4.FSGSBAS = 0", "FSGSBAS ", "FSGS940", "unknown name", '"CR4.FSGSBASE"?'),
    (OPERATION, ", wrbase_width()", ", wrbase_widht()", "widht", "FSGS940", "there is no function", '"wrbase_width"?'),
    (OPERATION, ":= value;", ":= value[31:0];", ":= value[31:0]", "FSGS940", "32 bits does not fit a place of 64", ""),
    (OPERATION, "zero_extend(SRC, 64)", "zero_extend(SRC, 16)", "SRC, 16", "FSGS940", "cannot be extended to 16", ""),
    (OPERATION, "zero_extend(SRC, 64)", "zero_extend(SRC)", "end(SRC)", "FSGS940", "takes 2 arguments, not 1", ""),
    (OPERATION, "SEG.base := value;", "SEG := value;", "SEG := value", "FSGS940", "SEG is no place", ""),
    (OPERATION, "THEN #GP(0)", "THEN #GP", "THEN #GP;", "FSGS940", "#GP has an error code", ""),
    (OPERATION, "#GP(0)", "#GP(RAX)", "#GP(RAX)", "FSGS940", "64 bits does not fit a place of 32", ""),
    (OPERATION, "#GP(0)", "#GP(SRC[15:0])", "SRC[15:0]", "FSGS940", "16 bits does not fit a place of 32", ""),
    (OPERATION, "CR4.FSGSBASE = 0", "SRC", "IF SRC", "FSGS940", "a truth value has one bit, not", ""),
    (OPERATION, "THEN #UD;", "THEN #UD(0);", "64_bit_mode THEN #UD(0);", "FSGS940", "#UD has no error code", ""),
    (OPERATION, "THEN #UD;", "THEN #UB;", "64_bit_mode THEN #UB;", "FSGS940", "unknown fault #UB", '"#UD"?'),
    (OPERATION, "SEG.base := value;", "DO serialize();", "serialize", "FSGS940", "unknown event", '"serialise"?'),
    (
        OPERATION,
        "SEG.base := value;",
        "check_access(GS);",
        "check_access",
        "FSGS940",
        "check_access takes seg, address",
        "",
    ),
    (OPERATION, "SEG.base := value;", "load_nul(1, 2);", "load_nul", "FSGS940", "no procedure", '"load_null"?'),
    (OPERATION, "SEG.base := value;", "SEG.base := value", "", "FSGS931", "the notation ends here", "SEMICOLON"),
    (OPERATION, "IF CR4", "WENN CR4", "WENN", "FSGS931", "the notation ends here", ""),
    (
        OPERATION,
        "[sdm:WRFSBASE]\n    (*",
        "[sdm:WRFSBAES]\n    (*",
        "BAES",
        "FSGS915",
        "unknown citation",
        '"sdm:WRFSBASE"?',
    ),
    (OPERATION, "Cites:    sdm:WRF", "Cites:    sdm:WRG", "Cites", "FSGS915", "unknown citation", "did you mean"),
    (OPERATION, "Requires: FSGSBASE", "Requires: FSGSBAS", "Requires", "FSGS916", "unknown feature", '"FSGSBASE"?'),
    (OPERATION, "Requires: FSGSBASE", "Requries: FSGSBASE", "Requries", "FSGS930", "not a header field", "Requires"),
    (OPERATION, "Requires:", "Modes:    46-bit\nRequires:", "Modes", "FSGS940", "unknown mode '46-bit'", '"64-bit"?'),
    (OPERATION, "Operand:  SRC", "Operand:  SCR", "Syntax:   wrfsb", "FSGS940", "no Operand: line for SRC", '"SCR"?'),
    (OPERATION, "= r32 r64", "= r32 r46", "Operand", "FSGS931", "the notation ends here", ""),
    (OPERATION, "the base = SRC", "the base = SCR", "Role:     the base", "FSGS940", "unknown name SCR", '"SRC"?'),
    (OPERATION, "Operation:\n", "Operations:\n", "Operations", "FSGS930", "not a header field", ""),
    (OPERATION, "Syntax:   wr", "Names:   wr", "", "FSGS930", "no Syntax: line", "AT&T"),
    (LOAD, "seg.limit      := 0;", "seg.limit := 1 << 32;", "1 << 32", "FSGS940", "has more than 32 bits", ""),
    (
        LOAD,
        "zero_extend(descriptor_base(d), 64)",
        "descriptor_base(d)",
        "base_to        := desc",
        "FSGS940",
        "32 bits",
        "",
    ),
    (
        LOAD,
        "load_null(seg, selector, base_to);",
        "load_segment(seg, selector, base_to);",
        "load_segment(seg, s",
        "FSGS940",
        "",
        "write it out",
    ),
    (
        LOAD,
        "PROCEDURE load_null",
        "PROCEDURE load_from",
        "PROCEDURE load_from(table",
        "FSGS932",
        "already defined",
        "another name",
    ),
    (LOAD, "END\n\n(*", "ENDE\n\n(*", "", "FSGS931", "the notation ends here", ""),
]


def found_in(folder: Path) -> tuple[Diagnostic, ...]:
    return check_operations(Spec(folder))


@pytest.mark.parametrize(("file", "old", "new", "line", "code", "message", "way_out"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_wrong_is_said_at_its_line(
    file: str, old: str, new: str, line: str, code: str, message: str, way_out: str, folder: Path
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 2 if old.startswith("Syntax") else 1)
    path.write_text(broken, encoding="utf-8")
    found = found_in(folder)
    assert found, "nothing was found"
    first = found[0]
    assert (first.code, first.span.path) == (code, str(path))
    blamed = broken.split("\n")[first.span.line - 1]
    assert line in blamed, f"line {first.span.line}: {blamed}"
    assert message in first.message, first.message
    assert way_out in first.help, first.help
    assert first.help and first.authority and first.severity == "error"


def test_a_finding_says_in_which_form_it_was_seen(folder: Path) -> None:
    path = folder / OPERATION
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("zero_extend(SRC, 64)", "zero_extend(SRC, 32)"), encoding="utf-8")
    first = found_in(folder)[0]
    assert first.notes == ("seen with wrfsbase %rax in 64-bit mode",)
    assert first.message == "64 bits cannot be extended to 32"


def test_one_run_reports_every_file(folder: Path) -> None:
    for file, old, new in (
        (OPERATION, "THEN #UD;", "THEN #UB;"),
        ("instructions/MOV_LOAD.insn", "load_segment(SEG", "load_segmnet(SEG"),
        ("procedures/canonical.insn", "FUNCTION paging_width() =", "FUNCTION paging_width() ="),
    ):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    (folder / "instructions" / "BROKEN.insn").write_bytes(b"\xff\xfe broken")
    with_bytes = found_in(folder)
    assert [(each.code, Path(each.span.path).name) for each in with_bytes] == [("FSGS933", "BROKEN.insn")]
    (folder / "instructions" / "BROKEN.insn").write_text("", encoding="utf-8")
    found = {(each.code, Path(each.span.path).name) for each in found_in(folder)}
    assert found == {("FSGS940", "WRFSBASE_WRGSBASE.insn"), ("FSGS940", "MOV_LOAD.insn"), ("FSGS930", "BROKEN.insn")}


def test_a_very_deep_expression_is_refused(folder: Path) -> None:
    path = folder / OPERATION
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("= zero_extend(SRC, 64)", f"= {'1 + (' * 5000}1{')' * 5000}"), encoding="utf-8")
    first = found_in(folder)[0]
    assert first.code in ("FSGS931", "FSGS940") and first.span.path == str(path)


def test_a_recursion_is_refused(folder: Path) -> None:
    path = folder / "procedures" / "canonical.insn"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("THEN 57 ELSE 48", "THEN base_msr_width() ELSE 48", 1), encoding="utf-8")
    again = text.replace("= IF CPUID.LA57 THEN 57 ELSE 48", "= processor_width()")
    path.write_text(again, encoding="utf-8")
    messages = {each.message for each in found_in(folder)}
    assert messages == {"processor_width calls processor_width: the notation has no recursion"}
