"""Payloads that were read wrongly, one a file; README.txt says what is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def case(name: str) -> Any:
    """The payload of the file `<name>.json`."""
    return json.loads((HERE / f"{name}.json").read_text())
