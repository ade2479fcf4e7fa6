"""Production mode starts only with settings that are meant for it."""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.env.variables import SettingError
from opsconsole.production import check_production
from opsconsole.secret_key import check_fallbacks, check_secret_key

SAFE = {
    "OPSCONSOLE_MODE": "production",
    "SECRET_KEY": "Zt9-q0vVwX3mB7nL1kJ5hG8fD2sA4pO6iU_yTrEeWqAzSxDcFvGbHnJm",
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


@pytest.mark.parametrize("address", ["http://console.example.org", "http://127.0.0.1:8000"])
def test_an_address_without_tls_is_refused(address: str) -> None:
    with pytest.raises(SettingError, match=r"OPSCONSOLE_PUBLIC_URL: http://.*in the clear"):
        check_production(["console.example.org"], address)


GUESSED = [
    *("a" * 64, "secret" * 12, "0123456789abc" * 4 + "0123", "ab" * 40, "1112223334" * 6),
    "django-insecure-" + "x1Y2" * 12,
]


@pytest.mark.parametrize("key", [None, "", "short", *GUESSED])
def test_a_key_that_can_be_guessed_is_refused(key: str | None) -> None:
    with pytest.raises(SettingError, match="SECRET_KEY"):
        check_secret_key(key)


@given(st.integers(min_value=0))
def test_random_keys_are_taken(seed: int) -> None:
    source = random.Random(seed)
    check_secret_key("".join(source.choices("0123456789abcdef", k=50)))
    check_secret_key(base64.urlsafe_b64encode(source.randbytes(48)).decode())


@pytest.mark.parametrize("key", ["", "short", *GUESSED])
def test_a_former_key_that_can_be_guessed_is_refused(key: str) -> None:
    """It signs sessions as the present one does."""
    with pytest.raises(SettingError, match=r"SECRET_KEY_FALLBACKS: key 2 of 2: SECRET_KEY: ") as refused:
        check_fallbacks([SAFE["SECRET_KEY"], key], production=True)
    assert not key or key not in str(refused.value)


def test_a_former_key_of_local_mode_needs_length_only() -> None:
    check_fallbacks(["a" * 50], production=False)
    with pytest.raises(SettingError, match="has 49 characters"):
        check_fallbacks(["a" * 49], production=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS: key 1 of 1: SECRET_KEY: has 5"),
        ({"SECRET_KEY_FALLBACKS": "1112223334" * 6}, "SECRET_KEY_FALLBACKS: key 1 of 1: SECRET_KEY: can be guessed"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY: has 5"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY: can be guessed"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS: production"),
        ({"OPSCONSOLE_PUBLIC_URL": "http://console.example.org"}, "in the clear. Production mode needs https://"),
    ],
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
