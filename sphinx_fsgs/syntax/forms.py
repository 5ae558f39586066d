"""The forms of claims, found by their files: one grammar each in ``grammar/claims/``.

The head of such a file says in comments which words make it worth trying (``// Trigger: REGEX``) and
shows model sentences (``// Form: SENTENCE``), so that a form needs no other place in this package.
"""

from __future__ import annotations

import difflib
import functools
import re

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.syntax.errors import Language

_HEADER = re.compile(r"^// (Trigger|Form): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its name, the words that make it worth trying, and sentences of it."""

    name: str
    trigger: re.Pattern[str]
    models: tuple[str, ...]

    @property
    def language(self) -> Language:
        """The grammar of the form."""
        return Language(f"claims/{self.name}", "sentence", "FSGS161", f'the claim form "{self.name}"')


@functools.cache
def forms() -> tuple[Form, ...]:
    """Return all forms, by name."""
    found = []
    for path in sorted((data_dir("grammar") / "claims").glob("*.lark")):
        header = _HEADER.findall(path.read_text(encoding="utf-8"))
        trigger = next(text for word, text in header if word == "Trigger")
        models = tuple(text for word, text in header if word == "Form")
        found.append(Form(path.stem, re.compile(trigger, re.IGNORECASE), models))
    return tuple(found)


def triggered(sentence: str) -> tuple[Form, ...]:
    """Return the forms that a sentence could have, judged by its words alone."""
    return tuple(form for form in forms() if form.trigger.search(sentence))


def nearest(sentence: str) -> tuple[Form, str]:
    """Return the form with the model sentence that is most like this one, and that model."""
    models = [(form, model) for form in forms() for model in form.models]
    return max(models, key=lambda each: _likeness(sentence, each[1]))


def model(form: Form, sentence: str) -> str:
    """Return the model of a form that is most like the sentence."""
    return max(form.models, key=lambda each: _likeness(sentence, each))


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.casefold(), other.casefold()).ratio()
