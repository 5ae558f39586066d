"""Examples: what each line of each section means, shown by one that is true and one that is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import codes, example, expected, verdicts

KERNEL = "CPL = 0; CR4.FRED = 0"


@dataclass(frozen=True)
class Row:
    """An example in one line: code and sections with ``;`` between their lines, and what it comes to."""

    code: str
    verdicts: str | Mapping[str, Sequence[str]]
    before: str = ""
    after: str = ""
    always: str = ""
    never: str = ""
    sometimes: str = ""
    options: str = ""
    finding: str = ""
    says: str = ""
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        sections = (self.before, self.after, self.always, self.never, self.sometimes, self.options)
        return self.name or " | ".join((self.code, *(each for each in sections if each)))


HOLDS, FAILS, VACUOUS = "holds", "fails", "vacuous"

AFTER = [
    Row("mov %rax, %rbx", HOLDS, "RAX = ?x", "RBX = ?x"),
    Row("mov %rax, %rbx", FAILS, "RAX = ?x", "RCX = ?x", finding="FSGS210"),
    Row("mov %eax, %ebx", HOLDS, "RAX = ?x", "RBX = ?x[31:0]"),
    Row("mov %eax, %ebx", FAILS, "RAX = ?x", "RBX = ?x", finding="FSGS210"),
    Row("mov %ax, %bx", HOLDS, "RAX = ?x; RBX = ?y", "RBX[15:0] = ?x[15:0]; RBX[63:16] = ?y[63:16]"),
    Row("swapgs", HOLDS, f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b", "GS.base = ?b; GS_SHADOW = ?a"),
    Row("swapgs", HOLDS, f"{KERNEL}; GS.base = ?a", "GS_SHADOW = ?a; GS.selector unchanged"),
    Row("swapgs", FAILS, KERNEL, "GS.base unchanged", finding="FSGS210"),
    Row("swapgs", HOLDS, KERNEL, "GS.selector, GS.limit and GS.attributes unchanged"),
    Row("mov $5, %eax", HOLDS, "", "RAX = 5"),
    Row("mov $5, %eax", HOLDS, "", "RAX > 4 and RAX < 6 and RAX != 0 and not RAX = 7"),
    Row("mov $5, %eax", FAILS, "", "RAX >= 6 or RAX <= 4", finding="FSGS210"),
    Row("shl $32, %rdx; or %rdx, %rax", HOLDS, "EDX:EAX = ?v; RAX = ?v[31:0]", "RAX = ?v"),
    Row("mov %rax, %rbx", HOLDS, "RAX = ?x; assume ?x < 16", "RBX < 16"),
    Row("mov %rax, %rbx", FAILS, "RAX = ?x; assume ?x < 16", "RBX < 15", finding="FSGS210"),
    Row("mov %rax, %rbx", HOLDS, "assume RAX = 1 or RCX = 2; RAX = 3", "RCX = 2"),
    Row("mov %rax, %rbx", HOLDS, "RAX = ?x; assume ?x = ?y and ?y < 16", "RBX < 16 and RBX = ?y"),
    Row("mov %gs, %eax", HOLDS, "GS.selector = ?s", "RAX = ?s; null(?s) or RAX != 0"),
    Row("wrmsr", HOLDS, f"{KERNEL}; ECX = MSR_GS_BASE; EDX:EAX = ?v; assume canonical(?v, 48)", "GS.base = ?v"),
    Row("rdmsr", HOLDS, f"{KERNEL}; ECX = MSR_GS_BASE; MSR[0xC0000101] = ?v", "EDX:EAX = ?v; GS.base = ?v"),
]

NOTHING_ELSE = [
    Row("nop", HOLDS, "", "nothing else changes"),
    Row("mov %rax, %rbx", HOLDS, "", "nothing else changes but RBX"),
    Row("mov %rax, %rbx", FAILS, "", "nothing else changes", finding="FSGS210"),
    Row("mov %rax, %rbx", HOLDS, "RAX = ?x", "RBX = ?x; nothing else changes"),
    Row("mov %rax, %rbx", HOLDS, "", "nothing else changes but EBX", name="a part of a register stands for it"),
    Row("swapgs", FAILS, KERNEL, "nothing else changes but GS.base", finding="FSGS210"),
    Row("mov %rax, (%rbx)", FAILS, "", "nothing else changes", finding="FSGS210"),
    Row("mov %rax, (%rbx)", HOLDS, "", "nothing else changes but memory"),
    Row("mov %rax, (%rbx)", HOLDS, "RAX = ?x; RBX = ?p", "u64[?p] = ?x; nothing else changes"),
    Row("mov %rax, 8(%rbx)", FAILS, "RAX = ?x; RBX = ?p", "u64[?p + 9] = 0; nothing else changes", finding="FSGS210"),
    Row("mov %eax, (%rbx)", FAILS, "RBX = ?p", "nothing else changes but u16[?p]", finding="FSGS210"),
    Row("mov %eax, (%rbx)", HOLDS, "RBX = ?p", "nothing else changes but u32[?p]"),
    Row("push %rax", FAILS, "", "nothing else changes but RSP", finding="FSGS210"),
    Row("push %rax", HOLDS, "RSP = ?s", "nothing else changes but RSP, u64[?s - 8]"),
    Row("push %rax; pop %rax", HOLDS, "", "nothing else changes", name="memory below the stack pointer is free"),
    Row("push %rax; pop %rbx", HOLDS, "RAX = ?x", "RBX = ?x; memory unchanged; nothing else changes"),
    Row("wrmsr", HOLDS, f"{KERNEL}; ECX = 0x10; MSR[0x10] = ?v", "nothing else changes but MSR[0x10]"),
    Row("wrmsr", HOLDS, f"{KERNEL}; ECX = 0x10; MSR[0x10] = ?v; EDX:EAX = ?w", "MSR[0x10] = ?w; nothing else changes"),
    Row("wrmsr", FAILS, f"{KERNEL}; ECX = 0x10; MSR[0x10] = ?v", "nothing else changes", finding="FSGS210"),
    Row("wrmsr", FAILS, f"{KERNEL}; ECX = 0x10; MSR[0x10] = 5; EDX:EAX = 6", "nothing else changes", finding="FSGS210"),
    Row("wrmsr", HOLDS, f"{KERNEL}; ECX = 0x10; MSR[0x10] = 5; EDX:EAX = 5", "nothing else changes"),
    Row("wrmsr", FAILS, f"{KERNEL}; ECX = 0x10", "no fault", finding="FSGS211", name="a register that may not exist"),
    Row(
        "mov %ax, %gs",
        HOLDS,
        "CPL = 0; RAX = 0x28; GDT[5] = data, dpl 3",
        "nothing else changes but GS.selector, GS.base, GS.limit, GS.attributes",
        name="the accessed bit never counts",
    ),
]

LEAVES = [
    Row(
        "jmp *%rax", FAILS, "", "no fault", finding="FSGS405", says="jmp *%rax can jump to where no instruction stands"
    ),
    Row("call *%rax", FAILS, "", "no fault", finding="FSGS405"),
    Row("jmp *(%rbx); nop", FAILS, "", "RAX unchanged at end", finding="FSGS405", name="before a place never reached"),
    Row("jmp away", FAILS, "let away = 0xffffffff82000000", "no fault", finding="FSGS405"),
    Row("je away", FAILS, "let away = 0xffffffff82000000", "no fault", finding="FSGS405", name="in some states"),
    Row("je away", HOLDS, "let away = 0xffffffff82000000; RFLAGS.ZF = 0", "no fault", name="in no state"),
    Row("lea on(%rip), %rax; jmp *%rax; on: nop", HOLDS, "", "nop ran once"),
    Row("ret", HOLDS, "", "no fault", name="what may leave"),
    Row("call f; jmp 1f; f: ret; 1: nop", HOLDS, "", "ret ran once"),
]

OUTCOME = [
    Row("swapgs", FAILS, "CPL = 3", "GS.base unchanged", finding="FSGS211"),
    Row("swapgs", HOLDS, "CPL = 3; CR4.FRED = 0", "#GP(0)"),
    Row("swapgs", HOLDS, "CPL = 3; CR4.FRED = 0", "#GP"),
    Row("swapgs", FAILS, "CPL = 3; CR4.FRED = 0", "#UD", finding="FSGS211"),
    Row("swapgs", FAILS, "CPL = 3; CR4.FRED = 0", "#GP(8)", finding="FSGS211"),
    Row("swapgs", FAILS, KERNEL, "#GP(0)", finding="FSGS211"),
    Row("swapgs", HOLDS, "CR4.FRED = 0", "#GP(0) when CPL != 0; no fault when CPL = 0"),
    Row("swapgs", FAILS, "CR4.FRED = 0", "#GP(0) when CPL = 3", finding="FSGS211", name="CPL 1 and 2 are left out"),
    Row("swapgs", HOLDS, KERNEL, "no fault"),
    Row("nop; swapgs", HOLDS, "CPL = 3; CR4.FRED = 0", "#GP(0) at swapgs"),
    Row("nop; swapgs", FAILS, "CPL = 3; CR4.FRED = 0", "#GP(0) at nop", finding="FSGS211"),
    Row(
        "mov %ax, %gs",
        HOLDS,
        "CPL = 3; RAX = 0x2b; GDT[5] = system",
        "#GP(0x28)",
        name="an error code is the selector without its RPL",
    ),
    Row("swapgs; swapgs", HOLDS, KERNEL, "swapgs ran twice"),
    Row("swapgs; jmp 1f; rdmsr; 1: nop", HOLDS, KERNEL, "swapgs ran once; rdmsr never ran"),
    Row("swapgs; swapgs", FAILS, KERNEL, "swapgs ran once", finding="FSGS210"),
    Row("swapgs", HOLDS, "CPL = 3; CR4.FRED = 0", "swapgs never ran; #GP(0)", name="only what completes has run"),
    Row(
        "wrmsr",
        {"holds": ("all", "-FS_GS_NS"), "fails": ("FS_GS_NS",)},
        f"{KERNEL}; ECX = MSR_GS_BASE; RAX = 0; RDX = 0",
        "wrmsr serialises",
        finding="FSGS210",
    ),
    Row("wrmsr; nop", HOLDS, f"{KERNEL}; ECX = MSR_GS_BASE; RAX = 0; RDX = 0", "nop does not serialise"),
    Row("swapgs", HOLDS, KERNEL, "does not serialise"),
    Row("swapgs", FAILS, KERNEL, "serialises", finding="FSGS210"),
]

WHEN = [
    Row("swapgs", HOLDS, f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b", "GS.base unchanged when ?a = ?b"),
    Row(
        "swapgs", FAILS, f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b", "GS.base unchanged when ?a < ?b", finding="FSGS210"
    ),
    Row(
        "mov %rax, %rbx",
        VACUOUS,
        "RAX = ?x; assume ?x < 4",
        "RBX = 9 when ?x = 9",
        finding="FSGS230",
        says="no state meets the condition",
    ),
    Row(
        "mov %rax, %rbx",
        HOLDS,
        "RBX = ?y",
        "RBX = ?y when RAX = RBX",
        name="when speaks of the initial state",
    ),
]

PLACES = [
    Row("swapgs; nop; swapgs", HOLDS, f"{KERNEL}; GS.base = ?a", "", "GS.base = ?a except from nop to last swapgs"),
    Row(
        "swapgs; nop; swapgs",
        FAILS,
        f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b; assume ?a != ?b",
        "",
        "GS.base = ?a except at nop",
        finding="FSGS410",
        name="a window that is too narrow",
    ),
    Row(
        "swapgs; nop; swapgs; nop",
        FAILS,
        f"{KERNEL}; GS.base = ?a",
        "",
        "GS.base = ?a except from first nop to last nop",
        finding="FSGS412",
        says="before nop the condition always holds",
        name="a window that is too wide",
    ),
    Row("swapgs; nop; swapgs", FAILS, f"{KERNEL}; GS.base = ?a", "", "GS.base = ?a", finding="FSGS410"),
    Row("swapgs; swapgs", HOLDS, f"{KERNEL}; GS.base = ?a; GS_SHADOW = ?b", "", "GS.base = ?b at second swapgs"),
    Row("swapgs; swapgs", HOLDS, f"{KERNEL}; GS.base = ?a", "", "GS.base = ?a at end"),
    Row("swapgs; swapgs", HOLDS, f"{KERNEL}; GS.base = ?a", "", "GS.base = ?a at first swapgs"),
    Row("top: swapgs; bottom: nop", HOLDS, f"{KERNEL}; GS.base = ?a", "", "GS_SHADOW = ?a from bottom to end"),
    Row("swapgs; mov %gs:8, %rax", HOLDS, f"{KERNEL}; GS.base = ?a", "", "GS_SHADOW = ?a at %gs access"),
    Row("mov $1, %eax; mov $2, %eax", HOLDS, "RAX = 0", "", never="RAX = 3"),
    Row("mov $1, %eax; mov $2, %eax", FAILS, "RAX = 0", "", never="RAX = 1", finding="FSGS410"),
    Row("mov $1, %eax; mov $2, %eax", HOLDS, "RAX = 0", "", never="RAX = 1 except at second mov"),
    Row(
        "mov $1, %eax; mov $2, %eax",
        FAILS,
        "RAX = 0",
        "",
        never="RAX = 1 except at end",
        finding="FSGS410",
        name="never, with an exception at the wrong place",
    ),
    Row("mov $1, %eax; mov $2, %eax", HOLDS, "RAX = 0", sometimes="RAX = 1"),
    Row("mov $1, %eax; mov $2, %eax", FAILS, "RAX = 0", sometimes="RAX = 3", finding="FSGS411", says="it never holds"),
    Row("mov $1, %eax; mov $2, %eax", FAILS, "RAX = 0", sometimes="RAX = 1 at end", finding="FSGS411"),
    Row("mov %rbx, %rax", HOLDS, sometimes="RAX = 7", name="some state is enough for sometimes"),
    Row(
        "swapgs; nop",
        HOLDS,
        "CPL = 3; CR4.FRED = 0; GS.base = ?a",
        "#GP(0)",
        "GS.base = ?a",
        name="boundaries before a fault",
    ),
    Row(
        "swapgs; rdmsr",
        VACUOUS,
        "CPL = 3; CR4.FRED = 0",
        "#GP(0)",
        "GS.base unchanged at rdmsr",
        finding="FSGS231",
        says="no run reaches the place",
    ),
    Row("jmp 1f; nop; 1: swapgs", VACUOUS, KERNEL, "", "GS.base unchanged at nop", finding="FSGS231"),
]

MEMORY = [
    Row("mov (%rbx), %rax", HOLDS, "RBX = ?p; u64[?p] = ?v", "RAX = ?v"),
    Row("mov 4(%rbx), %eax", HOLDS, "RBX = ?p; u64[?p] = ?v", "RAX = ?v[63:32]"),
    Row("movl %eax, (%rbx); mov (%rbx), %rcx", HOLDS, "RAX = ?x; RBX = ?p; u64[?p] = ?v", "RCX = ?v[63:32]:?x[31:0]"),
    Row(
        "mov %rax, (%rbx)", HOLDS, "RBX = ?p; u64[?q] = ?v", "u64[?q] = ?v", name="what is named apart does not overlap"
    ),
    Row(
        "mov %rax, (%rbx)",
        FAILS,
        "may overlap; RBX = ?p; u64[?q] = ?v",
        "u64[?q] = ?v",
        finding="FSGS210",
        name="unless it may overlap",
    ),
    Row("mov (%rbx), %rax", HOLDS, "", "no fault", name="memory operands are good"),
    Row("mov (%rbx), %rax", FAILS, "memory may fault", "no fault", finding="FSGS211"),
    Row("mov (%rbx), %rax", HOLDS, "CPL = 0; RBX = 0x1000; unmapped 0x1000", "#PF(0)"),
    Row("mov %rax, (%rbx)", HOLDS, "CPL = 0; RBX = 0x1000; unmapped 0x1000", "#PF(2)"),
    Row("mov %rax, (%rbx)", HOLDS, "CPL = 3; CR0.AM = 0; RBX = 0x1000; unmapped 0x1000", "#PF(6)"),
    Row("mov (%rbx), %rax", HOLDS, "RBX = 0x3000; unmapped 0x1000; CR0.AM = 0", "no fault"),
    Row("mov %rax, (%rbx)", HOLDS, "CPL = 0; CR0.WP = 1; RBX = 0x1000; read-only 0x1000", "#PF(3)"),
    Row("mov %rax, (%rbx)", HOLDS, "CPL = 3; CR0.AM = 0; RBX = 0x1000; read-only 0x1000", "#PF(7)"),
    Row("mov %rax, (%rbx)", HOLDS, "CPL = 0; CR0.WP = 0; RBX = 0x1000; read-only 0x1000", "no fault"),
    Row("mov (%rbx), %rax", HOLDS, "CR0.AM = 0; RBX = 0x1000; read-only 0x1000", "no fault"),
    Row("mov %eax, %gs", HOLDS, "CPL = 3; RAX = 0x2b; GDT[5] = data, dpl 3", "no fault", name="tables are good"),
    Row(
        "mov %eax, %gs",
        FAILS,
        "CPL = 3; RAX = 0x2b; GDT[5] = data, dpl 3; memory may fault",
        "no fault",
        finding="FSGS211",
        name="unless memory may fault",
    ),
    Row(
        "mov %eax, %gs",
        HOLDS,
        "CPL = 3; RAX = 0x28; GDT[5] = data, dpl 3; unmapped 0x1000; GDTR.base = 0xfd8",
        "#PF(0)",
    ),
    Row(
        "mov %eax, %gs",
        HOLDS,
        "CPL = 0; RAX = 0x28; GDT[5] = data; CR0.WP = 1; GDTR.base = 0xfd8; read-only 0x1000; u8[0x1005] = 0x92",
        "#PF(3)",
        name="the accessed bit is written",
    ),
    Row(
        "mov (%rbx), %rax",
        HOLDS,
        "CPL = 0; RBX = 0x800000000000; CR4.LA57 = 0",
        "#GP(0)",
        name="an example that names #GP",
    ),
    Row(
        "push %rax",
        HOLDS,
        "CPL = 0; RSP = 0x800000000010; CR4.LA57 = 0",
        "#SS(0)",
        name="the stack has a fault of its own",
    ),
    Row("push %rax", HOLDS, "RSP = ?s; assume stack(?s)", "RSP = ?s - 8; no fault"),
    Row("push %rax", HOLDS, "RSP = ?s; assume RAX = 7 and stack(?s)", "RAX = 7; RSP = ?s - 8; no fault"),
    Row("mov %gs:0x10, %rax", HOLDS, "GS.base = 0x7f0000001000; u64[0x7f0000001010] = ?w", "RAX = ?w"),
    Row(
        "mov %gs:0x10, %rax", FAILS, "GS.base = 0x7f0000001000; u64[0x7f0000001018] = ?w", "RAX = ?w", finding="FSGS210"
    ),
]

OPEN_OFFSET = "u64[?gs] = ?gs; u64[?gs + ?i] = ?w; GS.base = ?gs; RDX = ?i"
CHOSEN = "test %rdx, %rdx; cmovz %rbx, %rax"
POINTERS = [
    Row("movq %gs:0, %rax; mov (%rax,%rdx), %rcx", HOLDS, f"{OPEN_OFFSET}; assume 8 <= ?i and ?i < 0x1000", "RCX = ?w"),
    Row("movq %gs:0, %rax", HOLDS, f"{OPEN_OFFSET}; assume ?i >= 8 and ?i < 0x1000", "RAX = ?gs"),
    Row("movq %gs:0, %rax", FAILS, f"{OPEN_OFFSET}; assume ?i >= 7 and ?i < 0x1000", "RAX = ?gs", finding="FSGS210"),
    Row("movq %gs:0, %rax", FAILS, f"{OPEN_OFFSET}; assume ?i >= 8", "RAX = ?gs", finding="FSGS210"),
    Row(
        f"{CHOSEN}; mov (%rax), %rcx",
        FAILS,
        "u64[?p] = 1; u64[?q] = 2; RAX = ?p; RBX = ?q",
        "RCX = 3",
        finding="FSGS210",
    ),
    Row(f"{CHOSEN}; mov (%rax), %rcx", HOLDS, "u64[?p] = 1; u64[?q] = 2; RAX = ?p; RBX = ?q", "RCX = 1 or RCX = 2"),
    Row(
        f"{CHOSEN}; movq $3, 8(%rax)",
        HOLDS,
        "u64[?p+8] = 1; u64[?q+8] = 2; RAX = ?p; RBX = ?q; RDX = ?c",
        "u64[?q+8] = 3 when ?c = 0; u64[?p+8] = 1 when ?c = 0",
    ),
    Row(
        "mov %rax, %rbx; and $-8, %rbx; movq $5, (%rbx); mov (%rax), %rcx",
        "undecided",
        "RAX = ?p; u64[?p] = 1",
        "RCX = 1",
        finding="FSGS240",
        name="rounded down, it may be the same place",
    ),
]

DESCRIPTORS = [
    Row("mov %ax, %gs", HOLDS, "CPL = 3; RAX = 0x2b; GDT[5] = data, dpl 3, base ?x", "GS.base = ?x; no fault"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x2b; GDT[5] = none", "#GP(0x28)"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x2b; GDT[5] = data, dpl 3, not present", "#NP(0x28)"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x2b; GDT[5] = data, present, dpl 3", "no fault"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x28; GDT[5] = data, not present, present, dpl 3", "no fault"),
    Row("mov %ax, %gs", HOLDS, "CPL = 3; RAX = 0x2b; GDT[5] = data, dpl 0", "#GP(0x28)"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x28; GDT[5] = data, dpl 0", "no fault"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x28; GDT[5] = code, dpl 0, execute-only", "#GP(0x28)"),
    Row("mov %ax, %gs", HOLDS, "CPL = 3; RAX = 0x2b; GDT[5] = code, dpl 0, conforming", "no fault"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x2c; LDT[5] = data, dpl 3, base 0x1000", "GS.base = 0x1000"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = 0x2c; LDTR = null", "#GP(0x2c)"),
    Row(
        "mov %ax, %gs",
        HOLDS,
        "CPL = 0; RAX = 0x2b; GDT[5] = data, dpl 3, limit 0xFF",
        "GS.limit = 0xFF or GS.limit = 0xFFFFF",
    ),
    Row("mov %ax, %gs", FAILS, "CPL = 0; RAX = 0x2b; GDT[5] = data, dpl 3, base ?x", "GS.base = 0", finding="FSGS210"),
    Row("mov %ax, %gs", HOLDS, "CPL = 0; RAX = ?s; assume loadable(?s[15:0])", "no fault; GS.selector = ?s[15:0]"),
    Row("mov %ax, %gs", FAILS, "CPL = 0; RAX = ?s; assume not null(?s[15:0])", "no fault", finding="FSGS211"),
    Row(
        "mov %ax, %gs",
        HOLDS,
        "CPL = 0; RAX = ?s; CX = ?i; GDT[?i] = data, dpl 3; assume ?s[15:3] = ?i[12:0] and ?s[2:0] = 0",
        "no fault",
    ),
]

SCOPES = [
    Row("lkgs %ax", {"holds": ("FRED",)}, "CPL = 0; RAX = 0", "GS_SHADOW = 0", options=":where: LKGS"),
    Row(
        "lkgs %ax",
        {"holds": ("FRED",), "fails": ("all", "-FRED")},
        "CPL = 0; RAX = 0",
        "GS_SHADOW = 0",
        finding="FSGS211",
        name="silicon without it raises #UD",
    ),
    Row("lkgs %ax", {"holds": ("amd", "-FRED")}, "", "#UD", options=":where: amd and not LKGS"),
    Row(
        "mov %ax, %gs",
        {"holds": ("intel", "amd"), "vacuous": ("hygon",)},
        "RAX = 0; GS.base = ?b",
        "[amd and not amd_zen2..amd_zen6] GS.base = ?b; [intel or amd_zen2..amd_zen6] GS.base = 0",
        finding="FSGS230",
        name="a line for some processors",
    ),
    Row(
        "mov %ax, %gs",
        {"vacuous": ("intel", "hygon"), "holds": ("amd", "-keeps base"), "fails": ("keeps base",)},
        "RAX = 0; GS.base = ?b",
        "[amd] GS.base = 0",
        finding="FSGS210 FSGS230",
        name="where no line speaks there is nothing to judge",
    ),
    Row(
        "nop",
        {"vacuous": ("not FSGSBASE",), "holds": ("FSGSBASE",)},
        "CR4.FSGSBASE = 1",
        "no fault",
        finding="FSGS230",
        name="a bit that the processor does not have",
    ),
]

VACUITY = [
    Row(
        "mov (%rax), %rbx",
        VACUOUS,
        "CR4.LA57 = 0; RAX = 0x800000000000",
        "RBX = 5",
        finding="FSGS230",
        says="its accesses to memory always fault",
        name="an access that can only fault",
    ),
    Row(
        "nop; mov (%rax), %rbx; nop",
        VACUOUS,
        "CR4.LA57 = 0; RAX = ?x; assume not canonical(?x)",
        "RBX = 5",
        finding="FSGS230",
        name="an access that can only fault, from any state",
    ),
    Row("mov (%rax), %rbx", HOLDS, "RAX = ?x; assume canonical(?x) or ?x = 0x800000000000", "no fault"),
    Row("nop", VACUOUS, "RAX = ?x; assume ?x < 4 and ?x > 8", "no fault", finding="FSGS230"),
    Row("nop", VACUOUS, "RAX = ?x; assume ?x < 4; assume ?x > 8", "no fault", finding="FSGS230"),
    Row(
        "nop",
        VACUOUS,
        "GS.base = 0x8000000000000000; assume CR4.LA57 = 0",
        "no fault",
        finding="FSGS230",
        name="no canonical base",
    ),
    Row("nop", HOLDS, "in kernel", "CPL = 0"),
    Row("nop", HOLDS, "in user", "CPL = 3"),
    Row("nop", HOLDS, "RAX = 1; RAX = 2", "RAX = 2", name="a later line overrides an earlier"),
]

EXPECTED = [
    Row("swapgs", FAILS, KERNEL, "GS.base unchanged", options=":expect: fails"),
    Row("swapgs", HOLDS, f"{KERNEL}; GS.base = ?a", "GS_SHADOW = ?a", options=":expect: fails", finding="FSGS250"),
    Row(
        "mov %ax, %gs",
        {"holds": ("intel", "amd", "-keeps base"), "fails": ("keeps base",), "undecided": ("hygon",)},
        "RAX = 0",
        "GS.base = 0",
        options=":expect: fails",
        finding="FSGS250",
        says="on every processor except AMD before Zen 2 it is: holds, undecided",
    ),
    Row("1: jmp 1b", "undecided", "", "no fault", options=":expect: undecided"),
    Row("nop", HOLDS, "", "no fault", options=":expect: undecided", finding="FSGS250"),
]

MODES = [
    Row("swapgs", HOLDS, "mode = compatibility", "#UD"),
    Row("mov %ax, %gs", HOLDS, "mode = compatibility; EAX = 0; GS.base = ?b", "GS.selector = 0; GS_SHADOW unchanged"),
    Row("mov %gs:4, %eax", HOLDS, "mode = protected; GS.base = 0x1000; u32[0x1004] = ?v", "RAX[31:0] = ?v"),
    Row(
        "mov %gs:4, %eax",
        HOLDS,
        "mode = protected; CPL = 0; GS.unusable = 1",
        "#GP(0)",
        name="an unusable segment faults outside 64-bit mode",
    ),
    Row("mov %gs:4, %eax", HOLDS, "CPL = 0; GS.unusable = 1; GS.base = 0x1000", "no fault", name="and not in it"),
]

# Below RSP, as far as there is room for the stack, no change counts; what is named apart does not lie there.
STACK = [
    Row("movq $1, -8(%rsp)", HOLDS, after="memory unchanged"),
    Row("movq $1, -8192(%rsp)", FAILS, after="memory unchanged", finding="FSGS210"),
    Row("movq $1, (%rsp, %rcx, 8)", FAILS, after="memory unchanged", finding="FSGS210"),
    Row("movq $1, (%rax)", FAILS, "RSP = ?y + 8", "memory unchanged", finding="FSGS210"),
    Row("movq $1, %gs:(%rax)", FAILS, "RSP = 8", "memory unchanged", finding="FSGS210"),
    Row("movq $1, (%rax)", HOLDS, "RSP = 0x100000; RAX = 0xffff8", "memory unchanged"),
    Row("movq $1, (%rax)", FAILS, "RSP = 0x100000; RAX = 0x5000", "memory unchanged", finding="FSGS210"),
    Row("movq $1, (%rax)", FAILS, "RAX = -16", "memory unchanged", finding="FSGS210"),
    Row("push %rax; pop %rbx", FAILS, always="memory unchanged", finding="FSGS410"),
]

# What only a condition reads is an object too, and is not the one that before describes.
READ = [
    Row("nop", FAILS, "u64[?y] = ?z", "u32[RSP] = 0", finding="FSGS210"),
    Row("nop", HOLDS, "u64[?y] = 1; u64[?w] = 2", "u64[?w] != 1"),
    Row("movq $1, (%rax)", FAILS, "u64[?y] = ?z", "u64[?y] = 2", finding="FSGS210"),
]

ROWS = [
    *STACK,
    *READ,
    *AFTER,
    *NOTHING_ELSE,
    *LEAVES,
    *OUTCOME,
    *WHEN,
    *PLACES,
    *MEMORY,
    *POINTERS,
    *DESCRIPTORS,
    *SCOPES,
    *VACUITY,
    *EXPECTED,
    *MODES,
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Row, session: Session, tmp_path: Path) -> None:
    result = example(
        session,
        tmp_path,
        row.code,
        before=row.before,
        after=row.after,
        always=row.always,
        never=row.never,
        sometimes=row.sometimes,
        options=row.options,
    )
    wanted = {row.verdicts: ["all"]} if isinstance(row.verdicts, str) else row.verdicts
    assert (verdicts(result), codes(result)) == (expected(wanted), row.finding.split())
    assert all(row.says in each.message for each in result.diagnostics)
    assert result.as_expected == (not row.finding)
