"""A session with the settings of a host, and what of them the spec contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.findings import bad_setting
from sphinx_fsgs.present.settings import Settings, SymbolSetting
from sphinx_fsgs.spec.errors import SpecError

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session
    from sphinx_fsgs.spec.model import Spec


def open_session(settings: Settings) -> Session:
    """Return a session with the scope and the symbols of the settings.

    :raises SpecError: when the spec, the scope or a symbol cannot be used; what the settings say wrongly is placed
        in their file.
    """
    from sphinx_fsgs.check.session import Session

    symbols = {each.name: each.value for each in settings.symbols}
    try:
        session = Session.open(where=settings.where, symbols=symbols)
    except SpecError as error:
        at = settings.where_at
        if at is None:
            raise
        from sphinx_fsgs.check.session import COMMAND_LINE

        placed = (replace(each, span=at) if each.span.path == COMMAND_LINE else each for each in error.diagnostics)
        raise SpecError(list(placed)) from None
    if settings.symbols and (wrong := tuple(_taken(settings.symbols, session.spec))):
        raise SpecError(wrong)
    return session


def _taken(symbols: Iterable[SymbolSetting], spec: Spec) -> Iterator[Diagnostic]:
    """Yield a finding for each symbol whose name means something else already."""
    words = spec.lexicon
    for symbol in symbols:
        known = spec.own_constants.get(symbol.name)
        if known is not None and known != symbol.value:
            message = f"{symbol.name} is {known:#x} in the spec, not {symbol.value:#x}"
            yield bad_setting(symbol.span, message, "remove it, or give it another name")
        elif symbol.name in words.cells or symbol.name.lower() in words.registers or symbol.name in words.functions:
            message = f"{symbol.name} is a name of the language already"
            yield bad_setting(symbol.span, message, "give the symbol another name")
