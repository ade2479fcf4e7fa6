"""`bin/manage probe`: bin/opsconsole-probe, which also reads targets as YAML. Starts no server, needs no setting."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from detections.probes.program import probe
from opsconsole.lib.text import yaml


def read_target_file(path: str) -> dict[str, Any]:
    """A target as YAML or JSON, which is YAML. Raises ProbeError."""
    try:
        given = yaml.load(probe.read_text(path), strict=True)
    except yaml.YamlError as error:
        raise probe.ProbeError(f"--target: {path}: {error}") from None
    try:
        given = json.loads(json.dumps(given, allow_nan=False))  # a date or a number as a key is none of JSON's
    except (TypeError, ValueError) as error:
        raise probe.ProbeError(f"--target: {path} has what JSON has not: {error}") from None
    if not isinstance(given, dict):
        raise probe.ProbeError(f"--target: {path} is not an object, as the console exports it")
    return given


def main(argv: Sequence[str]) -> int:
    """Returns the exit status. `--data DIR`, which bin/manage puts first, is of no meaning here."""
    rest = list(argv[2:] if argv[:1] == ["--data"] else argv)
    status: int = probe.main(rest, prog="bin/manage probe", read_file=read_target_file)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
