"""From a doctree, which docutils or Sphinx has made, to the annotations, claims and blocks of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docutils import nodes

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document import findings
from sphinx_fsgs.document.anatomy import cut, dissect
from sphinx_fsgs.document.blocks import bind
from sphinx_fsgs.document.locate import FEEDS_END_LINES, Cursor, Found, Locator, Shape, Source
from sphinx_fsgs.document.markup import DIRECTIVES, NAMING, ROLES, SHOWING, fsgs_annotation, fsgs_claim, split_words
from sphinx_fsgs.document.model import HEADS, Annotation, Block, Document, Origin, Shown
from sphinx_fsgs.document.prefilter import speaks_in
from sphinx_fsgs.document.prose import passages
from sphinx_fsgs.document.text import load
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.vocabulary import Vocabulary

_HEAD = re.compile(r"fsgs:(?=[ \t]|$)(?:[ \t]+(?P<word>\S+))?[ \t]*", re.MULTILINE)
_NO_BLANK = re.compile(r"fsgs:(?P<word>[\w-]+)")
# "fsgs.rst" and "fsgs-notes" are names; "FSGS" in capitals is ours only with a colon and a head behind it.
_ALMOST = re.compile(rf"fsgs(?![\w./:-])(?:[ \t]*[:;,=]+)?|fsgs:|(?i:fsgs)[ \t]*:(?=[ \t]*(?:{'|'.join(HEADS)})\b)")
_CODE_DIRECTIVE = re.compile(
    r"\.\.[ ]+(?:code-block|sourcecode|code|(?P<parsed>parsed-literal))::(?:[ ]+(?P<language>\S+))?", re.IGNORECASE
)
_ANNOUNCES = re.compile(r"(?:.*::|\.\.[ ]+[\w:-]+::.*)$")
_OPTION = re.compile(r":[\w-]+:(?:[ ]|$)")
_MARKUP = re.compile(r"\.\.[ \t]*fsgs|:fsgs:|\bfsgs:", re.IGNORECASE)
"""What text must hold to be taken for markup of ours; a name such as sphinx_fsgs does not."""
_STUCK = re.compile(r"\.\.[ ]+fsgs\b")
_GLUED = re.compile(r"\.\.fsgs\b")


def collect(
    doctree: nodes.document,
    path: Path,
    *,
    shown_as: str | None = None,
    text: str | None = None,
    words: Vocabulary | None = None,
) -> Document:
    """Return what ``doctree``, made from the file at ``path``, holds for us.

    :param shown_as: how the user wrote the path; spans carry it, and included files are named beside it.
    :param text: the text that ``doctree`` was made from, unless docutils read the file itself.
    :param words: with these, what a document says is read only where one of its files has a strong word.
    """
    shown = shown_as if shown_as is not None else str(path)
    source = load(path, shown) if text is None else text
    if isinstance(source, Diagnostic):
        return Document(shown, (), (), (source,))
    main = Source(path.resolve(), shown, source, feeds_end_lines=text is None and FEEDS_END_LINES)
    collector = _Collector(Locator(main))
    collector.walk(doctree)
    # Prose is read with a locator of its own, so that it moves nothing that the places of markup rely on.
    prose = Locator(main)
    _dependencies(prose, doctree)
    document = collector.document(shown, doctree)
    if words and not any(speaks_in(each.text.encode(errors="replace"), words) for each in prose.sources()):
        return document
    return replace(document, passages=passages(doctree, prose))


@dataclass(slots=True)
class _Step:
    """A node to be looked at, in the ``cell`` of a table or not; ``leaving`` when its children are done."""

    node: nodes.Node
    cell: bool
    hint: str | None
    leaving: bool = False


class _Collector:
    """Walks one doctree in the order of the document."""

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._section = self._sections = 0
        self._order = 0
        self._notes: list[Annotation] = []
        self._blocks: list[Block] = []
        self._broken: list[tuple[int, int]] = []
        self._diagnostics: list[Diagnostic] = []
        self._shown: list[Shown] = []
        self._serials: set[int] = set()
        self._places: set[tuple[str, int, int]] = set()
        self._tables: list[tuple[Cursor, list[Cursor]]] = []
        self._defined: set[int] = set()
        self._outer: list[int] = []

    def document(self, shown: str, doctree: nodes.document) -> Document:
        """Return all that was found."""
        notes, missing = bind(self._notes, self._blocks, self._broken)
        diagnostics = sorted({*self._diagnostics, *missing}, key=Diagnostic.sort_key)
        files = _dependencies(self._locator, doctree)
        return Document(shown, notes, tuple(self._blocks), tuple(diagnostics), files, shown=tuple(self._shown))

    def walk(self, doctree: nodes.document) -> None:
        """Visit every node; not recursive, for a document may be nested as deep as docutils can parse."""
        _dependencies(self._locator, doctree)
        for definition in doctree.findall(nodes.substitution_definition):
            self._defined.update(int(claim["serial"]) for claim in definition.findall(fsgs_claim))
        steps = [_Step(doctree, False, doctree.source)]
        while steps:
            step = steps.pop()
            if step.leaving:
                self._leave(step.node)
            elif self._visit(step):
                if isinstance(step.node, (nodes.section, nodes.table, nodes.entry)):
                    self._enter(step.node)
                    steps.append(_Step(step.node, step.cell, step.hint, leaving=True))
                cell = step.cell or isinstance(step.node, nodes.entry)
                hint = getattr(step.node, "source", None) or step.hint
                steps.extend(reversed([_Step(child, cell, at) for child, at in _hinted(step.node.children, hint)]))

    # ---- sections and tables: cells stand side by side, so each is read from the start of its table

    def _enter(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.section):
            self._outer.append(self._section)
            self._sections += 1
            self._section = self._sections
        elif isinstance(node, nodes.table):
            self._tables.append((self._locator.cursor(), []))
        elif self._tables:
            self._locator.rewind(self._tables[-1][0])

    def _leave(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.section):
            self._section = self._outer.pop()
        elif isinstance(node, nodes.table):
            self._locator.advance(*self._tables.pop()[1])
        elif self._tables:
            self._tables[-1][1].append(self._locator.cursor())

    # ---- nodes

    def _visit(self, step: _Step) -> bool:
        """Take what is ours from a node; return whether its children matter."""
        node = step.node
        if isinstance(node, fsgs_annotation):
            self._directive(node, step)
        elif isinstance(node, nodes.comment):
            self._comment(node, step)
        elif isinstance(node, nodes.system_message):
            return False
        elif isinstance(node, nodes.literal_block):
            self._block(node, step)
        elif isinstance(node, nodes.FixedTextElement):
            self._pass_over(node, step, "block")
        elif isinstance(node, fsgs_claim):
            self._role(node, step)
        elif _shows_ours(node):
            self._pass_over(node, step, "inline")
        else:
            if isinstance(node, nodes.paragraph) and "..fsgs" in node.rawsource.replace(" ", ""):
                self._stuck(node, step)
            return isinstance(node, nodes.Element)
        return False

    def _pass_over(self, node: nodes.Node, step: _Step, shape: Shape) -> None:
        """Find text that only shows our markup, so that the same text behind it is found at its own place."""
        text = getattr(node, "rawsource", "") or node.astext()
        if _MARKUP.search(text):
            self._locator.find(text, shape, hint=node.source or step.hint, cell=step.cell)

    def _comment(self, node: nodes.comment, step: _Step) -> None:
        text = node.rawsource or node.astext()
        if "fsgs" not in text.casefold():
            return
        found = self._locator.find(text, "comment", hint=node.source or step.hint, cell=step.cell)
        if not (_HEAD.match(text) or _NO_BLANK.match(text) or _ALMOST.match(text)) or not self._is_new(found):
            return
        lines = self._lines(found, text, node, step)
        first = lines[0]
        if head := _HEAD.match(first.text):
            self._ours(head, lines, found, step.cell)
            if found and not step.cell and (below := _stuck_below(found)):
                self._diagnostics.append(findings.stuck_above(below))
        elif match := _NO_BLANK.match(first.text):
            self._diagnostics.append(findings.neither_form(first, match["word"], len("fsgs:")))
        else:
            self._diagnostics.append(findings.not_ours(first, _almost(first)))

    def _ours(self, match: re.Match[str], lines: tuple[Line, ...], found: Found | None, cell: bool) -> None:
        first, head = lines[0], match["word"] or ""
        if head not in HEADS:
            start, end = match.span("word") if head else (0, len(first.text))
            self._diagnostics.append(
                findings.unknown_head(head, findings.span_of(first, start, end), f"fsgs: {head}".rstrip())
            )
        elif found and _between(found):
            self._diagnostics.append(findings.before_its_block(first))
        else:
            dots = found.source.place(*_dots(found)) if found else findings.span_of(first, 0, 0)
            region = None
            if head == "ignore" and found and not cell:
                from sphinx_fsgs.document.region import region_below  # few documents have one

                region = region_below(found.source, found.end[0], _dots(found)[1])
            self._annotate("comment", head, (cut(first, match.end()), *lines[1:]), dots, lines[-1], region)

    def _directive(self, node: fsgs_annotation, step: _Step) -> None:
        if not self._first_time(node):
            return
        text, head = node.rawsource, str(node["head"])
        found = self._locator.find(text, "directive", hint=node.source or step.hint, cell=step.cell)
        if not self._is_new(found):
            return
        lines = self._lines(found, text, node, step)
        first = lines[0]
        name = re.match(r"\.\.[ \t]+(?P<ours>fsgs)[ \t]*(?::(?P<word>[^:\s]*))?[ \t]*::", first.text, re.IGNORECASE)
        if name and not name["word"]:
            self._diagnostics.append(findings.bare_directive(first, name.start("ours"), name.end()))
        elif head not in DIRECTIVES and head not in SHOWING:
            span = findings.span_of(first, *(name.span("word") if name else (0, None)))
            self._diagnostics.append(findings.unknown_head(head, span, f".. fsgs:{head}::", (*DIRECTIVES, *SHOWING)))
        else:
            end = name.end() if name else len(first.text)
            self._annotate("directive", head, (cut(first, end), *lines[1:]), findings.span_of(first, 0, 0), lines[-1])

    def _annotate(
        self,
        origin: Origin,
        head: str,
        lines: tuple[Line, ...],
        start: Span,
        last: Line,
        region: Span | None = None,
    ) -> None:
        parts = dissect(head, lines, origin)
        self._diagnostics += parts.diagnostics
        said_nothing = not (parts.argument or parts.body or (parts.options and head == "page"))
        if said_nothing and not parts.broken and head != "example":
            self._diagnostics.append(findings.empty(head, start.to(findings.span_of(lines[0]))))
        if parts.broken or said_nothing and head != "example":
            self._broken.append((self._section, self._next()))
            return
        argument = parts.argument_fragment
        if head in SHOWING:
            self._shown += [Shown(head, argument)] if argument else []
            return
        words = " ".join(argument.text.split()) if argument else ""
        span = start.to(findings.span_of(last))
        note = Annotation(
            origin,
            head,
            argument,
            tuple(parts.options),
            parts.body_fragment,
            span,
            self._section,
            self._next(),
            (),
            words,
            region,
        )
        self._notes.append(note)

    def _role(self, node: fsgs_claim, step: _Step) -> None:
        defining = isinstance(node.parent, nodes.substitution_definition)
        if not defining and (int(node["serial"]) in self._defined or not self._first_time(node)):
            return
        raw = node.rawsource
        found = self._locator.find(raw, "inline", hint=node.source or step.hint, cell=step.cell)
        sentence = None if found else self._sentence(raw, node, step)
        if not self._is_new(found or sentence):
            return
        whole = Fragment(self._lines(found or sentence, raw, node, step))
        head = str(node["head"])
        if head not in ROLES and head not in NAMING:
            at = whole.text.casefold().find(head)
            span = whole.span(at, at + len(head))
            self._diagnostics.append(findings.unknown_head(head, span, f":fsgs:{head}:", (*ROLES, *NAMING)))
            return
        text = raw if sentence else whole.text
        open_, close = text.find("`") + 1, text.rfind("`")
        words, claim = split_words(text[open_:close])
        argument = whole if sentence else whole.part(open_ + claim.start, open_ + claim.stop)
        if head in NAMING:
            self._shown += [Shown(head, argument)] if argument else []
            return
        self._notes.append(
            Annotation(
                "role", head, argument, (), None, whole.span(), self._section, self._next(), (), " ".join(words.split())
            )
        )

    def _sentence(self, raw: str, node: fsgs_claim, step: _Step) -> Found | None:
        """Return where the sentence of a role stands whose words a catalogue has translated, if the file has it."""
        text = raw[raw.find("`") + 1 : raw.rfind("`")]
        _, claim = split_words(text)
        return self._locator.find(text[claim], "inline", hint=node.source or step.hint, cell=step.cell)

    def _block(self, node: nodes.literal_block, step: _Step) -> None:
        text = (node.rawsource or node.astext()).expandtabs().strip("\n")
        # "source" marks text of another file (literalinclude and its like), which no annotation here speaks of.
        if not text.strip() or node.get("source"):
            return
        hint = node.source or step.hint
        found = self._locator.find(text, "block", hint=hint, line=node.line, cell=step.cell, likely=_announced)
        if not self._is_new(found):
            return
        fragment = Fragment(self._lines(found, text, node, step))
        if found and _quoted(found):
            self._diagnostics.append(findings.before_its_block(fragment.lines[0]))
            return
        language = _language(found) if found else ""
        self._blocks.append(Block(fragment, fragment.span(), self._section, language, self._next()))

    def _stuck(self, node: nodes.paragraph, step: _Step) -> None:
        for text in node.rawsource.split("\n"):
            glued = _GLUED.match(text)
            if glued or _STUCK.match(text):
                found = self._locator.find(text, "directive", hint=node.source or step.hint, cell=step.cell)
                line = self._lines(found, text, node, step)[0]
                self._diagnostics.append(findings.no_comment(line) if glued else findings.stuck_below(line))

    # ---- places

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _first_time(self, node: nodes.Element) -> bool:
        """Whether this is no copy of a node that was met before (substitutions are copied)."""
        serial = int(node["serial"])
        return serial not in self._serials and not self._serials.add(serial)  # type: ignore[func-returns-value]

    def _is_new(self, found: Found | None) -> bool:
        """Whether this place was not met before: a file may be included twice."""
        if not found:
            return True
        row, column = found.start
        place = (found.source.shown, row, column)
        return place not in self._places and not self._places.add(place)  # type: ignore[func-returns-value]

    def _lines(self, found: Found | None, text: str, node: nodes.Element, step: _Step) -> tuple[Line, ...]:
        """Return the lines of the file; where the text is in no file (it was generated), docutils' own opinion."""
        if found:
            return found.lines()
        path = node.source or step.hint or self._locator.current.shown
        first = node.line or (node.parent.line if node.parent is not None else None) or 1
        return tuple(
            Line(line.strip(), path, first + offset, 1, len(line) - len(line.lstrip()))
            for offset, line in enumerate(text.split("\n"))
        )


