from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from detections.telemetry import partitions
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock


@pytest.fixture
def owner(notification_policies: None) -> User:
    return User.objects.create_superuser("ada", password=None)


@pytest.fixture
def with_token(owner: User) -> Callable[[str], Client]:
    """A client that sends a new token of the given scope."""

    def make(scope: str, by: User = owner) -> Client:
        _, text = tokens.create(by, "bot", ApiToken.Scope(scope))
        return Client(headers={"Authorization": f"Bearer {text}"})

    return make


@pytest.fixture
def reader(with_token: Callable[[str], Client]) -> Client:
    return with_token("read")


@pytest.fixture
def writer(with_token: Callable[[str], Client]) -> Client:
    return with_token("write")


@pytest.fixture
def minute_partitions(db: None) -> None:
    """Partitions for counts of now and of the last two days."""
    partitions.ensure("detections_minutecount", [clock.now() - timedelta(days=days) for days in range(3)])
