"""The command ``fsgs``: reads the command line, then leaves the work to one module of ``commands``."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence

from sphinx_fsgs.present.console import Console, close_quietly, open_console
from sphinx_fsgs.present.formats import FORMATS

USAGE = 2
_INTERRUPTED, _NO_READER = 130, 141  # as a shell reports SIGINT and SIGPIPE

_EPILOG = "exit status: 0 clean, 1 something fails, is vacuous, stale or ran into a bound, 2 usage, settings or spec"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the process; return the exit status.

    Usage errors and ``--help`` leave through ``SystemExit``, as argparse does.
    """
    # What a run makes lives until its end, so looking for garbage early only costs time.
    gc.set_threshold(100_000)
    options = parser().parse_args(arguments)
    console = open_console(options.color)
    try:
        status = _dispatch(options, console)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        close_quietly()
        return _NO_READER
    except KeyboardInterrupt:
        console.err("fsgs: interrupted")
        return _INTERRUPTED
    except Exception as error:
        from sphinx_fsgs.present.findings import internal, top_of

        console.findings([internal(top_of("fsgs"), error)])
        return USAGE


def _dispatch(options: argparse.Namespace, console: Console) -> int:
    if options.command == "check":
        from sphinx_fsgs.present.commands import check

        return check.execute(check.options_of(vars(options)), console)
    if options.command == "run":
        from sphinx_fsgs.present.commands import run

        return run.execute(run.options_of(vars(options)), console)
    if options.command == "prove":
        from sphinx_fsgs.present.commands import prove

        return prove.execute(options.claim, options.where, options.format, console)
    if options.command == "diff-profiles":
        from sphinx_fsgs.present.commands import diff_profiles

        return diff_profiles.execute((options.one, options.other), options.format, console)
    if options.command == "profile":
        from sphinx_fsgs.present.commands import profile

        return profile.execute(options.file, console)
    from sphinx_fsgs.present.commands import explain

    return explain.execute(explain.options_of(vars(options)), console)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    from sphinx_fsgs import __version__

    top = argparse.ArgumentParser(
        prog="fsgs",
        description="Check what documentation says about the x86 FS and GS machinery.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"fsgs {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_check(commands)
    _add_run(commands)
    _add_prove(commands)
    _add_explain(commands)
    _add_diff_profiles(commands)
    _add_profile(commands)
    return top


_Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def _add_check(commands: _Commands[argparse.ArgumentParser]) -> None:
    check = _command(commands, "check", "check documents", FORMATS)
    check.add_argument("paths", nargs="*", metavar="PATH", help="rst files, and folders that are searched for *.rst")
    _add_where(check)
    check.add_argument(
        "--select", type=_codes, metavar="CODES", help="report only these codes or beginnings: FSGS3,FSGS201"
    )
    check.add_argument("--ignore", type=_codes, metavar="CODES", help="do not report these")
    strict = "fail also on warnings, on what sources leave undecided and on n/a"
    check.add_argument("--strict", action="store_true", default=None, help=strict)
    show = "list also what documents and settings give a reason not to report (JSON always does)"
    check.add_argument("--show-suppressed", action="store_true", help=show)
    check.add_argument("--stats", action="store_true", help="say how many runs and solver calls it took, and how long")
    check.add_argument("--coverage", action="store_true", help="list what speaks of FS or GS, and what is understood")
    check.add_argument("--spec", action="store_true", help="check the whole spec as well; PATH may then be left out")


def _add_run(commands: _Commands[argparse.ArgumentParser]) -> None:
    run = _command(commands, "run", "run a snippet of assembly and show what changes", ("text", "json"))
    run.add_argument("file", nargs="?", metavar="FILE", help='assembly in AT&T syntax; "-" is standard input')
    run.add_argument("-e", dest="code", metavar="CODE", help='the snippet itself: -e "swapgs; lkgs %%ax"')
    run.add_argument("--before", action="append", default=[], metavar="LINE", help='of the state before: "CPL = 0"')
    table = "as a table of plain text, with a column for each way in which processors run it"
    run.add_argument("--table", action="store_true", help=table)
    run.add_argument("--bytes", action="store_true", help="list the bytes of each line first; needs the extra decode")
    _add_where(run)


def _add_prove(commands: _Commands[argparse.ArgumentParser]) -> None:
    prove = _command(commands, "prove", "judge one sentence", ("text", "json"))
    prove.add_argument("claim", metavar="CLAIM", help='such as "SWAPGS does not touch GS.limit"')
    _add_where(prove)


def _add_explain(commands: _Commands[argparse.ArgumentParser]) -> None:
    explain = _command(
        commands, "explain", "explain a code, an instruction, a question or a processor", ("text", "json")
    )
    explain.add_argument("word", metavar="WORD", help="FSGS204, LKGS, null_selector_clears_base, amd_zen3, profiles …")
    documents = "list what runs the instruction in these documents, as fsgs check takes them; may be repeated"
    explain.add_argument("--in", dest="paths", metavar="PATH", action="append", default=[], help=documents)
    explain.add_argument("--bytes", action="store_true", help="the bytes of an instruction; needs the extra decode")


def _add_diff_profiles(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "diff-profiles", "say in what two processors differ", ("text", "json"))
    command.add_argument("one", metavar="A", help='a processor: amd_zen3, "Zen 3"')
    command.add_argument("other", metavar="B", help="another")


def _add_profile(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "profile", "begin a profile from a dump of CPUID", ("text",))
    command.add_argument("action", choices=("from-cpuid",), help="what it is made from")
    command.add_argument("file", metavar="FILE", help="a text file of InstLatx64, or what cpuid -r prints")


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, purpose: str, formats: Sequence[str]
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".", epilog=_EPILOG, allow_abbrev=False
    )
    command.add_argument("--format", choices=formats, default="text", help="default: text")
    choices = ("auto", "always", "never")
    command.add_argument("--color", choices=choices, default="auto", help="default: auto, which heeds NO_COLOR")
    return command


def _add_where(command: argparse.ArgumentParser) -> None:
    command.add_argument("--where", metavar="SCOPE", help='only these processors: "intel and not LKGS"')


def _codes(text: str) -> tuple[str, ...]:
    from sphinx_fsgs.present.settings import is_code

    codes = tuple(each.strip() for each in text.split(",") if each.strip())
    wrong = [each for each in codes if not is_code(each)]
    if wrong or not codes:
        from sphinx_fsgs.present.settings_reader import near_code

        word = wrong[0] if wrong else text
        raise argparse.ArgumentTypeError(f'no code is, or begins with, "{word}"; {near_code(word)}')
    return codes


if __name__ == "__main__":
    sys.exit(main())
