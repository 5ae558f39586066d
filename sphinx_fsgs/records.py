"""``dataclass``, made in a third of the time for frozen classes with slots, of which every start makes two hundred.

The standard library writes six functions as text for each class and compiles them. Here only ``__init__`` is
written; equality, hash, representation and the refusal to be changed are shared, or closures over the fields. For
type checkers, ``dataclasses`` and readers it is the standard decorator: ``fields``, ``replace``, ``pickle``,
``copy`` and patterns work, and everything that it is not made for goes to the standard one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from dataclasses import MISSING, FrozenInstanceError
    from operator import attrgetter

    _FROZEN = {"frozen": True, "slots": True}

    def dataclass(cls=None, /, **options):
        """Do what :func:`dataclasses.dataclass` does."""
        if cls is None:
            return lambda found: dataclass(found, **options)
        if options != _FROZEN or not _is_plain(cls):
            return dataclasses.dataclass(cls, **options)
        own = frozenset(vars(cls))
        made = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=True)
        found = dataclasses.fields(made)
        for name, function in (*_methods(made, found), ("__init__", _init(made, found))):
            if name not in own:
                setattr(made, name, function)
        return made

    def _is_plain(cls):
        """Whether each annotation of a class is a field that ``__init__`` takes and sets, and nothing else happens."""
        odd = (each for each in vars(cls).values() if isinstance(each, dataclasses.Field) and not each.init)
        based = any(dataclasses.is_dataclass(each) for each in cls.__bases__)
        return not based and "__post_init__" not in vars(cls) and not any(odd)

    def _init(cls, found):
        known = {"_set": object.__setattr__, "_missing": MISSING}
        parameters, body = [], []
        for each in found:
            value = each.name
            if each.default is not MISSING:
                known[f"_{each.name}"] = each.default
                parameters.append(f"{each.name}=_{each.name}")
            elif each.default_factory is not MISSING:
                known[f"_{each.name}"] = each.default_factory
                parameters.append(f"{each.name}=_missing")
                value = f"_{each.name}() if {each.name} is _missing else {each.name}"
            else:
                parameters.append(each.name)
            body.append(f" _set(self, {each.name!r}, {value})")
        exec("\n".join([f"def __init__({', '.join(['self', *parameters])}):", *body, " return None"]), known)
        known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        return known["__init__"]

    def _methods(cls, found):
        key = _values(each.name for each in found if each.compare)
        hashed = _values(each.name for each in found if (each.compare if each.hash is None else each.hash))

        def equal(self, other):
            return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

        def digest(self):
            return hash(hashed(self))

        yield "__eq__", equal
        yield "__hash__", digest
        yield "__repr__", _shown
        yield "__setattr__", _unassigned
        yield "__delattr__", _undeleted
        yield "__getstate__", _state
        yield "__setstate__", _restored

    def _values(names):
        names = tuple(names)
        return attrgetter(*names) if names else type

    def _shown(self):
        said = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
        return f"{type(self).__qualname__}({', '.join(said)})"

    def _unassigned(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _undeleted(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, each.name) for each in dataclasses.fields(self)]

    def _restored(self, state):
        for each, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, each.name, value)
