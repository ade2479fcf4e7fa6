"""Rows by COPY are the rows that `bulk_create` would have made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from detections.rules.models import Evidence, Verdict
from opsconsole.lib.db.copy_rows import copy_rows, draw_ids
from tests.detections import builders
from tests.detections.rules import world

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
DATA = {"text": 'ä "quoted" \\ \n\t', "none": None, "list": [1, 2.5, {"deep": [True]}], "tiny": 1.2345678901234567e-17}

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    rule = world.rule()
    scope = rule.scopes.create(project_environment=world.environment(builders.project()), created_at=NOON)
    return {
        "scope_id": scope.pk,
        "version_id": rule.current_id,
        "slot_end": NOON,
        "data": DATA,
        "sentence": "Täglich \\N \t 3",
        "created_at": NOON,
    }


def test_the_same_as_by_model(row, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):  # one of them draws the ids
        ids = draw_ids({Evidence: 300, Verdict: 2})
        copy_rows(Evidence, [{"id": pk, **row, "sentence": f"{pk}"} for pk in ids[Evidence]])
    assert list(Evidence.objects.order_by("pk").values_list("pk", flat=True)) == ids[Evidence]
    assert len(set(ids[Verdict])) == 2
    copy_rows(Evidence, [row])  # without an id the next one is taken
    by_copy = Evidence.objects.latest("pk")
    assert by_copy.pk == ids[Evidence][-1] + 1
    by_model = Evidence.objects.create(**row)
    by_model.refresh_from_db()
    assert model_to_dict(by_copy) | {"id": 0} == model_to_dict(by_model) | {"id": 0}
    assert (by_copy.data, by_copy.created_at) == (DATA, by_model.created_at)


def test_no_rows_are_no_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        copy_rows(Evidence, [])


def test_constraints_hold(row) -> None:
    copy_rows(Evidence, [{**row, "scope_id": 0}])
    with pytest.raises(IntegrityError, match="scope_id"), transaction.atomic():
        connection.check_constraints()
    Evidence.objects.all().delete()


def test_rows_with_other_columns_than_the_first_are_refused(row) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        copy_rows(Evidence, [row, {"scope_id": row["scope_id"]}])
