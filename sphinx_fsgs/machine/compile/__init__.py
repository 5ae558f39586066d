"""Operations to Python code objects, stamped with the lines of the spec.

The tree is walked once for integers and once for terms. An Operation, and each procedure for each way
it is called, becomes a function of its own, so that a traceback or a coverage report names the spec's
file and line. In the concrete form a fault is raised and writes go straight to the state; in the
symbolic form every block runs under two guards: ``g`` (this statement is reached) and ``w`` (a write
here counts; faults need not be excluded, because a fault undoes the instruction).
"""

from sphinx_fsgs.machine.compile.compiler import Compiler
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.names import MODES

__all__ = ["MODES", "CompileError", "Compiler"]
