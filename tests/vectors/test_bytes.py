"""The bytes of the recorded vectors are decoded to what their text is read as."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.encode import Encoder
from sphinx_fsgs.machine.program import Program, assemble
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import Instruction
from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly
from tests.machine.support import spec
from tests.strength.equal import same_effect
from tests.vectors.cpu import assembled
from tests.vectors.state import CODE

pytest.importorskip("iced_x86")

NOP = 0x90
MINIMUM = 3900
"""So many instructions were compared when this was written."""

NOT_OF_THE_SPEC = 'unknown instruction "'


def _decoded(code: bytes) -> tuple[tuple[int, ...], tuple[Any, ...]] | str:
    """Return the addresses of the instructions that bytes are, and the instructions; or what is wrong with them."""
    read = read_assembly(fragment_of(f".byte {', '.join(map(hex, code))}"), spec().lexicon)
    run = decoded(read.tree or (), spec().lexicon, "64-bit")
    found = (*read.diagnostics, *run.diagnostics)
    if found:
        return found[0].message
    lines = [each for each in run.tree or () if isinstance(each, Instruction)]
    addresses = [CODE]
    for each in lines:
        addresses.append(addresses[-1] + len(each.code))
    bound = assemble(run.tree or (), spec(), "64-bit", {}, addresses)
    return bound.diagnostics[0].message if bound.program is None else (tuple(addresses), bound.program.instructions)


def _without_padding(code: bytes, places: Sequence[int]) -> bytes:
    """Return the bytes with plain NOPs where .p2align has put what no text says."""
    kept = bytearray(code)
    for here, there in zip(places, places[1:], strict=False):
        first = next(codec.decode(code[here - CODE :], 64))
        gap = range(here - CODE + first.length, there - CODE)
        kept[gap.start : gap.stop] = bytes((NOP,)) * len(gap)
    return bytes(kept)


def _pairs(program: Program, code: bytes) -> Iterator[tuple[Bound, Bound | None]]:
    """Yield each instruction of the text with that of the bytes at its address."""
    found = _decoded(_without_padding(code, program.places))
    assert not isinstance(found, str), found
    by_address = dict(zip(*found, strict=False))
    for address, instruction in zip(program.places, program.instructions, strict=False):
        assert isinstance(instruction, Bound)
        yield instruction, by_address.get(address)


def test_the_bytes_of_each_vector_are_its_text(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is written otherwise is proved to do the same; what the spec lacks, it lacks as text and as bytes."""
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))["vectors"]
    counts: Counter[str] = Counter()
    exceptions: Counter[str] = Counter()
    for vector in recorded:
        code, program = bytes.fromhex(vector["code_hex"]), assembled(vector)
        if isinstance(program, str):
            assert program.startswith(NOT_OF_THE_SPEC) and program in str(_decoded(code)), vector["id"]
            exceptions[f"neither text nor bytes: {program}"] += 1
            continue
        for text, found in _pairs(program, code):
            assert found is not None, (vector["id"], text.text)
            counts["instructions"] += 1
            if found.key() != text.key():
                assert same_effect(text, found, spec()), (vector["id"], text.text, found.text)
                exceptions[f"{text.mnemonic} decoded as {found.mnemonic}, proved to do the same"] += 1
        counts["vectors"] += 1
        counts["padded"] += isinstance(_decoded(code), str)
    with capsys.disabled():
        print(f"\n{counts['vectors']} vectors of {len(recorded)}, {counts['instructions']} instructions")
        print("\n".join(f"  {count:4} {reason}" for reason, count in exceptions.most_common()))
        print(f"  {counts['padded']:4} vectors have padding with prefixes that say nothing, compared without it")
    missing = sum(count for reason, count in exceptions.items() if reason.startswith("neither"))
    assert counts["vectors"] + missing == len(recorded)
    assert counts["instructions"] >= MINIMUM


def test_what_each_vector_says_is_encoded_as_another_assembler_did(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for jumps over padding, which is not laid out here, and for the choice between codes that mean the same."""
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))["vectors"]
    counts: Counter[str] = Counter()
    for vector in recorded:
        code, program = bytes.fromhex(vector["code_hex"]), assembled(vector)
        if isinstance(program, str):
            continue
        read = read_assembly(fragment_of("\n".join(vector["asm_att"])), spec().lexicon)
        run = decoded(read.tree or (), spec().lexicon, "64-bit").tree or ()
        for row, address in zip(Encoder(spec()).listing(program, run), program.places, strict=False):
            there = code[address - CODE :]
            wanted = there[: next(codec.decode(there, 64)).length]
            assert row.encoded is not None and not row.encoded.left_open, (vector["id"], row.text)
            same = row.encoded.data == wanted
            counts["as recorded" if same else f"otherwise: {row.text.split()[0]}"] += 1
    with capsys.disabled():
        print("\n" + "; ".join(f"{count} {reason}" for reason, count in counts.most_common()))
    assert counts["as recorded"] >= 0.99 * counts.total()
