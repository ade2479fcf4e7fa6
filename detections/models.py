"""Table of contents of the detections' models."""

from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.escalation.models import (
    Escalation,
    EscalationPolicy,
    EscalationStep,
    OwnerTarget,
    Responder,
)
from detections.alerts.models import Alert, AlertLog, AlertMember, ScopeSuppression
from detections.alerts.routing_models import MessageGroup, NotificationPolicy, Target, TargetResult, TimeWindow
from detections.alerts.summary.models import DailySummary
from detections.incidents.action_models import ActionInChecklist, ActionItem
from detections.incidents.models import (
    BugClass,
    ContributingFactor,
    Incident,
    IncidentAlert,
    IncidentLink,
    IncidentRole,
    SeverityLevel,
)
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark
from detections.incidents.update_models import IncidentUpdate, UpdateTemplate
from detections.ingest.models import DirtySlot, Inbox, Quarantined
from detections.probes.models import (
    ProbeCheck,
    ProbeFreeze,
    ProbeInvariant,
    ProbeRun,
    ProbeSample,
    ProbeTarget,
)
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
from detections.rules.silence_models import Silence
from detections.telemetry.count_models import Coverage, Discard, HourCount, MinuteCount, Receipt
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease, IssueText, IssueUser
from detections.telemetry.models import (
    Event,
    Grouping,
    Issue,
    IssueHour,
    Project,
    ProjectEnvironment,
    ProjectKey,
    Series,
)
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.places.rule_selection import RuleSelection
from detections.telemetry.releases.models import EnvironmentRelease

__all__ = [
    "ActionInChecklist",
    "ActionItem",
    "Alert",
    "AlertGroup",
    "AlertLog",
    "AlertMember",
    "Baseline",
    "BaselineCell",
    "BugClass",
    "ContributingFactor",
    "Coverage",
    "DailySummary",
    "Delivery",
    "DeliveryAttempt",
    "DirtySlot",
    "Discard",
    "EnvironmentRelease",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "Evaluation",
    "Event",
    "Evidence",
    "Exclusion",
    "FailingCheck",
    "FixtureRun",
    "GroupedAlert",
    "Grouping",
    "HourCount",
    "Inbox",
    "Incident",
    "IncidentAlert",
    "IncidentLink",
    "IncidentRole",
    "IncidentUpdate",
    "Issue",
    "IssueEnvironment",
    "IssueHour",
    "IssueLog",
    "IssueRelease",
    "IssueText",
    "IssueUser",
    "MessageGroup",
    "MinuteCount",
    "NotificationPolicy",
    "NumberedPlace",
    "OwnerTarget",
    "PostmortemVersion",
    "ProbeCheck",
    "ProbeFreeze",
    "ProbeInvariant",
    "ProbeRun",
    "ProbeSample",
    "ProbeTarget",
    "Project",
    "ProjectEnvironment",
    "ProjectKey",
    "Quarantined",
    "Receipt",
    "Responder",
    "Rule",
    "RuleSelection",
    "RuleVersion",
    "Scope",
    "ScopeSuppression",
    "SelfWatch",
    "Series",
    "SeverityLevel",
    "Silence",
    "Slot",
    "Target",
    "TargetResult",
    "TimeWindow",
    "TimelineFile",
    "TimelineLine",
    "TimelineMark",
    "UpdateTemplate",
    "Verdict",
]
