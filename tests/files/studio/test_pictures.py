"""Pictures come with foreign files: only the kinds that songs have are opened, and none that is huge."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from songwright.server.files.studio import backdrop
from songwright.server.files.studio.covers import cover_for_release
from songwright.server.files.studio.pictures import opened
from songwright.server.files.studio.sketches import small_picture

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
@pytest.mark.parametrize("look", [cover_for_release, small_picture, lambda data: backdrop.opened(data, "Low Tide")])
def test_no_program_is_started_for_a_cover(
    look: Callable[[bytes], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, started = tmp_path / "gs", tmp_path / "started"
    program.write_text(f"#!/bin/sh\n: > {started}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    look(POSTSCRIPT)
    assert not started.exists()


def test_a_small_file_that_holds_a_huge_picture_is_not_opened() -> None:
    small, huge = BytesIO(), BytesIO()
    Image.new("1", (80, 70)).save(small, "PNG")
    Image.new("1", (8_000, 7_000)).save(huge, "PNG")
    assert len(huge.getvalue()) < 100_000
    assert opened(small.getvalue()) is not None
    assert opened(huge.getvalue()) is None
