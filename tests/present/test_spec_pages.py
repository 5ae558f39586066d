"""The pages of the spec: one for each instruction, question and processor, saying what ``fsgs explain`` says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sphinx_fsgs.check.entries.groups import groups
from sphinx_fsgs.check.explain import explain
from sphinx_fsgs.present.made_pages import MARK, make_pages, pages
from sphinx_fsgs.spec.model import Spec

SPEC = Spec()
KINDS = {
    "instructions": SPEC.index.stems,
    "behaviours": tuple(sorted(SPEC.behaviour_names)),
    "profiles": tuple(SPEC.profiles),
}

CONF = """\
import sphinx.writers.text
sphinx.writers.text.MAXWIDTH = 100_000  # so that no line is divided
extensions = ["sphinx_fsgs"]
project = "p"
version = release = copyright = author = "1"
nitpicky = True
"""

FEW = """\
Index
=====

.. toctree::
   :glob:

   *
   spec/*
   spec/*/*
"""

INDEX = """\
Index
=====

.. toctree::
   :glob:

   *
   spec/instructions/index
   spec/behaviours/index
   spec/profiles/index
   spec/procedures

See :fsgs:instruction:`LKGS`, :fsgs:behaviour:`wrmsr_base_serialises`, :fsgs:profile:`amd_zen3` and :any:`SWAPGS`.
"""

EXAMPLE = """\
{title}
{line}

.. fsgs: claim LKGS leaves GS.base unchanged

.. fsgs: example {name}
   :where: LKGS
   before
       in kernel
       RAX = 0
   after
       GS_SHADOW = 0

Of a block::

   lkgs %ax

Below
-----

.. fsgs:claim:: SWAPGS swaps GS.base and GS_SHADOW
"""


def example(name: str) -> str:
    title = f"Page of {name}"
    return EXAMPLE.format(title=title, line="=" * len(title), name=name)


@dataclass(frozen=True)
class Project:
    """A project in a folder, and what its builds print."""

    folder: Path

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / "src" / f"{name}.rst").write_text(text, encoding="utf-8")

    def build(self, *arguments: str, builder: str = "html", status: int = 0) -> str:
        command = [sys.executable, "-m", "sphinx", "-b", builder, "-d", str(self.folder / "tree"), *arguments]
        root = str(Path(__file__).resolve().parents[2])
        environ = {**os.environ, "PYTHONPATH": root, "NO_COLOR": "1"}
        done = subprocess.run(
            [*command, "src", str(self.out(builder))], cwd=self.folder, capture_output=True, text=True, env=environ
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def out(self, builder: str = "html") -> Path:
        return self.folder / "out" / builder

    def page(self, name: str, builder: str = "html") -> str:
        suffix = {"html": "html", "text": "txt"}[builder]
        return (self.out(builder) / f"{name}.{suffix}").read_text(encoding="utf-8")


def project_in(folder: Path, **files: str) -> Project:
    """Return a project with the pages of the spec."""
    return _project(folder, CONF + 'fsgs_pages = "spec"\n', index=INDEX, **files)


def small_project_in(folder: Path, **files: str) -> Project:
    """Return a project with the pages of a few instructions, and one of each other kind."""
    for name in FEW_PAGES:
        path = folder / "src" / "spec" / f"{name}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGES[path.relative_to(folder / "src" / "spec").as_posix()], encoding="utf-8")
    return _project(folder, CONF, index=FEW, **files)


PAGES = dict(pages(SPEC))
STEMS = ("LKGS", "MOV", "NOP", "SWAPGS")
FEW_PAGES = (
    *(f"instructions/{stem}" for stem in STEMS),
    "behaviours/wrmsr_base_serialises",
    "profiles/amd_zen3",
    "procedures",
)


def _project(folder: Path, conf: str, **files: str) -> Project:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "conf.py").write_text(conf, encoding="utf-8")
    found = Project(folder)
    found.write(**files)
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two documents that run instructions, as html and as text."""
    project = project_in(tmp_path_factory.mktemp("pages"), first=example("first"), second=example("second"))
    project.build("-W", "--keep-going")
    project.build("-W", "--keep-going", builder="text")
    return project


def subjects() -> Iterator[tuple[str, str]]:
    return ((kind, name) for kind, names in KINDS.items() for name in names)


