"""One sample of a target as it stands in its form, before it is saved: what was answered, and what each invariant says.

It goes out as those of runs do, through the guard. Nothing of it is stored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.probes.definition import ProbeSecrets, file_of
from detections.probes.models import ProbeTarget
from detections.probes.outbound import ProbeRefused, guarded, tls
from detections.probes.program import probe

TRY = "_try"  # the button's name in what the form posts
MOST_MS = 10_000  # of the attempt, since a person and a process of the web server wait for it
HOLDS, BROKEN, UNKNOWN = "holds", "broken", "unknown"
DAY = 86_400


@dataclass(frozen=True)
class InvariantVerdict:
    """What an invariant says of the answer. `state`: HOLDS, BROKEN or UNKNOWN; `why` it is not the first."""

    says: str
    check: str
    severity: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of it. `problem`: why nothing was sent; `facts` are named words."""

    problem: str = ""
    answered: bool = False
    facts: Sequence[tuple[str, str]] = ()
    verdicts: Sequence[InvariantVerdict] = ()


def take(target: ProbeTarget, secrets: ProbeSecrets, rows: Sequence[Mapping[str, Any]], now: datetime) -> Trial:
    """Sends one request, without retries, and waits MOST_MS at most. `target` need not be stored; `rows` are its
    invariants as a file has them."""
    try:
        given = {**file_of(target, rows), "headers": {**target.headers, **secrets.headers}}
        given.pop("webhook_url", None)
        named = probe.read_target(given)
        # Each by a name of its own, so that a fault says of which invariant it is.
        alone = [{**row, "check": f"row_{number}"} for number, row in enumerate(rows)]
        definition = probe.read_target({**given, "invariants": alone})._replace(
            samples=1, concurrency=1, retry_count=0, timeout_ms=min(target.timeout_ms, MOST_MS)
        )
        taken: list[dict[str, Any]] = []
        connect, debug = guarded(target, definition.base), target.policy_debug
        ends = probe.run_samples(definition, taken.append, connect=connect, tls=tls(), policy_debug=debug)
    except probe.ProbeError as error:
        return Trial(f"It is not one that can be probed: {error}.")
    except ProbeRefused as refused:
        return Trial(str(refused))
    (row,) = taken
    counters = probe.Counters()
    counters.add(row)
    counters.certificate_ends = ends
    checks = {each.id: each for each in probe.checks_of(definition, counters, None, now, now)}
    pairs = zip(named.invariants, definition.invariants, strict=True)
    verdicts = [_verdict(shown, each, row, checks[each.check]) for shown, each in pairs]
    return Trial("", row["outcome"] == probe.OK, _facts(row, ends, now), verdicts)


def _facts(row: Mapping[str, Any], ends: float | None, now: datetime) -> list[tuple[str, str]]:
    status = row["status"]
    facts = [("Status", "none" if status is None else str(status)), ("Latency", f"{row['latency_ms']:,.1f} ms")]
    facts += [("What was wrong", row["detail"])] if row.get("detail") else []
    facts += [("Begins with", row["body"])] if row.get("body") else []
    facts += [("Variant", row["variant"])] if row.get("variant") else []
    facts += [("Meta", str(row["meta"]))] if row.get("meta") is not None else []
    days = None if ends is None else math.floor((ends - now.timestamp()) / DAY)
    return facts if days is None else [*facts, ("Certificate", f"ends in {days:,} days")]


def _verdict(shown: Any, invariant: Any, row: Mapping[str, Any], check: Any) -> InvariantVerdict:
    """`invariant` is `shown` by the name that only this trial gives it, of which `check` is."""
    faults = [fault for fault in row.get("faults", ()) if fault["check"] == invariant.check]
    state, why = HOLDS, ""
    if check.triggered:
        state, why = BROKEN, "; ".join(f"{each['field']}: {each['note']}" for each in faults) or check.note
    elif row["outcome"] != probe.OK and not isinstance(invariant, probe.TlsExpiry):
        state, why = UNKNOWN, "not judged, since the answer is none that counts"
    elif invariant.of_run and check.value is None:
        state, why = UNKNOWN, check.note
    elif part := _missing_part(invariant, row):
        state, why = UNKNOWN, f"not judged, since {part} is not there"
    return InvariantVerdict(shown.describe(), shown.check, shown.severity, state, why)


def _missing_part(invariant: Any, row: Mapping[str, Any]) -> str:
    """The path of a part that is missing as a whole, of which nothing more is said; '' where there is none."""
    for fault in row.get("faults", ()):
        if fault.get("missing") and fault["note"].startswith(f"{fault['field']} is "):
            part = probe.parse_path(fault["field"])
            if any(root[: len(part)] == part for root in invariant.roots()):
                return str(fault["field"])
    return ""
