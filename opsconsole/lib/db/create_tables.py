"""A migration operation that creates many tables, each in its final form (no ORM).

Django renders every model that is related to the one that an operation changes, after each operation. With a hundred
models that all hang together, the first migrations of an app take twenty seconds of that and one of SQL. Where nothing
is there yet the steps in between are of no use: `CreateTables` applies all of them to the state first, then creates
each table once, with the columns, constraints and indexes that it has by then (decision 0008).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AddField
from django.db.migrations.operations.models import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState

# What a table is made with when it is made last of all.
WITH_THE_TABLE = (AddField, AddConstraint, AddIndex)


class CreateTables(Operation):
    """For the first migration of an app: `operations` create models and what belongs to them, and change none."""

    reversible = False

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # rendered anew, once, when the database is next asked for
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            if not isinstance(operation, WITH_THE_TABLE):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create all tables ({len(self.operations)} steps)"
