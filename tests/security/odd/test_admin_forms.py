"""Odd values in the forms of the admin: refused on the form, whose other values stay."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.test import Client

from bootstrap.systems.models import ConfigConstraint, Environment, System
from detections.alerts.escalation.models import EscalationPolicy
from opsconsole.accounts.models import Owner, User
from tests.detections.probes.rows import stored_target
from tests.security.odd.asking import MODELS, of_admin
from tests.security.odd.values import DATES, NUMBERS, TEXTS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
VALUES = ("x", *(unquote_to_bytes(value).decode(errors="replace") for value in (*NUMBERS, *DATES, *TEXTS)))
NAME = re.compile(r'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"')
COUNTS = ("-TOTAL_FORMS", "-INITIAL_FORMS")
HUGE = "9" * 6


class Form:
    """An opened form of the admin: its address, and the names that it sends; `counts` are those of rows in it."""

    def __init__(self, client: Client, address: str) -> None:
        page = client.get(address)
        shown = NAME.findall(page.content.decode()) if page.status_code == 200 else []
        self.client, self.address = client, address
        self.names = {name.replace("__prefix__", "0") for name in shown if not name.startswith("_")} - {"next"}
        self.counts = {name for name in self.names if name.endswith(COUNTS)}

    def fails(self, sent: dict[str, str]) -> bool:
        """Whether the console fails on it. What it saves is undone."""
        with transaction.atomic():
            status = self.client.post(self.address, sent).status_code
            transaction.set_rollback(True)
        return status >= 500

    def failures(self) -> list[str]:
        """The first characters of the values, or what was wrong with the numbers of rows."""
        if not self.names:
            return []
        one = {name: "1" if name.endswith(COUNTS[0]) else "0" for name in self.counts}
        sent = {value[:24]: {**dict.fromkeys(self.names, value), **one} for value in VALUES}
        sent["nothing"] = {}
        if self.counts:
            rows = dict.fromkeys(self.names - self.counts, NUMBERS[1])
            sent |= {f"{value[:24]} rows": {**rows, **dict.fromkeys(self.counts, value)} for value in ("x", "-1", HUGE)}
            sent["rows that are not there"] = {**rows, **dict.fromkeys(self.counts, "1")}
        return [said for said, body in sent.items() if self.fails(body)]


@pytest.fixture
def quiet(root: Client) -> Client:
    root.raise_request_exception = False
    return root


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_forms_that_add_answer(quiet: Client, model: type[Model]) -> None:
    assert Form(quiet, of_admin(model, "add")).failures() == []


def test_forms_that_change_answer(quiet: Client) -> None:
    """Those with rows in them; others are the forms that add."""
    system = System.objects.create(slug="night", name="Night")
    rows: list[Model] = [
        system,
        Environment.objects.create(system=system, slug="prod", name="Prod"),
        ConfigConstraint.objects.create(system=system),
        EscalationPolicy.objects.create(name="Night"),
        Group.objects.create(name="Night"),
        Owner.objects.create(name="night"),
        (probed := stored_target()),
        probed.project_environment.project,
        User.objects.get(),
    ]
    failed = {type(row).__name__: Form(quiet, of_admin(type(row), "change", row.pk)).failures() for row in rows}
    assert {name: said for name, said in failed.items() if said} == {}
