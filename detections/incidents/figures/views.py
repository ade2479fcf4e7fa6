"""The figures of incidents as a page and as CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.incidents.figures import queries
from detections.incidents.figures.csv_rows import HEADER, csv_rows
from detections.incidents.figures.measures import (
    MEASURES,
    WEEK,
    FiguresRow,
    IncidentTimes,
    left_out,
    per_week,
    rows_of,
)
from detections.incidents.figures.question import FiguresQuestion, read
from opsconsole.lib import clock
from opsconsole.lib.charts.time_chart import TimeChart
from opsconsole.lib.charts.time_chart_svg import ChartView, view


@require_safe
@login_required
def figures(request: HttpRequest) -> HttpResponse:
    """MTTD, MTTA, MTTR by month and severity, incidents by class of bug, noise by rule. Six queries."""
    form, question = read(request.GET, clock.now())
    times = queries.times_of(question)
    classes = queries.by_class(question)
    rows = rows_of(times)
    longest = _longest(rows)
    context = {
        "form": form,
        "question": question,
        "csv": f"{reverse('incident_figures_csv')}?{request.GET.urlencode()}",
        "measures": MEASURES,
        "rows": [_shown(row, longest) for row in rows],
        "total": len(times),
        "recorded": sum(row.recorded for row in classes),
        "left_out": left_out(times),
        "chart": _chart(times, question) if times else None,
        "classes": classes,
        "most_of_class": max((row.incidents for row in classes), default=0),
        "noise": queries.noise_of(question),
        "crumbs": [("Incidents", None), ("Figures", None)],
    }
    return render(request, "detections/incidents/figures.html", context)


@require_safe
@login_required
def figures_csv(request: HttpRequest) -> HttpResponse:
    """All tables of the page in one file."""
    _, question = read(request.GET, clock.now())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"incident-figures-{question.since}-{question.until}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(HEADER)
    writer.writerows(
        csv_rows(rows_of(queries.times_of(question)), queries.by_class(question), queries.noise_of(question))
    )
    return response


def _longest(rows: list[FiguresRow]) -> dict[str, float]:
    """The longest median of a month by the key of the measure."""
    months = [row for row in rows if row.month]
    keys = [measure.key for measure in MEASURES]
    return {key: max((row.spreads[key].median or 0 for row in months), default=0) for key in keys}


def _shown(row: FiguresRow, longest: dict[str, float]) -> dict[str, Any]:
    """The row with its measures in their order, and the longest median of each for the bars of the months."""
    return {
        "row": row,
        "cells": [
            {
                "spread": row.spreads[measure.key],
                "in_seconds": f"{measure.name} in seconds",
                "longest": longest[measure.key],
            }
            for measure in MEASURES
        ],
    }


def _chart(times: list[IncidentTimes], question: FiguresQuestion) -> ChartView:
    counts = per_week(times, question.start, question.end)
    chart = TimeChart(
        "Incidents declared in each week", question.start, WEEK, counts, unit="incidents a week", key="incidents"
    )
    return view(chart)
