"""Seed 003, "freeze ramp": a deploy that follows docs/probes.md is held back by the gate, and let go."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from detections.probes import gate
from detections.probes.gate import gate_of
from detections.probes.models import ProbeTarget
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.detections.probes.rows import MINUTE, NOON, done, stored_target
from tests.detections.probes.samples import row

pytestmark = pytest.mark.slow
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "probes.md"
HIGH = ("meta_missing", "header_meta_mismatch", "bucket_out_of_range")


@pytest.mark.django_db
@pytest.mark.parametrize("check", HIGH)
def test_a_high_check_freezes_the_ramp_until_a_run_is_clean(check: str) -> None:
    target = stored_target()
    done(target, row(faults=(check,)))
    assert [each.check for each in gate_of(target, NOON).reasons] == [check]
    done(target, at=NOON + 5 * MINUTE)
    assert gate_of(target, NOON + 5 * MINUTE).is_open


@pytest.mark.django_db
def test_elevated_failures_freeze_the_ramp_and_one_flake_does_not() -> None:
    target = stored_target()
    done(target, row("infra"))
    assert gate_of(target, NOON).is_open
    done(target, row("non_200"), at=NOON + 5 * MINUTE)
    assert [each.check for each in gate_of(target, NOON + 5 * MINUTE).reasons] == ["elevated_failures"]


@pytest.fixture
def script() -> str:
    """The one of the documentation that waits."""
    (found,) = [
        block for block in re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.S) if "wait_for_gate" in block
    ]
    return f"{found}echo deployed\n"


@pytest.fixture
def target(transactional_db: None) -> ProbeTarget:
    made = stored_target()
    done(made, at=clock.now())
    return made


@pytest.fixture
def variables(live_server: LiveServer, target: ProbeTarget) -> dict[str, str]:
    """What the pipeline sets."""
    token = tokens.create(User.objects.create_superuser("pipeline"), "deploy", ApiToken.Scope.READ)[1]
    path = os.environ["PATH"]
    return {
        "PATH": path,
        "OPSCONSOLE_GATE": f"{live_server.url}/api/v1/gates/{target.slug}/",
        "OPSCONSOLE_TOKEN": token,
        "GATE_SECONDS": "0.1",
    }


def deploy(script: str, variables: dict[str, str]) -> subprocess.Popen[str]:
    command = ["sh", "-eu", "-c", script]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_deploy_is_held_back_and_let_go(script: str, variables: dict[str, str], target: ProbeTarget) -> None:
    person = User.objects.create_user("ada")
    gate.freeze(target, person, "errors at checkout", clock.now())
    waits = deploy(script, variables)
    assert waits.stderr
    assert "Frozen by ada" in waits.stderr.readline()
    assert waits.poll() is None
    gate.unfreeze(target, person, "fixed", clock.now())
    out, _ = waits.communicate(timeout=60)
    assert (waits.returncode, out) == (0, "deployed\n")


def test_a_deploy_that_waited_long_enough_does_not_go_on(
    script: str, variables: dict[str, str], target: ProbeTarget
) -> None:
    done(target, row(faults=("meta_missing",)), at=clock.now() + MINUTE)
    ended = deploy(script, {**variables, "GATE_MINUTES": "0"})
    out, said = ended.communicate(timeout=60)
    assert (ended.returncode, out) == (1, "")
    assert "meta_missing" in said
    assert said.endswith("\n423\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"OPSCONSOLE_TOKEN": "wrong"}, "\n401\n"),
        ({"OPSCONSOLE_GATE": "/api/v1/gates/nothing/"}, "\n404\n"),
        ({"OPSCONSOLE_GATE": "/api/v1/gates/aurora-rollout"}, "\n301\n"),  # the last slash is missing
        ({"OPSCONSOLE_GATE": "http://127.0.0.1:9/", "GATE_MINUTES": "0"}, "\n000\n"),  # nobody answers
    ],
)
def test_a_deploy_that_nobody_lets_go_on_does_not(
    change: dict[str, str], said: str, script: str, variables: dict[str, str], live_server: LiveServer
) -> None:
    given = {name: live_server.url + value if value[0] == "/" else value for name, value in change.items()}
    ended = deploy(script, {**variables, **given})
    out, errors = ended.communicate(timeout=60)
    assert (ended.returncode, out) == (1, "")
    assert errors.endswith(said)
