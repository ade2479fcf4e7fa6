"""Which targets the environment makes, and which settings need each other."""

from __future__ import annotations

import pytest

from opsconsole.env.first_targets import first_targets
from opsconsole.env.variables import SettingError, read

HOOK = "https://hooks.slack.com/services/T/B/hunter2"
SECRET = "hunter2" * 4
ROUTING_KEY = "hunter2hunter2hunter2hunter2hunt"


def made(**environ: str) -> dict[str, dict[str, str]]:
    named = {f"OPSCONSOLE_{name}": value for name, value in environ.items()}
    return first_targets(lambda name: read(name, named))


def test_one_line_makes_a_target() -> None:
    assert made() == {}
    assert made(SLACK_WEBHOOK_URL=HOOK) == {"slack": {"webhook_url": HOOK}}
    assert made(SLACK_BOT_TOKEN="xoxb-1", SLACK_CHANNEL="#ops") == {"slack": {"token": "xoxb-1", "channel": "#ops"}}
    assert made(PAGERDUTY_ROUTING_KEY=ROUTING_KEY) == {"pagerduty": {"routing_key": ROUTING_KEY}}
    assert made(WEBHOOK_URL="https://a.example/x") == {"webhook": {"url": "https://a.example/x"}}
    mail = made(EMAIL_URL="smtp://u:p@mail", ALERT_EMAIL_TO="ada@example.org,bob@example.org")
    assert mail == {"email": {"to": "ada@example.org, bob@example.org"}}
    assert made(EMAIL_URL="smtp://mail") == {}, "the console may send other e-mails"
    assert made(WEBHOOK_URL="https://a.example/x", WEBHOOK_SECRET=SECRET)["webhook"]["secret"] == SECRET


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"SLACK_WEBHOOK_URL": HOOK, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CHANNEL": "a"}, "OPSCONSOLE_SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "OPSCONSOLE_SLACK_CHANNEL"),
        ({"SLACK_CHANNEL": "#ops"}, "OPSCONSOLE_SLACK_CHANNEL"),
        ({"SLACK_CHANNEL": "<!channel>"}, "OPSCONSOLE_SLACK_CHANNEL"),
        ({"SLACK_BOT_TOKEN": "hunter2", "SLACK_CHANNEL": "#ops"}, "OPSCONSOLE_SLACK_BOT_TOKEN"),
        ({"SLACK_WEBHOOK_URL": "hooks.slack.com/hunter2"}, "OPSCONSOLE_SLACK_WEBHOOK_URL"),
        ({"PAGERDUTY_ROUTING_KEY": ROUTING_KEY[1:]}, "OPSCONSOLE_PAGERDUTY_ROUTING_KEY"),
        ({"PAGERDUTY_ROUTING_KEY": f"{ROUTING_KEY[1:]}-"}, "OPSCONSOLE_PAGERDUTY_ROUTING_KEY"),
        ({"ALERT_EMAIL_TO": "ada@example.org"}, "OPSCONSOLE_ALERT_EMAIL_TO"),
        ({"ALERT_EMAIL_TO": "ada", "EMAIL_URL": "smtp://mail"}, "OPSCONSOLE_ALERT_EMAIL_TO"),
        ({"ALERT_EMAIL_TO": "a@b", "EMAIL_URL": "smtp://ada:hunter2@mail/x"}, "OPSCONSOLE_EMAIL_URL"),
        ({"WEBHOOK_SECRET": SECRET}, "OPSCONSOLE_WEBHOOK_SECRET"),
        ({"WEBHOOK_URL": "https://a.example", "WEBHOOK_SECRET": "hunter2"}, "OPSCONSOLE_WEBHOOK_SECRET"),
        ({"WEBHOOK_URL": "https://user:hunter2@a.example"}, "OPSCONSOLE_WEBHOOK_URL"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_quoted(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError) as refused:
        made(**environ)
    assert str(refused.value).startswith(f"{named}: ")
    assert "hunter2" not in str(refused.value)
