"""docs/settings.md and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path

from detections.alerts.delivery.sender import GRACE
from detections.probes import prober
from opsconsole.env.variables import VARS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>.*?) \| (?P<meaning>.*) \|$", re.MULTILINE)


def test_every_variable_stands_in_the_page_with_its_default_and_meaning() -> None:
    documented = {row["name"]: (row["default"], row["meaning"]) for row in ROW.finditer(PAGE.read_text())}
    declared = {var.name: (f"`{var.default}`" if var.default else "unset", var.meaning) for var in VARS}
    assert documented == declared


def test_every_variable_that_the_code_reads_is_declared() -> None:
    root = PAGE.parents[1]
    sources = [path for package in ("opsconsole", "bootstrap", "detections") for path in (root / package).rglob("*.py")]
    used = {name for path in sources for name in re.findall(r"\bread\(\s*\"([A-Z_]+)\"", path.read_text())}
    assert used
    assert used <= {var.name for var in VARS}


def test_containers_get_the_variables_of_receivers() -> None:
    compose = (PAGE.parents[1] / "compose.yaml").read_text()
    wanted = {
        var.name
        for var in VARS
        if var.name.startswith(("OPSCONSOLE_SLACK", "OPSCONSOLE_WEBHOOK", "OPSCONSOLE_PAGERDUTY"))
    }
    wanted |= {var.name for var in VARS if var.name.startswith("OPSCONSOLE_OUTBOUND")}
    assert len(wanted) == 10
    assert [name for name in sorted(wanted) if f"    {name}: ${{{name}:-}}\n" not in compose] == []


def test_a_container_that_stops_has_the_time_in_which_sender_and_prober_finish() -> None:
    compose = (PAGE.parents[1] / "compose.yaml").read_text()
    (seconds,) = re.findall(r"deliver\n +stop_grace_period: (\d+)s", compose)
    assert int(seconds) > GRACE
    (seconds,) = re.findall(r"probes\n +stop_grace_period: (\d+)s", compose)
    assert int(seconds) > prober.GRACE
