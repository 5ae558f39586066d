"""Each format is a pure function of a report; small golden texts."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from sphinx_fsgs.check.result import DocumentResult, Report
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present import html
from sphinx_fsgs.present.ansi import Palette, plain
from sphinx_fsgs.present.formats import concise, text, verdict
from sphinx_fsgs.present.formats import json as json_format
from sphinx_fsgs.present.hosts import counted
from sphinx_fsgs.present.nodes import result_node, standard_nodes
from sphinx_fsgs.present.sources import Sources
from sphinx_fsgs.present.words import overall, stats_line, summary_line
from sphinx_fsgs.source import Span
from tests.present.samples import COUNTEREXAMPLE, DOCUMENT, FAILS, FAILURE, HOLDS, MISSPELT, PAGE, POSSIBLE, REPORT

SOURCES = Sources([("page.rst", PAGE)])

FULL = """\
page.rst:4:16: error FSGS301: SWAPGS changes GS_SHADOW
  |
4 | .. fsgs: claim SWAPGS does not change GS_SHADOW
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = fails on: all 2 processors
  = holds on: none
  = on intel_skylake, for example
    before   GS.base    0x0
             GS_SHADOW  0x1
    line 12  swapgs     GS.base = 0x1, GS_SHADOW = 0x0, no serialisation
    after    GS_SHADOW  0x0
  = on AMD Zen 1: from GS_SHADOW = 2
  = by: spec/instructions/SWAPGS.insn:12
  = see: sdm:SWAPGS
  = help: write "SWAPGS swaps GS.base and GS_SHADOW"

page.rst:8:2: error FSGS110: unknown cell "GS.bse"
  |
8 |         GS.base = ?a
  |         ^^^^^^^
  = help: did you mean "GS.base"?
  = fix: write "GS.base"

