"""The lists of probes: targets, the runs of one, and the samples of a run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, F, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from detections.dashboard.probes.target_rows import TargetRow
from detections.probes.models import ProbeRun, ProbeSample
from detections.probes.program import probe
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

RANGE = "range"
FAULTLESS = Q(row__outcome=probe.OK) & ~Q(row__has_key="faults")


class TargetFilterForm(FilterForm):
    """A search, a place, and what the gate says."""

    q = SearchFilter(label="Search probes", placeholder="Name or address")
    project = NameFilter(label="Project", any_label="All projects")
    environment = NameFilter(label="Environment", any_label="All environments")
    gate = ChoiceFilter({"closed": "Closed", "open": "Open"}, label="Gate", any_label="Any gate")


_NAME = (ascending("name", str), ascending("pk", int))
# In memory: what a gate says is stored nowhere, and targets are few because people write them.
TARGETS = ListSpec(
    id="probes",
    url="probe_list",
    label="Probes",
    noun="probe",
    template="detections/dashboard/probes/list.html",
    row="detections/dashboard/probes/_target_row.html",
    columns=(
        Column("Probe", "name"),
        Column("Environment", "place"),
        Column("Gate", "gate"),
        Column("Newest run", "newest"),
        Column("Last 24 h"),
        Column("p95", "slow", "num"),
        Column("Next run"),
    ),
    sorts=(
        Sort("gate", "Closed gates first", (descending("rank", int), *_NAME)),
        Sort("name", "Name", _NAME),
        Sort("place", "Environment", (ascending("where", str), *_NAME)),
        Sort("newest", "Newest run first", (descending("newest", datetime), *_NAME)),
        Sort("slow", "Slowest first", (descending("slowness", float), *_NAME)),
    ),
    filters=TargetFilterForm,
)


class ProbeRunFilterForm(FilterForm):
    """How runs ended, and who started them."""

    result = ChoiceFilter(
        {"high": "High", "warn": "Warn", "failed": "Not done"}, label="Result", any_label="Any result"
    )
    by = ChoiceFilter(dict(ProbeRun.Trigger.choices), label="Started by", any_label="Started by anybody")


RUNS = ListSpec(
    id="probe-runs",
    url="probe_target",
    label="Runs",
    noun="run",
    template="detections/dashboard/probes/target.html",
    row="detections/dashboard/probes/_run_row.html",
    columns=(
        Column("Run", "newest"),
        Column("Result"),
        Column("Samples", css="num"),
        Column("p50", css="num"),
        Column("p95", css="num"),
        Column("Started by"),
    ),
    sorts=(Sort("newest", "Newest first", (descending("pk", int),)),),  # index probe_run_of_target
    filters=ProbeRunFilterForm,
    per_page=20,
    others=frozenset({RANGE}),
)


class SampleFilterForm(FilterForm):
    """Which samples."""

    show = ChoiceFilter({"failed": "Failed or at fault"}, label="Samples", any_label="All samples")


# A run has at most 10,000 samples: any order is sorted within it.
SAMPLES = ListSpec(
    id="samples",
    url="probe_run",
    label="Samples",
    noun="sample",
    template="detections/dashboard/probes/run.html",
    row="detections/dashboard/probes/_sample_row.html",
    columns=(
        Column("Sample", "number"),
        Column("Outcome", "failed"),
        Column("Status", css="num"),
        Column("Latency", "slow", "num"),
        Column("Attempts", css="num"),
        Column("Variant"),
        Column("What was wrong"),
    ),
    sorts=(
        Sort("failed", "Failed first", (descending("bad", int), ascending("number", int))),
        Sort("number", "In order", (ascending("number", int),)),
        Sort("slow", "Slowest first", (descending("ms", float), ascending("number", int))),
    ),
    filters=SampleFilterForm,
    polls=False,
)


def matching(rows: list[TargetRow], chosen: dict[str, Any]) -> list[TargetRow]:
    """The targets that the filters let through."""
    words = chosen["q"].lower()
    return [
        each
        for each in rows
        if words in f"{each.name} {each.target.slug} {each.target.base}{each.target.endpoint}".lower()
        and chosen["project"] in ("", each.project)
        and chosen["environment"] in ("", each.environment)
        and chosen["gate"] in ("", "open" if each.gate.is_open else "closed")
    ]


def options(rows: list[TargetRow]) -> dict[str, dict[str, str]]:
    """The choices of the filters."""
    return {
        "project": {each: each for each in sorted({row.project for row in rows})},
        "environment": {each: each for each in sorted({row.environment for row in rows})},
    }


def runs_of(target: int, chosen: dict[str, Any]) -> QuerySet[ProbeRun]:
    """The runs of a target that the filters let through, without their reports."""
    state = ProbeRun.State
    results = {
        "": Q(),
        "failed": Q(state__in=[state.INTERRUPTED, state.REFUSED]),
        "high": Q(state=state.DONE, severity=probe.HIGH),
        "warn": Q(state=state.DONE, severity=probe.WARN),
    }
    by = Q(trigger=chosen["by"]) if chosen["by"] else Q()
    return ProbeRun.objects.filter(results[chosen["result"]], by, target=target).defer("report", "markdown")


def samples_of(run: int, chosen: dict[str, Any]) -> QuerySet[ProbeSample]:
    """The samples of a run that the filters let through, with `bad` (1: failed or at fault) and `ms`."""
    bad = Case(When(FAULTLESS, then=Value(0)), default=Value(1), output_field=IntegerField())
    ms = Coalesce(Cast(KeyTextTransform("latency_ms", F("row")), FloatField()), Value(0.0))
    rows = ProbeSample.objects.filter(run=run).annotate(bad=bad, ms=ms)
    return rows.filter(bad=1) if chosen["show"] else rows
