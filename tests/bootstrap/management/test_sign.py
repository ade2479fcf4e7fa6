"""`manage.py sign`: DET-BETA-003's two items from a script, and what it says when something is wrong."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from bootstrap.prerequisites import prerequisites
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
PAIR = ["flag:sentry_backend", "var:SENTRY_DSN_BACKEND"]


@pytest.fixture(autouse=True)
def content(shipped_runbooks: None) -> None:
    User.objects.create_superuser("admin")


def holds(environment: str) -> list[bool]:
    found = Environment.objects.get(slug=environment)
    return [state.holds for state in prerequisites(found, PAIR, NOON)]


@pytest.mark.parametrize("environment", ["raptor/prod", "raptor/production"])
def test_the_two_items_of_the_story_in_either_order(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert holds("prod") == [False, False]
    call_command("sign", environment, "FLAG_SENTRY_BACKEND", "SENTRY_DSN_BACKEND", by="admin")
    assert holds("prod") == [True, True]
    assert holds("staging") == [False, False]
    assert "raptor/prod SENTRY_DSN_BACKEND: signed by admin" in capsys.readouterr().out


def test_signing_again_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call_command("sign", "raptor/prod", "SENTRY_DSN_BACKEND", by="admin")
    assert capsys.readouterr().out.count("signed by admin") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["raptor/prd", "SECRET_KEY"], "No environment raptor/prd. Did you mean raptor/prod"),
        (["moon/base", "SECRET_KEY"], "No environment moon/base. There are: raptor/prod, raptor/staging"),
        (["raptor/prod", "sentry_dsn_backend"], "Did you mean SENTRY_DSN_BACKEND"),
        (["raptor/prod", "SECRET_KEY", "NOPE_NOT"], "No item NOPE_NOT in the open checklists of raptor/prod"),
        (
            ["raptor/prod", "FLAG_SENTRY_BACKEND"],
            "FLAG_SENTRY_BACKEND waits for SENTRY_DSN_BACKEND.*: bin/manage sign",
        ),
    ],
)
def test_errors_say_what_is_near_or_missing(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("sign", *arguments, by="admin")


def test_unknown_and_unprivileged_signers() -> None:
    User.objects.create(username="eve")
    with pytest.raises(CommandError, match=r"There is no active user 'nobody'.*--by.*eve"):
        call_command("sign", "raptor/prod", "SECRET_KEY", by="nobody")
    with pytest.raises(CommandError, match="eve may not sign"):
        call_command("sign", "raptor/prod", "SECRET_KEY", by="eve")
