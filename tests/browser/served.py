"""Pages that the process of the tests serves itself, where a test writes rows in place of starting a console."""

from __future__ import annotations

from typing import Any, NamedTuple

from detections.rules import packs
from opsconsole.accounts import owners
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.console import PASSWORD
from tests.detections import builders


class Served(NamedTuple):
    """The console's pages, served by this process."""

    url: str


def serve(live_server: Any, settings: Any) -> Served:
    """With an admin."""
    settings.ALLOWED_HOSTS = ["*"]
    User.objects.create_superuser("admin", password=PASSWORD)
    return Served(live_server.url)


def serve_rules(live_server: Any, settings: Any) -> Served:
    """With an admin, a project and the shipped rules."""
    builders.project()
    owners.load()
    packs.load(clock.now())
    return serve(live_server, settings)