"""


def test_text_shows_place_excerpt_run_and_way_out() -> None:
    assert text.render(REPORT, SOURCES) == FULL


def test_text_without_sources_goes_without_excerpts() -> None:
    assert "^" not in text.render(REPORT)
    assert "page.rst:8:2: error FSGS110" in text.render(REPORT)


def test_colour_changes_nothing_but_colour() -> None:
    import re

    coloured = text.render(REPORT, SOURCES, Palette(True))
    assert coloured != FULL
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == FULL


def test_a_document_does_not_drive_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07 \u202e x"
    page = Sources([("page.rst", hostile)])
    found = Diagnostic("FSGS110", "error", Span("page.rst", 1, 1, 1, 2), f"unknown {hostile}", help=hostile)
    shown = text.finding(found, page) + concise.line(found)
    assert not any(bad in shown for bad in ("\x1b", "\x07", "\u202e"))
    assert plain("a\tb\n") == "a\tb\n"


@pytest.mark.parametrize(
    ("line", "column", "end", "caret_at", "carets"),
    [
        ("\tab", 2, 4, 8, 2),  # a tab is one column of the file and eight of the terminal
        ("漢字 x", 4, 5, 5, 1),  # two terminal columns each
        ("e\N{COMBINING ACUTE ACCENT}x y", 5, 6, 3, 1),
        ("abc", 4, 4, 3, 1),  # an empty span still has a mark
    ],
)
def test_caret_stands_below_its_character(line: str, column: int, end: int, caret_at: int, carets: int) -> None:
    found = Diagnostic("FSGS110", "error", Span("p", 1, column, 1, end), "m")
    marked = text.finding(found, Sources([("p", line)])).splitlines()[3]
    assert marked == "  | " + " " * caret_at + "^" * carets


def test_an_endless_line_is_cut_around_the_mark() -> None:
    found = Diagnostic("FSGS110", "error", Span("p", 1, 5001, 1, 5002), "m")
    lines = text.finding(found, Sources([("p", "a" * 5000 + "b" + "c" * 5000)])).splitlines()
    assert max(map(len, lines)) < 200
    assert lines[2][lines[3].index("^")] == "b"


def test_concise_has_one_line_each_and_no_notes() -> None:
    note = replace(MISSPELT, severity="note", code="FSGS199")
    report = replace(REPORT, diagnostics=(note,))
    assert concise.render(report).splitlines() == [
        "page.rst:4:16: error FSGS301: SWAPGS changes GS_SHADOW",
        'page.rst:8:2: error FSGS110: unknown cell "GS.bse"',
    ]


def test_json_has_the_keys_of_version_1_in_order() -> None:
    data = json.loads(json_format.render(REPORT))
    assert list(data) == ["version", "tool", "spec", "documents", "summary"]
    assert data["version"] == 1
    document = data["documents"][0]
    assert list(document) == ["path", "results", "diagnostics", "suppressed"]
    assert list(document["results"][0]) == (
        "kind name text origin line column verdicts evidence assuming depends_on paths reason witness".split()
    )
    assert document["results"][1]["verdicts"] == {
        "holds": ["intel_skylake"],
        "fails": [],
        "vacuous": [],
        "undecided": ["amd_zen1"],
        "n/a": ["intel_pantherlake"],
    }
    found = document["diagnostics"][0]
    assert list(found) == (
        "code severity line column end_line end_column message claim "
        "fails_on holds_on counterexample citations fix".split()
    )
    assert found["claim"] == "SWAPGS does not change GS_SHADOW"
    assert found["counterexample"]["before"] == {"GS.base": "0x0", "GS_SHADOW": "0x1"}
    assert found["counterexample"]["steps"][0]["changes"] == {"GS.base": "0x1", "GS_SHADOW": "0x0"}
    assert document["diagnostics"][1]["fix"]["replacement"] == "GS.base"
    assert data["summary"]["verdicts"] == {"holds": 1, "fails": 2, "vacuous": 0, "undecided": 1, "n/a": 1}


def test_json_names_the_file_of_a_finding_in_an_included_file() -> None:
    elsewhere = replace(MISSPELT, span=replace(MISSPELT.span, path="part.rst"))
    report = Report("0", "0", (DocumentResult("page.rst", (), (MISSPELT, elsewhere)),), (FAILURE,))
    documents = json.loads(json_format.render(report))["documents"]
    assert [each.get("path") for each in documents[1]["diagnostics"]] == [None, "part.rst"]
    assert documents[0]["diagnostics"][0]["code"] == "FSGS301"


def test_summary_and_stats() -> None:
    assert summary_line(REPORT.summary()) == (
        "checked 1 document, 1 example and 1 claim: 1 holds, 2 fails, 1 undecided, 1 n/a (per processor); 2 errors"
    )
    assert stats_line(REPORT, 0.5) == "3 distinct runs gave 5 verdicts, 4 solver calls, 0.50 s"


def test_verdict_text() -> None:
    assert verdict.render(HOLDS) == (
        "? undecided on amd_zen1 (sources)\n"
        "✓ holds on intel_skylake (computed)\n"
        "– n/a on intel_pantherlake (no state meets CR4.FRED = 0)\n"
        "  assuming: the stack is mapped\n"
        "  depends on: null_selector_clears_base\n"
        "  disputed: the manual says otherwise [apm:4.5]\n"
        "  see: sdm:SWAPGS\n"
    )
    assert verdict.render(FAILS).startswith("✗ fails on all 2 processors\n")


def test_a_run_that_shows_what_can_happen_is_shown_everywhere() -> None:
    assert POSSIBLE.witness is COUNTEREXAMPLE and FAILS.witness is None
    assert verdict.render(POSSIBLE) == (
        "✓ holds on intel_skylake (exhibited)\n"
        "– n/a on amd_k8\n"
        "  for example on intel_skylake\n"
        "    before   GS.base    0x0\n"
        "             GS_SHADOW  0x1\n"
        "    line 12  swapgs     GS.base = 0x1, GS_SHADOW = 0x0, no serialisation\n"
        "    after    GS_SHADOW  0x0\n"
    )
    assert "On intel_skylake, for example" in html.render(POSSIBLE)
    ElementTree.fromstring(html.render(POSSIBLE))
    shown = "".join(node.astext() for node in standard_nodes(result_node([POSSIBLE], "block")))
    assert "on intel_skylake, for example" in shown and "GS_SHADOW = 0x0" in shown
    report = replace(REPORT, documents=(replace(DOCUMENT, results=(POSSIBLE, FAILS)),))
    one, other = json.loads(json_format.render(report))["documents"][0]["results"]
    assert one["witness"]["steps"][0]["changes"] == {"GS.base": "0x1", "GS_SHADOW": "0x0"}
    assert other["witness"] is None


def test_trace_shows_only_what_changed() -> None:
    assert verdict.render_trace(HOLDS.traces[0]) == (
        "  swapgs     GS.base = ?b\n  nop        no change\n  lkgs %ax   #UD\n  in the end\n  GS.base   ?a → ?b\n"
    )


def test_the_worst_verdict_comes_first() -> None:
    assert overall(FAILS) == "fails"
    assert overall(HOLDS) == "undecided"
    assert DOCUMENT.all_diagnostics() == (FAILURE, MISSPELT)


def test_what_was_not_judged_is_said_to_be_so() -> None:
    unread = replace(FAILS, verdicts=(), diagnostics=(MISSPELT,))
    for markup in (html.render(unread), html.render_note([unread, HOLDS]), html.render_mark(unread)):
        assert "FSGS110" in markup or html.NOT_JUDGED in markup
    assert "unknown cell" in html.render(unread)


def test_html_shows_other_processors_behind_the_counterexample() -> None:
    markup = html.render(FAILS)
    assert 0 < markup.find("intel_skylake, for example") < markup.find("on AMD Zen 1: from GS_SHADOW = 2")


def test_html_escapes_what_a_document_says() -> None:
    hostile = replace(
        FAILS, text="<script>", name="<b>", assuming=("<i>",), diagnostics=(replace(FAILURE, message="<u>"),)
    )
    markup = html.render(hostile) + html.render_note([hostile]) + html.render_mark(hostile)
    assert not any(tag in markup for tag in ("<script>", "<b>", "<i>", "<u>"))


def test_html_is_well_formed() -> None:
    for markup in (
        html.render(HOLDS, trace=True),
        html.render(FAILS),
        html.render_note([HOLDS, FAILS]),
        html.render_mark(HOLDS),
    ):
        ElementTree.fromstring(markup)


def test_citations_that_are_the_authority_are_named_once() -> None:
    found = replace(FAILURE, authority="sdm:SWAPGS", citations=("sdm:SWAPGS", "apm2:4.5.3"))
    shown = text.finding(found, SOURCES)
    assert "= by:" not in shown and "= see: sdm:SWAPGS, apm2:4.5.3" in shown


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["amd_k8"], "1 processor"),
        (["amd_k8", "intel_skylake"], "2 processors"),
        (["amd_k8 on linux_tls", "amd_k8 on linux_legacy"], "1 processor on 2 platforms"),
        (["amd_k8", "intel_skylake on linux_fred"], "2 processors on 2 platforms"),
    ],
)
def test_hosts_are_counted_as_processors_and_platforms(names: list[str], words: str) -> None:
    assert counted(names) == words