# ---- what there is ----


def test_there_is_a_page_for_everything_and_for_nothing_else(built: Project) -> None:
    for kind, names in KINDS.items():
        made = {path.stem for path in (built.out() / "spec" / kind).glob("*.html")}
        assert made == {*names, "index"}
    assert (built.out() / "spec" / "procedures.html").is_file()


def words(text: str) -> list[str]:
    """Return the words of a text in any order: a table has its cells divided into lines."""
    return sorted(re.findall(r"\w+", text))


def without_examples(text: str) -> str:
    return re.sub(r"^Examples that use it\n.*?(?=^Sources$)", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("kind", "name"), list(subjects()))
def test_the_page_and_the_command_say_the_same(built: Project, kind: str, name: str) -> None:
    said = explain(SPEC, name)
    assert said is not None
    assert words(without_examples(built.page(f"spec/{kind}/{name}", "text"))) == words(without_examples(said))


@pytest.mark.parametrize("name", ["instructions", "behaviours", "profiles", "procedures"])
def test_the_lists_and_the_command_say_the_same(built: Project, name: str) -> None:
    said = explain(SPEC, name)
    assert said is not None
    page = "spec/procedures" if name == "procedures" else f"spec/{name}/index"
    assert words(built.page(page, "text")) == words(said)


def test_instructions_stand_in_the_order_of_their_groups(built: Project) -> None:
    html = built.page("spec/instructions/index")
    stems = [stem for those in groups(SPEC).values() for stem in those]
    table = html[html.index("fsgs-article") :]
    assert list(dict.fromkeys(re.findall(r'href="(\w+)\.html#fsgs-instruction', table))) == stems


def test_everything_that_is_named_leads_to_its_page(built: Project) -> None:
    html = built.page("spec/instructions/LKGS")
    for place in (
        "../behaviours/null_selector_clears_base.html#fsgs-behaviour-null-selector-clears-base",
        "../procedures.html#fsgs-definition-load-segment",
        "#fsgs-source-1",
    ):
        assert f'href="{place}"' in html
    assert 'id="fsgs-source-1"' in html
    assert 'id="fsgs-definition-load-segment"' in built.page("spec/procedures")
    index = built.page("index")
    for place in (
        "spec/instructions/LKGS.html#fsgs-instruction-lkgs",
        "spec/behaviours/wrmsr_base_serialises.html#fsgs-behaviour-wrmsr-base-serialises",
        "spec/profiles/amd_zen3.html#fsgs-profile-amd-zen3",
        "spec/instructions/SWAPGS.html#fsgs-instruction-swapgs",
    ):
        assert f'href="{place}"' in index


@pytest.mark.parametrize(("kind", "name"), list(subjects()))
def test_no_link_within_the_project_leads_to_nothing(built: Project, kind: str, name: str) -> None:
    path = built.out() / "spec" / kind / f"{name}.html"
    html = path.read_text(encoding="utf-8")
    article = html[html.index("fsgs-article") :]
    for place, anchor in re.findall(r'href="(?!https?:)([^"#]*)#([^"]+)"', article):
        there = (path.parent / place).resolve() if place else path
        assert f'id="{anchor}"' in there.read_text(encoding="utf-8"), f"{place}#{anchor}"


def test_the_style_is_loaded(built: Project) -> None:
    assert "fsgs.css" in built.page("spec/profiles/amd_zen3") and "fsgs.css" in built.page("spec/behaviours/index")


# ---- examples ----


def listed(project: Project, stem: str) -> list[tuple[str, str]]:
    """Return the links of the list of examples on a page: where they lead, and their words."""
    html = project.page(f"spec/instructions/{stem}")
    part = html[html.index("<h2>Examples that use it") : html.index("<h2>Sources")]
    return re.findall(r'<a class="reference internal" href="([^"]*)">([^<]*)</a>', part)


def in_documents(*names: str) -> list[tuple[str, str]]:
    found = []
    for name in names:
        page = f"../../{name}.html"
        found += [
            (page, f"Page of {name}"),
            (f"{page}#fsgs-{name}", name),
            (f"{page}#page-of-{name}", "LKGS leaves GS.base unchanged"),
        ]
    return found


