"""Lists do not read columns of tens of kilobytes, of which a page shows nothing: a hundred rows would be megabytes."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import BinaryField, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opsconsole.lib.web.admin_large_tables import BriefLists

# Texts and JSON as they came in or went out, by the model's table. Columns of bytes are long without being named.
LONG = {
    "bootstrap_checklistversion": ("source",),
    "bootstrap_configreport": ("facts", "other_names", "notes"),
    "bootstrap_runbookdraft": ("text", "acts"),
    "bootstrap_runbookimport": ("source",),
    "bootstrap_runbookversion": ("source", "summary"),
    "detections_dailysummary": ("content",),
    "detections_postmortemversion": ("text",),
    "detections_probetarget": ("body",),
    "detections_proberun": ("report", "markdown"),
}
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def bytes_of(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.column for field in model._meta.concrete_fields if isinstance(field, BinaryField))


def columns() -> list[str]:
    """As statements name them: `"table"."column"`."""
    named = [*LONG.items(), *((model._meta.db_table, bytes_of(model)) for model in MODELS)]
    return [f'"{table}"."{name}"' for table, names in named for name in names]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_no_list_reads_a_long_column(admin_client: Client, model: type[Model]) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as statements:
        assert admin_client.get(address).status_code == 200
    of_list = [each["sql"] for each in statements if f'FROM "{model._meta.db_table}"' in each["sql"]]
    assert of_list
    assert [name for name in columns() if any(name in sql.partition(" FROM ")[0] for sql in of_list)] == []


def test_what_lists_leave_out_they_do_not_show() -> None:
    for registered in admin.site._registry.values():
        if isinstance(registered, BriefLists):
            assert not {*registered.not_listed} & {*registered.list_display}
