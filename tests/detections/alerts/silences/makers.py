"""Silences made directly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from detections.rules.silence_models import Silence
from tests.detections.alerts.factories import START, make_user

HOUR = timedelta(hours=1)


def make_silence(**values: Any) -> Silence:
    """In force from an hour before START until an hour after it, for every alert unless `matchers` are given."""
    made = {
        "matchers": {},
        "starts_at": START - HOUR,
        "ends_at": START + HOUR,
        "reason": "deploy",
        "created_at": START - HOUR,
        "created_by": make_user(),
        "created_by_name": "Ada Lovelace",
        **values,
    }
    return Silence.objects.create(**made)
