"""Settings that name files and networks of outbound requests."""

from __future__ import annotations

from datetime import time
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from opsconsole.env.parsers import time_of_day, zone
from opsconsole.env.variables import SettingError, read
from tests.receivers.certificates import Authority

CA_FILE, ALLOW = "OPSCONSOLE_OUTBOUND_CA_FILE", "OPSCONSOLE_OUTBOUND_ALLOW"


def test_a_file_of_certificates(authority: Authority) -> None:
    assert read(CA_FILE, {CA_FILE: str(authority.file)}) == authority.file
    assert read(CA_FILE, {}) is None


@pytest.mark.parametrize(
    "content", [None, "", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_file_of_certificates_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingError, match=rf"{CA_FILE}: .*Allowed: a file of certificates in PEM \("):
        read(CA_FILE, {CA_FILE: str(file)})


def test_networks_and_addresses() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("192.168.1.7/32"), ip_network("fd00::/8")]
    assert read(ALLOW, {ALLOW: "10.0.0.0/8, 192.168.1.7,fd00::/8"}) == networks
    assert read(ALLOW, {}) == []


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "chat.internal", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(SettingError, match=rf"{ALLOW}: .*Allowed: addresses and networks"):
        read(ALLOW, {ALLOW: wrong})


@pytest.mark.parametrize("value", ["9:00", "24:00", "09:60", "noon", "09:00:00", "\u0660\u0669:\u0660\u0660", ""])
def test_what_is_no_time_of_a_day_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="allowed: HH:MM"):
        time_of_day(value)


@pytest.mark.parametrize(
    "value", ["", "America", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b", "EST5EDT4"]
)
def test_what_is_no_zone_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="allowed: the IANA name"):
        zone(value)


def test_times_and_zones() -> None:
    assert time_of_day("23:59") == time(23, 59)
    assert zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
