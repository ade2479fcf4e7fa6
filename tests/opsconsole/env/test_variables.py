"""Variables by their former names."""

from __future__ import annotations

import pytest

from opsconsole.env.variables import RENAMED, VARS, SettingError, check_renamed

URL = "smtp://ada:hunter2@mail.example.org"


@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_a_former_name_stops_the_start_and_says_the_present_one(suffix: str) -> None:
    with pytest.raises(SettingError, match="OPSCONSOLE_SMTP_URL: it is OPSCONSOLE_EMAIL_URL now") as raised:
        check_renamed({f"OPSCONSOLE_SMTP_URL{suffix}": URL})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("also", [{}, {"OPSCONSOLE_EMAIL_URL": URL, "OPSCONSOLE_SMTP_URL": URL}])
def test_beside_the_present_name_it_does_no_harm(also: dict[str, str]) -> None:
    check_renamed({"OPSCONSOLE_SMTP_URL": "", **also})


def test_present_names_are_declared_and_former_ones_are_not() -> None:
    declared = {var.name for var in VARS}
    assert declared >= set(RENAMED.values())
    assert not declared & RENAMED.keys()
