"""``fsgs profile from-cpuid``: dumps in both forms, and that what is printed is a profile but for what it asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.spec.dumps import read_dump
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.features import load_features
from sphinx_fsgs.spec.profiles import load_profile

# The leaves that matter of a dump of InstLatx64, of a Zen 4; the second processor would differ.
ZEN4 = """\
------[ CPUID Registers / Logical CPU #0 ]------

CPUID 00000000: 00000010-68747541-444D4163-69746E65 [AuthenticAMD]
CPUID 00000001: 00A60F12-000C0800-7EF8320B-178BFBFF
CPUID 00000007: 00000001-F1BF97A9-00405FCE-10000010 [SL 00]
CPUID 00000007: 00000020-00000000-00000000-00000000 [SL 01]
CPUID 80000000: 80000028-68747541-444D4163-69746E65 [AuthenticAMD]
CPUID 80000001: 00A60F12-00000000-75C237FF-2FD3FBFF
CPUID 80000021: 00062FCF-0000015C-00000000-00000000

------[ CPUID Registers / Logical CPU #1 ]------

CPUID 80000021: 00000000-00000000-00000000-00000000
"""

# As cpuid -r prints it, of a made-up processor of Intel: leaf 7 has no subleaf 1, and 80000021H lies beyond the last.
RAW = """\
CPU 0:
   0x00000000 0x00: eax=0x00000016 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69
   0x00000001 0x00: eax=0x000506e3 ebx=0x00100800 ecx=0x7ffafbbf edx=0xbfebfbff
   0x00000007 0x00: eax=0x00000000 ebx=0x029c6fbf ecx=0x00000000 edx=0x00000000
   0x00000007 0x01: eax=0xffffffff ebx=0xffffffff ecx=0xffffffff edx=0xffffffff
   0x80000000 0x00: eax=0x80000008 ebx=0x00000000 ecx=0x00000000 edx=0x00000000
   0x80000001 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x00000121 edx=0x2c100800
   0x80000021 0x00: eax=0xffffffff ebx=0x00000000 ecx=0x00000000 edx=0x00000000
"""

Captured = pytest.CaptureFixture[str]


def set_bits(text: str) -> set[str]:
    dump = read_dump(text)
    assert dump is not None
    return {name for name, feature in load_features(data_dir("spec")).items() if dump.has(feature)}


def test_a_dump_of_instlatx64_is_read_of_its_first_processor() -> None:
    dump = read_dump(ZEN4)
    assert dump is not None and (dump.vendor, dump.family, dump.model) == ("AuthenticAMD", 0x19, 0x61)
    assert not dump.guest
    assert set_bits(ZEN4) == {"LM", "FSGSBASE", "FS_GS_NS", "LFENCE_ALWAYS", "NSCB"}


def test_a_raw_dump_is_read_and_leaves_beyond_the_last_are_none() -> None:
    dump = read_dump(RAW)
    assert dump is not None and (dump.vendor, dump.family, dump.model) == ("GenuineIntel", 6, 0x5E)
    assert set_bits(RAW) == {"LM", "FSGSBASE"}


def test_what_is_printed_is_a_profile_but_for_what_it_asks_for(tmp_path: Path, capsys: Captured) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text(ZEN4, encoding="utf-8")
    assert main(["profile", "from-cpuid", str(dump)]) == 0
    said = capsys.readouterr()
    assert "this processor is one of amd_zen4, and the bits agree" in said.err
    assert "spec/behaviours/mfence_serialises.toml: Does MFENCE serialise?" in said.err
    spec = tmp_path / "spec"
    shutil.copytree(data_dir("spec"), spec)
    path = spec / "profiles" / "amd_new.toml"
    path.write_text(said.out, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_profile(spec, "amd_new")
    missing = {each.message for each in caught.value.diagnostics}
    assert missing == {*(f"'{key}' is missing" for key in ("title", "line", "order", "launched")), "cites is empty"}
    more = 'title = "New"\nline = "amd_new"\norder = 1\nlaunched = 2026\n'
    path.write_text(more + said.out.replace("cites = []", 'cites = ["instlatx64:087af2c"]'), encoding="utf-8")
    profile = load_profile(spec, "amd_new")
    assert profile.matches(0x19, 0x61) and profile.cpuid["FS_GS_NS"] is True and profile.cpuid["LA57"] is False


def test_bits_that_disagree_with_the_profile_are_named(tmp_path: Path, capsys: Captured) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text(ZEN4.replace("7EF8320B", "FEF8320B").replace("00062FCF", "00062FCD"), encoding="utf-8")
    assert main(["profile", "from-cpuid", str(dump)]) == 0
    said = capsys.readouterr().err
    assert "this processor is one of amd_zen4; the dump differs in FS_GS_NS" in said
    assert said.startswith("a hypervisor took part in this dump")


@pytest.mark.parametrize(
    ("text", "message"),
    [("nothing", "is no dump of CPUID"), (ZEN4.replace("444D4163-69746E65 [A", "444D4163-69746E66 [A"), "no maker")],
)
def test_what_is_no_dump_or_of_no_maker_is_refused(tmp_path: Path, capsys: Captured, text: str, message: str) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text(text, encoding="utf-8")
    assert main(["profile", "from-cpuid", str(dump)]) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: Captured) -> None:
    assert main(["profile", "from-cpuid", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
