"""What compiled code may call: the operations on values, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.values import Fault as RaisedFault

Compiled = Callable[..., object]


def completes(check: Compiled, *given: object) -> bool:
    """Return whether concrete code completes."""
    try:
        check(*given)
    except RaisedFault:
        return False
    return True


RUNTIME: dict[str, object] = {
    name: getattr(terms, name)
    for name in (
        "add sub mul quotient remainder bit_and bit_or bit_xor shift_left shift_right eq ne lt le "
        "and_ or_ not_ extract concat ite zero_extend sign_extend"
    ).split()
} | {"Fault": RaisedFault, "completes": completes}
