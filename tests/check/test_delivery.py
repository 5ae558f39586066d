"""Faults that are delivered: to a handler, through one another, to shutdown; and what an example must say for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from tests.check.support import judge

HANDLED = """
    .. fsgs:example:: a-fault
       :where: intel_skylake or amd_zen1

       before
           in kernel
           CR4.FRED = 0
           CS.selector = 0x10
           GDT[2] = code, 64-bit, dpl 0
           GDT[5] = none
           IDT[#GP] = interrupt gate, to handler, selector 0x10, ist 0
           RSP = ?sp
           assume stack(?sp) and ?sp[3:0] = 0
       run
                    mov  $0x2b, %eax
                    mov  %eax, %gs
                    hlt
           handler: mov  (%rsp), %rdx
       after
           {claim}
"""
BARE = """
    .. fsgs:example:: a-fault
       :where: intel_skylake

       before
           {before}
       run
           {run}
       after
           {after}
"""


def findings(session: Session, folder: Path, text: str) -> list[Diagnostic]:
    document = judge(session, folder, text)
    return [*document.diagnostics, *(each for result in document.results for each in result.diagnostics)]


def found(session: Session, folder: Path, text: str) -> list[str]:
    return [each.code for each in findings(session, folder, text)]


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("RDX = 0x28", ""),
        ("RDX = 0x29", "FSGS210"),
        ("RSP = ?sp - 48", ""),
        ("u64[?sp - 16] = ?sp", ""),
        ("u64[?sp - 16] = ?sp - 8", "FSGS210"),
        ("hlt never ran", ""),
        ("mov ran 2 times", ""),
        ("mov ran 3 times", "FSGS210"),
        ("no fault", ""),
        ("#GP(0x28)", "FSGS211"),
        ("shutdown", "FSGS211"),
        ("RFLAGS.RF = 0 at handler", ""),
        ("RFLAGS.IF = 1 at handler", "FSGS410"),
    ],
)
def test_a_handler_in_the_code(session: Session, tmp_path: Path, claim: str, code: str) -> None:
    assert found(session, tmp_path, HANDLED.format(claim=claim)) == [code] * bool(code)


def test_what_is_shown_of_it(session: Session, tmp_path: Path) -> None:
    (finding,) = findings(session, tmp_path, HANDLED.format(claim="RDX = 0x29"))
    assert finding.counterexample is not None
    steps = [(step.text, step.fault) for step in finding.counterexample.steps]
    assert steps == [
        ("mov $0x2b, %eax", ""),
        ("mov %eax, %gs", "#GP"),
        ("(delivery of #GP)", ""),
        ("mov (%rsp), %rdx", ""),
    ]


def test_without_asking_a_fault_ends_the_run(session: Session, tmp_path: Path) -> None:
    text = BARE.format(before="in kernel", run="ud2", after="#UD")
    assert found(session, tmp_path, text) == []
    assert found(session, tmp_path, text.replace("#UD", "shutdown")) == ["FSGS211"]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("IDT[6] = none\n           IDT[13] = none\n           IDT[8] = none", "shutdown", ""),
        ("IDT[6] = none\n           IDT[13] = none\n           IDT[8] = none", "no fault", "FSGS211"),
        ("IDT[6] = interrupt gate, to ?h, not present", "shutdown", "FSGS211"),
        ("IDT[6] = trap gate, to ?h, selector 0x10, ist 0", "RIP = ?h", "FSGS211"),
        ("faults are delivered", "RIP = 1", "FSGS211"),
        ("IDT[#UD] = data", "shutdown", "FSGS206"),
        ("IDT[#UD] = trap gate, base 5", "shutdown", "FSGS206"),
        ("GDT[6] = trap gate", "shutdown", "FSGS206"),
        ("IDT[#UX] = none", "shutdown", "FSGS108"),
        ("in protected mode\n           IDT[6] = none", "shutdown", "FSGS207"),
        ("in protected mode\n           faults are delivered", "shutdown", "FSGS207"),
    ],
)
def test_what_is_said_of_gates(session: Session, tmp_path: Path, before: str, after: str, code: str) -> None:
    text = BARE.format(before=f"in kernel\n           CR4.FRED = 0\n           {before}", run="ud2", after=after)
    assert found(session, tmp_path, text)[:1] == [code] * bool(code)


def test_a_handler_of_compatibility_mode_is_another_run(session: Session, tmp_path: Path) -> None:
    before = """in compatibility mode
           in user
           GDT[2] = code, 64-bit, non-conforming, dpl 0
           TR.limit = 0x67
           u64[TR.base + 4] = ?stack
           IDT[6] = trap gate, to 0xffffffff81800000, selector 0x10, ist 0"""
    text = BARE.format(
        before=before, run="ud2\n           nop", after="RIP = 0xffffffff81800000\n           nop never ran"
    )
    assert found(session, tmp_path, text) == []


def test_what_the_fetch_raises_is_delivered_too(session: Session, tmp_path: Path) -> None:
    before = """in kernel
           CR4.FRED = 0
           CR4.LA57 = 0
           CS.selector = 0x10
           SS.selector = 0x18
           GDTR.base = 0x20000
           IDTR.base = 0x30000
           TR.base = 0x40000
           GDTR.limit = 0x1f
           IDTR.limit = 0xfff
           GDT[2] = code, 64-bit, non-conforming, dpl 0
           IDT[14] = interrupt gate, to caught, selector 0x10, ist 0
           RAX = 0x10000
           unmapped 0x10000
           RSP = 0x58000"""
    run = "jmp *%rax\n           caught: mov 8(%rsp), %rcx"
    assert found(session, tmp_path, BARE.format(before=before, run=run, after="RCX = 0x10000")) == []
    # Which page it was nobody says.
    assert found(session, tmp_path, BARE.format(before=before, run=run, after="CR2 = 0x10000")) == ["FSGS210"]
