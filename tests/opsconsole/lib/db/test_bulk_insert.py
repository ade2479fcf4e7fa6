"""Rows by JSON are the rows that `bulk_create` would have made."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bootstrap.systems.models import ConfigVar, Flag
from opsconsole.lib.db.bulk_insert import insert_rows
from tests.bootstrap import builders
from tests.examples import examples

# PostgreSQL keeps no NUL and no half of a surrogate pair; texts with either are refused before.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
LEAF = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXT
JSON = st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=5)


class TestTheSameAsByModel(TestCase):
    @settings(max_examples=examples(40))
    @given(imported=st.dictionaries(TEXT, JSON, max_size=4), names=st.lists(TEXT, max_size=3), words=TEXT)
    def test_texts_lists_and_documents(self, imported: dict[str, Any], names: list[str], words: str) -> None:
        app = builders.environment().system.apps.get()
        row = {"imported": imported, "consumers": names, "impact": words}
        made = insert_rows(ConfigVar, [{"app_id": app.pk, "name": "BY_JSON", **row}], key="name")
        other = ConfigVar.objects.create(app=app, name="BY_MODEL", **row)
        same = {"id": 0, "name": ""}
        stored = ConfigVar.objects.get(pk=made["BY_JSON"])
        assert model_to_dict(stored) | same == model_to_dict(other) | same
        assert (stored.imported, stored.consumers) == (imported, names)


@pytest.mark.django_db
def test_ids_come_by_key_and_each_row_is_recorded_in_the_history(django_assert_num_queries) -> None:
    app = builders.environment().system.apps.get()
    names = [f"SETTING_{number}" for number in range(300)]
    with django_assert_num_queries(1):
        made = insert_rows(ConfigVar, ({"app_id": app.pk, "name": name} for name in names), key="name")
    assert {variable.name: variable.pk for variable in ConfigVar.objects.all()} == made
    events = ConfigVar.pgh_event_model.objects.filter(pgh_label="insert")
    assert set(events.values_list("pgh_obj_id", "name")) == {(pk, name) for name, pk in made.items()}


@pytest.mark.django_db
def test_no_rows_are_no_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert insert_rows(Flag, [], key="name") == {}


@pytest.mark.django_db
def test_constraints_hold() -> None:
    system = builders.environment().system
    twice = [{"system_id": system.pk, "name": "FLAG_A"}] * 2
    with pytest.raises(IntegrityError, match="flag_name_per_system"), transaction.atomic():
        insert_rows(Flag, twice)
    assert not Flag.objects.exists()
