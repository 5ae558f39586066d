"""Hand-made results that the formats are shown on."""

from __future__ import annotations

from sphinx_fsgs.check.result import Dispute, DocumentResult, HostVerdict, Report, Result, Trace
from sphinx_fsgs.diagnostic import Counterexample, Diagnostic, Fix, Step
from sphinx_fsgs.source import Span

PAGE = """\
Title
=====

.. fsgs: claim SWAPGS does not change GS_SHADOW

.. fsgs: example broken
   after
\tGS.base = ?a

Text::

\tswapgs
"""

COUNTEREXAMPLE = Counterexample(
    "intel_skylake",
    (("GS.base", "0x0"), ("GS_SHADOW", "0x1")),
    (Step("swapgs", 12, (("GS.base", "0x1"), ("GS_SHADOW", "0x0")), "", ("no serialisation",)),),
    (("GS_SHADOW", "0x0"),),
)
FAILURE = Diagnostic(
    "FSGS301",
    "error",
    Span("page.rst", 4, 16, 4, 48),
    "SWAPGS changes GS_SHADOW",
    authority="spec/instructions/SWAPGS.insn:12",
    help='write "SWAPGS swaps GS.base and GS_SHADOW"',
    notes=("fails on: all 2 processors", "holds on: none"),
    subject="SWAPGS does not change GS_SHADOW",
    fails_on=("intel_skylake", "amd_zen1"),
    counterexample=COUNTEREXAMPLE,
    citations=("sdm:SWAPGS",),
    elsewhere=("on AMD Zen 1: from GS_SHADOW = 2",),
)
MISSPELT = Diagnostic(
    "FSGS110",
    "error",
    Span("page.rst", 8, 2, 8, 9),
    'unknown cell "GS.bse"',
    help='did you mean "GS.base"?',
    fix=Fix('write "GS.base"', Span("page.rst", 8, 2, 8, 8), "GS.base"),
)
FAILS = Result(
    "claim",
    "",
    "SWAPGS does not change GS_SHADOW",
    "comment",
    Span("page.rst", 4, 16, 4, 48),
    (
        HostVerdict("intel_skylake", "fails", counterexample=COUNTEREXAMPLE),
        HostVerdict("amd_zen1", "fails"),
    ),
    "proved",
    depends_on=("enumerates FRED",),
    paths=1,
    runs=1,
    diagnostics=(FAILURE,),
)
HOLDS = Result(
    "example",
    "swapgs-exchanges",
    "",
    "directive",
    Span("page.rst", 6, 1, 8, 14),
    (
        HostVerdict("intel_skylake", "holds"),
        HostVerdict("intel_pantherlake", "n/a", because="no state meets CR4.FRED = 0"),
        HostVerdict("amd_zen1", "undecided", reason="sources"),
    ),
    "computed",
    assuming=("the stack is mapped",),
    depends_on=("null_selector_clears_base",),
    disputes=(Dispute("null_selector_clears_base", "no", ("amd_zen1",), "the manual says otherwise", ("apm:4.5",)),),
    citations=("sdm:SWAPGS",),
    paths=1,
    runs=2,
    traces=(
        Trace(
            "intel_skylake",
            (("GS.base", "?a"), ("RAX", "0x5")),
            (Step("swapgs", 12, (("GS.base", "?b"),)), Step("nop", 13), Step("lkgs %ax", 14, (), "#UD")),
            (("GS.base", "?b"), ("RAX", "0x5")),
        ),
    ),
)
POSSIBLE = Result(
    "claim",
    "",
    "SWAPGS can change GS_SHADOW",
    "directive",
    Span("page.rst", 4, 16, 4, 43),
    (HostVerdict("amd_k8", "n/a"), HostVerdict("intel_skylake", "holds", counterexample=COUNTEREXAMPLE)),
    "exhibited",
)
DOCUMENT = DocumentResult("page.rst", (FAILS, HOLDS), (MISSPELT,), runs=3, solver_calls=4)
REPORT = Report("0.1.0", "abc123", (DOCUMENT,))
