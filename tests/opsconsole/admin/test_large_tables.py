"""Lists of tables that grow without end count nothing in full; the others are named here."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import get_fields_from_path
from django.db import connection
from django.db.models import ForeignKey, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detections.telemetry.count_models import HourCount
from opsconsole.lib.web import admin_large_tables
from opsconsole.lib.web.admin_large_tables import LimitedPaginator, Since

# What people write or import, a row each: hundreds.
SMALL = {
    *("accounts.ApiToken", "accounts.FailedLogin", "accounts.Owner", "accounts.User", "auth.Group"),
    *("account.EmailAddress", "mfa.Authenticator"),
    *("bootstrap.App", "bootstrap.ConfigConstraint", "bootstrap.ConfigVar", "bootstrap.Deployment"),
    *("bootstrap.Environment", "bootstrap.Flag", "bootstrap.ReportToken", "bootstrap.Run", "bootstrap.RunSchedule"),
    "bootstrap.System",
    *("detections.BugClass", "detections.ContributingFactor", "detections.EscalationPolicy", "detections.Exclusion"),
    "detections.ProbeTarget",
    *("detections.NotificationPolicy", "detections.Project", "detections.ProjectKey", "detections.Rule"),
    *("detections.ScopeSuppression", "detections.SeverityLevel", "detections.Target", "detections.TimeWindow"),
    "detections.UpdateTemplate",
}
# Written by the console, but a row a day, an incident, an import or an act of a person: their days may be read whole.
FEW = {
    *("bootstrap.ChecklistVersion", "bootstrap.DailyHead", "bootstrap.Posture", "bootstrap.RestoreRecord"),
    *("bootstrap.RunbookVersion", "detections.ActionItem", "detections.DailySummary", "detections.Incident"),
    *("detections.PostmortemVersion", "detections.ProbeFreeze", "detections.RuleVersion", "detections.Silence"),
}
REGISTERED = {model._meta.label: registered for model, registered in admin.site._registry.items()}
LARGE = sorted(set(REGISTERED) - SMALL)


def test_small_tables_are_registered() -> None:
    assert set(REGISTERED) >= SMALL | FEW
    assert not SMALL & FEW


@pytest.mark.parametrize("label", LARGE)
def test_a_large_table_is_not_counted(label: str) -> None:
    registered = REGISTERED[label]
    assert registered.show_full_result_count is False
    assert issubclass(registered.paginator, LimitedPaginator)
    if label not in FEW:
        assert registered.show_facets == ShowFacets.NEVER  # a count for each choice of a filter
        assert registered.date_hierarchy is None  # reads every row for its years


@pytest.mark.parametrize("label", sorted(REGISTERED))
def test_a_filter_by_time_knows_its_field(label: str) -> None:
    registered: Any = REGISTERED[label]
    if any(isinstance(each, type) and issubclass(each, Since) for each in registered.list_filter):
        field: Any = get_fields_from_path(registered.model, registered.since_field)[-1]
        assert field.get_internal_type() == "DateTimeField"


@pytest.mark.parametrize("label", sorted(SMALL))
def test_forms_look_large_tables_up(label: str) -> None:
    """A select would list every row of the table."""
    registered: Any = REGISTERED[label]
    editable = [field for field in registered.model._meta.fields if isinstance(field, ForeignKey) and field.editable]
    looked_up = {*registered.autocomplete_fields, *registered.raw_id_fields, *registered.readonly_fields}
    hidden = set(registered.exclude or ())
    large = {field.name for field in editable if field.related_model._meta.label not in SMALL}
    shown = {name for name in large - hidden if registered.fields is None or name in registered.fields}
    # Not chosen in their forms; a probe's target lists the environments of projects, which are bounded for each.
    if label not in {"detections.Rule", "bootstrap.Run", "detections.ScopeSuppression", "detections.ProbeTarget"}:
        assert shown <= looked_up


@pytest.mark.django_db
def test_pages_end_with_the_rows_that_are_counted(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.opsconsole.admin.rows import hours

    hours(5)
    monkeypatch.setattr(admin_large_tables.LimitedPaginator, "most", 3)
    address = reverse("admin:detections_hourcount_changelist")
    with CaptureQueriesContext(connection) as statements:
        html = admin_client.get(address, {"since": "week"}).content.decode()
    assert "The first 3 hour counts; search or filter for others." in html
    table = HourCount._meta.db_table
    assert [each["sql"] for each in statements if "COUNT(" in each["sql"] and table in each["sql"]] == []


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
@pytest.mark.django_db
def test_no_list_counts_a_large_table(admin_client: Client, model: type[Model]) -> None:
    """By the statements of the page itself, searched."""
    if model._meta.label in SMALL:
        return
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as statements:
        assert admin_client.get(address, {"q": "x"} if REGISTERED[model._meta.label].search_fields else {}).status_code
    counted = f'COUNT(*) AS "__count" FROM "{model._meta.db_table}"'
    assert [each["sql"] for each in statements if counted in each["sql"]] == []
