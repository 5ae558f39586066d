"""The decorator ``dataclass`` of :mod:`sphinx_fsgs.records` does what that of the standard library does."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pickle
import pkgutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, Generic, TypeVar

import pytest

import sphinx_fsgs
from sphinx_fsgs import records

T = TypeVar("T")


def _classes(dataclass: Callable[..., Any]) -> tuple[Any, Any, Any]:
    @dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)

        def sum(self) -> int:
            return self.x + self.y

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True)
    class Box(Generic[T]):
        item: T
        facts: dict[str, int] = field(default_factory=dict, hash=False)

        def __repr__(self) -> str:
            return f"<{self.item}>"

    return Point, Empty, Box


OURS, STANDARD = _classes(records.dataclass), _classes(dataclasses.dataclass)


@dataclasses.dataclass(frozen=True)
class Case:
    """What is done with the three classes, in words and as code."""

    words: str
    work: Callable[[Any, Any, Any], object]


CASES = [
    Case("representation", lambda p, e, b: (repr(p(1)), repr(e()), repr(b(3)), repr(p(1, note="x")))),
    Case("equality", lambda p, e, b: (p(1) == p(1), p(1) == p(2), p(1) == p(1, note="n"), e() == e(), b(1) == b(1))),
    Case("inequality of types", lambda p, e, b: (p(1) == 1, e() == b(1), b(1) != p(1), e().__eq__(1))),
    Case(
        "hash of equals",
        lambda p, e, b: (hash(b(1)) == hash(b(1, {"a": 1})), b(1) == b(1, {"a": 1}), hash(e()) == hash(e())),
    ),
    Case("no hash of lists", lambda p, e, b: pytest.raises(TypeError, hash, p(1)).typename),
    Case("defaults are fresh", lambda p, e, b: (p(1).tags is p(1).tags, p(1).tags, p(1).sum())),
    Case("replace", lambda p, e, b: repr(dataclasses.replace(p(1, 5), y=7, note="n"))),
    Case("fields", lambda p, e, b: [[each.name for each in dataclasses.fields(one)] for one in (p, e, b)]),
    Case("asdict", lambda p, e, b: dataclasses.asdict(p(1))),
    Case("slots", lambda p, e, b: (p.__slots__, e.__slots__, b.__slots__, hasattr(p(1), "__dict__"))),
    Case("patterns", lambda p, e, b: (p.__match_args__, e.__match_args__)),
    Case("copies", lambda p, e, b: (copy.copy(p(1, 3)) == p(1, 3), copy.deepcopy(b([1])) == b([1]))),
    Case("assignment", lambda p, e, b: pytest.raises(FrozenInstanceError, setattr, p(1), "x", 2).value.args),
    Case("deletion", lambda p, e, b: pytest.raises(FrozenInstanceError, delattr, p(1), "x").value.args),
    Case("too few arguments", lambda p, e, b: pytest.raises(TypeError, p).typename),
    Case("a name that is none", lambda p, e, b: pytest.raises(TypeError, p, 1, z=3).typename),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_it_does_what_the_standard_one_does(case: Case) -> None:
    assert case.work(*OURS) == case.work(*STANDARD)


def test_it_refuses_what_is_no_field_too() -> None:
    """The standard one of Python 3.11 fails here in its own code."""
    point, _, box = OURS
    with pytest.raises(FrozenInstanceError):
        point(1).z = 2
    assert box[int](4).item == 4


@records.dataclass(frozen=True, slots=True)
class Kept:
    """A class that can be found by its name."""

    one: int
    other: str = ""


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_sent(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(Kept(1, "two"), protocol)) == Kept(1, "two")


def test_what_it_is_not_made_for_goes_to_the_standard_one() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Checked:
        size: int
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", 2 * self.size)

    @records.dataclass
    class Open:
        size: int = 1

    opened = Open()
    opened.size = 2
    assert (Checked(4).twice, opened.size) == (8, 2)


def test_every_record_of_the_package_is_made_so() -> None:
    """No module makes frozen classes with slots in the slow way: start-up is where the user waits."""
    slow = []
    for found in pkgutil.walk_packages(sphinx_fsgs.__path__, "sphinx_fsgs."):
        if found.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(found.name)).values():
            if isinstance(each, type) and each.__module__ == found.name and dataclasses.is_dataclass(each):
                parameters = each.__dataclass_params__  # type: ignore[attr-defined]
                if (
                    parameters.frozen
                    and hasattr(each, "__slots__")
                    and not (parameters.order or hasattr(each, "__post_init__"))
                ):
                    slow.append(f"{found.name}.{each.__name__}")
    assert slow == []
