"""Rules are loaded; the dead-man URL is a receiver here."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from detections.rules import packs
from tests.detections.rules.world import NOON
from tests.receivers.http_receiver import HttpReceiver


@pytest.fixture
def loaded(db: None) -> None:
    packs.load(NOON)


@pytest.fixture
def dead_man_url(receiver: HttpReceiver, settings: Settings) -> HttpReceiver:
    settings.DEADMAN_URL = f"{receiver.url}/ping/hunter2"
    return receiver
