"""Production mode starts only with settings that are meant for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from opsconsole.env import SettingError
from opsconsole.production import check_production

SAFE = {
    "OPSCONSOLE_MODE": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "console.example.org",
    "OPSCONSOLE_PUBLIC_URL": "https://console.example.org",
}


@pytest.mark.parametrize("hosts", [[], ["*"], ["console.example.org", "*"]])
def test_open_hosts_are_refused(hosts: list[str]) -> None:
    with pytest.raises(SettingError, match="ALLOWED_HOSTS"):
        check_production(hosts, "https://console.example.org")


def test_an_address_is_needed() -> None:
    with pytest.raises(SettingError, match="OPSCONSOLE_PUBLIC_URL"):
        check_production(["console.example.org"], None)


@pytest.mark.parametrize(
    ("change", "message"),
    [({}, ""), ({"SECRET_KEY": "short"}, "SECRET_KEY: has 5"), ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS: production")],
)
def test_the_settings_insist(tmp_path: Path, change: dict[str, str], message: str) -> None:
    environ = {**os.environ, **SAFE, **change, "OPSCONSOLE_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import opsconsole.settings"],
        env=environ,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (message == ""), done.stderr
    assert message in done.stderr
