"""Recorded results of processors and emulators: what the concrete machine makes of the same instructions.

Each vector is run on the profile that is nearest to the model it was recorded on. A vector with an
instruction that the spec does not have, or that reads an undefined flag, is left out and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.program import Program, assemble
from sphinx_fsgs.machine.values import UNSET, Fault, NeedsTerms
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from sphinx_fsgs.syntax.read_assembly import read_assembly
from tests.machine.support import Answers, compiler, spec

Vector = dict[str, Any]

ORACLES = {
    "intel_pantherlake": "bochs:wildcat_lake",
    "intel_sapphirerapids_x": "bochs:sapphire_rapids",
    "intel_skylake": "bochs:corei7_skylake_x",
}
GDT, LDT = 0x500000, 0x503000
GDT_LIMIT, LDT_LIMIT = 0x9F, 0xF
PHYSICAL = (1 << 24) - 1
ALIAS = 0xFFFF_8880_0000_0000
MAX_STEPS = 1000
FRAME = 0x100


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, Any]:
    found = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


class Aliased(ConcreteMachine):
    """Memory as the vectors have it: the first 16 MiB, mapped twice."""

    def load(self, linear: int, size: int) -> int:
        return super().load(linear & PHYSICAL, size)

    def store(self, linear: int, size: int, value: int) -> None:
        super().store(linear & PHYSICAL, size, value)


def initially(name: str, argument: int) -> int:
    """Return what memory and the unknown functions hold where a vector says nothing."""
    if name == "mapped":
        return int(argument <= PHYSICAL or ALIAS <= argument <= ALIAS + PHYSICAL)
    return 0


def bytes_of(words: Mapping[str, Any], base: int = 0) -> dict[int, int]:
    found: dict[int, int] = {}
    for address, value in words.items():
        for number, word in enumerate(value if isinstance(value, list) else [value]):
            for index in range(8):
                found[base + int(address, 16) + 8 * number + index] = int(word, 16) >> 8 * index & 0xFF
    return found


def write(cells: list[Any], view: View, value: int) -> None:
    low = view.width
    for slot in view.slots:
        low -= slot.width
        if slot.cell >= 0:
            mask = (1 << slot.width) - 1 << slot.low
            cells[slot.cell] = cells[slot.cell] & ~mask | (value >> low << slot.low & mask)


def read(cells: list[Any], view: View, ignored: int = 0) -> int:
    """Return what a view holds; ignored bits are zero and may be undefined."""
    value = 0
    position = view.width
    for slot in view.slots:
        position -= slot.width
        if ignored >> position & 1:
            value <<= slot.width
            continue
        part = slot.constant if slot.cell < 0 else cells[slot.cell] >> slot.low & (1 << slot.width) - 1
        value = value << slot.width | part
    return value


def start(vector: Vector, meta: Mapping[str, Any]) -> tuple[list[Any], dict[int, int]]:
    layout, init = spec().layout, vector["init"]
    cells: list[Any] = [0] * len(layout.cells)
    values = {name.upper(): value for name, value in init["regs"].items()}
    values |= {f"{name.upper()}.selector": value for name, value in init["selectors"].items()}
    values |= {"FS.base": init["msrs"]["fs_base"], "GS.base": init["msrs"]["gs_base"]}
    values |= {"IA32_KERNEL_GS_BASE": init["msrs"]["kernel_gs_base"], "RFLAGS": init["rflags"]}
    for name, text in values.items():
        view = layout.view(name)
        assert view is not None
        write(cells, view, int(text, 16))
    given = {"GDTR.base": GDT, "GDTR.limit": GDT_LIMIT, "LDTR.base": LDT, "LDTR.limit": LDT_LIMIT}
    given |= {"CR4.FSGSBASE": int(init["cr4_fsgsbase"]), "CR4.FRED": int(init["cr4_fred"])}
    for name, value in given.items():
        write(cells, layout.views[name], value)
    memory = bytes_of(init["mem"]) | bytes_of(meta["gdt_fixed"], GDT) | bytes_of(init["gdt"], GDT)
    return cells, memory | bytes_of(meta["ldt"], LDT)


def assembled(vector: Vector) -> Program | str:
    """Return the program of a vector, or what the spec lacks for it."""
    # MOV takes 64-bit numbers, however the assembler calls it then.
    text = "\n".join(vector["asm_att"]).replace("movabsq", "movq")
    parsed = read_assembly(fragment_of(text), spec().lexicon)
    if parsed.tree is None or parsed.diagnostics:
        return parsed.diagnostics[0].message
    bound = assemble(parsed.tree, spec(), "64-bit", {})
    return bound.program or bound.diagnostics[0].message


@dataclass
class Run:
    cells: list[Any]
    machine: Aliased
    fault: Fault | None


def run(vector: Vector, program: Program, answers: Answers, meta: Mapping[str, Any]) -> Run:
    cells, memory = start(vector, meta)
    machine = Aliased(memory, initially)
    rip = spec().layout.views["RIP"].slots[0].cell
    index: int | None = 0
    for _ in range(MAX_STEPS):
        if index is None or index >= len(program.instructions):
            return Run(cells, machine, None)
        bound = program.instructions[index]
        if bound.requires and not answers[FEATURE_PREFIX + bound.requires]:
            return Run(cells, machine, Fault("#UD", None, 0))
        cells[rip] = program.address(index + 1)
        machine.begin()
        try:
            compiler(False).operation(bound.stem, bound.binding)(cells, machine, answers)
        except Fault as fault:
            machine.undo()
            return Run(cells, machine, fault)
        index = program.index(cells[rip])
    raise AssertionError(f"{vector['id']} does not end")


def expected(vector: Vector, oracle: str) -> dict[str, Any] | None:
    """Return what a model did, by path; None when it was not run or was found to be wrong."""
    flat: dict[str, Any] = {}

    def flatten(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                flatten(f"{path}.{name}" if path else name, inner)
        else:
            flat[path] = value

    final = vector["final"]
    flatten("", {**final, "exception": final["exception"] or {"vector": None, "error_code": None}})
    seen = vector["oracles"].get(oracle, "not-run")
    if oracle == ORACLES["intel_pantherlake"] or seen == "same":
        return flat
    if seen == "not-run" or vector["adjudicated"]:
        return None
    for path, values in seen.items():
        if path in flat:
            flat[path] = values["got"]
        elif path.startswith("mem"):
            return None
    return flat


def differences(vector: Vector, wanted: Mapping[str, Any], done: Run) -> list[str]:
    layout, cells = spec().layout, done.cells
    ignored = int(vector["rflags_undefined"], 16) | 1 << 16
    found: dict[str, Any] = {"rflags": read(cells, layout.views["RFLAGS"], ignored)}
    for name in vector["final"]["regs"]:
        found[f"regs.{name}"] = cells[layout.views[name.upper()].slots[0].cell]
    for name in vector["final"]["selectors"]:
        found[f"selectors.{name}"] = cells[layout.views[f"{name.upper()}.selector"].slots[0].cell]
    for name, cell in {"fs_base": "FS.base", "gs_base": "GS.base", "kernel_gs_base": "GS_SHADOW"}.items():
        found[f"msrs.{name}"] = cells[layout.views[cell].slots[0].cell]
    fault = done.fault
    found["exception.vector"] = None if fault is None else spec().faults[fault.vector].vector
    found["exception.error_code"] = None if fault is None else fault.error or 0
    problems = []
    for path, value in found.items():
        want = wanted[path] if not isinstance(wanted[path], str) else int(wanted[path], 16)
        if path == "rflags":
            want = None if want is None else want & ~ignored
            value = None if value is None else value & ~ignored
        if value is UNSET or value != want:
            problems.append(f"{path}: {_shown(value)}, recorded {_shown(want)}")
    for address, byte in bytes_of(vector["final"]["mem"]).items():
        # With FRED on, the marker behind the code is delivered as an event, and its frame lies below the stack.
        if vector["init"]["cr4_fred"] and address < cells[layout.views["RSP"].slots[0].cell] <= address + FRAME:
            continue
        value = done.machine.byte(address)
        if value != byte:
            problems.append(f"byte {address:#x}: {_shown(value)}, recorded {_shown(byte)}")
    return problems


def _shown(value: Any) -> str:
    return hex(value) if isinstance(value, int) else str(value)


@pytest.mark.parametrize("profile", ORACLES)
def test_the_recorded_vectors(profile: str, recorded: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    problems: list[str] = []
    answers = Answers(profile)
    for vector in recorded["vectors"]:
        program, wanted = assembled(vector), expected(vector, ORACLES[profile])
        if wanted is None:
            counts["not recorded on this model"] += 1
        elif vector["undefined_flag_consumed"]:
            counts["reads an undefined flag"] += 1
        elif isinstance(program, str):
            counts["instruction not in the spec"] += 1
            reasons[program] += 1
        else:
            counts["compared"] += 1
            try:
                found = differences(vector, wanted, run(vector, program, answers, recorded["meta"]))
            except NeedsTerms:
                found = ["reads an undefined value"]
            if found:
                problems.append(f"{vector['id']} ({'; '.join(vector['asm_att'])}): {'; '.join(found)}")
    with capsys.disabled():
        print(
            f"\n{profile}: {dict(counts)}\n  left out for: {', '.join(f'{m} ({n})' for m, n in reasons.most_common(8))}"
        )
    assert counts["compared"] >= 300
    assert problems == [], f"{len(problems)} of {counts['compared']} differ:\n" + "\n".join(problems[:25])
