"""What `songwright` says at a terminal, where no assistant would ever talk to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..app import program_version
from ..core import settings as settings_module
from .install.launch import typed


def welcome(flags: Mapping[str, Any]) -> int:
    """Say what it is and what to type next."""
    settings = settings_module.load(**flags)
    name = typed(os.environ)
    if settings.offline:
        key = "SONGWRIGHT_OFFLINE or --offline chose the offline sandbox, a toy synthesizer."
    elif settings.sandbox:
        key = "There is no API key yet, so songs come from the offline sandbox, a toy. `install` asks for a key."
    else:
        key = f"An API key is stored, so songs are made at {settings.base_url} and cost credits."
    print(f"""\
Songwright {program_version()} lets an AI assistant write songs with you and have them made. The assistant starts it by
itself, so there is nothing to wait for here.

  {name} install
      connects Claude, VS Code, Cursor, Codex, Gemini and others on this machine
  {name} compose "a lullaby for Lucía"
      makes a song right here
  {name} doctor
      checks key, service, folders and clients
  {name} --help
      lists the rest

{key}""")
    return 0
