"""A folder of inputs that are wrong in every way we could think of, and what the command says to each.

``python -m tests.host.bad_inputs`` runs the command on each file and prints its exit status and the first line
that it prints; with ``--write`` that becomes ``bad/golden.txt``, which is then read before it is committed.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "bad"
GOLDEN = FOLDER / "golden.txt"
GOOD = "good.rst"
UNREADABLE = "unreadable.rst"

_CLAIM = ".. fsgs: claim SWAPGS swaps GS.base and GS_SHADOW\n"
_EXAMPLE = ".. fsgs:example:: {name}\n\n   before\n       {before}\n   run\n       {run}\n   after\n       {after}\n"


def lay_out(folder: Path) -> None:
    """Write all inputs below ``folder``: those that are kept as text, and those that are made here."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(GOLDEN.name))
    for name, data in _made():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "folder.rst").mkdir()
    with contextlib.suppress(OSError, NotImplementedError):
        (folder / "dangling.rst").symlink_to("nothing-is-here.rst")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.rst")
        os.mkfifo(folder / "pipe.txt")
        (folder / "include-pipe.rst").write_text(".. include:: pipe.txt\n", encoding="utf-8")
    if may_forbid():
        (folder / UNREADABLE).write_text(_CLAIM, encoding="utf-8")
        (folder / UNREADABLE).chmod(0)


def may_forbid() -> bool:
    """Whether permissions mean anything to whoever runs this; they mean nothing to root."""
    return hasattr(os, "geteuid") and os.geteuid() != 0


def _made() -> Iterator[tuple[str, bytes]]:
    text = {name: written.encode() for name, written in _texts()}
    yield from text.items()
    yield "binary.rst", bytes(range(256)) * 64
    yield "latin-1.rst", "Anmerkung für Leser\n\n".encode("latin-1") + _CLAIM.encode()
    yield "utf-16.rst", _CLAIM.encode("utf-16")
    yield "utf-16-without-mark.rst", _CLAIM.encode("utf-16-le")
    yield "byte-order-mark.rst", codecs.BOM_UTF8 + _CLAIM.encode()
    yield "nul.rst", b"Title\n=====\n\n" + _CLAIM.encode().replace(b"GS_", b"\0GS_")
    yield "huge.rst", (_CLAIM + "\n").encode() * (10 * 1024 * 1024 // (len(_CLAIM) + 1))
    yield "empty.rst", b""


def _texts() -> Iterator[tuple[str, str]]:
    yield "long-line.rst", "word " * 2_001 + "\n"
    yield "deep.rst", "".join(f"{' ' * depth}quoted deeper\n\n" for depth in range(400)) + _CLAIM
    yield "deep-list.rst", "* " * 400 + "item\n\n" + _CLAIM
    yield (
        "deep-parentheses.rst",
        _EXAMPLE.format(name="deep", before=f"RAX = {'(' * 500}1{')' * 500}", run="nop", after="no fault"),
    )
    yield (
        "deep-negations.rst",
        _EXAMPLE.format(name="deep", before="in kernel", run="nop", after=f"{'not ' * 500}RAX = 0"),
    )
    yield (
        "huge-expression.rst",
        _EXAMPLE.format(
            name="huge",
            before="in kernel",
            run="nop",
            after=f"RAX = {'1 + ' * 20_000}1".replace(" + ", "\n         + "),
        ),
    )
    yield (
        "wide-expression.rst",
        _EXAMPLE.format(name="wide", before="in kernel", run="nop", after="RAX = " + "RAX * RBX + " * 90 + "1"),
    )
    yield (
        "huge-run.rst",
        _EXAMPLE.format(
            name="long", before="in kernel", run="\n       ".join(["addq %rax, %rbx"] * 3_000), after="RBX = 0"
        ),
    )
    yield (
        "nothing-of-code.rst",
        _EXAMPLE.format(
            name="prose", before="in kernel", run="\n       ".join(["this is no code at all"] * 300), after="no fault"
        ),
    )
    yield "many.rst", "".join(f".. fsgs: claim SWAPGS makes {number} coffees\n\n" for number in range(300))
    yield "chain.rst", ".. include:: chain/0.txt\n"
    for number in range(300):
        yield f"chain/{number}.txt", f"Part {number}.\n\n.. include:: {number + 1}.txt\n"


def run(*arguments: str) -> tuple[int, str]:
    """Run the command in this process; return its exit status and all that it printed."""
    from sphinx_fsgs.present.cli import main

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(arguments)
    return status, printed.getvalue()


def answers(folder: Path) -> Iterator[str]:
    """Yield for each input what the command, in ``folder`` and on that input alone, says: status and first line.

    A pipe is passed over in a folder; who names one wants to wait for what comes out of it.
    """
    for path in sorted(each.name for each in folder.glob("*.rst") if not each.is_fifo()):
        status, printed = run("check", "--format", "concise", path)
        yield f"{path}: {status} {printed.splitlines()[0]}"


def golden() -> list[str]:
    """Return the answers as they have been reviewed."""
    return GOLDEN.read_text(encoding="utf-8").splitlines()


def main() -> None:
    """Print the answers, or write them where the tests compare with them."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, FOLDER.name)
        lay_out(folder)
        os.chdir(folder)
        lines = list(answers(folder))
        os.chdir(here)
    if "--write" in sys.argv:
        kept = [] if may_forbid() else [line for line in golden() if line.startswith(UNREADABLE)]
        GOLDEN.write_text("".join(line + "\n" for line in sorted([*lines, *kept])), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
