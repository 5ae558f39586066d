"""Real builds in processes of their own, on an engine that answers at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sphinx

from tests.present import fake

BUILDERS = "html dirhtml singlehtml latex text man texinfo epub xml pseudoxml json gettext dummy fsgs".split()

CONF = """\
import sys
sys.path.insert(0, {root!r})
import tests.present.fake
tests.present.fake.install()
extensions = ["sphinx_fsgs"]
project = "p"
{more}
"""

EVERYTHING = """\
Page
====

.. fsgs:page::
   before
       CPL = 0

.. fsgs:example:: Text of an example
   :name: an-example
   :trace:

   before
       GS.base = ?a
   run
       swapgs          # exchanges
   after
       GS.base = ?b

.. fsgs:claim:: SWAPGS swaps what the reader sees

.. fsgs:claims::

   WRMSR writes
   this is wrong

.. fsgs:example:: Hidden example
   :hide:

   run
       nop
   after
       no fault

.. fsgs: claim an invisible sentence

.. fsgs: example of-the-block
   after
       GS.base = 0

.. fsgs: example of-the-same-block
   after
       GS.base = 1

A block::

   swapgs

.. code-block:: fsgs-asm
   :caption: with a caption

   1: mov %gs:(%rax), %rbx  # comment

In text, :fsgs:claim:`SWAPGS exchanges` and :fsgs:claim:`other words <this is wrong too>`.

.. fsgs:operation:: SWAPGS

.. fsgs:answers:: null_selector_clears_base

More of :fsgs:instruction:`LKGS`, :fsgs:instruction:`a load <MOV to GS>`, :fsgs:behaviour:`mfence_serialises`,
:fsgs:behaviour:`null_selector_clears_base` and :fsgs:profile:`amd_zen3`.

.. fsgs:instruction:: LKGS

.. fsgs:behaviour:: null_selector_clears_base

.. fsgs:profile:: amd_zen3

.. fsgs:index:: behaviours

.. fsgs:index:: procedures

Sections
--------

.. fsgs:instruction:: WRMSR
   :sections:
"""


@dataclass(frozen=True)
class Build:
    status: int
    text: str
    out: Path

    def findings(self) -> list[str]:
        return re.findall(r"^(\S+:\d+): (?:ERROR|WARNING): (FSGS\d+)", self.text, re.MULTILINE)


Builder = Callable[..., Build]


@pytest.fixture
def build(tmp_path: Path, repository: Path) -> Builder:
    """Return a function that builds the files in ``src`` and gives back what happened."""

    def run(*arguments: str, builder: str = "html", conf: str = "", **files: str) -> Build:
        source = tmp_path / "src"
        source.mkdir(exist_ok=True)
        (source / "conf.py").write_text(CONF.format(root=str(repository), more=conf))
        for name, text in files.items():
            (source / f"{name}.rst").write_text(text)
        out = tmp_path / "out" / builder
        command = [sys.executable, "-m", "sphinx", "-b", builder, "-d", str(tmp_path / "tree"), *arguments]
        environ = {**os.environ, "PYTHONPATH": str(repository), "NO_COLOR": "1", "PYTHONWARNINGS": "default"}
        done = subprocess.run(
            [*command, "src", str(out)], cwd=tmp_path, capture_output=True, text=True, check=False, env=environ
        )
        return Build(done.returncode, done.stdout + done.stderr, out)

    return run


def page(title: str, text: str = "") -> str:
    return f"{title}\n{'=' * len(title)}\n\n{text}\n"


WRONG = page("Wrong", ".. fsgs: claim this is wrong")


@pytest.mark.parametrize("builder", BUILDERS)
def test_every_builder_finishes_and_reports(build: Builder, builder: str) -> None:
    done = build(builder=builder, index=EVERYTHING)
    lines = [number for number, line in enumerate(EVERYTHING.split("\n"), 1) if "this is wrong" in line]
    assert done.findings() == [(f"src/index.rst:{line}", "FSGS301") for line in lines]
    assert done.status == 1
    assert "Traceback" not in done.text and "unknown node" not in done.text
    deprecated = [line for line in done.text.splitlines() if "RemovedInSphinx" in line]
    assert all("sphinxcontrib" in line for line in deprecated), deprecated


def test_html_shows_verdicts_in_words_and_hides_comments(build: Builder) -> None:
    html = (build(index=EVERYTHING).out / "index.html").read_text()
    assert "<strong>holds</strong> on all 3 processors (proved)" in html
    assert "<strong>fails</strong> on all 3 processors" in html
    assert html.count("checked on 3 processors") == 1
    assert "of-the-same-block" in html
    assert "an invisible sentence" not in html and "Hidden example" not in html
    assert 'id="fsgs-an-example"' in html
    assert "fsgs.css" in html
    assert "#GP(0)" in html and "AMD Zen 4 to AMD Zen 5" in html
    import xml.etree.ElementTree as xml

    for part in re.findall(r'<(?:div class="fsgs-result|details class="fsgs-note).*?</(?:div|details)>\n', html, re.S):
        tag = part[1:].split(" ")[0]
        whole = part if part.count(f"<{tag}") == part.count(f"</{tag}>") else ""
        if whole:
            xml.fromstring(whole)


def test_text_shows_verdicts_of_directives_only(build: Builder) -> None:
    text = (build(builder="text", index=EVERYTHING).out / "index.txt").read_text()
    assert "holds on all 3 processors (proved)" in text
    assert "FSGS301: this is not so" in text
    assert "checked on" not in text


def test_catalogues_hold_nothing_of_ours(build: Builder) -> None:
    catalogue = (build(builder="gettext", index=EVERYTHING).out / "index.pot").read_text()
    assert "all 3 processors" not in catalogue


def test_notes_can_be_turned_off(build: Builder) -> None:
    html = (build(conf='fsgs_show = "none"', index=EVERYTHING).out / "index.html").read_text()
    assert "checked on" not in html and "<strong>holds</strong>" in html


def test_the_style_is_loaded_only_where_it_is_needed(build: Builder) -> None:
    done = build(index=page("Index", ".. toctree::\n\n   a\n   b"), a=page("A"), b=EVERYTHING)
    assert "fsgs.css" not in (done.out / "a.html").read_text()
    assert "fsgs.css" in (done.out / "b.html").read_text()
    assert (done.out / "_static" / "fsgs.css").is_file()


@pytest.mark.parametrize("builder", ["html", "fsgs"])
@pytest.mark.parametrize("arguments", [(), ("-W",), ("-j2",), ("-W", "-j2", "--keep-going")])
def test_a_failing_claim_fails_every_build(build: Builder, builder: str, arguments: tuple[str, ...]) -> None:
    files = dict.fromkeys("abcdefg", WRONG)
    index = page("Index", ".. toctree::\n   :glob:\n\n   *")
    first = build(*arguments, builder=builder, index=index, **files)
    again = build(*arguments, builder=builder)
    expected = [(f"src/{name}.rst:4", "FSGS301") for name in "abcdefg"]
    if sphinx.version_info < (8, 1) and arguments == ("-W",):
        # Sphinx of old raises at the first warning, and says no more.
        assert (first.status, again.status) == (2, 2)
        assert all("src/a.rst:4:FSGS301" in each.text for each in (first, again))
        return
    assert (first.status, again.status) == (1, 1)
    assert first.findings() == again.findings() == expected
    assert "Traceback" not in first.text
    if builder == "html":
        assert (first.out / "a.html").is_file()


def test_mending_a_document_mends_the_build_and_nothing_else_is_read(build: Builder) -> None:
    index = page("Index", ".. toctree::\n\n   a")
    assert build(index=index, a=WRONG).status == 1
    mended = build(a=page("Right", ".. fsgs: claim this is right"))
    assert mended.status == 0 and "1 changed" in mended.text
    assert "checked 2 documents" not in mended.text and "0 examples and 1 claim" in mended.text
    (mended.out.parents[1] / "src" / "a.rst").unlink()
    assert build(index=page("Index")).status == 0


def test_suppressed_codes_do_not_fail(build: Builder) -> None:
    files = {"index": WRONG}
    assert build(conf='suppress_warnings = ["fsgs.FSGS301"]', **files).status == 0
    assert build(conf='suppress_warnings = ["fsgs"]', **files).status == 0
    assert build(conf='suppress_warnings = ["fsgs.FSGS302"]', **files).status == 1


def test_how_loud_failures_are(build: Builder) -> None:
    warned = build(conf='fsgs_fail = "warning"', index=WRONG)
    assert warned.status == 0 and "WARNING: FSGS301" in warned.text
    assert build("-W", "-E", conf='fsgs_fail = "warning"').status != 0
    off = build("-W", "-E", conf='fsgs_fail = "off"')
    assert off.status == 0 and "FSGS301" not in off.text
    few = build(conf="fsgs_max_errors = 1", index=EVERYTHING)
    assert len(few.findings()) == 1 and "1 more findings" in few.text and few.status == 1


def test_a_wrong_setting_and_a_wrong_scope_are_said(build: Builder) -> None:
    assert build(conf='fsgs_fail = "loud"', index=page("P")).status == 1
    scope = build("-E", conf='fsgs_where = "nowhere"', index=WRONG)
    assert scope.status == 1 and 'unknown scope "nowhere"' in scope.text and "Traceback" not in scope.text


def test_codes_are_selected_and_ignored_in_the_report_too(build: Builder) -> None:
    ignored = build(conf='fsgs_ignore = ["FSGS3"]', builder="fsgs", index=WRONG)
    assert ignored.status == 0 and ignored.findings() == []
    assert json.loads((ignored.out / "fsgs-report.json").read_text())["documents"][0]["diagnostics"] == []
    assert build(conf='fsgs_select = ["FSGS2"]').status == 0
    assert build(conf='fsgs_select = ["FSGS301"]').status == 1


def test_a_file_can_be_left_out_with_a_reason(build: Builder) -> None:
    conf = 'fsgs_per_file_ignores = {"index.rst": {"FSGS301": "a page of quoted errors"}}'
    html = build(conf=conf, index=page("P", ".. fsgs:claim:: this is wrong"))
    assert html.status == 0 and "1 suppressed" in html.text
    assert "FSGS301 is not reported here: a page of quoted errors" in (html.out / "index.html").read_text()
    done = build(conf=conf, builder="fsgs")
    held = json.loads((done.out / "fsgs-report.json").read_text())["documents"][0]["suppressed"][0]
    assert (held["code"], held["reason"]) == ("FSGS301", "a page of quoted errors")
    assert (
        Path(held["by"]["path"]).name == "conf.py"
        and held["by"]["line"] == CONF.count("\n", 0, CONF.find("{more}")) + 1
    )
    unused = build(conf=conf, index=page("P", ".. fsgs:claim:: this is right"))
    assert unused.status == 1 and "FSGS703: there is no finding FSGS301 in index.rst" in unused.text


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ('fsgs_selct = ["FSGS3"]', 'unknown setting "fsgs_selct"|did you mean "fsgs_select"?'),
        ('fsgs_select = ["FSGS39"]', 'no code is, or begins with, "FSGS39"|did you mean "FSGS3"?'),
        ('fsgs_symbols = {"FOO": "x"}', "the symbol FOO is no number|write FOO = 0x10"),
        ('fsgs_per_file_ignores = {"a.rst": {"FSGS301": ""}}', "FSGS301 is ignored in a.rst without a reason|why"),
    ],
)
def test_settings_that_mean_nothing_fail_the_build_at_their_line(build: Builder, conf: str, words: str) -> None:
    done = build(conf=conf, index=page("P", ".. fsgs: claim this is right"))
    line = CONF.count("\n", 0, CONF.find("{more}")) + 1
    assert done.findings() == [(f"src/conf.py:{line}", "FSGS791")] and done.status == 1
    assert all(word in done.text for word in words.split("|")) and "Traceback" not in done.text


def test_strict_counts_what_sources_leave_open(build: Builder) -> None:
    assert build(index=page("P", ".. fsgs: claim this is open")).status == 0
    assert build(conf="fsgs_strict = True").status == 1


def test_nothing_checked_is_said_by_the_builder_that_only_checks(build: Builder) -> None:
    empty = build(builder="fsgs", index=page("P"))
    assert empty.findings() == [("index.rst:1", "FSGS792")] and empty.status == 0
    assert build(builder="fsgs", conf="fsgs_strict = True").status == 1
    assert build(index=page("P")).findings() == []


def test_another_spec_checks_all_documents_again(build: Builder) -> None:
    files = {"index": page("Index", ".. toctree::\n\n   a\n   b"), "a": WRONG, "b": page("No claims")}
    assert build(**files).status == 1
    assert "0 added, 0 changed, 0 removed" in build().text
    other = build(conf='tests.present.fake.FakeSession.spec_digest = "other"')
    assert "1 changed" in other.text and other.status == 1


def test_a_bug_of_ours_is_a_finding_and_the_rest_is_built(build: Builder) -> None:
    done = build(index=page("Index", ".. fsgs: claim this does crash"), a=":orphan:\n\n" + WRONG)
    assert [code for _, code in done.findings()] == ["FSGS301", "FSGS901"]
    assert done.status == 1 and (done.out / "index.html").is_file() and "Traceback" not in done.text


def test_unknown_things_of_the_spec_have_suggestions(build: Builder) -> None:
    text = page("P", ".. fsgs:operation:: SWAPSG\n\n.. fsgs:answers:: null_selector_clears_bas\n\n.. fsgs:exmaple:: x")
    done = build(index=text)
    assert done.findings() == [
        ("src/index.rst:4", "FSGS794"),
        ("src/index.rst:6", "FSGS794"),
        ("src/index.rst:8", "FSGS610"),
    ]
    assert 'did you mean "SWAPGS"?' in done.text and 'did you mean "null_selector_clears_base"?' in done.text


def test_a_finding_in_an_included_file_has_its_place(build: Builder, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "part.txt").write_text("* a list\n\n  .. fsgs: claim this is wrong\n")
    done = build(index=page("Index", ".. include:: part.txt"))
    assert done.findings() == [("src/part.txt:3", "FSGS301")]


def test_the_builder_needs_no_extension_in_conf(build: Builder, tmp_path: Path) -> None:
    installed = tmp_path / "site" / "fsgs_entry-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: fsgs-entry\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[sphinx.builders]\nfsgs = sphinx_fsgs\n")
    more = f"extensions = []\nsys.path.insert(0, {str(installed.parent)!r})"
    done = build(builder="fsgs", conf=more, index=WRONG)
    assert done.findings() == [("src/index.rst:4", "FSGS301")] and done.status == 1
    report = json.loads((done.out / "fsgs-report.json").read_text())
    assert (report["version"], report["spec"]) == (1, fake.DIGEST)
    assert report["documents"][0]["diagnostics"][0]["code"] == "FSGS301"


def test_a_document_with_comments_only_builds_without_us(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("extensions = []\n")
    (tmp_path / "index.rst").write_text(WRONG)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
