"""Random programs in C, compiled and run by a compiler, and run here: each variable ends with the same value."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.read_example import read_example

PROGRAMS = 25
STATEMENTS = 8
TYPES = {
    "signed char": (8, True),
    "unsigned char": (8, False),
    "short": (16, True),
    "u16": (16, False),
    "int": (32, True),
    "unsigned": (32, False),
    "long": (64, True),
    "unsigned long": (64, False),
}
NUMBERS = ("0", "1", "-1", "7", "0x80", "0xffff", "0x7fffffff", "0x80000000", "3UL", "-5L", "0x123456789abcdef0")
S = Span("<test>", 1, 1, 1, 1)


class Program:
    """A random program over variables of every type."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        kinds = self.random.sample(sorted(TYPES), 5)
        self.variables = {f"v{number}": kind for number, kind in enumerate(kinds)}
        self.declared = [f"{kind} {name} = {self._number()};" for name, kind in self.variables.items()]
        self.statements = [self._statement() for _ in range(STATEMENTS)]

    def _number(self) -> str:
        return self.random.choice(NUMBERS)

    def _name(self) -> str:
        return self.random.choice(sorted(self.variables))

    def _statement(self, depth: int = 0) -> str:
        if depth < 2 and self.random.random() < 0.3:
            other = f" else {{ {self._statement(depth + 1)} }}" if self.random.random() < 0.5 else ""
            return f"if ({self._condition()}) {{ {self._statement(depth + 1)} }}{other}"
        op = self.random.choice(("=", "=", "=", "+=", "-=", "|=", "&=", "^="))
        return f"{self._name()} {op} {self._value(2)};"

    def _condition(self) -> str:
        pick = self.random.random()
        if pick < 0.2:
            return f"{self._condition()} {self.random.choice(('&&', '||'))} {self._condition()}"
        if pick < 0.3:
            return f"!({self._condition()})"
        if pick < 0.4:
            return self._value(1)
        return f"{self._value(1)} {self.random.choice(('==', '!=', '<', '<=', '>', '>='))} {self._value(1)}"

    def _value(self, depth: int) -> str:
        pick = self.random.random()
        if depth == 0 or pick < 0.25:
            return self._name() if self.random.random() < 0.7 else f"({self._number()})"
        if pick < 0.35:
            return f"({self.random.choice(sorted(TYPES))})({self._value(depth - 1)})"
        if pick < 0.45:
            return f"{self.random.choice('-~')}({self._value(depth - 1)})"
        if pick < 0.55:
            return f"((unsigned long)({self._value(depth - 1)}) >> {self.random.randrange(64)})"
        if pick < 0.65:
            return f"((unsigned)({self._value(depth - 1)}) << {self.random.randrange(32)})"
        return f"({self._value(depth - 1)} {self.random.choice('+-&|^')} {self._value(depth - 1)})"

    @property
    def text(self) -> str:
        """The program without what surrounds it."""
        return "\n".join((*self.declared, *self.statements))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, int]]:
    """Return what a compiler makes of the programs: the bits of each variable in the end."""
    command = shutil.which("gcc") or shutil.which("clang")
    if command is None:
        pytest.skip("no compiler is installed")
    folder = tmp_path_factory.mktemp("c")
    source = ["#include <stdio.h>", "typedef unsigned short u16;"]
    for seed in range(PROGRAMS):
        program = Program(seed)
        shown = "".join(
            f'printf("{name} %lx ", (unsigned long){name} & (~0UL >> {64 - TYPES[kind][0]}));'
            for name, kind in program.variables.items()
        )
        source.append(f'void f{seed}(void) {{ {program.text} {shown} puts(""); }}')
    source.append(f"int main(void) {{ {' '.join(f'f{seed}();' for seed in range(PROGRAMS))} return 0; }}")
    Path(folder, "all.c").write_text("\n".join(source), encoding="utf-8")
    options = ["-w", "-fwrapv", "-O1", "-o", "all", "all.c"]
    subprocess.run([command, *options], cwd=folder, check=True)
    lines = subprocess.run(["./all"], cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return [{name: int(value, 16) for name, value in zip(row[::2], row[1::2], strict=True)} for row in rows]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open(where="intel_skylake")


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_variables_end_with_the_value_that_a_compiler_gives_them(
    seed: int, compiled: list[dict[str, int]], session: Session
) -> None:
    program = Program(seed)
    after = "\n".join(f"  {name} = {value:#x}" for name, value in compiled[seed].items())
    run = "\n".join(f"  {line}" for line in program.text.split("\n"))
    options = [("language", fragment_of("c"), S)]
    parsed = read_example("random", options, fragment_of(f"run\n{run}\nafter\n{after}\n"), (), session.lexicon, S)
    assert parsed.tree is not None and parsed.diagnostics == ()
    result = session.example(parsed.tree, "directive")
    assert [each.verdict for each in result.verdicts] == ["holds"], [each.message for each in result.diagnostics]
