"""Pure: evidence that a check of a probe's run triggered, or that no run ends any more (no ORM).

What it quotes of answers the probe has cut short and cleared of what looks secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Self

import msgspec

from detections.rules.evidence.base import CAUSE_LENGTH, SHAPE, EvidenceFacts, EvidenceRecord
from detections.rules.spec.conditions.probe_check import NO_RUN
from detections.rules.spec.schema import SEVERITIES
from opsconsole.lib.text.humanize import utc

ENGINE = 1  # raise when the same figures would give another severity
PROBE = "probe"
LONGEST = 500  # characters of a text
FAULTS = 3  # of the first failure

# What is wrong, after the target's name. A check that is not listed is described by its own name.
PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "meta_missing": "answers without meta",
        "header_meta_mismatch": "answers with headers that differ from their meta",
        "bucket_out_of_range": "answers with a bucket out of range",
        "elevated_failures": "fails in run after run",
        "infra_flake_single_run": "was refused by a CDN or firewall in one run",
        "variant_split_drift": "does not split its variants as expected",
        NO_RUN: "is not probed any more",
    }
)
FREEZE = "Freeze the rollout until it is understood: on the target's page, or by the API. The gate is closed meanwhile."
SENDER = "Look where the requests go astray: a path that bypasses the envelope, a proxy that strips headers, a release."
STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "meta_missing": (FREEZE, SENDER),
        "header_meta_mismatch": (FREEZE, SENDER),
        "bucket_out_of_range": (FREEZE, "Look at how buckets are hashed and parsed, and at what changed there."),
        "elevated_failures": (FREEZE, "Open the newest run: which status, in how many samples, since which run."),
        "infra_flake_single_run": ("Monitor: the next run says whether it persists; two failing runs are high.",),
        "variant_split_drift": (
            "Verify the rollout's variables and the bucket mapping.",
            "After a canary window AURORA_FORCE_VARIANT_ENABLED has to be false in production.",
        ),
        NO_RUN: ("See that the prober runs (bin/manage doctor), and what the target's last run said of itself.",),
    }
)
DEFAULT_STEPS = ("Open the run: its first failure and its rows say what the answers were.",)


class ProbeFault(msgspec.Struct, frozen=True):
    """What did not hold of an answer: of which field, and why."""

    check: str
    field: str
    note: str


class ProbeFailure(msgspec.Struct, frozen=True):
    """The first sample of a run that failed, or whose answer was at fault. `status`: None without an answer."""

    sample: int
    status: int | None
    outcome: str
    detail: str = ""
    faults: list[ProbeFault] = []

    def sentence(self) -> str:
        """`sample 3, status 200: meta: is missing`."""
        answered = "no answer" if self.status is None else f"status {self.status}"
        said = "; ".join(f"{fault.field}: {fault.note}" for fault in self.faults) or self.detail
        return f"sample {self.sample}, {answered}{f': {said}' if said else ''}"


class ProbeCheckEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="probe_check"):
    """A check that the newest run of a target has triggered; `group` is `<target>/<check>`.

    `run` and `ended_at` are of that run; of NO_RUN of the last one that was done, None where none ever was. `value` and
    `threshold` are in words, since checks have numbers, shares by variant, or nothing.
    """

    name: ClassVar[str] = "probe_check"
    recovering: ClassVar[str] = "The newest run no longer shows it: this resolves by itself when it stays so."

    target: str
    target_name: str
    check: str
    check_severity: str
    run: int | None = None
    ended_at: datetime | None = None
    value: str = ""
    threshold: str = ""
    note: str = ""
    samples: int | None = None
    answered: int | None = None  # samples whose answers could be judged
    failure: ProbeFailure | None = None
    worth: str  # severity of the alert, as the rule's version words it
    source: str = PROBE

    def sentence(self) -> str:
        """What is wrong where, by which run."""
        if self.check == NO_RUN:
            last = f"the last one ended at {utc(self.ended_at)}" if self.ended_at else "there was none yet"
            return f"No run of {self.target_name} ended within {self.threshold}: {last}."
        ended = f", ended {utc(self.ended_at)}" if self.ended_at else ""
        return f"{self.cause} ({self.check} in run {self.run}{ended}): {self.note}"

    def agrees(self) -> bool:
        return self.severity == SEVERITIES[self.worth]

    def repeats(self, earlier: Self) -> bool:
        return msgspec.structs.replace(self, slot_end=earlier.slot_end, late=earlier.late) == earlier

    def rows(self) -> Sequence[tuple[str, str]]:
        answered = "" if self.samples is None else f"{self.answered} of {self.samples} samples"
        figures = (
            ("Check", f"{self.check}, {self.check_severity}" if self.check_severity else self.check),
            ("Value", self.value),
            ("Threshold", self.threshold),
            ("Answers that could be judged", answered),
            ("First failure", self.failure.sentence() if self.failure else ""),
        )
        return [(name, value) for name, value in figures if value]

    def advice(self) -> tuple[str, ...]:
        return STEPS.get(self.check, DEFAULT_STEPS)

    def message_facts(self) -> EvidenceFacts:
        return {"events": 0}


def cause(target_name: str, check: str) -> str:
    """What is wrong, in words: `Aurora rollout answers without meta`."""
    phrase = PHRASES.get(check) or f"fails its check {check.replace('_', ' ')}"
    return f"{target_name} {phrase}"[:CAUSE_LENGTH]


def in_words(value: Any) -> str:
    """A check's value or threshold: `3`, `canary 0.05, control 0.95`, `0.08 to 0.12`; '' for None."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = ", ".join(f"{name} {in_words(each)}" for name, each in value.items())
    elif isinstance(value, list):
        value = " to ".join(in_words(each) or "any" for each in value)
    return short(value)


def short(text: object) -> str:
    """At most LONGEST characters."""
    said = str(text)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def failure_of(row: Mapping[str, Any] | None) -> ProbeFailure | None:
    """The first failure of a report, cut short; None where the run has none."""
    if not row:
        return None
    faults = [ProbeFault(*(short(each.get(key, "")) for key in ("check", "field", "note"))) for each in _faults(row)]
    outcome, detail = short(row.get("outcome", "")), short(row.get("detail", ""))
    return ProbeFailure(int(row.get("sample") or 0), row.get("status") or None, outcome, detail, faults)


def _faults(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    faults: Sequence[Mapping[str, Any]] = (row.get("faults") or ())[:FAULTS]
    return faults
