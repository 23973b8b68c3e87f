"""Files can always be rendered again from their scores, so the oldest are deleted when there are too many."""

from __future__ import annotations

from pathlib import Path

_MOST_BYTES = 2 * 1024**3


def prune(folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
    """Delete rendered files, oldest first, until the folder is below a size; uploads stay, because they cannot be made
    again. Partial files of a crashed run are removed too.
    """
    if not folder.is_dir():
        return
    for draft in folder.rglob("*.part"):
        draft.unlink(missing_ok=True)
    files = [(path.stat(), path) for path in folder.iterdir() if path.is_file()]
    excess = sum(facts.st_size for facts, _ in files) - most_bytes
    for facts, path in sorted(files, key=lambda entry: entry[0].st_mtime):
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= facts.st_size
