"""The list of changes of a deployment's variables from one report to another."""

from __future__ import annotations

from datetime import datetime

from opsconsole.lib.web.lists.order import descending
from opsconsole.lib.web.lists.spec import Column, Empty, ListSpec, Sort

DRIFT = ListSpec(
    id="drift",
    url="environment_list",
    label="Drift",
    noun="change",
    template="bootstrap/config_health/drift.html",
    row="bootstrap/config_health/_drift_row.html",
    columns=(Column("Variable"), Column("Became"), Column("Release"), Column("Report of", "newest")),
    # index variable_change_newest
    sorts=(Sort("newest", "Newest first", (descending("at", datetime), descending("id", int))),),
    polls=False,
)
NO_DRIFT = Empty("No drift", "No report of this deployment has shown a change of a variable.", icon="check")
