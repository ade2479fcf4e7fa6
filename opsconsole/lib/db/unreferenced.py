"""Rows that no row of another table refers to, whichever room that table belongs to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet


def unreferenced(rows: QuerySet[Any], besides: Collection[type[Model]] = ()) -> QuerySet[Any]:
    """Those of the rows that no foreign key points to; references of the models `besides` do not count.

    Tables of rooms above, which their owner cannot import, are found by Django's registry. One anti-join for each, by
    the key's index.
    """
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created or relation.concrete:
            continue
        referring, key = relation.related_model, relation.field.name
        if referring not in besides:
            rows = rows.filter(~Exists(referring._base_manager.filter(**{key: OuterRef("pk")})))
    return rows
