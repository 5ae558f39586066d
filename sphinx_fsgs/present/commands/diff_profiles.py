"""``fsgs diff-profiles A B``: in what two processors differ."""

from __future__ import annotations

import dataclasses
import json

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.present.commands.common import open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.selection import CLEAN, UNUSABLE


def execute(names: tuple[str, str], format: str, console: Console) -> int:
    """Print the differences; a name that no processor has is a usage error."""
    settings = settings_here(console)
    session = open_session(settings, console) if settings else None
    if session is None:
        return UNUSABLE
    found = [_profile(session, name, console) for name in names]
    if not all(found):
        return UNUSABLE
    entry, said = session.difference(found[0], found[1])
    console.out(json.dumps({"version": 1, **dataclasses.asdict(entry)}, indent=1) + "\n" if format == "json" else said)
    return CLEAN


def _profile(session: Session, name: str, console: Console) -> str:
    """Return the profile that a name or a title means, or an empty text when there is none."""
    lexicon = session.lexicon
    profile = name if name in lexicon.profiles else lexicon.processor(name)
    if not profile:
        near = suggestion(name, lexicon.profiles) or "fsgs explain profiles lists them"
        console.err(f'fsgs diff-profiles: no processor is called "{name}"; {near}')
    return profile
