"""A stored target as the probe's own: checked, with its secrets, or as the file for `--target` without them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detections.probes.models import SECRET_PURPOSE, ProbeTarget
from detections.probes.program import probe
from opsconsole.lib.sealed import seal, unseal

NUMBERS = tuple(probe.NUMBERS)


class ProbeSecrets(NamedTuple):
    """What is sealed of a target: headers by name, and the token that its webhook gets."""

    headers: dict[str, str]
    webhook_token: str = ""

    def changes_to(self, after: ProbeSecrets) -> Iterator[str]:
        """What was done to them, for the history, which keeps no secret."""
        for name in sorted(self.headers.keys() | after.headers.keys()):
            if self.headers.get(name) != after.headers.get(name):
                yield f"{'Set' if name in after.headers else 'Removed'} the secret header {name}."
        if self.webhook_token != after.webhook_token:
            yield f"{'Set' if after.webhook_token else 'Removed'} the webhook's token."


def secrets_of(target: ProbeTarget) -> ProbeSecrets:
    """Raises SealBroken."""
    if not target.secret:
        return ProbeSecrets({})
    return ProbeSecrets(**json.loads(unseal(target.secret, purpose=SECRET_PURPOSE)))


def sealed(secrets: ProbeSecrets) -> str:
    """For the column; empty without a secret."""
    if not secrets.headers and not secrets.webhook_token:
        return ""
    return seal(json.dumps(secrets._asdict()), purpose=SECRET_PURPOSE)


def as_file(target: ProbeTarget) -> dict[str, Any]:
    """What `--target` reads: all that was set, but for what is sealed. Two queries at most."""
    return file_of(target, [each.as_json() for each in target.invariants.all()])


def file_of(target: ProbeTarget, invariants: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same with these invariants, also of a target that is not stored. No query."""
    given: dict[str, Any] = {
        "name": target.name,
        "base": target.base,
        "endpoint": target.endpoint,
        "method": target.method,
        "headers": target.headers,
        "body": target.body,
        "debug_headers": target.debug_headers,
        "expect_json": target.expect_json,
        "ok_statuses": target.ok_statuses or [200],
        "connection": target.connection,
        "invariants": list(invariants),
        "split": target.split,
        "webhook_url": target.webhook_url,
        **{name: getattr(target, name) for name in NUMBERS},
    }
    empty = {"body": (None, "")}  # {} is a body
    return {name: value for name, value in given.items() if value not in empty.get(name, (None, "", {}, []))}


def as_everybody_sees(given: Mapping[str, Any]) -> dict[str, Any]:
    """The file for those who may not change the target: without its webhook, and of the endpoint's query without the
    values whose names look secret, as both may hold tokens."""
    shown = {name: value for name, value in given.items() if name != "webhook_url"}
    return {**shown, "endpoint": probe.without_secrets(given["endpoint"])} if "endpoint" in given else shown


def definition_of(target: ProbeTarget) -> Any:
    """The probe's `Target`, with secret headers. Raises ProbeError for what is not allowed, SealBroken."""
    given = as_file(target)
    given.pop("webhook_url", None)
    return probe.read_target({**given, "headers": {**target.headers, **secrets_of(target).headers}})
