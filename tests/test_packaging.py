"""A wheel built from the sdist, an editable install and a bare checkout all find the grammars and the specification."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from sphinx_fsgs.present.highlight import LEXERS

pytestmark = pytest.mark.slow

# Where each kind of data lies in a checkout.
DATA = {"grammar": "grammar", "spec": "spec", "diagnostics": "docs/reference/diagnostics"}
NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "_build", "dist", "build"
)


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's files, as an unpacked archive would be."""
    return Path(shutil.copytree(repository, tmp_path_factory.mktemp("checkout") / "fsgs", ignore=NOT_SOURCE))


@pytest.fixture(scope="module")
def dist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of the checkout and the wheel that was built from that sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", str(folder), str(checkout), cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which pip has installed the wheel, without its dependencies."""
    site = tmp_path_factory.mktemp("site")
    (wheel,) = dist.glob("*.whl")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel), cwd=dist)
    return site


def run(*arguments: str, cwd: Path, path: Path | None = None) -> str:
    """Run this Python, with ``path`` first on its module search path, and return what it prints."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        variables["PYTHONPATH"] = str(path)
    done = subprocess.run([sys.executable, "-P", *arguments], cwd=cwd, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def data_dirs(cwd: Path, *prelude: str, path: Path | None = None, flags: tuple[str, ...] = ()) -> dict[str, Path]:
    """Return where the package that is found on ``path`` looks for each kind of data."""
    asked = [f"print({kind!r}, data_dir({kind!r}))" for kind in DATA]
    code = "; ".join([*prelude, "from sphinx_fsgs.files import data_dir", *asked])
    lines = run(*flags, "-c", code, cwd=cwd, path=path).splitlines()
    return {kind: Path(folder) for kind, folder in (line.split(" ", 1) for line in lines)}


def test_a_bare_checkout_finds_its_data(checkout: Path, tmp_path: Path) -> None:
    assert data_dirs(tmp_path, path=checkout) == {kind: checkout / folder for kind, folder in DATA.items()}


def test_an_editable_install_finds_the_data_of_the_checkout(checkout: Path, tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    name = run("-c", build, str(tmp_path), cwd=checkout).splitlines()[-1]
    site = tmp_path / "site"
    with zipfile.ZipFile(tmp_path / name) as wheel:
        wheel.extractall(site)
    # -S: only the folder that this wheel fills, with its .pth file, and the standard library.
    found = data_dirs(tmp_path, f"import site; site.addsitedir({str(site)!r})", flags=("-S",))
    assert found == {kind: checkout / folder for kind, folder in DATA.items()}


def test_an_installed_wheel_carries_its_data(installed: Path, tmp_path: Path) -> None:
    data = installed / "sphinx_fsgs" / "_data"
    assert data_dirs(tmp_path, path=installed) == {kind: data / kind for kind in DATA}


@pytest.mark.parametrize("kind", DATA)
def test_the_wheel_holds_every_file(kind: str, installed: Path, checkout: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    shipped = contents(installed / "sphinx_fsgs" / "_data" / kind)
    assert shipped
    assert shipped == contents(checkout / DATA[kind])


def test_the_wheel_holds_the_package_and_nothing_else(dist: Path, checkout: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"sphinx_fsgs"}
    modules = {str(path.relative_to(checkout)) for path in (checkout / "sphinx_fsgs").rglob("*.py")}
    assert modules == {name for name in names if name.endswith(".py")}
    assert "sphinx_fsgs/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_sdist_holds_what_a_developer_needs(dist: Path, checkout: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    names = {name.partition("/")[2] for name in tarfile.open(sdist).getnames()}
    for folder in ("sphinx_fsgs", "grammar", "spec", "docs", "tests"):
        expected = {
            str(path.relative_to(checkout))
            for path in (checkout / folder).rglob("*")
            if path.is_file() and path.parent.name != "__pycache__"
        }
        assert expected <= names
    assert {"check", ".ci/run", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names


def test_every_entry_point_names_a_module_of_the_wheel(installed: Path) -> None:
    (distribution,) = importlib.metadata.distributions(path=[str(installed)])
    points = {(point.group, point.name): point for point in distribution.entry_points}
    lexers = {("pygments.lexers", name): lexer.__name__ for name, lexer in LEXERS.items()}
    assert set(points) == {("console_scripts", "fsgs"), ("sphinx.builders", "fsgs"), ("pytest11", "fsgs"), *lexers}
    for point in points.values():
        module = installed.joinpath(*point.module.split("."))
        assert module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()
    assert {key: points[key].attr for key in lexers} == lexers


def test_pygments_finds_the_lexers_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    names = "fsgs-asm", "fsgs"
    code = f"from pygments.lexers import get_lexer_by_name as get; print([type(get(n)).__name__ for n in {names}])"
    assert run("-c", code, cwd=tmp_path, path=installed).strip() == str([LEXERS[name].__name__ for name in names])


def test_the_installed_wheel_checks_its_specification(installed: Path, tmp_path: Path) -> None:
    run("-m", "sphinx_fsgs", "check", "--spec", cwd=tmp_path, path=installed)
