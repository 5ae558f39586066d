"""``--bytes`` of ``fsgs run`` and ``fsgs explain``: machine code beside the text, where something decodes."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.syntax import codec

pytest.importorskip("iced_x86")

# A jump back, one ahead, one to where nobody says, labels as numbers, and what is no instruction.
CODE = """
1:   dec %rcx
     jnz 1b
     jmp out
     .byte 0x90
     lea far(%rip), %rax
     call *far(%rip)
     mov $out, %rdx
out: .syscall arch_prctl(ARCH_SET_GS, 8)
     call far
     swapgs
"""
LISTING = """
48 ff c9               dec %rcx
75 fb                  jnz 1b
eb 15                  jmp out
90                     nop
48 8d 05 .. .. .. ..   lea far(%rip), %rax
ff 15 .. .. .. ..      call *far(%rip)
48 c7 c2 .. .. .. ..   mov $out, %rdx
none                   .syscall arch_prctl(ARCH_SET_GS, 8)
e8 .. .. .. ..         call far
0f 01 f8               swapgs
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_jumps_are_as_short_as_they_can_be_and_what_hangs_on_the_address_of_the_code_is_left_open() -> None:
    rows = Session.open().listing(CODE, "let far = 0x5000")
    shown = [f"{'none' if row.encoded is None else str(row.encoded):20}   {row.text}" for row in rows]
    assert "\n".join(["", *shown, ""]) == LISTING


@pytest.mark.parametrize(("more", "shown"), [(0, "eb 80"), (1, "e9 7c ff ff ff"), (2, "e9 7b ff ff ff")])
def test_a_jump_that_is_far_is_long(more: int, shown: str) -> None:
    code = "\n".join(["1:", *["mov %gs:8, %rax"] * 14, *["nop"] * more, "jmp 1b"])
    assert str(Session.open().listing(code, "")[-1].encoded) == shown


def test_run_lists_the_bytes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--bytes", "--where", "amd_zen1", "-e", "mov %gs:8, %rax; x: mov $5, %eax"]) == 0
    listing = "  65 48 8b 04 25 08 00 00 00   mov %gs:8, %rax\n  b8 05 00 00 00               mov $5, %eax\n\n"
    assert capsys.readouterr().out.startswith(f"{listing}on AMD Zen 1\n")


def test_the_json_of_a_run_has_the_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--bytes", "--format", "json", "-e", "nop\n.byte 0x0f, 1, 0xf8"]) == 0
    assert json.loads(capsys.readouterr().out)["listing"] == [
        {"line": 1, "text": "nop", "bytes": "90"},
        {"line": 2, "text": "swapgs", "bytes": "0f 01 f8"},
    ]
    assert main(["run", "--format", "json", "-e", "nop"]) == 0
    assert "listing" not in json.loads(capsys.readouterr().out)


def test_what_cannot_be_run_has_no_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--bytes", "-e", ".byte 0x0f"]) == 1
    assert capsys.readouterr().out.startswith("<snippet>:1:7: error FSGS148")


def test_explain_shows_the_bytes_of_each_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--bytes", "lkgs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Bytes of LKGS in 64-bit mode, for some operands of each form",
        "    f2 0f 00 f0        lkgs %ax",
        "    f2 0f 00 f0        lkgs %eax",
        "    f2 0f 00 f0        lkgs %rax",
        "    f2 41 0f 00 77 08  lkgs 8(%r15)",
        "    f2 41 0f 00 77 08  lkgsl 8(%r15)",
    ]
    assert main(["explain", "--bytes", "PUSH_SEGMENT_32"]) == 0
    assert "in compatibility mode" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["amd_zen1", "FSGS301", "nonsense"])
def test_only_instructions_have_bytes(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--bytes", word]) == 2
    assert capsys.readouterr().err.startswith(f'fsgs explain: no instruction is called "{word}"')


def test_without_a_decoder_the_way_out_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise codec.NoCodec(codec.HOW_TO_INSTALL)

    monkeypatch.setattr(codec, "_iced", missing)
    for arguments in (["run", "--bytes", "-e", "nop"], ["explain", "--bytes", "LKGS"]):
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert not printed.out and "pip install 'sphinx-fsgs[decode]'" in printed.err
    assert main(["run", "-e", "nop"]) == 0 and main(["explain", "LKGS"]) == 0


def test_the_example_that_the_manual_quotes_holds(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manual = (repository / "docs/reference/example-language.rst").read_text(encoding="utf-8")
    quoted = manual.partition("\nMachine code\n")[2].partition(".. code-block:: rst\n")[2]
    block = quoted[: quoted.index("\nHere it is quoted")]
    (tmp_path / "page.rst").write_text(textwrap.dedent(block), encoding="utf-8")
    assert main(["check", "page.rst"]) == 0, capsys.readouterr().out
    assert "1 example" in capsys.readouterr().out
