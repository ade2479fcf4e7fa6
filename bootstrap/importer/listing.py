"""The lists of runbooks and of policies: their columns and sorts."""

from __future__ import annotations

from opsconsole.lib.web.lists.filters import FilterForm, SearchFilter
from opsconsole.lib.web.lists.order import ascending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort


class RunbookFilterForm(FilterForm):
    q = SearchFilter(label="Search runbooks", placeholder="Words of their titles and texts")


# Runbooks are written by people, policies are parts of them: few enough to sort without an index.
RUNBOOK = (ascending("title", str), ascending("pk", int))
RUNBOOKS = ListSpec(
    id="runbooks",
    url="runbooks",
    label="Runbooks",
    noun="runbook",
    template="bootstrap/runbooks/list.html",
    row="bootstrap/runbooks/_row.html",
    columns=(
        Column("Runbook", "title"),
        Column("System", "system"),
        Column("Version", css="num"),
        Column("Checklists"),
    ),
    sorts=(Sort("title", "Title", RUNBOOK), Sort("system", "System", (ascending("system__name", str), *RUNBOOK))),
    filters=RunbookFilterForm,
    polls=False,
)

POLICIES = ListSpec(
    id="policies",
    url="policies",
    label="Policies",
    noun="policy",
    template="bootstrap/runbooks/policies.html",
    row="bootstrap/runbooks/_policy_row.html",
    columns=(
        Column("Policy", "title"),
        Column("Runbook", "runbook"),
        Column("Tables", "", "num"),
        Column("Incidents", "", "num"),
        Column("Review"),
    ),
    sorts=(
        Sort(
            "runbook",
            "Runbook",
            (ascending("version__runbook__title", str), ascending("order", int), ascending("pk", int)),
        ),
        Sort("title", "Title", RUNBOOK),
    ),
    polls=False,
)
