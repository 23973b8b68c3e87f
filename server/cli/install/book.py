"""What `songwright install` has written, so that `songwright uninstall` takes away exactly that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import SongwrightError
from . import disk

NAME = "install.json"


@dataclass(frozen=True)
class Receipt:
    """One file that was written."""

    file: str
    path: list[str]
    """Where the entry is in it."""
    before: str | None
    """The digest of the file before; None when there was none."""
    after: str
    """The digest of what was written."""
    backup: str | None = None
    folders: list[str] = field(default_factory=list)
    """The folders that were made for it."""
    mode: int | None = None
    """The permissions it had before, where they were changed."""

    def original(self) -> bytes | None:
        """The file as it was before; None when there was none. Raises `FileNotFoundError` when nobody knows."""
        if self.before is None:
            return None
        content = Path(self.backup).read_bytes() if self.backup else None
        if disk.digest(content) != self.before:
            raise FileNotFoundError(self.backup)
        return content

    def drop_backup(self) -> None:
        """Remove the backup, unless somebody has changed it."""
        if self.backup and Path(self.backup).is_file() and disk.digest(Path(self.backup).read_bytes()) == self.before:
            Path(self.backup).unlink()


class Book:
    """The receipts of this person, in the folder of the journal."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self.receipts: dict[str, Receipt] = {}
        self.keychain: str | None = None
        """The address for which a key was stored in the keychain."""
        self._folders: list[str] = []
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            self.receipts = {name: Receipt(**receipt) for name, receipt in content["receipts"].items()}
            self.keychain, self._folders = content["keychain"], content["folders"]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise SongwrightError(
                f"{self._file}, where Songwright notes what it has installed, cannot be read. Move it away; what is "
                "installed now has to be taken away by hand then."
            ) from None

    def save(self) -> None:
        """Write it, or remove it when nothing is installed."""
        before = self._file.read_bytes() if self._file.exists() else None
        if not self.receipts and self.keychain is None:
            if before is not None:
                self._file.unlink()
            disk.remove_folders(self._folders)
            self._folders = []
            return
        if before is None:
            self._folders = disk.make_folders(self._file.parent)
        content: dict[str, Any] = {
            "receipts": {name: asdict(receipt) for name, receipt in self.receipts.items()},
            "keychain": self.keychain,
            "folders": self._folders,
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        disk.replace(self._file, text.encode(), expected=before, mode=disk.PRIVATE)
