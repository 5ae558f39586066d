"""Examples on platforms: which hosts they are judged on, what their calls return, and the signals that end them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import ON, codes, example, expand, verdicts

SET = ".syscall arch_prctl(ARCH_SET_GS, ?base)"
BELOW = "assume ?base < 0x7fff_ffff_f000"


def test_a_call_means_each_platform_that_has_it(session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, SET, before=BELOW, after="GS.base = ?base; GS_SHADOW unchanged")
    assert verdicts(result) == {"holds": expand(["linux"])}


def test_a_result_is_claimed_without_a_word(session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, SET, after="GS_SHADOW unchanged", options=":where: linux_legacy")
    assert codes(result) == ["FSGS501"]
    shown = result.diagnostics[0].counterexample
    assert shown is not None and ("RAX", "0xffff_ffff_ffff_ffff") in shown.after
    assert ("?base", "0x7fff_ffff_f000") in shown.before


@pytest.mark.parametrize("value", ["0", "1", "-EINVAL", "?base"])
def test_a_wrong_result_is_found(value: str, session: Session, tmp_path: Path) -> None:
    before = "assume ?base > 0x7fff_ffff_ffff_ffff"
    result = example(session, tmp_path, f"{SET} = {value}", before=before, after="GS.base unchanged")
    assert set(codes(result)) == {"FSGS501"}


def test_a_refused_call_changes_nothing(session: Session, tmp_path: Path) -> None:
    before = "assume ?base > 0x7fff_ffff_ffff_ffff"
    after = "nothing else changes but RAX, RCX, R11"
    result = example(session, tmp_path, f"{SET} = -EPERM", before=before, after=after)
    assert verdicts(result) == {"holds": expand(["linux"])}


def test_old_kernels_load_a_selector(session: Session, tmp_path: Path) -> None:
    after = "[linux >= 4.7] GS.selector = 0; [linux < 4.7] GS.selector = 0x6b when ?base < 1 << 32"
    after += "; [linux < 4.7] GS.selector = 0 when ?base > 0xffff_ffff"
    result = example(session, tmp_path, SET, before=BELOW, after=after)
    assert verdicts(result) == {"holds": expand(["linux"])}


def test_the_bit_tells_whether_the_instructions_can_be_used(session: Session, tmp_path: Path) -> None:
    code = ".getauxval(AT_HWCAP2); test $HWCAP2_FSGSBASE, %eax; jz out; rdgsbase %rbx; out: nop"
    result = example(session, tmp_path, code, after="no fault")
    assert verdicts(result) == {"holds": expand(["linux"])}
    result = example(session, tmp_path, "rdgsbase %rbx", after="SIGILL")
    enabled = [*ON["linux_fsgsbase"], *ON["linux_fred"]]
    assert set(result.on("fails")) == set(enabled) and set(result.on("holds")) == expand(["linux"]) - set(enabled)


@pytest.mark.parametrize(
    ("code", "before", "signal"),
    [
        ("wrmsr", "", "SIGSEGV"),
        ("mov (%rbx), %rax", "RBX = 0x8000_0000_0000; CR4.LA57 = 0", "SIGSEGV"),
        ("mov (%rbx), %rax", "RBX = ?p; unmapped ?p; assume ?p < 0x1000_0000; CR0.AM = 0", "SIGSEGV"),
        ("push %rax", "RSP = 0x8000_0000_0100; CR4.LA57 = 0", "SIGBUS"),
        ("lkgs %ax", "", "SIGILL"),
    ],
)
def test_what_exceptions_become(code: str, before: str, signal: str, session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, code, before=before, after=signal, options=":where: linux")
    assert set(verdicts(result)) == {"holds"}
    other = "SIGBUS" if signal != "SIGBUS" else "SIGSEGV"
    result = example(session, tmp_path, code, before=before, after=other, options=":where: linux")
    assert set(verdicts(result)) == {"fails"}


def test_the_kernel_gets_no_signal(session: Session, tmp_path: Path) -> None:
    result = example(
        session, tmp_path, "rdgsbase %rbx", before="in kernel", after="SIGILL", options=":where: linux_legacy"
    )
    assert set(verdicts(result)) == {"fails"}


def test_memory_that_cannot_be_reached(session: Session, tmp_path: Path) -> None:
    get = ".syscall arch_prctl(ARCH_GET_GS, ?p)"
    options = ":where: linux_fsgsbase"
    assert not codes(example(session, tmp_path, get, after="u64[?p] = GS.base", options=options))
    unmapped = "unmapped ?p"
    assert not codes(example(session, tmp_path, f"{get} = -EFAULT", before=unmapped, after="no fault", options=options))
    assert codes(example(session, tmp_path, f"{get} = -EFAULT", after="no fault", options=options)) == ["FSGS501"]


def test_bare_processors_have_no_calls_and_no_signals(session: Session, tmp_path: Path) -> None:
    for code, after in ((".getauxval(AT_HWCAP2)", "no fault"), ("rdgsbase %rbx", "SIGILL")):
        assert codes(example(session, tmp_path, code, after=after, options=":where: bare")) == ["FSGS502"]


def test_a_scope_of_the_run_narrows(tmp_path: Path) -> None:
    session = Session.open("linux_fsgsbase and intel")
    assert set(session.prove("RDGSBASE raises no fault").on("holds")) == {
        name for name in ON["linux_fsgsbase"] if name.startswith("intel")
    }
    result = example(session, tmp_path, SET, before=BELOW, after="GS.base = ?base")
    assert set(result.on("holds")) == {name for name in ON["linux_fsgsbase"] if name.startswith("intel")}


def test_hosts_that_answer_alike_share_runs(session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, SET, before=BELOW, after="GS.base = ?base")
    assert result.runs < len(result.verdicts) / 3


def test_nothing_is_asked_of_platforms_where_there_are_none(session: Session) -> None:
    asked = session.prove("RDGSBASE raises #UD when CR4.FSGSBASE is clear").depends_on
    assert asked and not any(each.startswith("platform") for each in asked)


@pytest.mark.parametrize("host", ["amd_k8", "intel_skylake on linux_legacy", "intel_skylake on linux_fsgsbase"])
def test_a_host_is_judged_among_others_as_alone(host: str, tmp_path: Path) -> None:
    """What hosts share must be no more than they agree on; the bare processor stands beside those that hold a bit."""
    profile, _, platform = host.partition(" on ")
    lines = {"before": "in user; assume CR4.FSGSBASE = 1", "after": "no fault"}
    where = ":where: bare or linux"
    session = Session.open(f"{profile} and {platform or 'bare'}")
    among = example(Session.open(), tmp_path, "rdgsbase %rax", options=where, **lines)
    alone = example(session, tmp_path, "rdgsbase %rax", options=where, **lines)
    assert [each.profile for each in alone.verdicts] == [host]
    assert alone.verdicts[0].verdict == next(each.verdict for each in among.verdicts if each.profile == host)
    assert {each.verdict for each in among.verdicts} == {"holds", "vacuous"}
