"""What runs beneath the code: tables that are refused when they are wrong, words, and what a real kernel did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.hosts import Host, host_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.read_assembly import CODE, DATA, WITHOUT_EFFECT
from tests.machine.support import Answers, program, spec
from tests.spec.cases import Case, facts, run_concrete

# The directives of GNU as in its manual for binutils 2.40: the chapters "Pseudo Ops" and, of "80386 Dependent
# Features", what stands behind a dot.
DIRECTIVES = frozenset(
    "2byte 4byte 8byte abort align altmacro arch ascii asciz att_mnemonic att_syntax attach_to_group balign balignl "
    "balignw bss bundle_align_mode bundle_lock bundle_unlock byte cfi_adjust_cfa_offset cfi_def_cfa "
    "cfi_def_cfa_offset cfi_def_cfa_register cfi_endproc cfi_escape cfi_fde_data cfi_inline_lsda cfi_lsda cfi_offset "
    "cfi_personality cfi_personality_id cfi_register cfi_rel_offset cfi_remember_state cfi_restore cfi_restore_state "
    "cfi_return_column cfi_same_value cfi_sections cfi_signal_frame cfi_startproc cfi_undefined cfi_val_encoded_addr "
    "cfi_val_offset cfi_window_save code16 code16gcc code32 code64 comm comment data dc dcb def desc dim double ds "
    "eject else elseif end endef endfunc endif endm endr equ equiv eqv err error exitm extern fail file fill float "
    "func global globl gnu_attribute hidden hword ident if ifb ifc ifdef ifeq ifeqs ifge ifgt ifle iflt ifnb ifnc "
    "ifndef ifne ifnes ifnotdef incbin include int intel_mnemonic intel_syntax internal irp irpc largecomm lcomm "
    "lflags line linkonce list ln loc loc_mark_labels local long macro mri noaltmacro nolist nop nops octa offset org "
    "p2align p2alignl p2alignw popsection previous print protected psize purgem pushsection quad reloc rept sbttl scl "
    "section set short single size skip sleb128 space stabd stabn stabs string string16 string32 string64 string8 "
    "struct subsection symver tag text title tls_common type uleb128 val value version vtable_entry vtable_inherit "
    "warning weak weakref word zero".split()
)


def test_no_line_of_ours_is_a_directive_of_the_assembler() -> None:
    words = {head.word for head in spec().index.services.values()}
    assert {"syscall", "getauxval"} <= words
    assert not words & DIRECTIVES
    assert not {f".{word}" for word in words} & (WITHOUT_EFFECT | DATA | {CODE})


def test_a_host_is_known_by_its_name() -> None:
    assert [host_of(str(each)) for each in spec().hosts] == list(spec().hosts)
    assert str(Host("amd_zen1")) == "amd_zen1"
    assert len({str(each) for each in spec().hosts}) == len(spec().hosts)


def test_a_platform_is_on_the_processors_that_have_what_it_requires() -> None:
    for each in spec().hosts:
        if each.platform != "bare":
            needed = spec().platforms[each.platform].requires
            assert all(spec().profiles[each.profile].cpuid[feature] for feature in needed)
    assert Host("amd_k8", "linux_fsgsbase") not in spec().hosts
    assert Host("amd_k8", "linux_nofsgsbase") in spec().hosts


def test_each_version_of_linux_is_a_platform_on_every_processor() -> None:
    """Bounds meet: what ends at a version is followed by something that begins there and requires nothing."""
    plain = [each for each in spec().platforms.values() if each.family == "linux" and not each.requires]
    assert plain[0].first is None and plain[-1].end is None
    assert [each.end for each in plain[:-1]] == [each.first for each in plain[1:]]


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("linux_legacy.toml", 'place = "CR4.FRED"', 'place = "CR4.FRD"', "FSGS920"),
        ("linux_legacy.toml", "value = 3", "value = 4", "FSGS914"),
        ("linux_legacy.toml", 'value = "no"', 'value = "never"', "FSGS920"),
        ("linux_legacy.toml", 'question = "low_bases_through_tls"', 'question = "low_bases"', "FSGS920"),
        ("linux_legacy.toml", 'versions = ["4.7", "5.9"]', 'versions = ["5.9", "4.7"]', "FSGS914"),
        ("linux_fsgsbase.toml", 'requires = ["FSGSBASE"]', 'requires = ["FSGSBSE"]', "FSGS916"),
        ("linux_fsgsbase.toml", 'cites = ["linux:proc.c"]', 'cites = ["linux:prog.c"]', "FSGS915"),
        ("signals.toml", '["#UD"]', '["#UX"]', "FSGS920"),
        ("questions.toml", 'feature = "FSGSBASE"', 'feature = "FSBASE"', "FSGS920"),
    ],
)
def test_a_wrong_table_is_refused(name: str, old: str, new: str, code: str, tmp_path: Path) -> None:
    shutil.copytree(data_dir("spec"), tmp_path / "spec")
    path = tmp_path / "spec" / "platforms" / "linux" / name
    text = path.read_text(encoding="utf-8")
    if old in text:
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    else:
        assert name == "linux_fsgsbase.toml"
        path.write_text(text.replace('"linux:proc.c"]', '"linux:prog.c"]', 1), encoding="utf-8")
    found = check_tables(tmp_path / "spec")
    assert code in {each.code for each in found}
    assert all(each.help for each in found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Result:   RAX", "Resalt:   RAX", "header"),
        ("            RETURN 0;\n        FI\n    ELSIF", "        FI\n    ELSIF", "RETURN"),
        ("    system_call();", "    RETURN 0;\n    system_call();", "behind"),
        ("PROCEDURE arch_prctl(code, address)", "PROCEDURE arch_prctl(code)", "arch_prctl(code, address)"),
    ],
)
def test_a_wrong_service_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    shutil.copytree(data_dir("spec"), tmp_path / "spec")
    path = tmp_path / "spec" / "platforms" / "linux" / "arch_prctl.op"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    from sphinx_fsgs.check.wellformed import check_everything

    found = check_everything(Spec(tmp_path / "spec"))
    assert any(says in each.message or says in each.help for each in found), found


# ---- a real kernel ------------------------------------------------------------------------------

BUFFER = 0x2000


# What 64-bit code can ask for about bases, and one of the codes that no kernel knows.
RECORDED = frozenset({"0x1001", "0x1002", "0x1003", "0x1004", "0x1005"})


def test_arch_prctl_does_what_a_real_kernel_did(shared: Path) -> None:
    """Each recorded call, from the state before it, on Linux 6.18 with FSGSBASE."""
    data = json.loads((shared / "vectors" / "native_linux.json").read_text(encoding="utf-8"))
    tried: set[str] = set()
    for vector in data["vectors"]:
        state = dict(vector["setup"])
        for step in vector["steps"]:
            words, after = step["op"].split(), step.get("result", {})
            if words[0] in ("prctl", "prctlget") and "gs" in state and "gs" in after:
                _compare(words, state, after)
                tried.add(words[1])
            state = {**state, **{name: value for name, value in after.items() if name in state}}
    assert tried == RECORDED


def _compare(words: list[str], before: dict[str, str], after: dict[str, str]) -> None:
    names = {"gs": "GS.selector", "gs_base": "GS.base", "fs": "FS.selector", "fs_base": "FS.base"}
    given = {names[key]: int(value, 0) for key, value in before.items() if key in names}
    case = Case(str(words), "", "64-bit", (), {"CPL": 3, **given}, {}, frozenset(), (), None, (), False)
    code = program(f".syscall arch_prctl({words[1]}, {words[2] if len(words) > 2 else BUFFER})")
    end = run_concrete(case, code, facts(case), Answers("intel_sapphirerapids_x on linux_fsgsbase"))
    wanted = {names[key]: int(after[key], 0) for key in names} | {"RAX": int(after["ret"], 0) & (1 << 64) - 1}
    for name, value in wanted.items():
        assert end.cells[spec().layout.views[name].slots[0].cell] == value, (words, before, after)
    stored = sum(end.memory.get(BUFFER + index, 0) << 8 * index for index in range(8))
    assert stored == int(after.get("value", "0"), 0), (words, before, after)
