"""Examples and blocks of code with machine code in them, and what is said where nothing decodes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.block import why_not_understood
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax import codec
from tests.check.support import ALL, codes, example, expected, judge, verdicts

pytest.importorskip("iced_x86")

EVERYWHERE = expected({"holds": ["all"]})
KERNEL = "CPL = 0; CR4.FRED = 0"
SWAPGS = ".byte 0x0f, 0x01, 0xf8"


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        (SWAPGS, f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b", "GS.base = ?b; GS_SHADOW = ?a"),
        (SWAPGS, "CPL = 3; CR4.FRED = 0", "#GP(0)"),
        (f"nop; {SWAPGS}", "CPL = 3; CR4.FRED = 0", "#GP(0) at swapgs"),
        (f"x: {SWAPGS}; y: {SWAPGS}", KERNEL, "swapgs ran twice; GS.base = GS_SHADOW at y when GS.base = GS_SHADOW"),
        (SWAPGS, "in compatibility mode", "#UD"),
        (SWAPGS.replace("0x0f", "0xf0, 0x0f"), KERNEL, "#UD at ud2"),
        # 1: xor %eax, %eax; jz 1f; ud2; 1: inc %eax
        (".byte 0x31, 0xc0, 0x74, 2, 0x0f, 0x0b, 0xff, 0xc0", "", "RAX = 1; ud2 never ran"),
        # call 1f; jmp 2f; 1: ret; 2:
        (".byte 0xe8, 2, 0, 0, 0, 0xeb, 1, 0xc3", "", "retq ran once; RSP unchanged"),
        (".byte 0xe8, 0, 0, 0, 0, 0x58; push %rax", "RSP = ?s", "u64[?s - 8] = RAX"),
    ],
)
def test_bytes_run_as_the_instruction_that_they_are(
    code: str, before: str, after: str, session: Session, tmp_path: Path
) -> None:
    result = example(session, tmp_path, code, before=before, after=after)
    assert verdicts(result) == EVERYWHERE, result.diagnostics


def test_the_processor_decides_as_for_text(session: Session, tmp_path: Path) -> None:
    before, after = f"{KERNEL}; RAX = 0", "GS_SHADOW = 0"
    text = example(session, tmp_path, "lkgs %ax", before=before, after=after)
    code = example(session, tmp_path, ".byte 0xf2, 0x0f, 0x00, 0xf0", before=before, after=after)
    assert verdicts(code) == verdicts(text) and set(verdicts(code)) == {"holds", "fails"}
    (found,) = code.diagnostics
    assert found.counterexample is not None
    assert [(step.text, step.line, step.fault) for step in found.counterexample.steps] == [
        ("lkgsw %ax", text.diagnostics[0].counterexample.steps[0].line, "#UD")  # type: ignore[union-attr]
    ]


def test_the_mode_of_the_page_is_that_of_the_bytes(session: Session, tmp_path: Path) -> None:
    text = """
        .. fsgs: page
           before
               in protected mode
               EAX = 1

        .. fsgs: example inherited
           run
               .byte 0x40
           after
               EAX = 2

        .. fsgs: example its-own
           before
               in 64-bit mode
           run
               .byte 0x48, 0xff, 0xc0
           after
               EAX = 2
        """
    document = judge(session, tmp_path, text)
    assert [verdicts(each) for each in document.results] == [EVERYWHERE, EVERYWHERE], document.all_diagnostics()


def test_what_is_wrong_with_bytes_is_reported_once_and_the_rest_of_the_example_too(
    session: Session, tmp_path: Path
) -> None:
    result = example(
        session, tmp_path, ".byte 0x90, 0x0f, 0x04; mov %rax; x: nop", after="no fault; RAX unchanged at x"
    )
    assert codes(result) == ["FSGS148", "FSGS150"] and not verdicts(result)


def test_bytes_that_do_not_fit_the_mode_are_refused_by_the_spec(session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, ".byte 0xcf", before="in protected mode", after="no fault")
    assert codes(result) == ["FSGS153"]


def test_a_snippet_shows_what_its_bytes_do(session: Session) -> None:
    result = session.run(f"{SWAPGS}; .byte 0x90", "in kernel", "amd_zen1")
    (trace,) = result.traces
    assert [step.text for step in trace.steps] == ["swapgs", "nop"]


@pytest.mark.parametrize(
    ("text", "why"),
    [(SWAPGS, ""), (".byte 0x0f, 0x01", "bytes"), (".byte 0x0f, 0x01, 0xcb", "unknown-instruction")],
)
def test_a_block_of_which_nothing_is_said(text: str, why: str, session: Session) -> None:
    assert why_not_understood(fragment_of(f"{text}\nnop"), "asm", session.spec) == why


class TestWithoutDecoder:
    """Where nothing decodes, what has bytes is undecided, with the way out, and all else is checked."""

    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing() -> None:
            raise codec.NoCodec(codec.HOW_TO_INSTALL)

        monkeypatch.setattr(codec, "_iced", missing)

    def test_an_example_with_bytes_is_undecided_and_the_next_one_is_judged(
        self, session: Session, tmp_path: Path
    ) -> None:
        text = """
            .. fsgs: example bytes
               before
                   in kernel
               after
                   #UD at second swapgs
                   nothing else changes

            Code::

                swapgs
                .byte 0x0f, 0x01, 0xf8

            .. fsgs: claim SWAPGS swaps GS.base and GS_SHADOW
            """
        first, second = judge(session, tmp_path, text).results
        assert verdicts(first) == expected({"undecided": ["all"]}) and first.reason == "no decoder"
        (found,) = first.diagnostics
        assert (found.code, found.severity, found.span.line, found.span.column) == ("FSGS242", "error", 12, 5)
        assert "iced-x86" in found.message and "pip install 'sphinx-fsgs[decode]'" in found.help
        assert verdicts(second) == EVERYWHERE

    def test_other_mistakes_are_reported_all_the_same(self, session: Session, tmp_path: Path) -> None:
        result = example(session, tmp_path, f"{SWAPGS}; mov %rax", after="no fault")
        assert codes(result) == ["FSGS150"] and not verdicts(result)
        result = example(session, tmp_path, ".byte 0x100", after="no fault")
        assert codes(result) == ["FSGS142"]

    def test_it_is_what_an_author_may_expect(self, session: Session, tmp_path: Path) -> None:
        result = example(session, tmp_path, SWAPGS, after="no fault", options=":expect: undecided")
        assert codes(result) == [] and verdicts(result) == expected({"undecided": ["all"]})

    def test_a_snippet_is_undecided(self, session: Session) -> None:
        result = session.run(SWAPGS, "", "amd")
        assert codes(result) == ["FSGS242"] and set(result.on("undecided")) < set(ALL)
        assert result.text == SWAPGS

    def test_a_block_is_not_understood(self, session: Session) -> None:
        assert why_not_understood(fragment_of(f"{SWAPGS}\nnop"), "asm", session.spec) == "bytes"