def _shows_ours(node: nodes.Node) -> bool:
    """Whether this is inline text, such as a literal, that has our name in its source but no role of ours in it."""
    named = isinstance(node, nodes.Inline) and "fsgs" in getattr(node, "rawsource", "")
    return named and next(iter(node.findall(fsgs_claim)), None) is None


def _almost(line: Line) -> tuple[Span, str] | None:
    """Return what to replace by what in a first line that nearly is ours, or None when it is unclear."""
    match = _ALMOST.match(line.text)
    rest = line.text[match.end() :].split() if match else []
    if not match or not rest or rest[0] not in HEADS:
        return None
    return findings.span_of(line, 0, match.end()), "fsgs:"


def _dots(found: Found) -> tuple[int, int]:
    """Return row and terminal column of the comment's two dots, or of its text if there are none (Markdown)."""
    index, column = found.start
    rows = found.source.rows
    for row, before in ((index, rows[index].text[:column].rstrip()), (index - 1, rows[index - 1].text)):
        if row >= 0 and before.endswith(".."):
            return row, len(before) - 2
    return found.start


def _stuck_below(found: Found) -> Line | None:
    """Return the line of text that follows the comment without a blank line between them."""
    index = found.end[0] + 1
    if index >= len(found.source.rows):
        return None
    text, column = found.source.rows[index].text, _dots(found)[1]
    if not text or _indent(text) != column or text[column:].startswith(".."):
        return None
    return Found(found.source, ((index, column, len(text) - column),)).lines()[0]


