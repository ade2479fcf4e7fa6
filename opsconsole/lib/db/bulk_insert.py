"""Many rows in one statement, as one JSON parameter: PostgreSQL makes the rows of it.

For writers of thousands of rows. `bulk_create` binds a parameter for each field of each row and makes an instance for
each; of an import of a megabyte that was the larger half. Here there are neither instances nor `save` hooks; triggers
and constraints of the database hold as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models
from psycopg import sql


def insert_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]], key: str = "") -> dict[Any, int]:
    """Insert `rows`, each a mapping from columns to what JSON can hold; all rows have the same columns.

    Columns that are left out get the default of their field. Returns the new ids by the value of the column `key`,
    which has to differ from row to row, or nothing without a `key`.
    """
    given = list(rows)
    if not given:
        return {}
    defaults = _defaults(model, given[0])
    columns = [*given[0], *defaults]
    text = json.dumps([{**row, **defaults} for row in given], ensure_ascii=False)
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
