"""Odd values in the addresses of the admin's lists, which stop at the first that they do not understand."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.security.odd.asking import MODELS, changelist, get
from tests.security.odd.values import DATES, NUMBERS, admin_filters, admin_lookups

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ODD = ("-1", "9" * 19)


def test_lists_of_the_admin_answer(root: Client) -> None:
    """No search or order is refused, so they go together. A list stops at a page, date or filter that it refuses."""
    stopped = [
        (model.__name__, value)
        for model in MODELS
        for value in ODD
        if get(root, changelist(model), f"q={value}&o={value}") != 200
    ]
    asked = [(model, name, value) for model in MODELS for name in admin_lookups(model)[2:] for value in ODD]
    asked += [(model, name, value) for model, name in admin_filters() for value in (*NUMBERS[1:], DATES[0])]
    failed = [
        (model.__name__, name, value[:24])
        for model, name, value in asked
        if get(root, changelist(model), f"{name}={value}") >= 500
    ]
    assert (stopped, failed) == ([], [])
