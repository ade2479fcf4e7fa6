"""Pure: the record behind a firing over configuration findings, its sentence, and the check that it agrees (no ORM).

`Evidence.data` holds `ConfigRecord` as plain data, told apart from counts by its field `shape`. It names variables,
kinds and times; a value was never there to be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from detections.rules.spec.schema import CONFIG, SEVERITIES

ENGINE = 1  # raise when the same findings would give another severity
TAG_FIELD, TAG = "shape", "config"
REPORT = "config report"  # the group of what concerns no single variable
CAUSE_LENGTH = 300  # what an alert keeps of it
# What is wrong, after the variable's name. A kind that is not here is told by its own name.
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
}


class Wrong(msgspec.Struct, frozen=True):
    """One finding that was open: its own severity (critical, warning, info), and since when it was that.

    `unsigned`: a running checklist has an item about it that nobody signed yet, and no posture speaks of it.
    """

    finding: int
    kind: str
    severity: str
    since: datetime
    detail: str = ""
    unsigned: bool = False

    @property
    def worth(self) -> str:
        """Its severity for the rule: what nobody has claimed to be in order yet is to be done, and wakes nobody."""
        return "warning" if self.unsigned and self.severity == "critical" else self.severity

    @property
    def told(self) -> str:
        """`Must equal broken`, as a heading."""
        return self.kind.replace("_", " ").capitalize()


class ReportFacts(msgspec.Struct, frozen=True):
    """The newest report that the findings rest on."""

    report: int
    reported_at: datetime
    release: str = ""


class Signed(msgspec.Struct, frozen=True):
    """What the checklist says of the variable: the item's key, and the newest act on it in words."""

    item: str
    told: str
    done: bool


class ConfigRecord(msgspec.Struct, frozen=True, tag_field=TAG_FIELD, tag=TAG):
    """What a firing stands on. `severities` is what the rule's version made of a finding's severity (words)."""

    engine: int
    rule: str
    version: int
    project: str
    environment: str
    group: str
    slot_end: datetime
    system: str
    app: str
    deployment: int
    host: str
    place: str  # of the deployment: raptor/prod
    findings: list[Wrong]
    severities: dict[str, str | None]
    severity: int
    reasons: list[str]
    report: ReportFacts | None = None
    signed: Signed | None = None
    source: str = CONFIG
    shadow: bool = False
    late: bool = False
    cause: str = ""
    owner: str = ""

    @property
    def variable(self) -> str:
        """The variable that it is about; empty where it is about the report as a whole."""
        return "" if self.group == REPORT else self.group

    @property
    def where(self) -> str:
        """`raptor/prod · raxx-api-prod`."""
        return f"{self.place} · {self.host}"

    @property
    def since(self) -> datetime:
        return min(wrong.since for wrong in self.findings)

    @property
    def kinds(self) -> set[str]:
        return {wrong.kind for wrong in self.findings}


def severity_of(findings: Sequence[Wrong], severities: Mapping[str, str | None]) -> int | None:
    """The alert's severity, 1 to 3: the highest that any of the findings is worth; None where none is worth one."""
    words = [severities.get(wrong.worth) for wrong in findings]
    return max((SEVERITIES[word] for word in words if word), default=None)


def reasons(findings: Sequence[Wrong], severities: Mapping[str, str | None]) -> list[str]:
    """What was decided on, the severest first: `missing, critical, is critical here`."""
    ranked = sorted(findings, key=lambda wrong: -SEVERITIES.get(severities.get(wrong.worth) or "", 0))
    return [
        f"{wrong.kind.replace('_', ' ')}, {wrong.severity}{', not signed off yet' if wrong.unsigned else ''}, "
        f"is {severities.get(wrong.worth) or 'nothing'} here"
        for wrong in ranked
    ]


def same(one: ConfigRecord, other: ConfigRecord) -> bool:
    """Whether both say the same of different slots: then one row of evidence serves both."""
    return msgspec.structs.replace(one, slot_end=other.slot_end) == other


def cause(group: str, findings: Sequence[Wrong]) -> str:
    """What is wrong, without where and since when."""
    if group == REPORT:
        return "No configuration report comes in"
    phrases = [PHRASES.get(wrong.kind, wrong.kind.replace("_", " ")) for wrong in findings]
    return f"{group} {' and '.join(dict.fromkeys(phrases))}"[:CAUSE_LENGTH]


def sentence(record: ConfigRecord) -> str:
    """What is wrong, where, since when, by which report, and what the checklist says of it."""
    said = f"{record.cause} in {record.host} since {_time(record.since, record.slot_end)}"
    if record.group == REPORT:
        said = f"{record.cause} from {record.host} ({record.place}){_last(record)}"
    elif record.report:
        said += f" ({_report(record.report, record.slot_end)})"
    return f"{said}; the checklist says {record.signed.told}" if record.signed and record.signed.done else said


def _last(record: ConfigRecord) -> str:
    if record.report is None:
        return "; none ever came"
    return f"; the last was of {_time(record.report.reported_at, record.slot_end)}, and a day has passed since"


def _report(report: ReportFacts, seen: datetime) -> str:
    release = f", release {report.release}" if report.release else ""
    return f"report of {_time(report.reported_at, seen)}{release}"


def _time(moment: datetime, seen: datetime) -> str:
    """The time alone where it is of the day that it is seen on."""
    at, day = moment.astimezone(UTC), seen.astimezone(UTC).date()
    return f"{at:%H:%M} UTC" if at.date() == day else f"{at:%Y-%m-%d %H:%M} UTC"