def _between(found: Found) -> bool:
    """Whether the comment stands between a directive for code and its block."""
    above = _announcement(found)
    rows = found.source.rows
    if above is None or _indent(rows[above].text) != _indent(rows[found.start[0]].text):
        return False
    return _CODE_DIRECTIVE.match(rows[above].text.strip()) is not None


def _quoted(found: Found) -> bool:
    """Whether a comment behind ``::`` was taken for a quoted literal block, whose lines all begin with a dot.

    Such a block is not indented, and nobody writes one in order to show a comment.
    """
    rows, index = found.source.rows, found.start[0]
    above = _announcement(found)
    if above is None or not _STUCK.match(rows[index].text.strip()):
        return False
    return rows[above].text.endswith("::") and _indent(rows[above].text) == _indent(rows[index].text)


def _announcement(found: Found) -> int | None:
    """Return the row that announces the text found below it: the nearest one that is neither blank nor an option."""
    source = found.source
    above = source.above(found.start[0])
    while above is not None and _OPTION.match(source.rows[above].text.strip()):
        above = source.above(above)
    return above


def _announced(found: Found) -> bool:
    above = _announcement(found)
    return above is not None and _ANNOUNCES.match(found.source.rows[above].text.strip()) is not None


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _language(found: Found) -> str:
    """Return the language that the source names for a block: its directive's, else that of ``highlight``.

    Read from the source, since Sphinx fills in its own default where nothing is named.
    """
    above = _announcement(found)
    match = _CODE_DIRECTIVE.search(found.source.rows[above].text) if above is not None else None
    if match and (match["language"] or match["parsed"]):
        return "" if match["parsed"] else str(match["language"]).lower()
    earlier = (language for row, language in reversed(found.source.highlights) if row < found.start[0])
    return next(earlier, "")


def _hinted(children: Sequence[nodes.Node], outside: str | None) -> Iterator[tuple[nodes.Node, str | None]]:
    """Yield each node with the file that it probably stands in, where docutils does not say it itself.

    That is the file of the node in front of it, else of the one behind it, else of the one around it: what an
    ``include`` in a list or a table brings in stands in another file than the list.
    """
    sources = [getattr(child, "source", None) for child in children]
    last = next((source for source in sources if source), outside)
    for child, source in zip(children, sources, strict=True):
        last = source or last
        yield child, last


def _dependencies(locator: Locator, doctree: nodes.document) -> tuple[Path, ...]:
    """Return the other files that the document was made from, and let the locator know them."""
    recorded = getattr(doctree.settings, "record_dependencies", None)
    for name in recorded.list if recorded else ():
        locator.enter(name)
    return tuple(sorted(source.path for source in locator.sources()[1:]))
