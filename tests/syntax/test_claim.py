"""Claims: what each form's sentences become, the clauses behind them, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree, FaultPart, Sequence, Subject, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Binary, Call, Name, Number, Unary
from sphinx_fsgs.syntax.forms import forms
from sphinx_fsgs.syntax.read_claim import read_claim, read_claims
from sphinx_fsgs.syntax.scope import Both, Either, Named, Not, Range
from tests.syntax.lexicon import LEXICON

S = Span("", 1, 1, 1, 1)


def _claim(text: str) -> ClaimTree:
    parsed = read_claim(fragment_of(text), LEXICON)
    assert parsed.diagnostics == ()
    assert parsed.tree is not None
    return parsed.tree


def _said(text: str) -> dict[str, object]:
    """Return form, negation and the parts in a short notation: cells by name, values as numbers."""
    claim = _claim(text)
    short: dict[str, object] = {"form": claim.form, "negated": claim.negated}
    for role, parts in claim.parts:
        if role not in ("subject", "other"):
            short[role] = [_short(each) for each in parts]
    return short


def _short(part: object) -> object:
    match part:
        case CellPart(name=name):
            return name
        case WordPart(word=word):
            return f"'{word}"
        case ValuePart(value=Number(value=value)):
            return value
        case FaultPart(vector=vector, error=Number(value=value)):
            return (vector, value)
        case FaultPart(vector=vector):
            return (vector, None)
    raise AssertionError(part)


def _form(name: str, negated: bool = False, **parts: object) -> dict[str, object]:
    return {"form": name, "negated": negated, **parts}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("WRMSR to MSR_KERNEL_GS_BASE is non-serialising", _form("serialises", True)),
        ("WRMSR is not serializing", _form("serialises", True)),
        ("WRMSR doesn't serialise", _form("serialises", True)),
        ("WRMSR Does Not serialize execution", _form("serialises", True)),
        ("WRMSR is serialising", _form("serialises")),
        ("The WRMSR instruction is a serializing instruction", _form("serialises")),
        ("WRMSR serialises the instruction stream", _form("serialises")),
        ("SWAPGS changes GS.base", _form("changes", cells=["GS.base"])),
        (
            "LKGS changes only GS.selector, GS.limit, and KernelGSBase",
            _form("changes", only=["'only"], cells=["GS.selector", "GS.limit", "GS_SHADOW"]),
        ),
        ("LKGS only modifies GS.limit", _form("changes", only=["'only"], cells=["GS.limit"])),
        ("LKGS modifies nothing but GS.limit", _form("changes", only=["'only"], cells=["GS.limit"])),
        ("RDGSBASE changes only its destination", _form("changes", only=["'only"], cells=["destination"])),
        ("SWAPGS changes nothing", _form("changes", only=["'only"], cells=[])),
        ("SWAPGS does not touch GS.limit and FS.base", _form("changes", True, cells=["GS.limit", "FS.base"])),
        ("SWAPGS never modifies memory", _form("changes", True, cells=["memory"])),
        ("LKGS leaves GS.base unchanged", _form("changes", True, cells=["GS.base"])),
        ("LKGS leaves GS.base alone", _form("changes", True, cells=["GS.base"])),
        ("POP GS can change GS.limit", _form("can", verb=["'changes"], cells=["GS.limit"])),
        ("LKGS can alter GS.limit and RAX", _form("can", verb=["'changes"], cells=["GS.limit", "RAX"])),
        ("LKGS cannot modify GS.base", _form("can", True, verb=["'changes"], cells=["GS.base"])),
        ("LKGS can not touch GS.base", _form("can", True, verb=["'changes"], cells=["GS.base"])),
        ("LKGS can't change memory", _form("can", True, verb=["'changes"], cells=["memory"])),
        ("LKGS can never change GS.base", _form("can", True, verb=["'changes"], cells=["GS.base"])),
        (
            "WRMSR can set GS_SHADOW to an arbitrary 64-bit value",
            _form("can", verb=["'sets"], cells=["GS_SHADOW"], width=[64]),
        ),
        ("WRMSR can set the GS base to any value", _form("can", verb=["'sets"], cells=["GS.base"])),
        ("LKGS cannot set GS_SHADOW to every value", _form("can", True, verb=["'sets"], cells=["GS_SHADOW"])),
        (
            "SWAPGS swaps GS.base and MSR_KERNEL_GS_BASE",
            _form("transfer", verb=["'swaps"], cells=["GS.base", "GS_SHADOW"]),
        ),
        ("SWAPGS exchanges GS.base with GS_SHADOW", _form("transfer", verb=["'swaps"], cells=["GS.base", "GS_SHADOW"])),
        (
            "MOV GS does not swap GS.base and FS.base",
            _form("transfer", True, verb=["'swaps"], cells=["GS.base", "FS.base"]),
        ),
        (
            "MOV GS zero-extends a 32-bit base into GS.base",
            _form("transfer", verb=["'zero-extends"], width=[32], source=["'base"], cells=["GS.base"]),
        ),
        (
            "MOV GS sign-extends the descriptor's base to GS.base",
            _form("transfer", verb=["'sign-extends"], source=["'base"], cells=["GS.base"]),
        ),
        (
            "LKGS copies a 64-bit base into GS_SHADOW",
            _form("transfer", verb=["'copies"], width=[64], source=["'base"], cells=["GS_SHADOW"]),
        ),
        (
            "LKGS copies the selector into GS.selector",
            _form("transfer", verb=["'copies"], source=["'selector"], cells=["GS.selector"]),
        ),
        (
            "RDGSBASE copies GS.base into its destination",
            _form("transfer", verb=["'copies"], source=["GS.base"], cells=["destination"]),
        ),
        (
            "WRGSBASE copies its source into GS.base",
            _form("transfer", verb=["'copies"], source=["source"], cells=["GS.base"]),
        ),
        ("MOV GS sets GS.base to 0", _form("transfer", verb=["'sets"], cells=["GS.base"], value=[0])),
        ("MOV GS sets GS.base to 0x10", _form("transfer", verb=["'sets"], cells=["GS.base"], value=[16])),
        ("MOV GS sets GS.base to zero", _form("transfer", verb=["'sets"], cells=["GS.base"], value=[0])),
        ("MOV GS clears GS.base", _form("transfer", verb=["'sets"], cells=["GS.base"], value=[0])),
        ("WRGSBASE raises #UD", _form("faults", fault=[("#UD", None)])),
        ("WRGSBASE raises #GP(0)", _form("faults", fault=[("#GP", 0)])),
        ("WRGSBASE faults with #UD", _form("faults", fault=[("#UD", None)])),
        ("WRGSBASE does not raise #GP", _form("faults", True, fault=[("#GP", None)])),
        ("WRGSBASE does not fault with #GP(0)", _form("faults", True, fault=[("#GP", 0)])),
        ("WRGSBASE raises no fault", _form("faults", fault=[("", None)])),
        ("WRGSBASE does not fault", _form("faults", fault=[("", None)])),
        ("WRGSBASE doesn't raise any exception", _form("faults", fault=[("", None)])),
        ("WRGSBASE faults", _form("faults", True, fault=[("", None)])),
        ("MSR_KERNEL_GS_BASE is MSR 0xC0000102", _form("numbered", msr=["'MSR_KERNEL_GS_BASE"], index=[0xC0000102])),
        ("KernelGSBase has the MSR number 0xC0000102", _form("numbered", msr=["'KernelGSBase"], index=[0xC0000102])),
        ("MSR_GS_BASE is not MSR 1", _form("numbered", True, msr=["'MSR_GS_BASE"], index=[1])),
        ("MSR_GS_BASE does not have number 1", _form("numbered", True, msr=["'MSR_GS_BASE"], index=[1])),
        ("FSGSBASE is enumerated", _form("enumerated", feature=["'FSGSBASE"])),
        ("FSGSBASE is not enumerated", _form("enumerated", True, feature=["'FSGSBASE"])),
    ],
)
def test_sentences(text: str, said: dict[str, object]) -> None:
    assert _said(text) == said


@pytest.mark.parametrize(
    ("where", "parts"),
    [
        ("in CPUID leaf 7, EBX bit 0", {"leaf": [7], "register": ["'EBX"], "bit": [0]}),
        ("in CPUID leaf 7, subleaf 1, EAX bit 18", {"leaf": [7], "subleaf": [1], "register": ["'EAX"], "bit": [18]}),
        ("by CPUID.7.0:EBX[0]", {"leaf": [7], "subleaf": [0], "register": ["'EBX"], "bit": [0]}),
        ("in CPUID.(7,0):EBX[bit 0]", {"leaf": [7], "subleaf": [0], "register": ["'EBX"], "bit": [0]}),
        ("in CPUID 0x80000021.EAX[1]", {"leaf": [0x80000021], "register": ["'EAX"], "bit": [1]}),
        (
            "in CPUID.(EAX=07H,ECX=1):EAX.LKGS[bit 18]",
            {"leaf": [7], "subleaf": [1], "register": ["'EAX"], "bit": [18]},
        ),
    ],
)
def test_where_a_feature_is_enumerated(where: str, parts: dict[str, object]) -> None:
    assert _said(f"LKGS is enumerated {where}") == _form("enumerated", feature=["'LKGS"], **parts)


def test_subjects() -> None:
    swapgs = Subject("SWAPGS", None, None, "SWAPGS", S)
    mov = Subject("MOV_LOAD", "GS", None, "MOV GS", S)
    text = "SWAPGS; MOV GS; SWAPGS is equivalent to LKGS whenever both complete on GS.base and KernelGSBase on intel"
    claim = _claim(text)
    assert claim.role("subject") == (Sequence((swapgs, mov, swapgs), S),)
    assert claim.role("other") == (Sequence((Subject("LKGS", None, None, "LKGS", S),), S),)
    assert claim.role("cells") == (CellPart("GS.base", S), CellPart("GS_SHADOW", S))
    assert claim.whenever and claim.scope == Named("intel", "family", S)
    (sequence,) = _claim("WRMSR to MSR_GS_BASE changes GS.base").role("subject")
    assert sequence == Sequence((Subject("WRMSR", None, "MSR_GS_BASE", "WRMSR to MSR_GS_BASE", S),), S)
    (sequence,) = _claim("MOV to GS changes GS.base").role("subject")
    assert sequence == Sequence((Subject("MOV_LOAD", "GS", None, "MOV to GS", S),), S)


def test_clauses_stand_in_any_order() -> None:
    said = "SWAPGS changes GS.base"
    one = _claim(f"{said} when CPL = 0, at CPL 3 in compatibility mode under FRED on amd with LKGS without FRED.")
    two = _claim(f"{said} without FRED on amd in compatibility mode at CPL 3 when CPL = 0 under FRED")
    cpl = Binary("=", Name("CPL", S), Number(0, S), S)
    fred = Binary("=", Name("CR4.FRED", S), Number(1, S), S)
    assert one.when == two.when == Binary("AND", cpl, fred, S)
    assert (one.cpl, one.mode, two.cpl, two.mode) == (3, "compatibility", 3, "compatibility")
    amd, lkgs, no_fred = Named("amd", "family", S), Named("LKGS", "feature", S), Not(Named("FRED", "feature", S), S)
    assert one.scope == Both(Both(amd, lkgs, S), no_fred, S)
    assert two.scope == Both(no_fred, amd, S)
    assert _claim(said).mode == "64-bit" and _claim(f"{said} in protected mode").mode == "protected"


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("the selector is null", Call("null", (Name("the.selector", S),), S)),
        ("the selector is not null", Unary("NOT", Call("null", (Name("the.selector", S),), S), S)),
        ("the operand is canonical", Call("canonical", (Name("the.operand", S),), S)),
        ("CR4.FRED is clear", Binary("=", Name("CR4.FRED", S), Number(0, S), S)),
        ("CR4.FRED is set", Binary("=", Name("CR4.FRED", S), Number(1, S), S)),
        ("CR4.FRED is not set", Binary("≠", Name("CR4.FRED", S), Number(1, S), S)),
        ("RAX is nonzero", Binary("≠", Name("RAX", S), Number(0, S), S)),
        (
            "the base is at least 1 << 63",
            Binary("≥", Name("the.base", S), Binary("<<", Number(1, S), Number(63, S), S), S),
        ),
        ("the base is below 4", Binary("<", Name("the.base", S), Number(4, S), S)),
        ("RAX is not 4", Binary("≠", Name("RAX", S), Number(4, S), S)),
        ("RAX is 4", Binary("=", Name("RAX", S), Number(4, S), S)),
    ],
)
def test_conditions_in_english(words: str, condition: object) -> None:
    assert _claim(f"MOV GS changes GS.base when {words} on intel").when == condition


def test_scopes_of_claims() -> None:
    scope = _claim("SWAPGS is serialising on intel or amd_zen1..amd_zen3 with FRED").scope
    either = Either(Named("intel", "family", S), Range("amd_zen1", "amd_zen3", S), S)
    assert scope == Both(either, Named("FRED", "feature", S), S)


def test_a_list_of_claims() -> None:
    text = "SWAPGS is serialising   # no\n  # a comment\nWRGSBASE raises #UD\n   when CPL = 3\nSWAPGS is tea #x"
    parsed = read_claims(fragment_of(text), LEXICON)
    assert parsed.tree is not None
    assert [each.tree.text if each.tree else None for each in parsed.tree] == [
        "SWAPGS is serialising",
        "WRGSBASE raises #UD when CPL = 3",
        None,
    ]
    assert [each.code for each in parsed.diagnostics] == ["FSGS103"]
    assert [each.code for each in read_claims(fragment_of("# none"), LEXICON).diagnostics] == ["FSGS168"]


def test_spans_run_over_lines() -> None:
    parsed = read_claim(fragment_of("  SWAPGS swaps\n    GS.base and GS_SHADOW", "p.rst", 7), LEXICON)
    assert parsed.tree is not None
    assert parsed.tree.span == Span("p.rst", 7, 3, 8, 26)
    assert [each.span for each in parsed.tree.role("cells")] == [
        Span("p.rst", 8, 5, 8, 12),
        Span("p.rst", 8, 17, 8, 26),
    ]
    assert parsed.tree.role("subject")[0].span == Span("p.rst", 7, 3, 7, 9)
    assert parsed.tree.text == "SWAPGS swaps GS.base and GS_SHADOW"


@pytest.mark.parametrize(
    ("text", "columns", "code", "message", "help"),
    [
        ("SWAPGS makes coffee", (1, 20), "FSGS160", "no form of claim reads this sentence", "the nearest form is"),
        ("SWAPGS swaps GS.base quickly", (22, 29), "FSGS161", '"quickly" is not expected here', "SWAPGS swaps"),
        ("SWAPGS swaps GS.base", (21, 21), "FSGS161", "something is missing at the end", 'expected "and" or "with"'),
        (
            "POP GS may change GS.limit",
            (8, 11),
            "FSGS161",
            '"may" is not expected here',
            '"POP GS" is followed by a verb',
        ),
        ("SWAPGX swaps GS.base and RAX", (1, 7), "FSGS162", 'unknown instruction "SWAPGX"', 'did you mean "SWAPGS"?'),
        ("SWAPGS swaps GS.base and GS_SHADOV", (26, 35), "FSGS101", "unknown cell", 'did you mean "GS_SHADOW"?'),
        ("SWAPGS changes only its target", (25, 31), "FSGS101", '"target"', "its source or destination"),
        ("WRMSR to MSR_FOO changes RAX", (10, 17), "FSGS165", 'unknown MSR "MSR_FOO"', "write it as the spec does"),
        ("SWAPGS raises #GX", (15, 18), "FSGS108", 'unknown fault "#GX"', 'did you mean "#GP"?'),
        ("SWAPGS changes RAX at CPL 7", (27, 28), "FSGS164", '"7" is no privilege level', "write 0, 1, 2 or 3"),
        (
            "SWAPGS changes RAX under FERD",
            (26, 30),
            "FSGS164",
            'no bit of CR4 is called "FERD"',
            'did you mean "FRED"?',
        ),
        ("SWAPGS changes RAX when", (20, 24), "FSGS164", 'nothing stands behind "when"', "say the condition"),
        ("SWAPGS changes RAX on", (20, 22), "FSGS164", 'nothing stands behind "on"', "name processors"),
        ("SWAPGS changes RAX on amd on intel", (27, 29), "FSGS164", 'a second "on"', "keep one of them"),
        (
            "SWAPGS changes RAX in protected mode only",
            (38, 42),
            "FSGS164",
            '"only" is not expected',
            'begins with "when"',
        ),
        ("SWAPGS changes RAX on amd_zen33", (23, 32), "FSGS180", '"amd_zen33"', 'did you mean "amd_zen3"?'),
        ("SWAPGS changes RAX on amd, intel", (26, 27), "FSGS181", "a list of processors", "write A or B"),
        ("SWAPGS changes RAX when the moon is 1", (25, 33), "FSGS101", '"the moon" means nothing here', "the selector"),
        ("FSGSBASF is enumerated", (1, 9), "FSGS165", 'unknown CPUID feature "FSGSBASF"', 'did you mean "FSGSBASE"?'),
        ("MSR_GS_BAS is MSR 1", (1, 11), "FSGS165", 'unknown MSR "MSR_GS_BAS"', 'did you mean "MSR_GS_BASE"?'),
        ("SWAPGS swaps GS.base and MSR_GS_BASE", (1, 37), "FSGS166", "both names are the same cell", "different"),
        (
            "SWAPGS changes RAX whenever both complete",
            (1, 42),
            "FSGS167",
            '"whenever both complete" says nothing',
            "equivalent",
        ),
        ("when CPL = 0", (1, 13), "FSGS168", "a claim without a sentence", "say, for instance"),
        ("", (1, 1), "FSGS168", "a claim without a sentence", "say, for instance"),
        ("SWAPGS changes " + "RAX, " * 1000 + "RBX", (1, 2), "FSGS106", "a statement of", "split the statement"),
    ],
)
def test_what_is_refused(text: str, columns: tuple[int, int], code: str, message: str, help: str) -> None:
    parsed = read_claim(fragment_of(text), LEXICON)
    assert parsed.tree is None
    (found,) = parsed.diagnostics
    assert (found.code, (found.span.column, found.span.end_column)) == (code, columns)
    assert message in found.message and help in found.help and found.authority


def test_each_form_reads_its_own_models_and_no_other_does() -> None:
    for form in forms():
        for model in form.models:
            assert form.trigger.search(model), model
            assert _claim(model).form == form.name


def test_forms_are_small_and_quick_to_build(repository: Path) -> None:
    """Each form costs little; the bound is ten times what was measured, for slow machines."""
    folder = repository / "grammar" / "claims"
    assert {form.name for form in forms()} == {path.stem for path in folder.glob("*.lark")}
    _claim("SWAPGS swaps GS.base and GS_SHADOW")  # Lark itself is loaded
    for form in forms():
        start = time.perf_counter()
        form.language.parser()
        assert time.perf_counter() - start < 0.25, form.name


def test_reading_needs_neither_lark_nor_grammars_until_there_is_text() -> None:
    code = "import sphinx_fsgs.syntax.read_claim, sphinx_fsgs.syntax.read_example, sys; print('lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
