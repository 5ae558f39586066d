"""The runner of recorded vectors, on recordings made up here and on those of the shared folder."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.machine.values import UNSET
from sphinx_fsgs.spec.disagreements import load_disagreements
from tests.machine.support import Answers, spec
from tests.vectors import cpu
from tests.vectors.__main__ import main
from tests.vectors.state import number
from tests.vectors.verdicts import judge_file, table

pytest.importorskip("iced_x86")

MINIMUM = 500
"""So many vectors agreed when integer and system instructions were still few."""

FLAGS = {"CF": 0, "PF": 2, "AF": 4, "ZF": 6, "SF": 7, "OF": 11}
PROFILE = "intel_pantherlake"
"""The processor that has all that the recorded one has."""

_REGISTERS = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
_STATE: dict[str, Any] = {
    "regs": dict.fromkeys(_REGISTERS, "0x0") | {"rsp": "0x3fff00", "rbx": "0x300000"},
    "rflags": "0x2",
    "selectors": {"cs": "0x8", "ss": "0x10", "ds": "0x10", "es": "0x10", "fs": "0x0", "gs": "0x0"},
    "msrs": {"fs_base": "0x0", "gs_base": "0x1000", "kernel_gs_base": "0x2000"},
    "mem": {"0x300000": ["0x7", "0x8"]},
}
_META = {"gdt_fixed": {"0x8": "0xaf9b000000ffff", "0x10": "0xcf93000000ffff"}, "ldt": {}}


def vector(asm: str, code: str, rip: int, exception: dict[str, str] | None = None, **regs: str) -> dict[str, Any]:
    """Return a vector that changes these registers only."""
    init = {
        **_STATE,
        "cr4_fsgsbase": True,
        "cr4_fred": False,
        "star": "0x0",
        "lstar": "0x0",
        "sfmask": "0x0",
        "gdt": {},
    }
    final = copy.deepcopy(_STATE) | {"exception": exception, "rip_offset": rip}
    final["regs"] |= regs
    return {
        "id": asm,
        "asm_att": asm.split("; "),
        "code_hex": code,
        "init": init,
        "final": final,
        "rflags_undefined": "0x0",
        "undefined_flag_consumed": False,
        "adjudicated": None,
        "oracles": {"bochs:wildcat_lake": "same"},
    }


GOOD = [
    vector("movq 8(%rbx), %rax", "488b4308", 4, rax="0x8"),
    vector("swapgs; rdgsbase %rax; swapgs", "0f01f8f3480faec80f01f8", 11, rax="0x2000"),
    vector(
        "movl $0x18, %eax; .p2align 3; movl %eax, %gs",
        "b8180000009090908ee8",
        8,
        {"vector": "0xd", "error_code": "0x18"},
        rax="0x18",
    ),
    vector(
        "movl $0x1000000, %eax; movq -4(%rax), %rcx",
        "b800000001488b48fc",
        5,
        {"vector": "0xe", "error_code": "0x0", "cr2": "0x1000000"},
        rax="0x1000000",
    ),
]


@pytest.mark.parametrize("one", GOOD, ids=lambda one: str(one["id"]))
def test_what_a_processor_did_is_what_the_machine_does(one: dict[str, Any]) -> None:
    tally = judge_file({"meta": _META, "vectors": [one]})
    assert tally.counts == {"agree": 1}, tally.problems


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("regs.rax", "0x9"),
        ("regs.r15", "0x1"),
        ("selectors.ds", "0x23"),
        ("msrs.kernel_gs_base", "0x1000"),
        ("rflags", "0x3"),
        ("rip_offset", 3),
        ("exception", {"vector": "0xd", "error_code": "0x0"}),
        ("mem", {"0x300000": ["0x7", "0x9"]}),
        ("gdt_after", {"0x8": "0xaf9a000000ffff"}),
    ],
)
def test_each_part_of_the_end_is_compared(path: str, value: object) -> None:
    wrong = copy.deepcopy(GOOD[0])
    target = wrong["final"]
    *inner, last = path.split(".")
    for name in inner:
        target = target[name]
    target[last] = value
    tally = judge_file({"meta": _META, "vectors": [wrong]})
    assert tally.counts == {"unexplained": 1}


def test_what_cannot_be_run_is_left_out_with_its_reason() -> None:
    unknown = vector("frobnicate", "90", 1)
    undefined = GOOD[0] | {"undefined_flag_consumed": True}
    tally = judge_file({"meta": _META, "vectors": [unknown, undefined]})
    assert tally.counts == {"left out": 2}
    assert tally.reasons == {'unknown instruction "frobnicate"': 1, "reads an undefined flag": 1}


def test_a_difference_that_the_ledger_names_is_known() -> None:
    entry = load_disagreements(spec().folder)["msr_that_does_not_exist"]
    wrong = vector("nop", "90", 1, rax="0x1") | {"id": min(entry.vectors)}
    tally = judge_file({"meta": _META, "vectors": [wrong]})
    assert tally.counts == {"ledger": 1} and tally.entries == {entry.name: 1}


def test_the_last_line_and_the_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"meta": _META, "vectors": GOOD}), encoding="utf-8")
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"agree {len(GOOD)}, ledger 0, left out 0, unexplained 0"
    path.write_text(json.dumps({"meta": _META, "vectors": [vector("nop", "90", 2)]}), encoding="utf-8")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "agree 0, ledger 0, left out 0, unexplained 1"
    path.write_text("[]", encoding="utf-8")
    assert main([str(path)]) == 2


def test_each_recorded_processor_is_in_the_table(shared: Path) -> None:
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))
    seen = {oracle for each in recorded["vectors"] for oracle in each["oracles"]}
    known = table()
    assert seen == {*known.profiles, *known.left_out}
    assert not set(known.profiles) & set(known.left_out)
    assert set(known.profiles.values()) <= set(spec().profiles)


def test_the_ledger_names_vectors_that_there_are(shared: Path) -> None:
    names = {
        each["id"]
        for file in ("cpu.json", "native_linux.json")
        for each in json.loads((shared / "vectors" / file).read_text(encoding="utf-8"))["vectors"]
    }
    for entry in load_disagreements(spec().folder).values():
        assert entry.vectors <= names, entry.name


def test_what_is_left_out_of_the_recorded_vectors_is_known(shared: Path) -> None:
    """Beside what no machine may pretend to know, only what the manual says is left out."""
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))
    reasons = set(judge_file(recorded).reasons) - {"reads an undefined flag"}
    assert reasons == {'unknown instruction "sysexitq"'}


def test_flags_are_undefined_where_the_recordings_say_so(shared: Path) -> None:
    """And of those that are defined here although a recording ignores them, every processor has the value.

    The recordings ignore more, because they do not look at counts in CL.
    """
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))
    known = frozenset().union(*(entry.vectors for entry in load_disagreements(spec().folder).values()))
    flags = {name: slot for name in FLAGS for slot in spec().layout.views[f"RFLAGS.{name}"].slots}
    undefined = ignored = 0
    for vector in recorded["vectors"]:
        program = cpu.assembled(vector)
        if vector["undefined_flag_consumed"] or vector["id"] in known or isinstance(program, str):
            continue
        done = cpu.run(vector, program, Answers(PROFILE), recorded["meta"])
        mask, final = number(vector["rflags_undefined"]), number(vector["final"]["rflags"])
        for name, slot in flags.items():
            held, bit = done.cells[slot.cell], FLAGS[name]
            if held is UNSET:
                assert mask >> bit & 1, (vector["id"], name)
                undefined += 1
            elif mask >> bit & 1 and done.fault is None:
                assert held >> slot.low & 1 == final >> bit & 1, (vector["id"], name)
                ignored += 1
    assert undefined > 100 and ignored > 10


def test_the_recorded_vectors(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(shared / "vectors" / "cpu.json")])
    printed = capsys.readouterr().out
    last = printed.splitlines()[-1]
    with capsys.disabled():
        print(f"\n{last}")
    found = re.fullmatch(r"agree (\d+), ledger (\d+), left out (\d+), unexplained 0", last)
    assert found and status == 0, printed
    assert int(found[1]) >= MINIMUM
