"""The generations of processors against the dumps that they were taken from."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.generations import Generation, generation_names, load_generations
from sphinx_fsgs.spec.profiles import load_profiles

COLUMNS = {"LM": "long_mode"}


@pytest.fixture(scope="module")
def generations(repository: Path) -> dict[str, Generation]:
    return load_generations(repository / "spec")


def test_the_bits_of_each_generation_are_those_of_its_dumps(
    repository: Path, shared: Path, generations: dict[str, Generation]
) -> None:
    makers = {each.cpuid: name for name, each in load_vendors(repository / "spec").items()}
    features = next(iter(load_profiles(repository / "spec").values())).cpuid
    seen: dict[str, set[str]] = {}
    with (shared / "facts" / "cpuid_dumps.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["vendor"] not in makers or row["hypervisor_bit"] != "0":
                continue
            family, model = (int(row[key].removesuffix("h"), 16) for key in ("family", "model"))
            owners = [
                each
                for each in generations.values()
                if each.vendor == makers[row["vendor"]] and any(one.matches(family, model) for one in each.signatures)
            ]
            assert len(owners) == 1, row["dump"]
            bits = seen.setdefault(owners[0].name, set())
            bits |= {name for name in features if row[COLUMNS.get(name, name)] == "1"}
    assert seen == {name: set(each.seen) for name, each in generations.items()}


def test_the_names_are_read_without_a_parse(repository: Path, generations: dict[str, Generation]) -> None:
    assert generation_names(repository / "spec") == tuple(generations)


WRONG = [
    ('seen = ["LM"]', 'seen = ["LN"]', "unknown feature 'LN'"),
    ("launched = 2012", "launched = 2012\nnot_before = 2011", "Ivy Bridge has two years"),
    ('vendor = "amd"', 'vendor = "adm"', "unknown vendor 'adm'"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[each[2] for each in WRONG])
def test_a_wrong_row_is_refused(repository: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    shutil.copytree(repository / "spec", tmp_path / "spec")
    path = tmp_path / "spec" / "processors.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert any(message in each.message for each in check_tables(tmp_path / "spec"))
