"""The seed documents, where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDERS = [folder / "shared" / "seeds" for folder in Path(__file__).resolve().parents[2:5]]


def seed_001() -> str:
    """The text of seed 001; skips the test, saying so, where the seeds are not."""
    for folder in FOLDERS:
        for path in folder.glob("001_*.txt"):
            return path.read_text()
    pytest.skip("the seed documents do not lie beside the project (shared/seeds)")
