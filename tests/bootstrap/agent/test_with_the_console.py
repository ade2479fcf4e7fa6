"""The real agent and the real console: a token, a manifest fetched, a report taken in, nothing kept of values."""

from __future__ import annotations

import pytest

from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.models import ConfigReport, VariableState
from bootstrap.config_health.reports import tokens
from bootstrap.content import load
from opsconsole.lib import clock
from tests.bootstrap.agent.consoles import KEY, run

CANARY = "cAnArY7f3eV9xQ2z"


@pytest.mark.django_db(transaction=True)
def test_a_night(live_server, caplog: pytest.LogCaptureFixture) -> None:
    load()
    tokens_of = {
        app: tokens.create(find_deployment("raptor/prod", app), None, clock.now())[1]
        for app in ("raxx-api", "raxx-console")
    }
    outputs = {}
    for app, secret in (("raxx-api", CANARY * 2), ("raxx-console", CANARY[::-1] * 2)):
        env = {
            "OPSCONSOLE_AGENT_TOKEN": tokens_of[app],
            "OPSCONSOLE_FINGERPRINT_KEY": KEY,
            "INTERNAL_API_SECRET": secret,
        }
        done = run("--url", live_server.url, env={**env, "SECRET_KEY": CANARY * 9, "FLAG_DEMO_SESSION": "off"})
        assert (done.returncode, done.stderr) == (0, b""), done.stderr
        outputs[app] = done.stdout.decode()
    assert ConfigReport.objects.count() == 2
    assert "must_equal_broken INTERNAL_API_SECRET" in outputs["raxx-console"]
    assert "missing DATABASE_URL" in outputs["raxx-api"]
    states = VariableState.objects.filter(deployment__host_name="raxx-api-prod")
    assert states.get(name="SECRET_KEY").judged.format_ok is True
    assert CANARY not in str([*states.values(), *ConfigReport.objects.values()]) + caplog.text + "".join(
        outputs.values()
    )
    assert run("--url", live_server.url, env={"OPSCONSOLE_AGENT_TOKEN": "wrong"}).returncode == 1
