"""A new database gets its tables at once; one that took the steps one by one goes on from where it is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader


@pytest.mark.parametrize("app", ["bootstrap", "detections"])
def test_the_first_migration_stands_for_the_steps_that_it_names(app: str) -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    (first,) = [m for (label, _), m in loader.disk_migrations.items() if label == app and m.replaces]
    steps = sorted(name for label, name in loader.disk_migrations if label == app and name != first.name)
    replaced = sorted(name for _, name in first.replaces)
    assert replaced == steps[: len(replaced)], "all up to the last one that it names"
    assert first.name == f"0001_squashed_{replaced[-1]}"


@pytest.mark.django_db
def test_databases_of_both_kinds_have_nothing_left_to_do() -> None:
    loader = MigrationLoader(connection)
    assert {node for node in loader.graph.leaf_nodes() if node not in loader.applied_migrations} == set()
