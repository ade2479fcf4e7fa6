"""A migration operation that creates many tables, each in its final form (no ORM).

After each operation Django renders every model that is related to the changed one. With a hundred related models, the
first migration of an app spends twenty seconds on that and one on SQL. `CreateTables` applies all operations to the
state first and then creates each table once, with its final columns, constraints and indexes
(docs/decisions/0008-tables-at-once.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AddField
from django.db.migrations.operations.models import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState

# Operations whose effect is part of CREATE TABLE when the table is created in its final form.
INCLUDED_IN_TABLE = (AddField, AddConstraint, AddIndex)


class CreateTables(Operation):
    """For the first migration of an app. `operations` create models, fields, constraints and indexes and alter none."""

    reversible = False

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # rendered once, when it is next needed
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
            if not isinstance(operation, INCLUDED_IN_TABLE):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create all tables ({len(self.operations)} steps)"
