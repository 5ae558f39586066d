"""How code of the kernel is entered, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import codes, example, verdicts

WITHOUT_FRED = ":where: not FRED"
ENTERED = "entered by {} from {}"


def entries(session: Session) -> list[tuple[str, str]]:
    """Return every way in that the language knows, exceptions by name."""
    return sorted(session.spec.lexicon.entries)


def test_each_way_into_the_kernel_has_states(session: Session, tmp_path: Path) -> None:
    for event, origin in entries(session):
        line = ENTERED.format(event, origin) if origin else event
        result = example(session, tmp_path, "nop", before=line, after="no fault; CPL = 0; GS.base unchanged")
        assert codes(result) == ([] if event != "FRED" else ["FSGS230"]), (event, origin)
        assert "holds" in verdicts(result), (event, origin)


def test_every_exception_is_a_way_in(session: Session) -> None:
    known = {event for event, _ in entries(session)}
    assert known >= {*session.spec.faults, "SYSCALL", "interrupt", "NMI", "FRED", "called"}


@pytest.mark.parametrize(
    ("entry", "code", "broken"),
    [
        ("SYSCALL from user", "swapgs; movq %rsp, %gs:8; swapgs; sysretq", ""),
        ("SYSCALL from user", "movq %rsp, %gs:8; swapgs; sysretq", "before movq %rsp, %gs:8"),
        ("SYSCALL from user", "swapgs; swapgs; movq %rsp, %gs:8", "before movq %rsp, %gs:8"),
        (
            "SYSCALL from user",
            "swapgs; movq %rsp, %gs:8; sysretq",
            "user code does not get its own GS base, at the end",
        ),
        ("SYSCALL from user", "swapgs; movq %rsp, %gs:8", ""),
        ("SYSCALL from user", "nop", "the kernel goes on with another GS base, at the end"),
        ("interrupt from user", "testb $3, 8(%rsp); jz 1f; swapgs; 1: incl %gs:8", ""),
        ("interrupt from kernel", "testb $3, 8(%rsp); jz 1f; swapgs; 1: incl %gs:8", ""),
        ("#GP from user", "testb $3, 16(%rsp); jz 1f; swapgs; 1: incl %gs:8", ""),
        # One slot too low: the error code is taken for CS.
        ("#GP from user", "testb $3, (%rsp); jz 1f; swapgs; 1: incl %gs:8", "before incl %gs:8"),
        # The saved CS tells where it came from, not which base is active.
        ("NMI from kernel", "testb $3, 8(%rsp); jz 1f; swapgs; 1: incl %gs:8", "before incl %gs:8"),
        ("called", "incl %gs:8; swapgs; swapgs", ""),
        ("called", "swapgs; incl %gs:8; swapgs", "before incl %gs:8"),
        ("called", "swapgs", "the kernel goes on with another GS base, at the end"),
    ],
)
def test_rules_are_kept_or_the_place_is_named(
    session: Session, tmp_path: Path, entry: str, code: str, broken: str
) -> None:
    before = f"{'' if entry == 'called' else 'entered by '}{entry}; CR4.FRED = 0"
    result = example(session, tmp_path, code, before=before, after="entry rules", options=WITHOUT_FRED)
    assert codes(result) == (["FSGS413"] if broken else [])
    assert set(verdicts(result)) == {"fails" if broken else "holds"}
    assert broken in "".join(each.message for each in result.diagnostics)


def test_the_sign_of_the_base_tells_nothing_where_users_write_it(session: Session, tmp_path: Path) -> None:
    code = (
        "push %rax; push %rcx; push %rdx; mov $MSR_GS_BASE, %ecx; rdmsr; test %edx, %edx; js 1f; swapgs; "
        "1: pop %rdx; pop %rcx; pop %rax; incl %gs:8"
    )
    for bit, wanted in ((0, "holds"), (1, "fails")):
        before = f"entered by NMI from kernel; CR4.FSGSBASE = {bit}"
        lines = "GS.base = ?kernel at %gs access"
        result = example(session, tmp_path, code, before=before, after=lines, options=":where: FSGSBASE and not FRED")
        assert set(verdicts(result)) == {wanted}


def test_under_fred_the_bases_are_in_place(session: Session, tmp_path: Path) -> None:
    options = ":where: FRED"
    good = example(
        session, tmp_path, "incl %gs:8", before="entered by FRED from user", after="entry rules", options=options
    )
    assert set(verdicts(good)) == {"holds"}
    bad = example(session, tmp_path, "swapgs", before="entered by FRED from user", after="entry rules", options=options)
    assert codes(bad) == ["FSGS211"]


def test_a_page_says_how_its_examples_are_entered(session: Session, tmp_path: Path) -> None:
    from tests.check.support import judge

    text = """
        .. fsgs:page::
           :where: not FRED

           before
               entered by SYSCALL from user

        .. fsgs:example:: one

           run
               swapgs
               incl %gs:8
           after
               entry rules
        """
    (result,) = (each for each in judge(session, tmp_path, text).results if each.kind == "example")
    assert set(verdicts(result)) == {"holds"}
