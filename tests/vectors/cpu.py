"""One vector of instructions on one profile: the program, the run, and where it ends otherwise than recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sphinx_fsgs.machine.program import Program, assemble
from sphinx_fsgs.machine.values import UNSET, Fault, NeedsTerms
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly
from tests.machine.support import Answers, compiler, spec
from tests.vectors.state import CODE, GDT, Aliased, Vector, World, bytes_of, flattened, number, read, start

MAX_STEPS = 1000
FRAME = 0x100
"""So many bytes below the stack hold the frame of the event that ends a vector under FRED."""

PAGE_FAULT = "#PF"

_ALIGN = re.compile(r"\s*\.p2align\s+(\d+)")
_LABEL = re.compile(r"\s*[\w.$]+:\s*$")


def assembled(vector: Vector) -> Program | str:
    """Return the program of a vector at the addresses of its bytes, or what the spec lacks for it."""
    lines = vector["asm_att"]
    parsed = read_assembly(fragment_of("\n".join(lines)), spec().lexicon)
    if parsed.tree is None or parsed.diagnostics:
        return parsed.diagnostics[0].message
    run = decoded(parsed.tree, spec().lexicon, "64-bit")
    if run.tree is None or run.diagnostics:
        return run.diagnostics[0].message
    bound = assemble(run.tree, spec(), "64-bit", {}, places(lines, bytes.fromhex(vector["code_hex"])))
    return bound.program or bound.diagnostics[0].message


def places(lines: Sequence[str], code: bytes) -> tuple[int, ...]:
    """Return the addresses of lines of assembly and of the end, by decoding the bytes that they were assembled to."""
    from iced_x86 import Decoder

    found, at = [], 0
    for line in lines:
        align = _ALIGN.match(line)
        if align:
            at += -at % (1 << int(align[1]))
        elif not _LABEL.match(line):
            found.append(CODE + at)
            at += Decoder(64, code[at:]).decode().len
    assert at == len(code), f"{lines} are not these {len(code)} bytes"
    return (*found, CODE + at)


@dataclass
class Run:
    """How a run ended. After a fault cells and memory are as before the instruction that raised it."""

    cells: list[Any]
    machine: Aliased
    world: World
    fault: Fault | None


def run(vector: Vector, program: Program, answers: Answers, meta: Mapping[str, Any]) -> Run:
    """Run a program from the state of a vector.

    :raises NeedsTerms: when it reads an undefined value.
    """
    cells, machine, world = start(vector, meta)
    layout = spec().layout
    rip = layout.views["RIP"].slots[0].cell
    cells[rip] = program.address(0)
    for _ in range(MAX_STEPS):
        index = program.index(cells[rip])
        if index == len(program.instructions):
            return Run(cells, machine, world, None)
        if index is None:
            return Run(cells, machine, world, _fetched(cells, machine, answers))
        bound = program.instructions[index]
        before = list(cells)
        for each in layout.cells:
            if each.transient:
                cells[each.index] = 0
        cells[rip] = program.address(index + 1)
        machine.begin()
        world.asked.clear()
        try:
            if bound.requires and not answers[FEATURE_PREFIX + bound.requires]:
                raise Fault("#UD", None, 0)
            compiler(False).operation(bound.stem, bound.binding)(cells, machine, answers)  # type: ignore[union-attr]
        except Fault as fault:
            machine.undo()
            if spec().faults[fault.vector].trap:
                before[rip] = program.address(index + 1)
            return Run(before, machine, world, fault)
        if machine.restarted:
            cells[rip] = program.address(index)
    raise AssertionError(f"{vector['id']} does not end")


def _fetched(cells: list[Any], machine: Aliased, answers: Answers) -> Fault | None:
    """Return what the fetch raises where a vector has left its code."""
    try:
        compiler(False).fetch("64-bit")(cells, machine, answers, cells[spec().layout.views["RIP"].slots[0].cell])
    except Fault as fault:
        return fault
    return None


def expected(vector: Vector, oracle: str, reference: str) -> dict[str, Any] | None:
    """Return what a processor did, by path; None when it was not run or was found to be wrong."""
    final = vector["final"]
    flat = flattened({**final, "exception": final["exception"] or {"vector": None, "error_code": None}})
    flat["gdt"] = {**vector["init"]["gdt"], **final.get("gdt_after", {})}
    flat["mem"] = final["mem"]
    seen = vector["oracles"].get(oracle, "not-run")
    if oracle == reference or seen == "same":
        return flat
    if seen == "not-run" or vector["adjudicated"]:
        return None
    if "exception.vector" in seen and "exception.cr2" in flat:
        flat["exception.cr2"] = None
    for path, values in seen.items():
        if path == "rip":
            flat["rip_offset"] = values["got"]
        elif path.startswith("gdt."):
            entry = path.removeprefix("gdt.")
            flat["gdt"][entry] = values["got"] or vector["init"]["gdt"][entry]
        elif path in flat:
            flat[path] = values["got"]
        elif path.startswith("mem"):
            return None
    return flat


def differences(vector: Vector, wanted: Mapping[str, Any], done: Run) -> Iterator[str]:
    """Yield where a run ended otherwise than a processor."""
    for path, value in _ended(vector, done).items():
        want = wanted[path] if wanted[path] is None else number(wanted[path])
        if path == "rflags" and want is not None:
            want &= ~_ignored(vector)
        if value is UNSET or value != want:
            yield f"{path}: {_shown(value)}, recorded {_shown(want)}"
    memory = bytes_of(wanted["mem"]) | bytes_of(wanted["gdt"], GDT)
    stack = done.cells[spec().layout.views["RSP"].slots[0].cell]
    for address, byte in memory.items():
        # With FRED on, the marker behind the code is delivered as an event, and its frame lies below the stack.
        if vector["init"]["cr4_fred"] and address < stack <= address + FRAME:
            continue
        value = done.machine.byte(address)
        if value != byte:
            yield f"byte {address:#x}: {_shown(value)}, recorded {_shown(byte)}"


def _ignored(vector: Vector) -> int:
    return number(vector["rflags_undefined"]) | 1 << 16


def _ended(vector: Vector, done: Run) -> dict[str, Any]:
    """Return the end of a run by the paths of the recording."""
    layout, cells, final = spec().layout, done.cells, vector["final"]

    def cell(name: str) -> Any:
        return cells[layout.views[name].slots[0].cell]

    found: dict[str, Any] = {f"regs.{name}": cell(name.upper()) for name in final["regs"]}
    found |= {f"selectors.{name}": cell(f"{name.upper()}.selector") for name in final["selectors"]}
    found |= {
        "msrs.fs_base": cell("FS.base"),
        "msrs.gs_base": cell("GS.base"),
        "msrs.kernel_gs_base": cell("GS_SHADOW"),
    }
    if vector["init"]["cr4_fred"] and cell("CS.selector") & 3 == 3:
        # The recording was made by the handler of the event that ends a vector, and under FRED that event swaps.
        found["msrs.gs_base"], found["msrs.kernel_gs_base"] = cell("GS_SHADOW"), cell("GS.base")
    try:
        found["rflags"] = read(cells, layout.views["RFLAGS"], _ignored(vector))
    except NeedsTerms:
        found["rflags"] = UNSET
    fault = done.fault
    found["exception.vector"] = None if fault is None else spec().faults[fault.vector].vector
    found["exception.error_code"] = None if fault is None else fault.error or 0
    found["rip_offset"] = cell("RIP") - CODE
    if "cr2" in (final["exception"] or {}):
        found["exception.cr2"] = done.world.missed() if fault is not None and fault.vector == PAGE_FAULT else None
    return found


def _shown(value: Any) -> str:
    return hex(value) if isinstance(value, int) else str(value)
