"""Closed incidents beside the one that bench/incidents.py measures, all that they have newer than what it has."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from detections.alerts.causes.models import AlertGroup
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.incidents.models import BugClass, ContributingFactor, Incident, IncidentAlert
from opsconsole.accounts.models import Owner

ALERTS_EACH, CLASSES, FACTORS = 2, 20, 40
SUMMARY = "Customers of {} could not pay: the pool of connections was empty after release 3.2.{}. Rolled back. " * 4

LINKS = """
INSERT INTO detections_incidentlink (incident_id, variable, url, text, added_at, added_by)
SELECT id, CASE n WHEN 1 THEN 'ORIGIN_URL_' || id %% 100 ELSE '' END,
       CASE n WHEN 2 THEN 'https://github.com/acme/shop/pull/' || id ELSE '' END,
       CASE n WHEN 1 THEN 'ORIGIN_URL_' || id %% 100 WHEN 2 THEN 'PR #' || id ELSE 'As in the runbook of the shop' END,
       %(now)s, 'bench'
FROM detections_incident, generate_series(1, 3) n WHERE id <> %(measured)s
ON CONFLICT DO NOTHING
"""
FACTORS_OF = """
INSERT INTO detections_incident_factors (incident_id, contributingfactor_id)
SELECT i.id, f.id FROM detections_incident i JOIN detections_contributingfactor f
ON i.id %% %(factors)s = f.id %% %(factors)s WHERE i.id <> %(measured)s
ON CONFLICT DO NOTHING
"""
PLACES_OF = """
INSERT INTO detections_incident_places (incident_id, projectenvironment_id)
SELECT i.id, p.id FROM detections_incident i, detections_projectenvironment p WHERE i.id <> %(measured)s
ON CONFLICT DO NOTHING
"""
LINES = """
INSERT INTO detections_timelineline
  (incident_id, kind, at, recorded_at, text, body, "where", actor_name, url, ref, important)
SELECT id, CASE n %% 10 WHEN 0 THEN 'note' ELSE 'alert' END, %(now)s + n * interval '7 seconds', %(now)s,
       'DET-BE-001 on /api/carts/' || n || ' is firing: the condition holds again',
       CASE n %% 10 WHEN 0 THEN 'The pool of **' || n || '** connections is empty' ELSE '' END,
       'raptor/prod', '', '/alerts/1/', 'bench:' || n, n %% 7 = 0
FROM detections_incident, generate_series(1, %(each)s) n WHERE id <> %(measured)s
"""
MARKS = """
INSERT INTO detections_timelinemark (incident_id, line_id, mark, at, actor_name)
SELECT incident_id, id, CASE id %% 20 WHEN 0 THEN 'left_out' ELSE 'important' END, at, 'bench'
FROM detections_timelineline WHERE incident_id <> %(measured)s AND id %% 10 = 0
"""
DELIVERIES = """
INSERT INTO detections_delivery
  (alert_id, group_id, sequence, kind, target_id, policy_name, group_key, window_name, local_time, routing, payload,
   status, tries, queued_at, sent_at, channel, receipt)
SELECT leader_id, id, n, 'firing', %(target)s, 'bench', '', '', '', '[]', '{}',
       CASE n %% 10 WHEN 0 THEN 'dead' ELSE 'sent' END, 1, %(now)s, %(now)s, 'console', '{}'
FROM detections_alertgroup, generate_series(1, %(each)s) n WHERE id >= %(first_group)s
"""


def make(incidents: int, now: datetime) -> None:
    """So many, one an hour, with what describes them; their alerts are copies of one that is there."""
    commander, _ = Owner.objects.get_or_create(name="bench")
    classes = BugClass.objects.bulk_create(BugClass(name=f"Class of bug {n}") for n in range(CLASSES))
    ContributingFactor.objects.bulk_create(ContributingFactor(name=f"Never checked, {n}") for n in range(FACTORS))
    hours = [now - timedelta(hours=n) for n in range(incidents)]
    made = Incident.objects.bulk_create(
        Incident(
            title=f"Orders fail, {n}",
            summary=SUMMARY.format(n, n, n, n, n, n, n, n),
            severity=n % 5 + 1,
            status="closed",
            commander=commander,
            bug_class=classes[n % CLASSES],
            declared_at=hour,
            declared_by_name="bench",
            started_at=hour - timedelta(minutes=n % 50),
            resolved_at=hour + timedelta(minutes=n % 70),
            closed_at=hour + timedelta(minutes=n % 70),
            gathered_until=now,
        )
        for n, hour in enumerate(hours)
    )
    alerts = _alerts(made)
    IncidentAlert.objects.bulk_create(
        IncidentAlert(incident=each, alert=alerts[(n + more) % len(alerts)], added_at=now, added_by="bench")
        for n, each in enumerate(made)
        for more in range(min(ALERTS_EACH, len(alerts)))
    )


def fill(measured: Incident, lines: int, deliveries: int, now: datetime) -> None:
    """At least so many lines of all but the measured one, so many messages of their alerts, and links, factors, places
    and marks. With the measured one some have the rule, the bug class or a variable in common."""
    others = max(Incident.objects.exclude(pk=measured.pk).count(), 1)
    groups = AlertGroup.objects.filter(kind=AlertGroup.Kind.FAILURE, leader__resolution="bench")
    first = groups.order_by("pk").values_list("pk", flat=True).first() or 0
    target = Target.objects.first() or Target.objects.create(name="bench", address="#bench")
    told = {"now": now, "measured": measured.pk, "target": target.pk, "first_group": first, "factors": FACTORS}
    Incident.objects.filter(pk=measured.pk).update(bug_class=BugClass.objects.order_by("pk").first())
    measured.links.create(variable="ORIGIN_URL_1", text="ORIGIN_URL_1", added_at=now, added_by="bench")
    with connection.cursor() as cursor:
        for statement in (LINKS, FACTORS_OF, PLACES_OF):
            cursor.execute(statement, told)
        cursor.execute(LINES, {**told, "each": -(-lines // others)})
        cursor.execute(MARKS, told)
        cursor.execute(DELIVERIES, {**told, "each": -(-deliveries // max(groups.count(), 1))})
        cursor.execute("ANALYZE")


def _alerts(incidents: list[Incident]) -> list[Alert]:
    """One that is over for each incident, in a group of its own."""
    model = Alert.objects.order_by("pk")[0]
    kept = {field.attname: getattr(model, field.attname) for field in Alert._meta.concrete_fields}
    for name in ("id", "dedup_key", "status", "group_key", "opened_at", "resolved_at", "resolution"):
        del kept[name]
    alerts = Alert.objects.bulk_create(
        Alert(
            **kept,
            status=Alert.Status.RESOLVED,
            group_key=f"POST /shop/carts/{n}",
            opened_at=each.declared_at,
            resolved_at=each.resolved_at,
            resolution="bench",
        )
        for n, each in enumerate(incidents)
    )
    AlertGroup.objects.bulk_create(
        AlertGroup(kind=AlertGroup.Kind.FAILURE, leader=each, opened_at=each.opened_at, closed_at=each.resolved_at)
        for each in alerts
    )
    return alerts
