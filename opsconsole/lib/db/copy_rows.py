"""Inserts many rows with binary COPY: a thirtieth of the processor time of `bulk_create`, and half of PostgreSQL's.

For rows that are written all the time, which conflict with none. Ids can be drawn first, so that rows refer to each
other. No instances are made and no `save` hooks called; triggers and constraints of the database apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

DRAW = """
SELECT wanted.name, nextval(pg_get_serial_sequence(wanted.name, 'id'))
FROM unnest(%s::text[], %s::int[]) AS wanted (name, number), generate_series(1, wanted.number)
"""


def draw_ids(counts: Mapping[type[models.Model], int]) -> dict[type[models.Model], list[int]]:
    """By model, so many new ids, ascending. One query."""
    tables = [model._meta.db_table for model in counts]
    drawn: dict[str, list[int]] = {table: [] for table in tables}
    with connection.cursor() as cursor:
        cursor.execute(DRAW, [tables, list(counts.values())])
        for table, pk in cursor.fetchall():
            drawn[table].append(pk)
    return {model: sorted(drawn[model._meta.db_table]) for model in counts}


def copy_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, mappings from column to value: the same columns in each, all but the id, which may be among them.

    Documents are plain data.
    """
    if not rows:
        return
    columns = list(rows[0])
    with connection.cursor() as cursor, cursor.copy(_statement(model, columns)) as copy:
        copy.set_types([_type(model, column) for column in columns])
        for row in rows:
            copy.write_row([_value(row[column]) for column in columns])


def _statement(model: type[models.Model], columns: Sequence[str]) -> str:
    return (
        sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)")
        .format(
            table=sql.Identifier(model._meta.db_table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
        .as_string()
    )


def _type(model: type[models.Model], column: str) -> str:
    """PostgreSQL's name of the column's type, without its length."""
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    return str(field.db_type(connection)).partition("(")[0]


def _value(value: Any) -> Any:
    return Jsonb(value, dumps=msgspec.json.encode) if isinstance(value, dict | list) else value
