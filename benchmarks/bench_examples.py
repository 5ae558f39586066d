"""An example of ten instructions, bound, run and judged here, and the same ten on Unicorn; and what processors cost.

    python benchmarks/bench_examples.py

Prints examples a second for this tool on one processor and on all, from their trees and from the text of a page; for
Unicorn with a fresh engine for each example, and with one engine that is set up again for each; and how much longer all
processors take than one where nothing that differs is asked. Exits with 1 when that is more than 1.2 times as long, or
when an example here takes more than 6 times as long as on a fresh engine.

Unicorn runs bytes that were assembled beforehand, and a comparison of registers stands for the judgement. It knows no
processors, no boundaries and no findings. So both do not do the same work; the ratios say what a user waits for.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sphinx_fsgs.check.result import Origin, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.syntax.example import Example

LIMIT = 1.2
FRESH_LIMIT = 6.0
ROUNDS = 9
EXAMPLES = 10
ONE = "intel_skylake"
PAGE = """\
Page
====

.. fsgs: example ten
   before
       in kernel
       RAX = 0x1122
       RBX = 5
       RCX = 7
       RSP = 0x300800
   after
       RAX = 0x320
       RSI = 0x1135

::

    mov   %rax, %rdx
    add   $0x10, %rdx
    push  %rdx
    xor   %ecx, %ecx
    lea   8(%rdx), %rsi
    sub   %rbx, %rsi
    pop   %rdi
    and   $0xff, %edi
    shl   $4, %rdi
    mov   %rdi, %rax
"""
PLAIN = PAGE.replace("push  %rdx", "mov   %rdx, %r8").replace("pop   %rdi", "mov   %r8, %rdi")
"""The same without memory, of which the width of addresses is asked, in which processors differ."""

CODE = bytes.fromhex("4889c24883c2105231c9488d72084829de5f81e7ff00000048c1e7044889f8")
START, STACK, SIZE = 0x200000, 0x300000, 0x1000
BEGIN: Mapping[str, int] = {"RAX": 0x1122, "RBX": 5, "RCX": 7, "RSP": STACK + 0x800}
END: Mapping[str, int] = {"RAX": 0x320, "RSI": 0x1135}


@dataclass(frozen=True)
class Figures:
    """Seconds that one example takes, by what runs it; ``processors`` is how many all are."""

    seconds: Mapping[str, float]
    processors: int

    def ratio(self, one: str, other: str) -> float:
        """Return how many times as long one takes as the other."""
        return self.seconds[one] / self.seconds[other]

    @property
    def holds(self) -> bool:
        """Whether both limits are kept."""
        fresh = self.ratio("one processor", "Unicorn, fresh") if "Unicorn, fresh" in self.seconds else 0.0
        return self.ratio("all, plain", "one, plain") <= LIMIT and fresh <= FRESH_LIMIT


class _Keeping(Session):
    """Keeps the tree of the example that it judges."""

    kept: tuple[Example, Origin] | None = None

    def example(self, tree: Example, origin: Origin, found: tuple[Diagnostic, ...] = ()) -> Result:  # type: ignore[override]
        """As :class:`Session`."""
        self.kept = tree, origin
        return super().example(tree, origin, found)


def _tree(page: str, path: Path) -> tuple[Example, Origin]:
    path.write_text(page, encoding="utf-8")
    session = _Keeping.open()
    assert isinstance(session, _Keeping)
    check_file(session, path)
    assert session.kept is not None
    return session.kept


def _judging(where: str | None, tree: tuple[Example, Origin], runs: int | None = 1) -> Callable[[], object]:
    """Return what binds, runs and judges the example, with a session that has judged before."""
    session = Session.open(where)
    result = session.example(*tree)
    assert {each.verdict for each in result.verdicts} == {"holds"}, result.diagnostics
    assert runs in (None, result.runs), f"{result.runs} runs where nothing that differs is asked"
    return lambda: session.example(*tree)


def _reading(path: Path) -> Callable[[], object]:
    session = Session.open(ONE)
    return lambda: check_file(session, path)


# ---- Unicorn ------------------------------------------------------------------------------------


def unicorn() -> Mapping[str, Callable[[], object]]:
    """Return what runs the example with a fresh engine and with a used one; nothing where Unicorn is not installed."""
    try:
        from unicorn import UC_ARCH_X86, UC_MODE_64, Uc, x86_const
    except ImportError:
        return {}
    number = {name: getattr(x86_const, f"UC_X86_REG_{name}") for name in {*BEGIN, *END}}

    def made() -> Any:
        engine = Uc(UC_ARCH_X86, UC_MODE_64)
        engine.mem_map(START, SIZE)
        engine.mem_map(STACK, SIZE)
        engine.mem_write(START, CODE)
        return engine

    def judged(engine: Any) -> None:
        for name, value in BEGIN.items():
            engine.reg_write(number[name], value)
        engine.emu_start(START, START + len(CODE))
        found = {name: engine.reg_read(number[name]) for name in END}
        assert found == END, found

    used = made()
    clean = used.context_save()

    def again() -> None:
        used.context_restore(clean)
        used.mem_write(START, CODE)
        used.mem_write(STACK, bytes(SIZE))
        judged(used)

    return {"Unicorn, fresh": lambda: judged(made()), "Unicorn, used again": again}


# ---- figures ------------------------------------------------------------------------------------


def measure(rounds: int = ROUNDS, examples: int = EXAMPLES) -> Figures:
    """Return how long each takes; they take turns, and the best round of each counts, which no other work disturbed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.rst")
        plain, tree = _tree(PLAIN, path), _tree(PAGE, path)
        work = {
            "one processor": _judging(ONE, tree),
            "one, from a page": _reading(path),
            "all processors": _judging(None, tree, runs=None),
            "one, plain": _judging(ONE, plain),
            "all, plain": _judging(None, plain),
            **unicorn(),
        }
        times: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(rounds):
            for name, run in work.items():
                began = time.process_time()
                for _ in range(examples):
                    run()
                times[name].append((time.process_time() - began) / examples)
    return Figures({name: min(each) for name, each in times.items()}, len(Session.open().spec.profiles))


def main() -> int:
    """Print the figures; return 1 when a limit is not kept."""
    found = measure()
    for name, seconds in found.seconds.items():
        beside = found.ratio("one processor", name)
        print(f"{name:20} {1 / seconds:8.0f} examples/s   one processor takes {beside:6.2f} times as long")
    ratio = found.ratio("all, plain", "one, plain")
    print(f"{found.processors} processors that answer alike: {ratio:.2f} times one (at most {LIMIT})")
    if "Unicorn, fresh" not in found.seconds:
        print("Unicorn is not installed: nothing to compare with")
    return int(not found.holds)


if __name__ == "__main__":
    raise SystemExit(main())
