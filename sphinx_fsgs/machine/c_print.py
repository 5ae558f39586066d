"""What C prints: a format that the document writes, its values computed where they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.machine.c_refused import Refused
from sphinx_fsgs.machine.c_values import Values
from sphinx_fsgs.syntax.assembly import Output, Shown
from sphinx_fsgs.syntax.c import CCall, CExpr, CString
from sphinx_fsgs.syntax.expression import Number, Slice
from sphinx_fsgs.syntax.printf import Conversion, FormatError, pieces_of


def printed(call: CCall, text: str, values: Values) -> None:
    """Append what a call prints to the output.

    :raises Refused: for a format that is not read, or values that are not as many as it shows.
    """
    if not call.arguments or not isinstance(call.arguments[0], CString):
        raise Refused(call.span, "what it prints has to be a text that is written here", "write the text itself")
    pieces = _pieces(call.arguments[0], values.spec.c_steps.output[call.name])
    given = call.arguments[1:]
    conversions = sum(isinstance(each, Conversion) for each in pieces)
    if conversions != len(given):
        message = f"the text has {conversions} conversions, and there are {len(given)} values"
        raise Refused(call.span, message, "give one value for each")
    numbered = iter(enumerate(given))
    shown = [each if isinstance(each, str) else _shown(each, *next(numbered), values) for each in pieces]
    values.code.run.append(Output(tuple(shown), call.name, text, values.code.span))


def _pieces(form: CString, line: str) -> Sequence[str | Conversion]:
    try:
        return pieces_of(form.value) if line == "format" else (form.value + "\n",)
    except FormatError as error:
        raise Refused(form.span, str(error)) from None


def _shown(conversion: Conversion, n: int, argument: CExpr, values: Values) -> str | Shown:
    """Return an argument as a conversion shows it; one that is computed lies in the n-th register then."""
    if conversion.takes_text:
        if not isinstance(argument, CString):
            raise Refused(argument.span, "the text that it prints has to be written here")
        return argument.value
    values.value(argument, n)
    at = argument.span
    return Shown(Slice(values.code.register(n, at), Number(conversion.bits - 1, at), Number(0, at), at), conversion)
