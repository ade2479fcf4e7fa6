"""The values of a target: settings that are shown, secrets that are sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from detections.alerts.channels.registry import CHANNELS
from detections.alerts.routing_models import SECRET_PURPOSE, Target
from detections.probes.definition import secrets_of
from opsconsole.lib.sealed import SealBroken, seal, unseal


def open_values(target: Target) -> dict[str, str]:
    """All values by field, secrets in clear; of a probe target's webhook those of the probe target, as they are now:
    load it with the target where there is no database. Raises SealBroken."""
    if (of_probe := target.probe_target) is not None:
        return {"url": of_probe.webhook_url, "token": secrets_of(of_probe).webhook_token}
    secrets: dict[str, str] = json.loads(unseal(target.secret, purpose=SECRET_PURPOSE)) if target.secret else {}
    return {**target.settings, **secrets}


def set_values(target: Target, values: Mapping[str, str], now: datetime) -> None:
    """Replaces all values; empty ones are left out. The caller saves the row."""
    given = {name: value for name, value in values.items() if value}
    names = {field.name for field in CHANNELS[target.channel].fields if field.secret}
    secrets = {name: given[name] for name in sorted(names & given.keys())}
    target.settings = {name: value for name, value in given.items() if name not in names}
    if secrets != stored_secrets(target):
        target.secret = seal(json.dumps(secrets), purpose=SECRET_PURPOSE) if secrets else ""
        target.secret_set_at = now if secrets else None


def stored_secrets(target: Target) -> dict[str, str]:
    """The secrets by field; none where there is none, or one that no key opens."""
    try:
        return {**json.loads(unseal(target.secret, purpose=SECRET_PURPOSE))} if target.secret else {}
    except SealBroken:
        return {}
