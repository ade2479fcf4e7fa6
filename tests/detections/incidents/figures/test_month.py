"""The figures of a made-up month against a calculation by hand.

June 2026, times in minutes after the start of impact (S), all SEV-1 but the last two:

| incident | S     | first alert | first acknowledgment | resolved | alerts |
|----------|-------|-------------|----------------------|----------|--------|
| A        | known | 2           | 5                    | 60       | 2      |
| B        | known | 10          | 30                   | 100      | 1      |
| C        | known | 6           | nobody               | open     | 1      |
| D, SEV-3 | the day only | (opens at noon) | 4 after it | 90       | 1      |
| E, SEV-3 | known | no alert    |                      | 20       | 0      |

MTTD: A 2, B 10, C 6          -> median 6, 90th percentile 6 + 0.8 * (10 - 6) = 9.2 min, n 3
MTTA: A 3, B 20, D 4          -> median 4, 90th percentile 4 + 0.8 * (20 - 4) = 16.8 min, n 3
MTTR: A 60, B 100, E 20       -> median 60, 90th percentile 60 + 0.8 * (100 - 60) = 92 min, n 3
Alerts per incident: 5 / 5 = 1
Noise of DET-BETA-003: alerts judged true, false, expected, expected -> 3 of 4 = 75 %
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import QueryDict

from detections.alerts.models import Alert, AlertLog
from detections.incidents.figures import queries
from detections.incidents.figures.measures import FiguresRow, rows_of
from detections.incidents.figures.question import FiguresQuestion, read
from detections.incidents.models import BugClass, Incident, IncidentAlert
from tests.bootstrap.people import client_of
from tests.detections.alerts.factories import make_rule
from tests.detections.incidents.factories import make_alert, make_incident

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 6, 10, 12, tzinfo=UTC)
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ADDRESS = "/incidents/figures/?since=2026-06-01&until=2026-06-30"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def put_in(incident: Incident, opened: float, acknowledged: float | None = None, **fields: Any) -> Alert:
    alert = make_alert(DAY + minutes(opened), rule=make_rule(), resolved_at=DAY + minutes(200), **fields)
    IncidentAlert.objects.create(incident=incident, alert=alert, added_at=DAY, added_by="ada")
    for minute in () if acknowledged is None else (acknowledged, acknowledged + 30):
        AlertLog.objects.create(alert=alert, at=DAY + minutes(minute), kind="acknowledged", actor_name="ada")
    return alert


def make(title: str, severity: int, resolved: float | None, precision: str = "") -> Incident:
    incident = make_incident(title, severity, DAY)
    Incident.objects.filter(pk=incident.pk).update(
        started_at=DAY,
        started_precision=precision,
        resolved_at=None if resolved is None else DAY + minutes(resolved),
        status="open" if resolved is None else "resolved",
    )
    return incident


@pytest.fixture
def june() -> None:
    a = make("A", 1, 60)
    put_in(a, 2, 5, disposition="true_positive")
    put_in(a, 4, disposition="false_positive", disposition_why="a test")
    put_in(make("B", 1, 100), 10, 30, disposition="expected")
    taken_out = put_in(make("C", 1, None), 1, 2, disposition="expected")
    put_in(Incident.objects.get(title="C"), 6)
    taken_out.incident_links.update(removed_at=DAY)
    put_in(make("D", 3, 90, "day"), 0, 4)
    make("E", 3, 20)
    Incident.objects.filter(title__in="AB").update(bug_class=BugClass.objects.create(name="=Race"))
    outside = make("July", 1, 5)
    Incident.objects.filter(pk=outside.pk).update(declared_at=NOW)
    Incident.objects.create(
        title="Of a runbook", status="closed", closed_at=DAY, declared_at=DAY, started_at=DAY, import_key="demo/x",
        started_precision="day", declared_by_name="runbook demo",
    )  # fmt: skip


def question(address: str = ADDRESS) -> FiguresQuestion:
    return read(QueryDict(address.partition("?")[2]), NOW)[1]


def in_minutes(row: FiguresRow) -> dict[str, tuple[int, float | None, float | None]]:
    return {
        key: (each.n, each.median and each.median / 60, each.p90 and pytest.approx(each.p90 / 60))
        for key, each in row.spreads.items()
    }


@pytest.mark.usefixtures("june")
def test_the_month_agrees_with_the_calculation_by_hand() -> None:
    whole, sev1, sev3, *months = rows_of(queries.times_of(question()))
    assert in_minutes(whole) == {"detect": (3, 6, 9.2), "acknowledge": (3, 4, 16.8), "resolve": (3, 60, 92)}
    assert (whole.incidents, whole.alerts, whole.alerts_per_incident) == (5, 5, 1)
    assert in_minutes(sev1) == {"detect": (3, 6, 9.2), "acknowledge": (2, 11.5, 18.3), "resolve": (2, 80, 96)}
    assert in_minutes(sev3) == {"detect": (0, None, None), "acknowledge": (1, 4, 4), "resolve": (1, 20, 20)}
    assert [(row.month, row.severity) for row in months] == [("2026-06", 0), ("2026-06", 1), ("2026-06", 3)]


@pytest.mark.usefixtures("june")
def test_noise_and_classes() -> None:
    [noise] = queries.noise_of(question())
    assert (noise.rule, noise.judged, noise.false_positives, noise.expected) == ("DET-BETA-003", 4, 1, 2)
    assert noise.percent == 75
    classes = queries.by_class(question())
    assert [(row.name, row.incidents, row.recorded) for row in classes] == [("=Race", 2, 0), ("No class", 4, 1)]


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ("severity=3", {"D", "E"}),
        ("project=raptor", {"A", "B", "C", "D"}),
        ("project=other", set()),
        ("since=2026-07-01&until=2026-07-01", {"July"}),
        ("since=2026-07-01&until=2026-06-01", {"A", "B", "C", "D", "E", "July"} | {"Of a runbook"}),
    ],
)
def test_filters(filters: str, titles: set[str]) -> None:
    chosen = filters if "since" in filters else f"since=2026-06-01&until=2026-06-30&{filters}"
    found = queries.incidents_of(question(f"?{chosen}"))
    assert set(found.values_list("title", flat=True)) == titles


@pytest.mark.usefixtures("june")
@time_machine.travel(NOW, tick=False)
def test_the_page_shows_them_with_definitions_and_what_is_left_out(django_assert_num_queries: Any) -> None:
    client = client_of("eve")
    with django_assert_num_queries(10):  # session, person, two of rights; projects, three of times, classes, noise
        page = " ".join(client.get(ADDRESS).content.decode().split())
    assert "Time to detect: from the start of impact to the first alert" in page
    assert "90% within 9 min 12 s, n = 3" in page
    assert "Of MTTD: 1 with an unknown start of impact, 1 without an alert." in page
    assert "1 record of runbooks, whose times nobody knows." in page
    assert '<td class="num">75%</td>' in page
    assert "/incidents/figures.csv?since=2026-06-01" in page


@time_machine.travel(NOW, tick=False)
def test_an_address_that_is_not_understood_opens_the_page_and_says_so() -> None:
    page = client_of("eve").get("/incidents/figures/?since=yesterday&severity=9&project=nope").content.decode()
    assert "From “yesterday” was not understood and left out; a day is written like 2026-06-30." in page
    assert "Severity “9” was not understood" in page
    assert "“nope” is not among those here" in page
    assert "No incidents in this time" in page
    assert 'value="2025-08-01"' in page, "the last twelve months"


@pytest.mark.usefixtures("june")
@time_machine.travel(NOW, tick=False)
def test_csv_has_every_figure_and_no_formula() -> None:
    response = client_of("eve").get(ADDRESS.replace("figures/", "figures.csv"))
    assert response["Content-Disposition"] == 'attachment; filename="incident-figures-2026-06-01-2026-06-30.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    [detect] = [row for row in rows if row["figure"] == "MTTD" and not row["month"] and not row["severity"]]
    assert (detect["n"], detect["median_seconds"], detect["p90_seconds"]) == ("3", "360.0", "552.0")
    assert {row["name"] for row in rows if row["figure"] == "incidents by bug class"} == {"'=Race", "No class"}
    [noise] = [row for row in rows if row["figure"] == "noise ratio"]
    assert (noise["name"], noise["n"], noise["value"]) == ("DET-BETA-003", "4", "0.75")
    june = [row for row in rows if row["month"] == "2026-06" and row["figure"] == "alerts per incident"]
    assert [(row["severity"], row["value"]) for row in june] == [("", "1.0"), ("SEV-1", "1.33"), ("SEV-3", "0.5")]
