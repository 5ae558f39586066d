"""The tables of compilers: every row is tried with the compilers that this machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.model import Spec

SPEC = Spec()
COMPILERS = {"GCC": ("gcc",), "Clang": ("clang", "clang-14")}


def _command(name: str) -> str:
    found = next((path for each in COMPILERS[name] if (path := shutil.which(each))), None)
    if found is None:
        pytest.skip(f"no {name} is installed")
    return found


def _compile(compiler: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = [_command(compiler), "-O1", "-S", "-o", "-", *options, "-x", "c", "-"]
    return subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=60)


def _names(tried: tuple[str, ...]) -> Iterator[str]:
    return (each.partition(" ")[0] for each in tried)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", SPEC.intrinsics)
def test_a_compiler_makes_the_instruction_of_the_intrinsic(compiler: str, name: str) -> None:
    row = SPEC.intrinsics[name]
    call = f"{name}(x)" if name.startswith("_write") else f"x = {name}()"
    code = f"#include <{row.header}>\nunsigned long long x; void f(void) {{ {call}; }}\n"
    made = _compile(compiler, code, row.option)
    assert made.returncode == 0, made.stderr
    register = {32: r"%e[a-d]x|%edi", 64: r"%r[a-d]x|%rdi"}[row.bits]
    assert re.search(rf"\b{row.instruction.lower()}[lq]?\s+(?:{register})", made.stdout), made.stdout


@pytest.mark.parametrize("name", SPEC.address_spaces)
def test_an_access_carries_the_prefix_where_the_compiler_knows_the_space(name: str) -> None:
    row = SPEC.address_spaces[name]
    spelt = f"__attribute__(({name}))" if "(" in name else name
    for compiler in (*_names(row.accepted), *_names(row.ignored)):
        made = _compile(compiler, f"long f(void) {{ return *(long {spelt} *)8; }}\n")
        assert made.returncode == 0, made.stderr
        carries = f"%{row.segment.lower()}:" in made.stdout
        assert carries == (compiler in _names(row.accepted)), made.stdout


@pytest.mark.parametrize("written", ["__attribute__((address_space(256))", "__attribute__(address_space(256))"])
def test_an_attribute_with_other_parentheses_is_refused(written: str) -> None:
    rule = SPEC.rejections["attribute-parentheses"]
    for compiler in _names(rule.compilers):
        assert _compile(compiler, f"long {written} *p;\n").returncode != 0


def test_the_tables_fit_the_rest_of_the_spec(repository: Path) -> None:
    assert check_tables(repository / "spec") == ()


WRONG = [
    ("intrinsics.toml", '"RDFSBASE"', '"RDFSBSE"', "unknown instruction 'RDFSBSE'"),
    ("address_spaces.toml", 'segment = "FS"', 'segment = "HS"', "unknown segment 'HS'"),
    ("rejects.toml", 'severity = "error"', 'severity = "fatal"', "unknown severity 'fatal'"),
    ("rejects.toml", "cites = [", 'cites = ["gcc:nowhere", ', "unknown citation 'gcc:nowhere'"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG, ids=[each[3] for each in WRONG])
def test_a_wrong_row_is_refused(repository: Path, tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    shutil.copytree(repository / "spec", tmp_path / "spec")
    path = tmp_path / "spec" / "compilers" / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert any(message in each.message for each in check_tables(tmp_path / "spec"))
