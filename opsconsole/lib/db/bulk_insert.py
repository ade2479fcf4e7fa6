"""Inserts many rows in one statement with one JSON parameter.

For thousands of rows. `bulk_create` makes an instance for each row and a parameter for each field, which took more than
half of the time of an import of a megabyte. This makes no instances and calls no `save` hooks; triggers and constraints
of the database apply.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models
from psycopg import sql


def insert_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]], key: str = "") -> dict[Any, int]:
    """Insert `rows`, mappings from column to a JSON value that all have the same columns.

    Missing columns get their field's default. Returns the new ids by the value of column `key`, which must be unique
    among the rows; an empty mapping without `key`.
    """
    records = list(rows)
    if not records:
        return {}
    defaults = _defaults(model, records[0])
    columns = [*records[0], *defaults]
    text = json.dumps([{**row, **defaults} for row in records], ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, columns, key), [text])
        return dict(cursor.fetchall()) if key else {}


def _defaults(model: type[models.Model], row: Mapping[str, Any]) -> dict[str, Any]:
    missing = (field for field in model._meta.concrete_fields if not field.primary_key and field.column not in row)
    return {field.column: field.get_default() for field in missing}


def _statement(model: type[models.Model], columns: Iterable[str], key: str) -> str:
    text = "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)"
    composed = sql.SQL(text + " RETURNING {key}, id" if key else text).format(
        table=sql.Identifier(model._meta.db_table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        key=sql.Identifier(key or "id"),
    )
    return composed.as_string()
