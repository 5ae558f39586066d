"""What no single table of the spec can break: agreement between profiles, behaviours and CPUID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import ParamSpec, TypeVar

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.spec.behaviours import Behaviour, behaviour_names, load_behaviour
from sphinx_fsgs.spec.c import load_steps, load_types
from sphinx_fsgs.spec.citations import load_citations
from sphinx_fsgs.spec.compilers import load_address_spaces, load_intrinsics, load_rejections
from sphinx_fsgs.spec.disagreements import load_disagreements
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.features import load_features, load_vendors
from sphinx_fsgs.spec.generations import load_generations
from sphinx_fsgs.spec.hosts import platform_files
from sphinx_fsgs.spec.instructions import read_index
from sphinx_fsgs.spec.layout import load_layout
from sphinx_fsgs.spec.platforms import load_platform, load_questions, load_signals
from sphinx_fsgs.spec.profiles import Profile, load_names, load_profile
from sphinx_fsgs.spec.tables import AUTHORITY, CONTRADICTION, OVERLAP, SAME_NAME, UNKNOWN_WORD, WRONG_VALUE, Sheet

_P = ParamSpec("_P")
_T = TypeVar("_T")


def check_tables(folder: Path) -> tuple[Diagnostic, ...]:
    """Read all tables below the ``spec`` folder and return everything that is wrong with them.

    Tables are held against each other only when each of them can be used.
    """
    found: list[Diagnostic] = []
    loaders = (load_citations, load_features, load_vendors, load_rejections, load_types, load_steps, load_generations)
    for load in (*loaders, load_disagreements):
        _attempt(found, load, folder)
    found.extend(_compilers(folder, found))
    found.extend(_platforms(folder, found))
    names = _attempt(found, load_names, folder)
    if names is None:
        return _sorted(found)
    profiles = [_attempt(found, load_profile, folder, name, names) for name in names.profiles]
    behaviours = [_attempt(found, load_behaviour, folder, name, names) for name in behaviour_names(folder)]
    if not found:
        sound = {each.name: each for each in profiles if each is not None}
        found.extend(_between_profiles(folder, sound))
        found.extend(_against_cpuid(folder, sound, [each for each in behaviours if each is not None]))
    return _sorted(found)


def _platforms(folder: Path, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Read what runs beneath the code, and yield what it holds that is no such place of the state."""
    for load in (load_questions, load_signals):
        _attempt(found, load, folder)
    platforms = [_attempt(found, load_platform, folder, path) for path in platform_files(folder).values()]
    layout = _attempt(found, load_layout, folder)
    if layout is None:
        return
    cells = {cell.name for cell in layout.cells if cell.by_platform}
    for platform in (each for each in platforms if each is not None):
        path = platform_files(folder)[platform.name]
        for held, known in ((platform.state, cells), (platform.code, set(layout.views))):
            for place, value in held.items():
                if place not in known:
                    help_text = suggestion(place, known) or f"known: {', '.join(sorted(cells))}"
                    yield _at(path, UNKNOWN_WORD, f"unknown place {place!r}", help_text, place)
                elif value.value >> layout.views[place].width:
                    message = f"{value.value} does not fit {place}"
                    yield _at(path, WRONG_VALUE, message, f"it has {layout.views[place].width} bits", place)


def _attempt(found: list[Diagnostic], load: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
    try:
        return load(*args, **kwargs)
    except SpecError as error:
        found.extend(error.diagnostics)
        return None


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(dict.fromkeys(found), key=Diagnostic.sort_key))


def _between_profiles(folder: Path, profiles: Mapping[str, Profile]) -> Iterator[Diagnostic]:
    """Yield where two profiles claim one place in a product line, or one processor."""
    for one, other in combinations(profiles.values(), 2):
        path = folder / "profiles" / f"{other.name}.toml"
        if (one.line, one.order) == (other.line, other.order):
            message = f"{one.name} and {other.name} have the same place in {one.line}"
            yield _at(path, SAME_NAME, message, "give them different orders", "order")
        if one.vendor == other.vendor and _share_a_processor(one, other):
            message = f"{one.name} and {other.name} claim the same processors"
            yield _at(path, OVERLAP, message, "narrow one of the signatures", "signatures")


def _share_a_processor(one: Profile, other: Profile) -> bool:
    return any(
        mine.family == theirs.family and first <= until and since <= last
        for mine in one.signatures
        for theirs in other.signatures
        for first, last in mine.models
        for since, until in theirs.models
    )


def _against_cpuid(
    folder: Path, profiles: Mapping[str, Profile], behaviours: Iterable[Behaviour]
) -> Iterator[Diagnostic]:
    """Yield where an answer says "CPUID tells" and the profile's CPUID facts say otherwise."""
    for behaviour in behaviours:
        path = folder / "behaviours" / f"{behaviour.name}.toml"
        for name, profile in profiles.items():
            bit = profile.cpuid[behaviour.feature] if behaviour.feature else False
            if behaviour.answer_of(name).enumerated is not bit:
                says = {True: "has", False: "does not have", None: "has on some processors"}[bit]
                message = f"{name} {says} the bit that enumerates {behaviour.name}"
                yield _at(path, CONTRADICTION, message, "correct enumerated, or the profile", name)


def _compilers(folder: Path, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what the tables of compilers name and the rest of the spec does not have."""
    subjects = read_index(folder).subjects if (folder / "instructions").is_dir() else {}
    for name, intrinsic in (_attempt(found, load_intrinsics, folder) or {}).items():
        if subjects and intrinsic.instruction.lower() not in subjects:
            message = f"{name}: unknown instruction {intrinsic.instruction!r}"
            help_text = suggestion(intrinsic.instruction, [each.upper() for each in subjects]) or "name one of the spec"
            yield _at(folder / "compilers" / "intrinsics.toml", UNKNOWN_WORD, message, help_text, name)
    layout = _attempt(found, load_layout, folder)
    for name, space in (_attempt(found, load_address_spaces, folder) or {}).items():
        if layout is not None and space.segment not in layout.segments:
            message = f"{name}: unknown segment {space.segment!r}"
            help_text = f"known: {', '.join(layout.segments)}"
            yield _at(folder / "compilers" / "address_spaces.toml", UNKNOWN_WORD, message, help_text, name)


def _at(path: Path, code: str, message: str, way_out: str, word: str) -> Diagnostic:
    return Diagnostic(code, "error", Sheet(path).root.span(word), message, AUTHORITY, way_out)
