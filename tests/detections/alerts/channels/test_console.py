"""What the console's own channel shows in place of sending."""

from __future__ import annotations

import pytest

from detections.alerts.channels.console import channel_name, would_be_sent
from detections.alerts.channels.registry import CHANNELS


@pytest.mark.parametrize(
    ("meant", "told"),
    [
        ("slack", "no Slack target"),
        ("email", "no e-mail target"),
        ("pagerduty", "no PagerDuty target"),
        ("jira", "no Jira target"),
        ("opsgenie", "no Opsgenie target"),
        ("pager", "no pager target"),
        ("", "no target"),
    ],
)
def test_a_label_names_the_channel_that_is_meant(meant: str, told: str) -> None:
    assert would_be_sent(meant, "#ops") == f"Would be sent to #ops ({told} is bound to this label)"


def test_a_channel_has_its_own_name_at_the_start_of_a_line() -> None:
    assert [channel_name(each) for each in ("pagerduty", "email", "pager", "")] == ["PagerDuty", "E-mail", "Pager", ""]


def test_each_channel_has_a_page_of_the_documentation_that_its_help_names() -> None:
    for channel in CHANNELS.values():
        if channel.fields:
            assert f"docs/channels/{channel.name}.md" in channel.help
