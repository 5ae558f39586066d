"""Trees are never changed in place: one with some of its parts replaced is another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

_T = TypeVar("_T")


def changed(tree: _T, change: Callable[[object], object | None]) -> _T:
    """Return a tree in which each part for which there is another is that one."""
    other = change(tree)
    if other is not None:
        return cast(_T, other)
    if isinstance(tree, tuple):
        return cast(_T, tuple(changed(each, change) for each in tree))
    if not is_dataclass(tree) or isinstance(tree, type):
        return tree
    values = {each.name: getattr(tree, each.name) for each in fields(tree)}
    parts = {name: changed(value, change) for name, value in values.items() if is_dataclass(value) or value}
    return replace(tree, **{name: part for name, part in parts.items() if part is not values[name]})
