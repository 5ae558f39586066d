"""A document that carries only comments builds with stock Sphinx and ``-W``, where this package cannot be imported."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PAGES = (
    "gs-on-context-switches.rst",
    "gs-relative-addressing.rst",
    "fs-and-gs-in-user-space.rst",
    "reference/segment-loads.rst",
)
_BUILD = """
import sys
sys.modules["sphinx_fsgs"] = None  # whoever imports it gets an ImportError
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""


def _build(source: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", _BUILD, "-q", "-W", "-b", "html", *options, str(source), str(out)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def _project(folder: Path, repository: Path) -> Path:
    source = folder / "source"
    for page in PAGES:
        target = source / page
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / "docs" / page, target)
    listed = "".join(f"   {page.removesuffix('.rst')}\n" for page in PAGES)
    (source / "index.rst").write_text(f"Pages\n=====\n\n.. toctree::\n\n{listed}", encoding="utf-8")
    (source / "conf.py").write_text('project = "stock"\n', encoding="utf-8")
    return source


def test_our_pages_build_without_us(tmp_path: Path, repository: Path) -> None:
    source = _project(tmp_path, repository)
    built = _build(source, tmp_path / "out")
    assert (built.returncode, built.stderr) == (0, "")
    for page in PAGES:
        text = (source / page).read_text(encoding="utf-8")
        html = (tmp_path / "out" / page).with_suffix(".html").read_text(encoding="utf-8")
        assert len(re.findall(r"^\.\. fsgs: ", text, re.MULTILINE)) > 5
        assert "fsgs: example" not in re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)


def test_the_guard_fires_on_a_page_that_needs_us(tmp_path: Path, repository: Path) -> None:
    source = _project(tmp_path, repository)
    with (source / PAGES[0]).open("a", encoding="utf-8") as page:
        page.write("\n.. fsgs:claim:: SWAPGS swaps GS.base and GS_SHADOW\n")
    assert _build(source, tmp_path / "out").returncode != 0
    (source / "conf.py").write_text('extensions = ["sphinx_fsgs"]\n', encoding="utf-8")
    assert "sphinx_fsgs" in _build(source, tmp_path / "other").stderr
