"""Hosts share work: a run asks questions, and every host that answers them alike takes its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Generic, TypeVar

from sphinx_fsgs.check.scopes import selects
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.hosts import BARE, OPEN, PLATFORM_PREFIX, host_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.scope import Scope

T = TypeVar("T")

SCOPE_PREFIX = "in "
"""How the question is written whether a profile is in a scope that stands in front of a line."""


class Oracle:
    """Answers questions for a profile: CPUID bits, behaviours, and whether it is in a named scope."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._scopes: dict[str, Scope] = {}

    def scope_question(self, scope: Scope, text: str) -> str:
        """Return the question whether a profile is in a scope."""
        question = f"{SCOPE_PREFIX}{text}"
        self._scopes[question] = scope
        return question

    def answers(self, profile: str, question: str) -> tuple[int, ...]:
        """Return each answer that is possible for a profile."""
        if question in self._scopes:
            return (int(selects(self._scopes[question], host_of(profile), self.spec)),)
        return self.spec.answers(profile, question)


class Asked(dict[str, int]):
    """The one way to a host: a mapping that answers a question when it is first asked, and records it.

    ``platforms`` says that some of the hosts are more than the bare processor; else nothing is asked of those.
    """

    def __init__(self, oracle: Oracle, profile: str, fixed: Mapping[str, int], platforms: bool = False) -> None:
        super().__init__()
        self.platforms = platforms
        self.oracle = oracle
        self.profile = profile
        self._fixed = fixed

    def __missing__(self, question: str) -> int:
        if question.startswith(PLATFORM_PREFIX) and not self.platforms:
            return OPEN
        answer = self._fixed.get(question)
        if answer is None:
            answer = self.oracle.answers(self.profile, question)[0]
        self[question] = answer
        return answer


@dataclass(slots=True)
class _Node(Generic[T]):
    question: str = ""
    children: dict[int, _Node[T]] = field(default_factory=dict)
    result: T | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """What each profile gets: an outcome for each way in which its open questions may be answered.

    ``asked`` lists the questions in the order in which they were first asked; ``runs`` counts runs.
    """

    outcomes: Mapping[str, tuple[tuple[T, Mapping[str, int]], ...]]
    asked: tuple[str, ...]
    runs: int
    _root: _Node[T] = field(repr=False, compare=False)

    def for_answers(self, answers: Mapping[str, int], compute: Callable[[], tuple[T, Mapping[str, int]]]) -> T:
        """Return the outcome where these are the answers to all that was asked, whoever gives them.

        ``compute`` makes a run that is not there yet, and returns its outcome with what it asked.
        """
        node: _Node[T] | None = self._root
        while node is not None and not node.done:
            answer = answers.get(node.question)
            node = None if answer is None else node.children.get(answer)
        if node is None:
            result, asked = compute()
            _record(self._root, asked, result)
            return result
        assert node.result is not None
        return node.result


def share(oracle: Oracle, profiles: Iterable[str], compute: Callable[[Asked], T]) -> Shared[T]:
    """Compute an outcome for each profile, once for all that answer alike."""
    root: _Node[T] = _Node()
    outcomes: dict[str, tuple[tuple[T, Mapping[str, int]], ...]] = {}
    asked: dict[str, None] = {}
    runs = 0
    profiles = tuple(profiles)
    platforms = any(host_of(each).platform != BARE for each in profiles)
    for profile in profiles:
        found: list[tuple[T, Mapping[str, int]]] = []
        pending: list[dict[str, int]] = [{}]
        while pending:
            fixed = pending.pop()
            node = _descend(root, oracle, profile, fixed, pending)
            if node is None:
                continue
            if not node.done:
                answers = Asked(oracle, profile, fixed, platforms)
                result = compute(answers)
                runs += 1
                asked.update(dict.fromkeys(answers))
                _record(root, answers, result)
                pending.append(fixed)
                continue
            assert node.result is not None
            found.append((node.result, fixed))
        outcomes[profile] = tuple(found)
    return Shared(outcomes, tuple(asked), runs, root)


def _descend(
    root: _Node[T], oracle: Oracle, profile: str, fixed: dict[str, int], pending: list[dict[str, int]]
) -> _Node[T] | None:
    """Follow a profile's answers; where one is open, put each possibility aside and return None."""
    node = root
    while node.question and not node.done:
        if node.question in fixed:
            answer = fixed[node.question]
        else:
            possible = oracle.answers(profile, node.question)
            if len(possible) > 1:
                pending.extend({**fixed, node.question: each} for each in reversed(possible))
                return None
            answer = possible[0]
        node = node.children.setdefault(answer, _Node())
    return node


def _record(root: _Node[T], answers: Mapping[str, int], result: T) -> None:
    node = root
    for question, answer in answers.items():
        node.question = question
        node = node.children.setdefault(answer, _Node())
    node.done, node.result = True, result
