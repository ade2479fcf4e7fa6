"""`manage.py token --scope report`: prints a token of one deployment, alone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bootstrap.config_health.reports import tokens
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import deployment

pytestmark = pytest.mark.django_db


def printed(**options: Any) -> str:
    out = io.StringIO()
    call_command("token", scope="report", stdout=out, **options)
    return out.getvalue()


def app_of(text: str) -> str:
    token = tokens.verify(text.strip(), clock.now())
    assert token
    return token.deployment.app.slug


def test_the_only_application_need_not_be_named() -> None:
    deployment()
    text = printed(environment="demo/prod")
    assert text.count("\n") == 1
    assert app_of(text) == "demo-api"


def test_of_several_the_one_with_a_checklist_or_the_one_named() -> None:
    place = deployment()
    deployment(app="console")
    with pytest.raises(CommandError, match="console, demo-api"):
        printed(environment="demo/prod")
    builders.run(place.environment)
    assert app_of(printed(environment="demo/prod")) == "demo-api"
    assert app_of(printed(environment="demo/prod", app="console")) == "console"


@pytest.mark.parametrize("environment", [None, "", "demo", "demo/moon"])
def test_an_environment_has_to_be_named(environment: str | None) -> None:
    deployment()
    with pytest.raises(CommandError, match="system/environment"):
        printed(environment=environment)
