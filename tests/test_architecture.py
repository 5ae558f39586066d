"""The house rules that no type checker holds: who imports whom, and what Python must not know.

Each rule is a function from a root folder to the list of its violations. It is applied to the repository, and to
small wrong trees, so that a rule that has gone blind is noticed.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Rule = Callable[[Path], list[str]]

PACKAGE = "sphinx_fsgs"
# From the ground up: a layer imports what stands before it.
LAYERS = ("source", "diagnostic", "syntax", "spec", "machine", "check", "document", "present")
# Where our data lie, and how frozen classes are made, is known to every layer, and knows none.
GROUND = ("files", "records")
# The package's own two modules only open the door to the hosts.
DOORS = ("__init__", "__main__")

# Distributions that some layers must do without: root name of the import -> module prefixes that may.
OWNERS: dict[str, tuple[str, ...]] = {
    "docutils": ("document", "present"),
    "sphinx": ("present", *DOORS),
    "pytest": ("present",),
    "_pytest": ("present",),
    "lark": ("syntax",),
    "bitwuzla": ("machine.solver",),
    "z3": ("machine.solver",),
    "iced_x86": ("syntax.codec",),
    # Nothing a document says reaches a shell, the network or native code.
    "ctypes": (),
    "ftplib": (),
    "http": (),
    "requests": (),
    "socket": (),
    "subprocess": (),
    "urllib": (),
}
FORBIDDEN_CALLS: dict[str, tuple[str, ...]] = {
    "eval": (),
    # Code objects compiled from Operations and from the fields of our own classes, never text of a document.
    "exec": ("machine", "records"),
    "os.system": (),
    "os.popen": (),
}


def modules(root: Path) -> Iterator[tuple[str, Path, ast.Module]]:
    """Yield each module of the package: its name below the package, its path below ``root``, its tree."""
    for path in sorted((root / PACKAGE).rglob("*.py")):
        relative = path.relative_to(root)
        parts = relative.with_suffix("").parts[1:]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, relative, ast.parse(path.read_text(encoding="utf-8"), str(relative))


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether ``module`` is one of ``prefixes`` or lies below one."""
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def imports(module: str, path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and absolute dotted name of everything imported, at any depth, by name, or through importlib."""
    parent = [PACKAGE, *module.split(".")]
    if path.name != "__init__.py":
        parent.pop()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            kept = parent[: len(parent) - node.level + 1] if node.level else []
            source = ".".join([*kept, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and call_name(node) in (
            "__import__",
            "import_module",
            "importlib.import_module",
        ):
            argument = node.args[0] if node.args else None
            constant = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            yield node.lineno, str(argument.value) if constant else "(a computed name)"  # type: ignore[union-attr]


def call_name(node: ast.Call) -> str:
    return ast.unparse(node.func)


def layer_of(module: str) -> str:
    return module.split(".")[0]


def import_law(root: Path) -> list[str]:
    """Imports inside the package run one way, and every module belongs to a layer."""
    found = []
    for module, path, tree in modules(root):
        here = layer_of(module)
        if here in DOORS:
            continue
        if here not in (*LAYERS, *GROUND):
            found.append(f"{path}:1: {here} is no layer; there are {', '.join(LAYERS)}")
            continue
        allowed = () if here in GROUND else (*GROUND, *LAYERS[: LAYERS.index(here) + 1])
        for line, name in imports(module, path, tree):
            parts = name.split(".")
            if parts[0] != PACKAGE or (len(parts) == 2 and parts[1] == "__version__"):
                continue
            target = parts[1] if len(parts) > 1 else PACKAGE
            if target not in allowed:
                found.append(f"{path}:{line}: {here} imports {name}")
    return found


def foreign_law(root: Path) -> list[str]:
    """Only some layers know docutils, Sphinx, Lark, pytest or a solver; nobody knows the shell or the network."""
    found = []
    for module, path, tree in modules(root):
        for line, name in imports(module, path, tree):
            owners = OWNERS.get(name.split(".")[0])
            if owners is not None and not within(module, owners):
                found.append(f"{path}:{line}: {layer_of(module)} imports {name}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                callers = FORBIDDEN_CALLS.get(call_name(node))
                if callers is not None and not within(module, callers):
                    found.append(f"{path}:{node.lineno}: {layer_of(module)} calls {call_name(node)}")
    return found


def grammar_budget(root: Path) -> list[str]:
    """The notation of Operations stays small: at most 100 lines of grammar that are not blank."""
    path = Path("grammar", "operation.lark")
    lines = [line for line in (root / path).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [f"{path}: {len(lines)} non-blank lines, the budget is 100"] if len(lines) > 100 else []


def spec_words(root: Path) -> frozenset[str]:
    """Return, in lower case, what only spec/ may tell apart: mnemonics, vendors and product lines, profiles.

    Words of the Operation notation or of conditions (``and``, ``or``, ``add`` ...) are the languages' own.
    """
    words = set()
    for path in (root / "spec" / "instructions").glob("*.insn"):
        text = path.read_text(encoding="utf-8")
        words.update(re.findall(r"\A(\w+) —", text))
        for syntax in re.findall(r"^Syntax:\s+([^A-Z\n]*)", text, re.MULTILINE):
            for mnemonic in re.findall(r"\w+\{[\w,]*\}|\w+", syntax):
                words.update(alternatives(mnemonic))
    for path in (root / "spec" / "profiles").glob("*.toml"):
        vendor, _, model = path.stem.partition("_")
        words.update((path.stem, vendor, model))
    languages: set[str] = set()
    for name in ("operation.lark", "state.lark"):
        grammar = root / "grammar" / name
        if grammar.is_file():
            code = re.sub(r"//.*", "", grammar.read_text(encoding="utf-8"))
            languages.update(word.strip("_").casefold() for word in re.findall(r"\w+", code))
    return frozenset(word.casefold() for word in words if word) - languages


def alternatives(syntax: str) -> list[str]:
    """Return the mnemonics that ``add{,b,w}`` stands for."""
    stem, _, suffixes = syntax.rstrip("}").partition("{")
    return [stem + suffix for suffix in suffixes.split(",")]


def compared_strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the string literals by which code decides: compared, matched, looked up, or asked for as an affix."""
    affix = {"startswith", "endswith", "removeprefix", "removesuffix", "get", "index", "count", "find"}
    for node in ast.walk(tree):
        deciding: list[ast.expr | None] = []
        if isinstance(node, ast.Compare):
            deciding = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            deciding = [node.value]
        elif isinstance(node, ast.Dict):
            deciding = list(node.keys)
        elif isinstance(node, ast.Subscript):
            deciding = [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in affix:
            deciding = list(node.args)
        elif isinstance(node, ast.Set):
            deciding = list(node.elts)
        for expression in deciding:
            yield from constants(expression)


def constants(expression: ast.expr | None) -> Iterator[tuple[int, str]]:
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.lineno, expression.value
    elif isinstance(expression, ast.Tuple | ast.List | ast.Set):
        for element in expression.elts:
            yield from constants(element)


def names_in(text: str) -> list[str]:
    """Return the names in a literal, in lower case; an affix such as ``zen_`` counts as the name that it cuts."""
    return [word.strip("_") for word in re.findall(r"\w+", text.casefold())]


def no_special_cases(root: Path) -> list[str]:
    """machine and check never decide by the name of an instruction, a vendor or a processor."""
    words = spec_words(root)
    if not words:
        return ["spec/: no mnemonics and no profiles found, so nothing would be recognised"]
    found = []
    for module, path, tree in modules(root):
        if layer_of(module) in ("machine", "check"):
            for line, text in compared_strings(tree):
                if any(word in words for word in names_in(text)):
                    found.append(f"{path}:{line}: decides by {text!r}, which belongs in spec/")
    return sorted(set(found))


def no_any(root: Path) -> list[str]:
    """No public signature and no field of a public class says ``Any``."""
    return [
        f"{path}:{line}: Any in {name}"
        for _, path, tree in modules(root)
        for name, line, annotation in public_annotations(tree.body)
        if any(says_any(node) for node in ast.walk(annotation))
    ]


def says_any(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")


def public_annotations(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, int, ast.expr]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_annotations(node.body, f"{node.name}.")
        elif isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            yield prefix + ast.unparse(node.target), node.lineno, node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("_") and not node.name.endswith("__"):
                continue
            given = node.args
            arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            for argument in arguments:
                if argument is not None and argument.annotation is not None:
                    yield prefix + node.name, argument.lineno, argument.annotation
            if node.returns is not None:
                yield prefix + node.name, node.lineno, node.returns


RULES: tuple[Rule, ...] = (import_law, foreign_law, grammar_budget, no_special_cases, no_any)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule, repository: Path) -> None:
    assert rule(repository) == []


def test_the_rules_see_the_repository(repository: Path) -> None:
    seen = {layer_of(module) for module, _, _ in modules(repository)}
    assert seen == {*LAYERS, *GROUND, *DOORS}
    assert {"swapgs", "lkgs", "movl", "jnbe", "jnz", "amd", "intel", "amd_zen1", "zen1"} <= spec_words(repository)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tiny tree that keeps every rule."""
    for name, text in {
        f"{PACKAGE}/__init__.py": "def setup():\n    from sphinx_fsgs.present.sphinx import setup\n",
        f"{PACKAGE}/source.py": "",
        f"{PACKAGE}/files.py": "from pathlib import Path\n",
        f"{PACKAGE}/machine/solver.py": "import bitwuzla\n",
        f"{PACKAGE}/present/sphinx.py": "import sphinx, docutils\nfrom sphinx_fsgs import __version__, source\n",
        "grammar/operation.lark": "operation: statement* // mov\n | x -> and_\n",
        "spec/instructions/SWAPGS.insn": "SWAPGS — Swap\nSyntax:   swapgs\n",
        "spec/instructions/AND.insn": "AND — Logical AND\nSyntax:   and{,b,w,l,q} SRC, DST\n",
        "spec/profiles/amd_zen1.toml": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_small_tree_keeps_the_rule(rule: Rule, tree: Path) -> None:
    assert rule(tree) == []


WRONG: list[tuple[Rule, str, str, str]] = [
    (import_law, "machine/x.py", "from sphinx_fsgs.check import result", "machine imports sphinx_fsgs.check.result"),
    (import_law, "spec/x.py", "from ..machine.run import go", "spec imports sphinx_fsgs.machine.run.go"),
    (import_law, "spec/__init__.py", "from .. import machine", "spec imports sphinx_fsgs.machine"),
    (import_law, "source.py", "def f():\n    import sphinx_fsgs.diagnostic", "source imports sphinx_fsgs.diagnostic"),
    (import_law, "files.py", "from sphinx_fsgs import source", "files imports sphinx_fsgs.source"),
    (import_law, "check/x.py", "import sphinx_fsgs", "check imports sphinx_fsgs"),
    (import_law, "syntax/x.py", "import importlib\nimportlib.import_module('sphinx_fsgs.spec')", "syntax imports"),
    (import_law, "helpers.py", "", "helpers is no layer"),
    (foreign_law, "check/x.py", "from docutils import nodes", "check imports docutils.nodes"),
    (foreign_law, "document/x.py", "if TYPE_CHECKING:\n    import sphinx.application", "document imports sphinx.app"),
    (foreign_law, "machine/x.py", "import bitwuzla", "machine imports bitwuzla"),
    (foreign_law, "check/x.py", "def f():\n    import z3", "check imports z3"),
    (foreign_law, "syntax/x.py", "if TYPE_CHECKING:\n    from iced_x86 import Decoder", "syntax imports iced_x86"),
    (foreign_law, "spec/x.py", "from lark import Lark", "spec imports lark.Lark"),
    (foreign_law, "present/x.py", "import subprocess", "present imports subprocess"),
    (foreign_law, "syntax/x.py", "eval('1')", "syntax calls eval"),
    (foreign_law, "check/x.py", "exec('')", "check calls exec"),
    (foreign_law, "present/x.py", "import os\nos.system('ls')", "present calls os.system"),
    (no_special_cases, "machine/x.py", "if name == 'swapgs': pass", "decides by 'swapgs'"),
    (no_special_cases, "machine/x.py", "if name in ('ret', 'SWAPGS'): pass", "decides by 'SWAPGS'"),
    (no_special_cases, "machine/x.py", "match name:\n    case 'andl': pass", "decides by 'andl'"),
    (no_special_cases, "check/claims/x.py", "if profile.startswith('amd_'): pass", "decides by 'amd_'"),
    (no_special_cases, "check/x.py", "if vendor != 'AMD': pass", "decides by 'AMD'"),
    (no_special_cases, "check/x.py", "COST = {'zen1': 2}", "decides by 'zen1'"),
    (no_special_cases, "check/x.py", "x = table['amd_zen1']", "decides by 'amd_zen1'"),
    (no_any, "check/x.py", "def f(x: list[Any]) -> None: ...", "Any in f"),
    (no_any, "check/x.py", "class C:\n    def f(self) -> typing.Any: ...", "Any in C.f"),
    (no_any, "check/x.py", "class C:\n    field: dict[str, Any]", "Any in C.field"),
]


@pytest.mark.parametrize(("rule", "path", "source", "message"), WRONG, ids=lambda value: None)
def test_the_rule_fires(rule: Rule, path: str, source: str, message: str, tree: Path) -> None:
    wrong = tree / PACKAGE / path
    wrong.parent.mkdir(parents=True, exist_ok=True)
    wrong.write_text(source + "\n", encoding="utf-8")
    found = rule(tree)
    assert len(found) == 1
    assert message in found[0]


def test_the_budget_fires(tree: Path) -> None:
    grammar = tree / "grammar" / "operation.lark"
    grammar.write_text("\n\n".join(f"rule{number}: NAME" for number in range(100)), encoding="utf-8")
    assert grammar_budget(tree) == []
    grammar.write_text("\n\n".join(f"rule{number}: NAME" for number in range(101)), encoding="utf-8")
    assert "101 non-blank lines" in grammar_budget(tree)[0]


def test_no_words_is_a_finding(tree: Path) -> None:
    for path in (tree / "spec").rglob("*.*"):
        path.unlink()
    assert "nothing would be recognised" in no_special_cases(tree)[0]


def test_words_of_the_languages_may_be_compared(tree: Path) -> None:
    (tree / PACKAGE / "machine" / "x.py").write_text("if operator == 'and': pass\n", encoding="utf-8")
    assert no_special_cases(tree) == []


def test_importing_the_package_imports_nothing_heavy(repository: Path) -> None:
    code = "import sys, sphinx_fsgs; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert not {"sphinx", "docutils", "lark", "bitwuzla", "z3", "iced_x86", "argparse"} & set(done.stdout.split())


@pytest.mark.parametrize(("code", "decodes"), [("swapgs", False), (".byte 0x0f, 0x01, 0xf8", True)])
def test_what_decodes_is_imported_for_bytes_only(code: str, decodes: bool, repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("iced_x86")
    page = tmp_path / "page.rst"
    page.write_text(f".. fsgs: example one\n   before\n       CPL = 3\n   after\n       #GP\n\n::\n\n   {code}\n")
    script = "import sys; from sphinx_fsgs.present.cli import main; main(sys.argv[1:])"
    script += "; print('iced_x86' in sys.modules)"
    command = [sys.executable, "-c", script, "check", "--where", "amd_zen1", str(page)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert "1 example and 0 claims: 1 holds" in done.stdout
    assert done.stdout.splitlines()[-1] == str(decodes)
