"""What the commands share: settings and the session, or a status of 2 and the reason on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.settings import Settings, SettingsError, find_settings

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session


def settings_here(console: Console) -> Settings | None:
    """Return the settings that hold in the working directory, or None when they cannot be used."""
    try:
        return find_settings(Path.cwd())
    except SettingsError as error:
        console.findings(error.diagnostics)
        return None


def can_decode(command: str, console: Console) -> bool:
    """Return whether bytes can be shown; why not has then been said."""
    from sphinx_fsgs.syntax import codec

    if not codec.installed():
        console.err(f"fsgs {command}: --bytes needs iced-x86, which is not installed. {codec.HOW_TO_INSTALL}")
        return False
    return True


def open_session(settings: Settings, console: Console) -> Session | None:
    """Return a session, or None when the spec or the scope cannot be used; then it has been said why."""
    from sphinx_fsgs.present import opening
    from sphinx_fsgs.spec.errors import SpecError

    try:
        return opening.open_session(settings)
    except SpecError as error:
        console.findings(error.diagnostics)
        return None
