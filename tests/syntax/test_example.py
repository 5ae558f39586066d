"""Examples and pages: what each line becomes, and what is refused in which words and where."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment, Span, fragment_of
from sphinx_fsgs.syntax.assembly import Instruction
from sphinx_fsgs.syntax.example import (
    Assume,
    Bind,
    Condition,
    Describe,
    Example,
    Faults,
    Holds,
    InMode,
    NoFault,
    NoTable,
    NothingElse,
    Permit,
    Place,
    Prints,
    Property,
    Ran,
    ReadOnly,
    Serialises,
    Symbol,
    Unchanged,
    Unmapped,
    Window,
)
from sphinx_fsgs.syntax.expression import Binary, Call, Concat, Free, Memory, Name, Number, Slice, Unary
from sphinx_fsgs.syntax.parsed import Parsed
from sphinx_fsgs.syntax.read_example import Option, Page, merge, read_example, read_page
from sphinx_fsgs.syntax.scope import Named
from tests.syntax.lexicon import LEXICON

S = Span("", 1, 1, 1, 1)
CLAIMS_NOTHING = "FSGS110"


def _parsed(body: str, block: str | None = None, options: Sequence[Option] = ()) -> Parsed[Example]:
    blocks = (fragment_of(block, first_line=100),) if block is not None else ()
    return read_example("x", options, fragment_of(body, "p.rst"), blocks, LEXICON, Span("p.rst", 1, 1, 1, 9))


def _example(body: str, block: str | None = "nop") -> Example:
    parsed = _parsed(body, block)
    assert parsed.diagnostics == ()
    assert parsed.tree is not None
    return parsed.tree


def _before(line: str) -> object:
    (assumption,) = _example(f"before\n  {line}\nafter\n  no fault").before
    return assumption


def _after(line: str, section: str = "after", block: str = "nop") -> Condition:
    (condition,) = _example(f"{section}\n  {line}", block).conditions
    return condition


def _eq(left: object, right: object) -> Binary:
    return Binary("=", left, right, S)  # type: ignore[arg-type]


def _name(word: str) -> Name:
    return Name(word, S)


def _number(value: int) -> Number:
    return Number(value, S)


@pytest.mark.parametrize(
    ("line", "tree"),
    [
        ("GS.base = ?percpu  # any", Bind(_name("GS.base"), Free("percpu", S), S)),
        ("IA32_KERNEL_GS_BASE = -0x1000", Bind(_name("GS_SHADOW"), Unary("-", _number(0x1000), S), S)),
        ("MSR[0xC000_0102] = 1", Bind(_name("GS_SHADOW"), _number(1), S)),
        ("EDX:EAX = ?new", Bind(Concat(_name("EDX"), _name("EAX"), S), Free("new", S), S)),
        ("ECX = MSR_KERNEL_GS_BASE", Bind(_name("ECX"), _number(0xC0000102), S)),
        ("GS.base = MSR_KERNEL_GS_BASE", Bind(_name("GS.base"), _name("GS_SHADOW"), S)),
        (
            "u64[?sp + 8] = 1 << 63",
            Bind(
                Memory("", Binary("+", Free("sp", S), _number(8), S), _number(64), S),
                Binary("<<", _number(1), _number(63), S),
                S,
            ),
        ),
        ("assume stack(?sp)", Assume(Call("stack", (Free("sp", S),), S), S)),
        (
            "assume ?x < 4 and not canonical(?x, 48)",
            Assume(
                Binary(
                    "AND",
                    Binary("<", Free("x", S), _number(4), S),
                    Unary("NOT", Call("canonical", (Free("x", S), _number(48)), S), S),
                    S,
                ),
                S,
            ),
        ),
        ("assume ?x != 4", Assume(Binary("≠", Free("x", S), _number(4), S), S)),
        ("assume ?x >= 4", Assume(Binary("≥", Free("x", S), _number(4), S), S)),
        ("assume ?x ≤ 4", Assume(Binary("≤", Free("x", S), _number(4), S), S)),
        ("assume CR4.FRED is clear", Assume(_eq(_name("CR4.FRED"), _number(0)), S)),
        ("in kernel", Assume(_eq(_name("CPL"), _number(0)), S)),
        ("in user", Assume(_eq(_name("CPL"), _number(3)), S)),
        ("in compatibility mode", InMode("compatibility", S)),
        ("mode = protected", InMode("protected", S)),
        ("mode = 64-bit", InMode("64-bit", S)),
        ("let percpu = 0x1000", Symbol("percpu", _number(0x1000), S)),
        ("unmapped ?p", Unmapped(Free("p", S), S)),
        ("read-only ?p", ReadOnly(Free("p", S), S)),
        ("memory may fault", Permit("memory may fault", S)),
        ("may overlap", Permit("may overlap", S)),
        ("LDTR = null", NoTable("LDT", S)),
        ("LDT[0] = none", Describe("LDT", _number(0), "none", (), S)),
        (
            "GDT[5] = data, dpl 3,\n     base 0x12345678, not present, read-only",
            Describe(
                "GDT",
                _number(5),
                "data",
                (
                    Property("dpl", _number(3), S),
                    Property("base", _number(0x12345678), S),
                    Property("not present", None, S),
                    Property("read-only", None, S),
                ),
                S,
            ),
        ),
    ],
)
def test_lines_of_before(line: str, tree: object) -> None:
    assert _before(line) == tree


@pytest.mark.parametrize(
    ("line", "claimed"),
    [
        ("GS.base = ?b[31:0]", Holds(_eq(_name("GS.base"), Slice(Free("b", S), _number(31), _number(0), S)), S)),
        ("RFLAGS.IF = 1", Holds(_eq(_name("RFLAGS.IF"), _number(1)), S)),
        ("GS_SHADOW   unchanged", Unchanged((_name("GS_SHADOW"),), S)),
        ("GS.base, FS.base and RAX unchanged", Unchanged((_name("GS.base"), _name("FS.base"), _name("RAX")), S)),
        ("nothing else changes", NothingElse((), S)),
        ("nothing else changes but GS.limit, memory", NothingElse((_name("GS.limit"), _name("memory")), S)),
        ("no fault", NoFault(S)),
        ("#GP", Faults("#GP", None, S)),
        ("#GP(0)", Faults("#GP", _number(0), S)),
        ("nop ran twice", Ran("nop", 2, S)),
        ("nop ran 3 times", Ran("nop", 3, S)),
        ("NOP never ran", Ran("nop", 0, S)),
        ("serialises", Serialises(None, False, S)),
        ("nop does not serialize", Serialises("nop", True, S)),
    ],
)
def test_conditions(line: str, claimed: object) -> None:
    condition = _after(line)
    assert (condition.claimed, condition.window, condition.when, condition.scope) == (claimed, None, None, None)
    assert condition.section == "after" and condition.text == " ".join(line.split())


def test_scope_window_and_when_of_a_condition() -> None:
    block = "swapgs\nentry_64: nop\nswapgs\nmov %gs:8, %rax"
    line = "[amd] GS.base = ?b  except from last swapgs to entry_64 when CPL = 3"
    condition = _after(line, "always", block)
    first, last = Place("mnemonic", "swapgs", -1, S), Place("label", "entry_64", 0, S)
    assert condition.scope == Named("amd", "family", S)
    assert condition.window == Window(first, last, True, S)
    assert condition.when == _eq(_name("CPL"), _number(3))
    assert _after("CPL = 0 at end", "never", block).window == Window(Place("end", "end", 0, S), None, False, S)
    access = _after("CPL = 0 at %gs access", "sometimes", block)
    assert access.window == Window(Place("segment access", "GS", 0, S), None, False, S)


def test_spans_are_those_of_the_file() -> None:
    body = "before\n\tGS.base =\n\t    ?a       # more\nafter\n\tGS_SHADOW = ?a"
    example = _example(body)
    (bind,) = example.before
    assert isinstance(bind, Bind)
    assert bind.span == Span("p.rst", 2, 2, 3, 8)
    assert bind.value.span == Span("p.rst", 3, 6, 3, 8)
    (condition,) = example.conditions
    assert condition.span == Span("p.rst", 5, 2, 5, 16)


def test_a_run_of_its_own_replaces_the_block_or_holds_it() -> None:
    assert [each.text for each in _run("run\n  swapgs\nafter\n  no fault", "nop")] == ["swapgs"]
    text = "run\n  swapgs\n  the block   # here\n  swapgs\nafter\n  no fault"
    assert [each.text for each in _run(text, "nop; nop")] == ["swapgs", "nop", "nop", "swapgs"]
    assert [each.text for each in _run("after\n  no fault", "nop\n\nwrmsr")] == ["nop", "wrmsr"]


def _run(body: str, block: str) -> list[Instruction]:
    return [each for each in _example(body, block).run if isinstance(each, Instruction)]


def test_labels_and_symbols_may_be_named() -> None:
    body = "before\n let top = 8\n RSP = top\nafter\n RIP = out\n RBX = top"
    parsed = _parsed(body, "nop\nout: nop")
    assert parsed.diagnostics == ()


def test_a_later_line_overrides_an_earlier() -> None:
    example = _example("before\n  in kernel\n  RAX = 1\n  MSR_GS_BASE = 1\n  CPL = 3\n  GS.base = 2\nafter\n  no fault")
    assert [each.span.line for each in example.before] == [3, 5, 6]


def test_page_and_example_are_merged() -> None:
    options = [("where", fragment_of("amd"), S), ("expect", fragment_of("fails"), S)]
    page = read_page(options, fragment_of("before\n  CR4.FRED = 0\n  RAX = ?a\n  in kernel"), LEXICON, S)
    assert page.diagnostics == () and page.tree is not None
    assert page.tree.known == {"?a"}
    merged = merge(page.tree, _example("before\n  in user\n  RAX = 5\nafter\n  no fault"))
    assert list(merged.before) == [
        Bind(_name("CR4.FRED"), _number(0), S),
        Assume(_eq(_name("CPL"), _number(3)), S),
        Bind(_name("RAX"), _number(5), S),
    ]
    assert (merged.where, merged.expect) == (Named("amd", "family", S), "fails")
    own = _parsed("after\n no fault", "nop", [("where", fragment_of("intel"), S), ("expect", fragment_of("holds"), S)])
    assert own.tree is not None
    assert (merge(page.tree, own.tree).where, merge(page.tree, own.tree).expect) == (
        Named("intel", "family", S),
        "holds",
    )
    assert merge(Page(), merged) == merged


GOOD = "\nafter\n  no fault"


@pytest.mark.parametrize(
    ("body", "place", "code", "message", "help"),
    [
        ("before\n  GS.bse = 1" + GOOD, (2, 3, 9), "FSGS101", 'unknown cell "GS.bse"', 'did you mean "GS.base"?'),
        ("before\n  GS = 1" + GOOD, (2, 3, 5), "FSGS101", '"GS" has several parts', "write GS.selector or GS.base"),
        ("befor\n  RAX = 1" + GOOD, (1, 1, 6), "FSGS102", 'unknown section "befor"', 'did you mean "before"?'),
        ("before\nRAX = 1" + GOOD, (2, 1, 8), "FSGS102", "this line stands where a section begins", "indent it"),
        ("after no fault", (1, 6, 15), "FSGS102", '"after" stands alone on its line', "put the statement"),
        ("after\n  no fault #x", (2, 12, 14), "FSGS103", "neither a comment nor a fault", "put a blank"),
        ("before\n  assume canoncal(?x)" + GOOD, (2, 10, 18), "FSGS105", 'unknown function "canoncal"', "did you mean"),
        ("after\n  #GX", (2, 3, 6), "FSGS108", 'unknown fault "#GX"', 'did you mean "#GP"?'),
        ("after\n  #GP at wrmsr", (2, 10, 15), "FSGS109", 'no "wrmsr" in the run', "the run has nop, out"),
        ("after\n  #GP at outt", (2, 10, 14), "FSGS109", 'unknown place "outt"', 'did you mean "out"?'),
        ("after\n  #GP at nop", (2, 10, 13), "FSGS109", 'the instruction "nop" stands 2 times in the run', "write"),
        ("after\n  #GP at third nop", (2, 16, 19), "FSGS109", "stands 2 times in the run, not 3", "write"),
        (
            "before\n  RAX = 1",
            (1, 1, 9),
            "FSGS110",
            "the example claims nothing",
            'say what holds in a section "after"',
        ),
        (":\n  no fault" + GOOD, (1, 1, 2), "FSGS102", 'unknown section ":"', "one of before"),
        ("after #x\n  no fault", (1, 6, 9), "FSGS102", '"after" stands alone on its line', "put the statement"),
        ("#x" + GOOD, (1, 1, 3), "FSGS102", 'unknown section "#x"', "one of before"),
        ("after\n  no fault" + GOOD, (3, 1, 6), "FSGS111", 'a second section "after"', "put its lines"),
        ("run" + GOOD, (1, 1, 4), "FSGS112", "there is nothing to run", "write instructions"),
        ("before\n  RAX = ?base\nafter\n  RAX = ?bse", (4, 9, 13), "FSGS113", 'unknown name "?bse"', "did you mean"),
        ("after\n  RAX + 1 unchanged", (2, 3, 10), "FSGS100", "this is not a place", "name a cell"),
        ("before\n  1 = RAX" + GOOD, (2, 3, 4), "FSGS100", "this is not a place", "name a cell"),
        ("after\n  GS.base == 1", (2, 12, 13), "FSGS100", "equality is a single =", "write GS.base = VALUE"),
        ("after\n  GS.base := 1", (2, 12, 13), "FSGS100", "a condition compares, it does not assign", "write"),
        ("after\n  GS.base =", (2, 12, 12), "FSGS100", "a value is missing behind the sign", "expected a value"),
        ("before\n  RAX != 1" + GOOD, (2, 7, 9), "FSGS100", "an assumption that is no equation", "assume CONDITION"),
        ("before\n  RAX = 012" + GOOD, (2, 9, 12), "FSGS100", "", ""),
        ("before\n  GDT[5] = dta" + GOOD, (2, 12, 15), "FSGS100", "a descriptor begins with its kind", "data, code"),
        ("after\n  [amd64] no fault", (2, 4, 9), "FSGS180", '"amd64"', 'did you mean "amd"?'),
        ("after\n  RAX = 0 foo", (2, 11, 14), "FSGS100", '"foo" is not expected here', "expected"),
    ],
)
def test_what_is_refused(body: str, place: tuple[int, int, int], code: str, message: str, help: str) -> None:
    (found,) = _parsed(body, "nop\nout: nop").diagnostics
    assert (found.code, (found.span.line, found.span.column, found.span.end_column)) == (code, place)
    assert message in found.message and help in found.help
    assert found.authority.startswith(("the example language", "the language of scopes")) and found.help


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("prints nothing", ()),
        ('prints "a"', ("a",)),
        ('prints "a # b\\n"', ("a # b",)),
        ('prints "a\\nb" "c"', ("a", "bc")),
        ('prints "say \\"x\\" \\x41" when RAX = 1', ('say "x" A',)),
    ],
)
def test_what_a_run_in_c_prints(line: str, lines: tuple[str, ...]) -> None:
    (condition,) = _example(f"after\n  {line}", "f();").conditions
    assert condition.claimed == Prints(lines, S)


def test_only_c_prints() -> None:
    assert _codes(_parsed('after\n  prints "a"', "nop")) == ["FSGS100"]
    assert _codes(_parsed('always\n  prints "a"', "f();")) == ["FSGS100"]
    assert _codes(_parsed("after\n  *rax = 1", "nop")) == ["FSGS101"]


@pytest.mark.parametrize(
    ("option", "run", "in_c"),
    [
        ("", "x = 1;", True),
        ("", "nop", False),
        ("c", "nop;", True),
        ("asm", "nop;", False),
        ("", "swapgs; nop", False),
        ("", "#ifdef A\nf();\n#endif", True),
        ("", "1: nop # f();\n  jmp 1b", False),
    ],
)
def test_the_language_is_said_or_told(option: str, run: str, in_c: bool) -> None:
    given = [("language", fragment_of(option), S)] if option else []
    parsed = _parsed("after\n  no fault", run, given)
    assert parsed.tree is not None and bool(parsed.tree.code) == in_c


@pytest.mark.parametrize("section", ["always", "never", "sometimes"])
@pytest.mark.parametrize("line", ["no fault", "#GP(0)", "nop ran once", "nop never ran", "serialises"])
def test_what_speaks_of_the_whole_run_stands_in_after(section: str, line: str) -> None:
    parsed = _parsed(f"{section}\n  {line}", "nop")
    assert [(each.code, each.help) for each in parsed.diagnostics] == [("FSGS100", 'say it in a section "after"')]
    assert _parsed(f"after\n  {line}", "nop").diagnostics == ()


@pytest.mark.parametrize("line", ["nop ran once", "nop serialises", "does not serialise"])
def test_only_a_fault_happens_at_a_place(line: str) -> None:
    assert _codes(_parsed(f"after\n  {line} at nop", "nop")) == ["FSGS100"]
    assert _codes(_parsed("after\n  #GP(0) at nop", "nop")) == []


def test_one_bad_line_gives_one_finding_and_the_rest_is_read() -> None:
    parsed = _parsed("before\n  RAX = (1\n  RBX = 1\nafter\n  GS.bse = 1\n  no fault", "swapgz\nnop")
    assert _codes(parsed) == ["FSGS140", "FSGS100", "FSGS101"] or _codes(parsed) == ["FSGS100", "FSGS101", "FSGS140"]
    assert parsed.tree is not None
    assert len(parsed.tree.before) == len(parsed.tree.conditions) == len(parsed.tree.run) == 1


def test_a_place_is_not_judged_by_a_run_that_could_not_be_read() -> None:
    assert _codes(_parsed("after\n #GP at wrmsr", "wrmrs")) == ["FSGS140"]


def test_no_block_and_no_run() -> None:
    assert _codes(_parsed("after\n  no fault")) == ["FSGS112"]
    assert _codes(_parsed("run\n  the block\nafter\n  no fault")) == ["FSGS112"]
    assert _codes(_parsed("after\n  no fault", "# nothing but a comment")) == ["FSGS112"]


@pytest.mark.parametrize(
    ("options", "code", "message", "help"),
    [
        ([("wher", "amd")], "FSGS104", 'unknown option "wher"', 'did you mean "where"?'),
        ([("expect", "fail")], "FSGS104", 'unknown value of expect "fail"', 'did you mean "fails"?'),
        ([("where", "amd"), ("where", "intel")], "FSGS111", 'a second option "where"', "keep one of them"),
        ([("where", None)], "FSGS181", "an empty scope", "name profiles, families or features, or leave it out"),
        ([("where", "amd_zen33")], "FSGS180", '"amd_zen33"', 'did you mean "amd_zen3"?'),
        ([("syntax", "nasm")], "FSGS104", 'unknown value of syntax "nasm"', "one of att, intel"),
        ([("language", "cc")], "FSGS104", 'unknown value of language "cc"', 'did you mean "c"?'),
    ],
)
def test_options(options: list[tuple[str, str | None]], code: str, message: str, help: str) -> None:
    given = [(name, fragment_of(value) if value is not None else None, S) for name, value in options]
    (found,) = _parsed("after\n  no fault", "nop", given).diagnostics
    assert (found.code, found.help) == (code, help) and message in found.message


def test_options_are_kept() -> None:
    given = [("name", fragment_of("y"), S), ("hide", None, S), ("expect", fragment_of("undecided"), S)]
    parsed = _parsed("after\n  no fault", "nop", given)
    assert parsed.tree is not None
    assert (parsed.tree.name, parsed.tree.expect) == ("y", "undecided")
    assert parsed.tree.options == (("name", "y"), ("hide", ""), ("expect", "undecided"))


def test_an_empty_page_is_a_finding() -> None:
    assert _codes(read_page((), None, LEXICON, S)) == ["FSGS112"]
    assert _codes(read_page((), fragment_of("after\n  no fault"), LEXICON, S)) == ["FSGS102"]


@pytest.mark.parametrize(
    "value",
    ["(" * 300 + "1" + ")" * 300, "1" + "+1" * 3000, "- " * 1500 + "1", "1" * 5000, "?x" + "[0]" * 1000],
)
def test_bounds_are_findings(value: str) -> None:
    assert _codes(_parsed(f"after\n  RAX = {value}\n  no fault", "nop")) == ["FSGS106"]


def test_what_lies_just_within_the_bounds_is_read() -> None:
    parsed = _parsed("after\n  RAX = " + "(" * 199 + "1" + ")" * 199 + "\n  RBX = 1" + " + 1" * 90, "nop")
    assert parsed.diagnostics == ()


def _codes(parsed: Parsed[Example] | Parsed[Page]) -> list[str]:
    findings: tuple[Diagnostic, ...] = parsed.diagnostics
    return [each.code for each in findings]


def test_a_body_of_blank_lines_claims_nothing() -> None:
    parsed = read_example("x", (), Fragment(fragment_of("\n\n").lines), (fragment_of("nop"),), LEXICON, S)
    assert _codes(parsed) == [CLAIMS_NOTHING]


def test_so_many_findings_and_no_more() -> None:
    assert _codes(_parsed("after\n" + "  RAX = = 1\n" * 500, "nop")) == ["FSGS100"] * 25 + ["FSGS114"]
