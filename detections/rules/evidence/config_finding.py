"""Pure: evidence of a rule that reads configuration findings (no ORM).

It names variables, kinds and times; the console never receives a value that it could keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec

from detections.rules.evidence.base import CAUSE_LENGTH, SHAPE, EvidenceFacts, EvidenceRecord
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONFIG

ENGINE = 1  # raise when the same findings would give another severity
REPORT = "config report"  # the group of what concerns no single variable
OVERDUE = frozenset({"overdue_item", "overdue_run"})
# What is wrong, after the variable's name. A kind that is not listed is described by its own name.
PHRASES = {
    "missing": "is unset",
    "empty": "is empty",
    "bad_format": "is malformed",
    "wrong_literal": "holds another value than is wanted",
    "fallback_active": "is unset, so what it falls back to is in use",
    "forbidden_present": "is set where it must not be",
    "changed_since_sign_off": "changed since it was signed off",
    "must_equal_broken": "differs from what it must equal",
    "must_differ_broken": "equals what it must differ from",
    "flag_without_coverage": "is a flag that no checklist covers",
    "overdue_item": "is overdue",
    "overdue_run": "is overdue",
}

SET = "Set it with the command below, which shows no value, then let the agent report again: a good report ends this."
COMPARE = "Compare where both values come from, never the values themselves; set the one that is wrong."
STEPS = {
    "missing": SET,
    "empty": SET,
    "bad_format": SET,
    "wrong_literal": SET,
    "fallback_active": "Another value stands in for it now. " + SET,
    "forbidden_present": "Find out who set it and why, then remove it with the command below.",
    "changed_since_sign_off": "Find out who changed it and why; when it is right, sign its item again.",
    "must_equal_broken": COMPARE,
    "must_differ_broken": COMPARE,
    "flag_without_coverage": "Name the flag in the checklist, or take it out of the environment.",
    "overdue_item": "Do and sign it; if it has to wait, give it another day or owner in its checklist, or waive it.",
    "overdue_run": "Finish the checklist, close it if nobody needs it any more, or give it another day.",
    "stale": "Look for the agent first: its schedule, its token, its way to this console. What was wrong stays open.",
}


class EvidenceFinding(msgspec.Struct, frozen=True):
    """One open finding as evidence stores it: its severity (critical, warning, info), and since when it is open.

    `eased_from`: the severity that it would have without a waiver, a posture or an item that waits to be signed, which
    the detail names. `unsigned`: in evidence of earlier releases, which eased here; today the finding itself is eased.
    `owner` and `url`: who is to do what is overdue, and its place in the checklist.
    """

    finding: int
    kind: str
    severity: str
    since: datetime
    detail: str = ""
    unsigned: bool = False
    eased_from: str = ""
    owner: str = ""
    url: str = ""

    @property
    def effective_severity(self) -> str:
        """The severity that the rule uses."""
        return "warning" if self.unsigned and self.severity == "critical" else self.severity

    @property
    def heading(self) -> str:
        """`Must equal broken`."""
        return self.kind.replace("_", " ").capitalize()


class ReportFacts(msgspec.Struct, frozen=True):
    """The newest report of the deployment."""

    report: int
    reported_at: datetime
    release: str = ""


class SignedItem(msgspec.Struct, frozen=True):
    """The checklist item about the variable, with the newest act on it in words (`told` in stored data)."""

    item: str
    description: str = msgspec.field(name="told")
    done: bool


class ConfigFindingEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="config"):
    """The findings about one variable of a deployment, or about its reports as a whole.

    `severities` maps a finding's severity to the alert's, as the rule's version has it (words). `deployment` is None
    and `host` empty where nothing is deployed and a checklist is overdue.
    """

    name: ClassVar[str] = "config_finding"
    recovering: ClassVar[str] = "The newest report no longer shows it: it resolves by itself when that stays so."

    system: str
    app: str
    deployment: int | None
    host: str
    place: str  # of the deployment: raptor/prod
    findings: list[EvidenceFinding]
    severities: dict[str, str | None]
    source: str = CONFIG
    report: ReportFacts | None = None
    signed: SignedItem | None = None

    @property
    def variable(self) -> str:
        """The variable's name; '' where the evidence is about the report as a whole, or about a checklist."""
        return "" if self.group == REPORT or self.overdue else self.group

    @property
    def overdue(self) -> bool:
        """Whether it is about an item or a run of a checklist that is overdue, not about a report."""
        return bool(self.kinds) and self.kinds <= OVERDUE

    @property
    def where(self) -> str:
        """`raptor/prod · raxx-api-prod`; the environment alone where nothing is deployed."""
        return f"{self.place} · {self.host}" if self.host else self.place

    @property
    def since(self) -> datetime:
        return min(finding.since for finding in self.findings)

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}

    def sentence(self) -> str:
        """The cause with deployment, time, report and the checklist's newest act."""
        if self.overdue:
            return f"{self.cause} in {self.place}: {'; '.join(finding.detail for finding in self.findings)}"
        text = f"{self.cause} in {self.host} since {_time(self.since, self.slot_end)}"
        if self.group == REPORT:
            text = f"{self.cause} from {self.host} ({self.place}){self._last_report()}"
        elif self.report:
            text += f" ({_report(self.report, self.slot_end)})"
        return f"{text}; the checklist says {self.signed.description}" if self.signed and self.signed.done else text

    def headline(self) -> str:
        """`SECRET_KEY is unset in raxx-api-prod`."""
        if self.overdue:
            return f"{self.cause} in {self.place}"
        return f"{self.cause} {'from' if self.group == REPORT else 'in'} {self.host}"

    def agrees(self) -> bool:
        return severity_of(self.findings, self.severities) == self.severity

    def repeats(self, earlier: Self) -> bool:
        return msgspec.structs.replace(self, slot_end=earlier.slot_end) == earlier

    def advice(self) -> list[str]:
        """One sentence for each thing to do, each once, in the order in which STEPS lists the kinds."""
        return steps_for(self.kinds)

    def message_facts(self) -> EvidenceFacts:
        release = self.report.release if self.report else ""
        facts: EvidenceFacts = {"release": release, "events": 0}
        return facts | {"host": self.host, "environment": self.where} if self.host else facts

    def _last_report(self) -> str:
        if self.report is None:
            return "; none ever came"
        return f"; the last was of {_time(self.report.reported_at, self.slot_end)}, and a day has passed since"


