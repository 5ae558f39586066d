"""What directives and roles that only show the spec name, and the finding when it has no such thing (FSGS794).

Every host finds it here, so that a misspelt name has one place and one wording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.document.model import Shown
from sphinx_fsgs.present.findings import unknown_in_spec
from sphinx_fsgs.spec.model import Spec

Find = Callable[[Spec, str], str | None]


def instruction_named(spec: Spec, name: str) -> str | None:
    """Return the file of the instruction that is called so, by its stem or as sentences call it."""
    words = " ".join(name.split())
    if words.upper() in spec.index.stems:
        return words.upper()
    return spec.index.subjects.get(words.lower())


def question_named(spec: Spec, name: str) -> str | None:
    """Return the question of that name."""
    words = " ".join(name.split())
    return words if words in spec.behaviour_names else None


def processor_named(spec: Spec, name: str) -> str | None:
    """Return the processor of that name."""
    words = " ".join(name.split())
    return words if words in spec.profiles else None


def index_named(_spec: Spec, name: str) -> str | None:
    """Return the list of that name."""
    from sphinx_fsgs.check.entries.indexes import INDEXES  # brings in the machine: only where a page is shown

    words = " ".join(name.split())
    return words if words in INDEXES else None


KINDS: dict[str, tuple[str, Find]] = {
    "operation": ("instruction", instruction_named),
    "answers": ("question", question_named),
    "instruction": ("instruction", instruction_named),
    "behaviour": ("question", question_named),
    "profile": ("processor", processor_named),
    "index": ("list", index_named),
}
"""For each directive and role, behind ``fsgs:``, what it names, in words, and what finds that."""


def missing(spec: Spec, shown: Iterable[Shown]) -> Iterator[Diagnostic]:
    """Yield a finding for each directive or role that names what the spec does not have."""
    for each in shown:
        kind, named = KINDS[each.head]
        name = each.name.text
        if named(spec, name) is None:
            names = _known(spec, kind)
            help_text = suggestion(name, names) or f"known are {', '.join(names)}"
            yield unknown_in_spec(each.name.span(), kind, " ".join(name.split()), help_text)


def _known(spec: Spec, kind: str) -> tuple[str, ...]:
    if kind == "instruction":
        return tuple(sorted({*spec.index.stems, *map(str.upper, spec.index.subjects)}))
    if kind == "question":
        return tuple(sorted(spec.behaviour_names))
    if kind == "processor":
        return tuple(spec.profiles)
    from sphinx_fsgs.check.entries.indexes import INDEXES

    return tuple(INDEXES)
