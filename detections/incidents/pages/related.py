"""What an incident has to do with: its alerts, places, roles and links, for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.urls import reverse

from bootstrap.systems.models import Environment
from detections.alerts.models import Alert
from detections.incidents.models import ContributingFactor, Incident, IncidentAlert, IncidentLink, IncidentRole
from detections.telemetry.models import ProjectEnvironment

ALERTS_SHOWN = 50
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "rule": "Rule",
        "issue": "Issue",
        "release": "Release",
        "run": "Checklist run",
        "policy": "Policy",
        "variable": "Variable",
        "url": "Link",
    }
)


@dataclass(frozen=True)
class LinkedThing:
    """A link with the page that it leads to, '' where there is none."""

    pk: int
    kind: str
    text: str
    url: str


@dataclass(frozen=True)
class Related:
    """All of it, of alerts the first ALERTS_SHOWN and the number of the rest."""

    alerts: Sequence[IncidentAlert]
    more_alerts: int
    firing: int
    recovering: int
    places: Sequence[ProjectEnvironment]
    environments: Sequence[Environment]
    roles: Sequence[IncidentRole]
    links: Sequence[LinkedThing]
    factors: Sequence[ContributingFactor]

    @property
    def total_alerts(self) -> int:
        return len(self.alerts) + self.more_alerts

    @property
    def firing_words(self) -> str:
        return f"{self.firing} fire{'s' if self.firing == 1 else ''}"

    @property
    def recovering_words(self) -> str:
        return f"{self.recovering} recover{'s' if self.recovering == 1 else ''}"


def related(incident: Incident) -> Related:
    """Six queries."""
    inside = incident.alert_links.filter(removed_at__isnull=True).order_by("alert__opened_at", "alert_id")
    shown = ("alert__rule", "alert__project", "alert__project_environment__project", "alert__evidence")
    links = list(inside.select_related(*shown))
    return Related(
        alerts=links[:ALERTS_SHOWN],
        more_alerts=max(len(links) - ALERTS_SHOWN, 0),
        firing=sum(link.alert.status == Alert.Status.FIRING for link in links),
        recovering=sum(link.alert.status == Alert.Status.RECOVERING for link in links),
        places=list(incident.places.select_related("project").order_by("project__slug", "name")),
        environments=list(incident.environments.select_related("system")),
        roles=list(incident.roles.filter(until__isnull=True).select_related("owner")),
        links=[thing(link) for link in incident.links.select_related("rule", "run__environment__system", "policy")],
        factors=list(incident.factors.all()),
    )


def thing(link: IncidentLink) -> LinkedThing:
    """The link in words, with its page. What a runbook refers to without an address is text alone."""
    columns = {name: name if name in ("variable", "url") else f"{name}_id" for name in LABELS}
    kind = next((name for name, column in columns.items() if getattr(link, column)), "")
    return LinkedThing(link.pk, LABELS.get(kind, "Reference"), link.text, _address(link))


def _address(link: IncidentLink) -> str:
    if link.rule is not None:
        return reverse("rule", args=[link.rule.identifier])
    if link.issue_id is not None:
        return reverse("issue", args=[link.issue_id])
    if link.run is not None:
        return link.run.get_absolute_url()
    if link.policy is not None:
        return link.policy.get_absolute_url()
    return link.url