def test_the_examples_that_run_an_instruction_are_listed_with_what_leads_to_them(built: Project) -> None:
    assert listed(built, "LKGS") == in_documents("first", "second")
    assert [place for place, _ in listed(built, "SWAPGS")][1::2] == [
        "../../first.html#below",
        "../../second.html#below",
    ]
    assert 'id="fsgs-first"' in built.page("first")
    assert "No example or claim runs it." in built.page("spec/instructions/WRMSRNS")


def test_a_list_that_has_changed_is_written_anew_and_no_other(tmp_path: Path) -> None:
    project = small_project_in(tmp_path, first=example("first"), second=example("second"))
    project.build()
    assert [*in_documents("first", "second")] == listed(project, "LKGS")
    times = {name: (project.out() / "spec" / "instructions" / f"{name}.html").stat().st_mtime_ns for name in STEMS}
    assert "0 added, 0 changed, 0 removed" in project.build()
    project.write(second=example("second").replace("lkgs %ax", "lkgs %ax\n   nop").replace("Page of second", "Another"))
    project.build()
    assert ("../../second.html", "Another") in listed(project, "LKGS")
    assert "second" in [words for _, words in listed(project, "NOP")]
    anew = {
        name
        for name, time in times.items()
        if (project.out() / "spec" / "instructions" / f"{name}.html").stat().st_mtime_ns != time
    }
    assert anew == {"LKGS", "NOP", "SWAPGS"}  # SWAPGS lists a claim of the page that is now called otherwise
    (project.folder / "src" / "second.rst").unlink()
    project.build()
    assert listed(project, "LKGS") == in_documents("first")


def test_each_builder_has_the_list_as_it_is_when_it_writes(tmp_path: Path) -> None:
    project = small_project_in(tmp_path, first=example("first"), second="Second\n======\n")
    project.build()
    project.write(second=example("second"))
    project.build(builder="text")  # shares the doctrees: for html, nothing is left to read
    project.build()
    assert listed(project, "LKGS") == in_documents("first", "second")


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    names = [f"page-{letter}" for letter in "abcdefgh"]
    project = small_project_in(tmp_path, **{name: example(name) for name in names})
    project.build("-j2", "-W", "--keep-going")
    assert listed(project, "LKGS") == in_documents(*names)


# ---- the files ----


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml", "latex", "man", "texinfo", "epub", "xml", "gettext"])
def test_other_builders_write_the_pages(tmp_path: Path, builder: str) -> None:
    project = small_project_in(tmp_path, first=example("first"))
    said = project.build("-W", "--keep-going", builder=builder)
    assert "Traceback" not in said and "unknown node" not in said


def test_what_is_made_is_removed_when_its_subject_is_gone_and_nothing_else(tmp_path: Path) -> None:
    assert make_pages(SPEC, tmp_path, "ref") == ()
    assert {path.relative_to(tmp_path / "ref").as_posix() for path in (tmp_path / "ref").rglob("*.rst")} == {
        name for name, _ in pages(SPEC)
    }
    stale, own = (tmp_path / "ref" / "instructions" / name for name in ("COFFEE.rst", "mine.rst"))
    stale.write_text(f"{MARK}\n\nCoffee\n======\n", encoding="utf-8")
    own.write_text("Mine\n====\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ref").rglob("*.rst") if path != stale}
    assert make_pages(SPEC, tmp_path, "ref") == ()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "ref").rglob("*.rst")} == before


def test_a_page_that_somebody_wrote_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "ref" / "profiles").mkdir(parents=True)
    own = tmp_path / "ref" / "profiles" / "index.rst"
    own.write_text("My processors\n=============\n", encoding="utf-8")
    (found,) = make_pages(SPEC, tmp_path, "ref")
    assert (found.code, found.span.path, found.severity) == ("FSGS795", str(own), "error")
    assert own.read_text(encoding="utf-8").startswith("My processors")


def test_no_page_is_written_outside_of_the_project(tmp_path: Path) -> None:
    (found,) = make_pages(SPEC, tmp_path / "src", "../elsewhere")
    assert found.code == "FSGS795" and not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_build_and_no_traceback(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (tmp_path / "src" / "spec").write_text("a file where a folder should be", encoding="utf-8")
    said = project.build(builder="dummy", status=1)
    assert "FSGS795" in said and "Traceback" not in said
