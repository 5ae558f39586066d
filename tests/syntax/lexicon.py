"""A small vocabulary by hand, so that these tests need no spec."""

from __future__ import annotations

from sphinx_fsgs.syntax.lexicon import Intrinsic, Lexicon

_WIDE = ("RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RSP", "RBP", "R8", "RIP")
_NARROW = ("EAX", "EBX", "ECX", "EDX", "EDI", "AX", "CX", "AL", "CL")
_FIELDS = ("selector", "base", "limit", "attributes")
_MSRS = {"MSR_FS_BASE": 0xC0000100, "MSR_GS_BASE": 0xC0000101, "MSR_KERNEL_GS_BASE": 0xC0000102}

_CELLS = {name: name for name in (*_WIDE, *_NARROW, "CPL", "GS_SHADOW", "CR4.FSGSBASE", "CR4.FRED", "RFLAGS.IF")}
_CELLS |= {f"{segment}.{name}": f"{segment}.{name}" for segment in ("CS", "FS", "GS") for name in _FIELDS}
_CELLS |= {"MSR_FS_BASE": "FS.base", "MSR_GS_BASE": "GS.base", "IA32_GS_BASE": "GS.base"}
_CELLS |= dict.fromkeys(("MSR_KERNEL_GS_BASE", "IA32_KERNEL_GS_BASE", "KernelGSBase"), "GS_SHADOW")

LEXICON = Lexicon(
    cells=_CELLS,
    segments=frozenset({"CS", "FS", "GS"}),
    registers={name.lower(): name for name in (*_WIDE, *_NARROW, "CS", "FS", "GS")},
    mnemonics=frozenset(
        "mov movl movq movabs push pop popq swapgs lkgs rdgsbase wrgsbase wrmsr wrmsrns rdmsr lea leaq add sub nop "
        "jmp je jne call ret cli sti lgs entry movsb stosq".split()
    )
    | {"rep movsb", "rep stosq"},
    subjects={
        "swapgs": "SWAPGS",
        "mov gs": "MOV_LOAD",
        "mov fs": "MOV_LOAD",
        "mov to gs": "MOV_LOAD",
        "pop gs": "POP_SEGMENT",
        "lkgs": "LKGS",
        "rdfsbase": "RDFSBASE_RDGSBASE",
        "rdgsbase": "RDFSBASE_RDGSBASE",
        "wrfsbase": "WRFSBASE_WRGSBASE",
        "wrgsbase": "WRFSBASE_WRGSBASE",
        "wrmsr": "WRMSR",
        "wrmsrns": "WRMSRNS",
        "rdmsr": "RDMSR",
        "arch_set_gs": "arch_prctl",
        "arch_set_fs": "arch_prctl",
    },
    msrs=_MSRS,
    constants=_MSRS | {"ARCH_SET_GS": 0x1001, "EPERM": 1, "EINVAL": 22, "__USER_DS": 0x2B},
    functions=frozenset({"canonical", "null", "loadable", "zero_extend", "stack"}),
    faults=frozenset({"#GP", "#UD", "#NP", "#SS", "#PF"}),
    features={"FSGSBASE": "FSGSBASE", "LKGS": "LKGS", "FRED": "FRED", "FS_GS_NS": "FS_GS_NS", "WRMSRNS": "WRMSRNS"},
    profiles=frozenset({"amd_k8", "amd_zen1", "amd_zen2", "amd_zen3", "amd_zen4", "intel_core2", "intel_pantherlake"}),
    families=frozenset({"amd", "intel"}),
    platforms=frozenset({"bare", "linux"}),
    intrinsics={"_readgsbase_u64": Intrinsic("RDFSBASE_RDGSBASE", "rdgsbase", 64)},
    generations=frozenset({"ivy bridge"}),
    spaces=frozenset({"__seg_fs", "__seg_gs", "address_space(256)"}),
)
