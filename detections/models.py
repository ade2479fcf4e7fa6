"""Table of contents of the detections' models."""

from detections.alerts.models import Alert, AlertLog, AlertMember, Delivery, DeliveryAttempt, ScopeSuppression
from detections.alerts.routing_models import NotificationPolicy, Target, TargetResult, TimeWindow
from detections.ingest.models import DirtySlot, Inbox, Quarantined
from detections.rules.models import (
    Baseline,
    BaselineCell,
    Evaluation,
    Evidence,
    Exclusion,
    FixtureRun,
    Rule,
    RuleVersion,
    Scope,
    Slot,
    Verdict,
)
from detections.rules.self_check_models import FailingCheck, SelfWatch
from detections.telemetry.count_models import Coverage, Discard, HourCount, MinuteCount, Receipt
from detections.telemetry.issue_log import IssueLog
from detections.telemetry.models import (
    Event,
    Grouping,
    Issue,
    IssueHour,
    IssueUser,
    Project,
    ProjectEnvironment,
    ProjectKey,
    Series,
)
from detections.telemetry.places.rule_selection import RuleSelection

__all__ = [
    "Alert",
    "AlertLog",
    "AlertMember",
    "Baseline",
    "BaselineCell",
    "Coverage",
    "Delivery",
    "DeliveryAttempt",
    "DirtySlot",
    "Discard",
    "Evaluation",
    "Event",
    "Evidence",
    "Exclusion",
    "FailingCheck",
    "FixtureRun",
    "Grouping",
    "HourCount",
    "Inbox",
    "Issue",
    "IssueHour",
    "IssueLog",
    "IssueUser",
    "MinuteCount",
    "NotificationPolicy",
    "Project",
    "ProjectEnvironment",
    "ProjectKey",
    "Quarantined",
    "Receipt",
    "Rule",
    "RuleSelection",
    "RuleVersion",
    "Scope",
    "ScopeSuppression",
    "SelfWatch",
    "Series",
    "Slot",
    "Target",
    "TargetResult",
    "TimeWindow",
    "Verdict",
]
