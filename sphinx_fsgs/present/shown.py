"""What the directives that only show the spec name, and the finding when the spec has no such thing (FSGS794).

Every host finds it here, so that a misspelt name has one place and one wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.document.model import Shown
from sphinx_fsgs.present.findings import unknown_in_spec
from sphinx_fsgs.spec.model import Spec


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


_KINDS = {"operation": ("instruction", instruction_named), "answers": ("question", question_named)}


def missing(spec: Spec, shown: Iterable[Shown]) -> Iterator[Diagnostic]:
    """Yield a finding for each directive that names what the spec does not have."""
    for each in shown:
        kind, named = _KINDS[each.head]
        name = each.name.text
        if named(spec, name) is None:
            names = _known(spec, each.head)
            help_text = suggestion(name, names) or f"known are {', '.join(names)}"
            yield unknown_in_spec(each.name.span(), kind, " ".join(name.split()), help_text)


def _known(spec: Spec, head: str) -> tuple[str, ...]:
    if head == "answers":
        return tuple(sorted(spec.behaviour_names))
    return tuple(sorted({*spec.index.stems, *map(str.upper, spec.index.subjects)}))
