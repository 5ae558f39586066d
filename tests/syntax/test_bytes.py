"""Bytes among the statements of a run: what they are read as, what is refused and where, and that nothing raises."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import AsmStatement, Bytes, Immediate, Instruction, Label, bytes_in
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.places import places_of
from sphinx_fsgs.syntax.read_assembly import INTEL, decoded, read_assembly
from sphinx_fsgs.syntax.read_bytes import BITS
from tests.machine.support import spec

pytest.importorskip("iced_x86")

CASES = tomllib.loads(Path(__file__).with_name("bytes.toml").read_text(encoding="utf-8"))

# Prefixes, the escape to opcodes of two bytes, and short jumps.
OFTEN = (0x26, 0x2E, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x48, 0x0F, 0x75, 0xEB)


def read(text: str, mode: Mode = "64-bit", syntax: str = "att") -> tuple[tuple[AsmStatement, ...], list[Diagnostic]]:
    parsed = read_assembly(fragment_of(text.strip("\n")), spec().lexicon, syntax=syntax)
    run = decoded(parsed.tree or (), spec().lexicon, mode)
    return run.tree or (), [*parsed.diagnostics, *run.diagnostics]


def place(span: Span) -> str:
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def shown(statement: AsmStatement) -> str:
    if isinstance(statement, Label):
        return f"{statement.name}:" if statement.written else "(label)"
    assert isinstance(statement, Instruction)
    return f"{statement.text} {place(statement.span)}"


@pytest.mark.parametrize("case", CASES["good"], ids=lambda case: case["text"].strip().split("\n")[0])
def test_what_bytes_are_read_as(case: dict[str, Any]) -> None:
    run, found = read(case["text"], case.get("mode", "64-bit"))
    assert found == []
    assert [shown(each) for each in run] == case["lines"]
    mnemonics = [each.mnemonic for each in run if isinstance(each, Instruction)]
    assert "mnemonics" not in case or mnemonics == case["mnemonics"]


@pytest.mark.parametrize("case", CASES["bad"], ids=lambda case: case["text"].strip().split("\n")[0])
def test_what_is_refused(case: dict[str, Any]) -> None:
    _, found = read(case["text"], case.get("mode", "64-bit"))
    first, *more = found
    assert (first.code, place(first.span), first.message) == (case["code"], case["place"], case["message"])
    assert first.help.startswith(case["help"]) and first.authority
    assert list(first.notes) == case.get("notes", list(first.notes))
    assert [each.code for each in more] == case.get("more", [])


def test_intel_syntax_has_bytes_too_and_numbers_of_its_own() -> None:
    run, found = read(".byte 0fh, 1, 0F8h\nmov rax, gs:[8]", syntax=INTEL)
    assert found == [] and [each.text for each in run if isinstance(each, Instruction)][0] == "swapgs"


def test_decoded_instructions_are_places_and_made_labels_are_none() -> None:
    run, _ = read("x: .byte 0xeb, 0x00, 0x0f, 0x01, 0xf8, 0x0f, 0x01, 0xf8")
    places = places_of(run, spec().lexicon, whole=True)
    assert places.labels == ("x",)
    assert places.mnemonics == ("jmp", "swapgs", "swapgs")


def test_without_a_decoder_the_bytes_stay_and_the_places_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iced_x86", None)
    codec._iced.cache_clear()
    try:
        assert not codec.installed()
        run, found = read("swapgs\n.byte 0x0f, 0x01, 0xf8")
        assert found == [] and bytes_in(run) == run[1] and isinstance(run[1], Bytes)
        assert not places_of(run, spec().lexicon, whole=True).whole
        with pytest.raises(codec.NoCodec, match="pip install 'sphinx-fsgs"):
            list(codec.decode(b"\x90", 64))
    finally:
        codec._iced.cache_clear()


@given(
    st.lists(st.one_of(st.sampled_from(OFTEN), st.integers(0, 255)), min_size=1, max_size=24),
    st.sampled_from(tuple(BITS)),
    st.sets(st.integers(0, 23), max_size=3),
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_instructions_or_findings_at_their_own_place(
    data: list[int], mode: Mode, labels: set[int]
) -> None:
    text = "\n".join(f"{f'l{at}: ' if at in labels else ''}.byte {byte:#x}" for at, byte in enumerate(data))
    run, found = read(text, mode)
    covered = sum(len(each.code) for each in run if isinstance(each, Instruction))
    assert found or covered == len(data)
    assert {f"l{at}" for at in labels if at < len(data)} <= {each.name for each in run if isinstance(each, Label)}
    for each in (*run, *found):
        assert isinstance(each, (Instruction, Label, Diagnostic))
        assert 1 <= each.span.line <= each.span.end_line <= len(data)
    assert all(each.message and each.help and each.authority for each in found)


def test_immediates_and_displacements_stand_at_their_bytes() -> None:
    (line,), found = read(".byte 0x65, 0xc7, 0x43, 8, 1, 0, 0, 0")
    assert found == [] and isinstance(line, Instruction) and line.text == "movl $1, %gs:8(%rbx)"
    number, where = line.operands
    assert isinstance(number, Immediate)
    assert (place(number.span), place(number.value.span), place(where.span)) == ("1:28-1:38", "1:28-1:38", "1:25-1:26")
