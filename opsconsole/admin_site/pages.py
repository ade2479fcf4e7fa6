"""Which pages of the console show what a model of the admin holds (data): of one row, and of all of them."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

# Model: name of the URL, and the attributes that it takes, with dots into related rows.
OF_A_ROW: dict[str, tuple[str, tuple[str, ...]]] = {
    "detections.rule": ("rule", ("identifier",)),
    "detections.ruleversion": ("rule", ("rule.identifier",)),
    "detections.scope": ("rule", ("rule.identifier",)),
    "detections.alert": ("alert", ("pk",)),
    "detections.alertlog": ("alert", ("alert_id",)),
    "detections.alertmember": ("alert", ("alert_id",)),
    "detections.silence": ("silence_change", ("pk",)),
    "detections.dailysummary": ("summary", ("day",)),
    "detections.issue": ("issue", ("pk",)),
    "detections.issuelog": ("issue", ("issue_id",)),
    "detections.issueenvironment": ("issue", ("issue_id",)),
    "detections.issuerelease": ("issue", ("issue_id",)),
    "detections.event": ("issue_event", ("issue_id", "event_id")),
    "detections.series": ("route", ("pk",)),
    "detections.hourcount": ("route", ("series_id",)),
    "detections.minutecount": ("route", ("series_id",)),
    "detections.incident": ("incident", ("pk",)),
    "detections.incidentupdate": ("incident", ("incident_id",)),
    "detections.actionitem": ("incident", ("incident_id",)),
    "detections.postmortemversion": ("incident", ("incident_id",)),
    "detections.probetarget": ("probe_target", ("slug",)),
    "detections.proberun": ("probe_run", ("target.slug", "pk")),
    "detections.probecheck": ("probe_run", ("run.target.slug", "run_id")),
    "detections.probefreeze": ("probe_target", ("target.slug",)),
    "bootstrap.environment": ("environment", ("system.slug", "slug")),
    "bootstrap.deployment": ("environment", ("environment.system.slug", "environment.slug")),
    "bootstrap.finding": ("environment", ("environment.system.slug", "environment.slug")),
    "bootstrap.runschedule": ("schedule", ("pk",)),
    "bootstrap.runbook": ("runbook", ("slug",)),
    "bootstrap.runbookversion": ("runbook", ("runbook.slug",)),
}
OF_ALL: dict[str, tuple[str, str]] = {
    "detections.rule": ("rule_list", "Rules"),
    "detections.ruleversion": ("rule_list", "Rules"),
    "detections.alert": ("alert_list", "Alerts"),
    "detections.alertlog": ("alert_list", "Alerts"),
    "detections.notificationpolicy": ("routing", "Routing"),
    "detections.target": ("routing", "Routing"),
    "detections.silence": ("silence_list", "Silences"),
    "detections.dailysummary": ("summary_list", "Daily summaries"),
    "detections.issue": ("issue_list", "Issues"),
    "detections.issuelog": ("issue_list", "Issues"),
    "detections.event": ("issue_list", "Issues"),
    "detections.series": ("route_list", "Routes"),
    "detections.incident": ("incident_list", "Incidents"),
    "detections.actionitem": ("action_list", "Action items"),
    "detections.probetarget": ("probe_list", "Probes"),
    "detections.proberun": ("probe_list", "Probes"),
    "detections.bugclass": ("incident_vocabulary", "Vocabulary"),
    "detections.contributingfactor": ("incident_vocabulary", "Vocabulary"),
    "bootstrap.environment": ("environment_list", "Environments"),
    "bootstrap.deployment": ("environment_list", "Environments"),
    "bootstrap.finding": ("environment_list", "Environments"),
    "bootstrap.variablestate": ("environment_matrix", "Matrix of variables"),
    "bootstrap.run": ("checklist_list", "Checklists"),
    "bootstrap.runschedule": ("schedule_list", "Schedules"),
    "bootstrap.checklist": ("checklist_list", "Checklists"),
    "bootstrap.runbook": ("runbook_list", "Runbooks"),
    "bootstrap.runbookimport": ("runbook_list", "Runbooks"),
    "bootstrap.policy": ("policy_list", "Policies"),
    "bootstrap.waitingposture": ("runbook_list", "Runbooks"),
    "bootstrap.posture": ("posture_list", "Postures"),
}


def page_of(row: Model) -> str:
    """The address of the page that shows the row; '' where there is none."""
    known = OF_A_ROW.get(row._meta.label_lower)
    if known is None:
        return str(row.get_absolute_url()) if hasattr(row, "get_absolute_url") else ""
    name, paths = known
    return reverse(name, args=[_value(row, path) for path in paths])


def page_of_all(label: str) -> tuple[str, str] | None:
    """Address and name of the page that lists the model's rows."""
    known = OF_ALL.get(label)
    return (reverse(known[0]), known[1]) if known else None


def _value(row: object, path: str) -> object:
    for name in path.split("."):
        row = getattr(row, name)
    return row
