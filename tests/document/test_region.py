"""What an ``ignore`` speaks of: the lines are marked in the text itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.document.reader import read_file

# "<" ends the lines of which the comment speaks.
TEXTS = {
    "a comment of ours": """\
.. fsgs: ignore FSGS301 reason
.. fsgs: claim SWAPGS swaps <

.. fsgs: claim SWAPGS swaps
""",
    "a blank line before it, and a reason of two lines": """\
.. fsgs: ignore FSGS301 a reason
   that goes on

Words. <

More words.
""",
    "a paragraph and the block that it announces": """\
.. fsgs: ignore FSGS301 reason

Words of <
two lines:: <

   swapgs <

   swapgs <

More words.
""",
    "several comments in a row": """\
.. fsgs: ignore FSGS301 reason

.. fsgs: ignore FSGS210 another
   of two lines
.. fsgs: ignore FSGS211 a third

Words. <

More words.
""",
    "a directive": """\
.. fsgs: ignore FSGS301 reason

.. note:: <

   Words. <

More words.
""",
    "a simple table with a blank line in it": """\
.. fsgs: ignore FSGS301 reason

===== =====
head  head
===== =====
a     b

c     d
===== =====

More words.
""",
    "a simple table without a head": """\
.. fsgs: ignore FSGS301 reason

===== =====
a     b
===== =====

===== =====
c     d
===== =====
""",
    "an item": """\
* .. fsgs: ignore FSGS301 reason

  Words. <

  More words.

* Another item.
""",
    "text that ends without a blank line": """\
* item

  .. fsgs: ignore FSGS301 reason

  Words. <
Not one of them.
""",
    "tabs": """\
* item

\t.. fsgs: ignore FSGS301 reason

\tWords:: <

\t\tswapgs <

\tMore.
""",
    "nothing at its indentation": """\
* item

  .. fsgs: ignore FSGS301 reason

More words.
""",
    "nothing at all": """\
.. fsgs: ignore FSGS301 reason
""",
    "a cell": """\
+------------------------------------+------+
| .. fsgs: ignore FSGS301 reason     | cell |
|                                    |      |
| Words.                             |      |
+------------------------------------+------+
""",
}
TABLES = {"a simple table with a blank line in it": (3, 9), "a simple table without a head": (3, 5)}


@pytest.mark.parametrize("name", TEXTS)
def test_region(name: str, tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text(TEXTS[name], encoding="utf-8")
    note = next(note for note in read_file(path).annotations if note.head == "ignore")
    lines = [number for number, line in enumerate(TEXTS[name].split("\n"), 1) if line.endswith("<")]
    expected = TABLES.get(name) or ((lines[0], lines[-1]) if lines else None)
    assert (note.region and (note.region.line, note.region.end_line)) == expected
