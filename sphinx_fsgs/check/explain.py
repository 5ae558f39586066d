"""``fsgs explain``: what the spec says of a word, as text.

Instructions, questions, processors and definitions have articles, which pages show too; services and platforms are
text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

from sphinx_fsgs.check.entries.articles import article_of, entries_of, instructions_named
from sphinx_fsgs.check.entries.indexes import INDEXES, article_of_index
from sphinx_fsgs.check.entries.text import Found as Examples
from sphinx_fsgs.check.entries.text import text_of
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.hosts import version_text
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import Mode


def explain(spec: Spec, word: str, examples: Examples | None = None) -> str | None:
    """Return the explanation of a word, None when the spec has nothing of that name.

    :param examples: gives for an instruction the lines that list the examples of documents; without, it is said
        how to get them.
    """
    name = " ".join(word.split())
    entries = entries_of(spec, name)
    if entries:
        found = examples or partial(_ask_for_examples, spec)
        return "\n".join(text_of(article_of(spec, each), found) for each in entries)
    if name in INDEXES:
        return text_of(article_of_index(spec, name), partial(_ask_for_examples, spec))
    if service := spec.lexicon.subjects.get(name.lower(), ""):
        return "\n".join(_service(spec, service)) + "\n"
    if name in spec.platforms:
        return "\n".join(_platform(spec, name)) + "\n"
    if name in spec.platform_questions:
        return "\n".join(_platform_question(spec, name)) + "\n"
    return None


def encodings(spec: Spec, word: str) -> str | None:
    """Return the bytes of each form of an instruction with some operands, None for what is no instruction.

    :raises NoCodec: when iced-x86 is not installed.
    """
    stems = instructions_named(spec, " ".join(word.split()))
    return "\n".join("\n".join(_encodings(spec, each)) + "\n" for each in stems) if stems else None


def _encodings(spec: Spec, stem: str) -> Iterator[str]:
    from sphinx_fsgs.machine.encode import Encoder
    from sphinx_fsgs.machine.forms import samples
    from sphinx_fsgs.syntax.assembly import Instruction
    from sphinx_fsgs.syntax.read_assembly import read_assembly

    entry, encoder = spec.instruction(stem), Encoder(spec)
    mode = cast(Mode, entry.modes[0] if entry.modes and "64-bit" not in entry.modes else "64-bit")
    rows: dict[str, str] = {}
    for bound in samples(spec, stem, mode):
        (line,) = read_assembly(fragment_of(bound.text), spec.lexicon).tree or ()
        assert isinstance(line, Instruction)
        encoded = encoder.encode(line, bound)
        rows[bound.text] = "none" if encoded is None else str(encoded)
    yield f"Bytes of {entry.title.partition(' — ')[0]} in {mode} mode, for some operands of each form"
    width = max(map(len, rows.values()), default=0)
    for text, encoded_as in rows.items():
        yield f"    {encoded_as:{width}}  {text}"


def _ask_for_examples(spec: Spec, stem: str) -> Iterable[str]:
    yield f"fsgs explain {stem} --in PATH lists the examples and claims of documents that run it."


def _service(spec: Spec, name: str) -> Iterator[str]:
    entry = spec.service(name)
    yield Path(entry.path).read_text(encoding="utf-8").rstrip()
    yield ""
    yield from _cited(spec, entry.cites)


def _platform(spec: Spec, name: str) -> Iterator[str]:
    platform = spec.platforms[name]
    bounds = [f"from {version_text(platform.first)}" if platform.first else ""]
    bounds.append(f"before {version_text(platform.end)}" if platform.end else "")
    yield f"{platform.title} ({platform.name}): {platform.family} {' '.join(filter(None, bounds))}".rstrip()
    yield platform.note
    yield f"processors: {', '.join(each.profile for each in spec.hosts if each.platform == name)}"
    keys = [*platform.cites]
    for heading, held in (("Where code begins", platform.code), ("State", platform.state)):
        yield from ("", heading)
        for place, value in held.items():
            yield f"    {place} = {value.value} [{', '.join(value.cites)}]"
            keys.extend(value.cites)
    yield from ("", "Questions")
    for question, answer in platform.answers.items():
        evidence = answer.evidence or "no source settles it"
        yield f"    {question}: {answer.value} ({evidence}) [{', '.join(answer.cites)}]"
        keys.extend(answer.cites)
    yield from ("", "Services")
    for service, head in spec.index.services.items():
        if head.family == platform.family:
            entry = spec.service(service)
            yield f"    {entry.written}"
    yield from ("", "Signals")
    for vector, signal in spec.signals.get(platform.family, {}).items():
        yield f"    {vector} becomes {signal.name} [{', '.join(signal.cites)}]"
        keys.extend(signal.cites)
    yield ""
    yield from _cited(spec, keys)


def _platform_question(spec: Spec, name: str) -> Iterator[str]:
    asked = spec.platform_questions[name]
    yield from (asked.question, "", asked.why)
    keys: list[str] = []
    for platform in spec.platforms.values():
        answer = platform.answers.get(name)
        if answer is not None:
            yield f"    {platform.name}: {answer.value} [{', '.join(answer.cites)}]"
            keys.extend(answer.cites)
    yield ""
    yield from _cited(spec, keys)


def _cited(spec: Spec, keys: Iterable[str]) -> Iterator[str]:
    """Yield what the citations stand for, each once."""
    for key in dict.fromkeys(keys):
        citation = spec.citations.get(key)
        if citation is not None:
            yield f"[{key}] {citation.title}. {citation}"