def severity_of(findings: Sequence[EvidenceFinding], severities: Mapping[str, str | None]) -> int | None:
    """The alert's severity, 1 to 3: the highest that any finding maps to; None where none maps to one."""
    words = [severities.get(finding.effective_severity) for finding in findings]
    return max((SEVERITIES[word] for word in words if word), default=None)


def reasons(findings: Sequence[EvidenceFinding], severities: Mapping[str, str | None]) -> list[str]:
    """The findings in words, the most severe first: `missing, critical, is critical here`."""
    ranked = sorted(findings, key=lambda finding: -SEVERITIES.get(severities.get(finding.effective_severity) or "", 0))
    return [
        f"{finding.kind.replace('_', ' ')}, {finding.severity}{_eased(finding)}, "
        f"is {severities.get(finding.effective_severity) or 'nothing'} here"
        for finding in ranked
    ]


def _eased(finding: EvidenceFinding) -> str:
    if finding.unsigned:
        return ", not signed off yet"
    return f" instead of {finding.eased_from}" if finding.eased_from else ""


def cause(group: str, findings: Sequence[EvidenceFinding]) -> str:
    """What is wrong, in words, at most CAUSE_LENGTH characters."""
    if group == REPORT:
        return "No configuration report comes in"
    phrases = [PHRASES.get(finding.kind, finding.kind.replace("_", " ")) for finding in findings]
    return f"{group} {' and '.join(dict.fromkeys(phrases))}"[:CAUSE_LENGTH]


def steps_for(kinds: Iterable[str]) -> list[str]:
    """One sentence for each thing to do, each once, in the order in which STEPS lists the kinds."""
    found = set(kinds)
    return list(dict.fromkeys(step for kind, step in STEPS.items() if kind in found))


def _report(report: ReportFacts, seen: datetime) -> str:
    release = f", release {report.release}" if report.release else ""
    return f"report of {_time(report.reported_at, seen)}{release}"


def _time(moment: datetime, seen: datetime) -> str:
    """The time alone where it is of the day that it is seen on."""
    at, day = moment.astimezone(UTC), seen.astimezone(UTC).date()
    return f"{at:%H:%M} UTC" if at.date() == day else f"{at:%Y-%m-%d %H:%M} UTC"
