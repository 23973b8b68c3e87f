"""Songs to listen to, for the tests of a host's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A server with songs."""
    return Stage(tmp_path)
