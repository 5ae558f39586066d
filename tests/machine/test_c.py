"""C lowered to steps: every statement that is run, by what it leaves behind; and no text that makes it raise."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from sphinx_fsgs.check.rejected import excerpts, rejected
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine.c_lower import MAX_STATEMENTS, lower
from sphinx_fsgs.machine.program import assemble
from sphinx_fsgs.machine.setup import symbols_of
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.read_c import read_c
from sphinx_fsgs.syntax.read_example import read_example
from tests.syntax.test_robust import code

CASES = tomllib.loads((Path(__file__).parent / "c.toml").read_text(encoding="utf-8"))
S = Span("<test>", 1, 1, 1, 1)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open(where="intel_skylake")


@pytest.mark.parametrize("name", CASES["holds"])
def test_what_a_run_in_c_leaves_behind(name: str, session: Session) -> None:
    case = CASES["holds"][name]
    body = "".join(f"{word}\n{_indented(case[word])}" for word in ("before", "run", "after") if word in case)
    options = [("language", fragment_of("c"), S)]
    parsed = read_example(name, options, fragment_of(body), (), session.lexicon, S)
    assert parsed.tree is not None and parsed.diagnostics == ()
    result = session.example(parsed.tree, "directive")
    assert [each.message for each in result.diagnostics] == []
    assert [each.verdict for each in result.verdicts] == ["holds"]


@pytest.mark.parametrize("text", CASES["refused"])
def test_what_is_not_run_is_refused(text: str, session: Session) -> None:
    parsed = read_c(fragment_of(text))
    assert parsed.tree is not None
    found = (*parsed.diagnostics, *lower(parsed.tree, session.spec).diagnostics)
    (one,) = (each for each in found if each.severity == "error")
    assert CASES["refused"][text] in one.message


@settings(max_examples=100, deadline=None)
@given(code)
def test_no_text_makes_lowering_raise(text: str) -> None:
    spec = _SESSION.spec
    parsed = read_c(fragment_of(text))
    for each in rejected(excerpts([fragment_of(text)]), spec):
        assert each.message and each.help and each.span.path == "<text>"
    lowered = lower(parsed.tree or (), spec)
    assembled = assemble(lowered.run, spec, "64-bit", symbols_of(lowered.before, spec))
    assert lowered.diagnostics or assembled.program is not None
    for each in (*lowered.diagnostics, *assembled.diagnostics):
        assert each.message and each.help and each.span.path == "<text>"


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("x = fsbase; y = gsbase;", []),
        ("unsigned long base; x = bases;", []),
        ("unsigned long base0; x = MSR_GS_BAS;", ["MSR_GS_BAS"]),
        ("x = ARCH_SET_GZ;", ["ARCH_SET_GZ"]),
    ],
)
def test_names_that_nothing_declares_are_taken_for_granted(text: str, noted: list[str]) -> None:
    lowered = lower(read_c(fragment_of(text)).tree or (), _SESSION.spec)
    assert [each.message.split()[0] for each in lowered.diagnostics] == noted
    assert any("x, which is not declared here" in each for each in lowered.assumed)


def test_the_number_of_statements_is_bounded() -> None:
    parsed = read_c(fragment_of("x = 1;\n" * (MAX_STATEMENTS + 1)))
    lowered = lower(parsed.tree or (), _SESSION.spec)
    (found,) = lowered.diagnostics
    assert found.span.line == MAX_STATEMENTS + 1 and lowered.run


_SESSION = Session.open()


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
