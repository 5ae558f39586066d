"""The project that a file belongs to: includes stay below its folder."""

from __future__ import annotations

from pathlib import Path

_MARKS = (".git", "pyproject.toml", "fsgs.toml")


def project_of(path: Path) -> Path:
    """Return the folder of the project that holds the file.

    That is the nearest folder above it with a sign of one; else the working directory if it is above
    the file, else the folder of a ``conf.py`` of Sphinx, else the file's own.
    """
    folder = path.resolve().parent
    above = (folder, *folder.parents)
    here = Path.cwd().resolve()
    candidates = [candidate for candidate in above if any((candidate / mark).exists() for mark in _MARKS)]
    candidates += [here] if here in above else []
    candidates += [candidate for candidate in above if (candidate / "conf.py").is_file()]
    return candidates[0] if candidates else folder
