"""Rows that are edited with another: saved as they came, they change nothing."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from bootstrap.systems.models import Environment, System

INPUT = re.compile(r"<input\b[^>]*>")


@pytest.mark.django_db
def test_a_save_that_means_nothing_changes_no_row(admin_client: Client) -> None:
    system = System.objects.create(slug="raptor", name="Raptor")
    Environment.objects.create(system=system, slug="prod", name="Prod", aliases=["production", "live"])
    address = reverse("admin:bootstrap_system_change", args=[system.pk])
    html = admin_client.get(address).content.decode()
    sent = {name: value for tag in INPUT.findall(html) for name, value in [_named(tag)] if name}
    assert sent["environments-0-aliases"] == "production,live"
    assert admin_client.post(address, {**sent, "_save": "Save"}).status_code == 302
    assert LogEntry.objects.get().get_change_message() == "No fields changed."


def _named(tag: str) -> tuple[str, str]:
    """Name and value of a field; '' for buttons and empty forms."""
    said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
    left_out = said.get("type") in {"submit", "search", "checkbox"} or "__prefix__" in said.get("name", "")
    return ("" if left_out else said.get("name", "")), said.get("value", "")
