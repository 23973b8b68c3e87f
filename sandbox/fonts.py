"""Whether a soundfont can be played here. Only the standard library: the server asks too."""

from __future__ import annotations

import shutil
from pathlib import Path


def why_not(font: Path) -> str:
    """Return in a sentence why the band cannot play from this soundfont; "" when it can."""
    if shutil.which("fluidsynth") is None:
        return "The band plays the sandbox's own sounds: the program fluidsynth is not installed."
    try:
        with font.expanduser().open("rb") as file:
            head, size = file.read(12), file.seek(0, 2)
    except OSError:
        head, size = b"", 0
    # FluidSynth refuses a file that is cut off, too, and then plays nothing.
    if head[:4] != b"RIFF" or head[8:] != b"sfbk" or size < 8 + int.from_bytes(head[4:8], "little"):
        return "The band plays the sandbox's own sounds: SONGWRIGHT_SANDBOX_SOUNDFONT is no soundfont that can be read."
    return ""
