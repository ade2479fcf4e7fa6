"""Writes what a runbook tells besides its checklists: policies, incidents, references of one version."""

from __future__ import annotations

from collections.abc import Callable

from bootstrap.checklists.models import Checklist
from bootstrap.importer.parsed import ChecklistPart, Runbook
from bootstrap.importer.parser.policies import date_in, is_examples, policy_text, references_in
from bootstrap.importer.vocabulary import unused
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.version_contents import CrossReference, IncidentText, Policy, PolicyExample, PolicyTable


def write_told(found: Runbook, version: RunbookVersion, checklist_of: Callable[[ChecklistPart], Checklist]) -> None:
    """All of it, once: a version that has its rows keeps them. `checklist_of` gives the row of a checklist."""
    if any(rows.exists() for rows in (version.policies, version.incidents, version.references)):
        return
    policies = _write_policies(found, version, checklist_of)
    IncidentText.objects.bulk_create(
        IncidentText(
            version=version,
            policy=policies.get(row.policy),
            order=order,
            title=row.title[:300],
            date_text=row.date[:100],
            date=date_in(row.date)[0],
            precision=date_in(row.date)[1],
            references=[reference[:200] for reference in references_in(row.reference)],
            failure=row.failure,
            line=row.line,
        )
        for order, row in enumerate(found.incidents, 1)
    )
    CrossReference.objects.bulk_create(
        CrossReference(version=version, order=order, title=row.title[:300], target=row.target[:500], line=row.line)
        for order, row in enumerate(found.references, 1)
    )


def _write_policies(
    found: Runbook, version: RunbookVersion, checklist_of: Callable[[ChecklistPart], Checklist]
) -> dict[str, Policy]:
    """By the slug that the text gives; a slug that another runbook's policy has gets a number."""
    texts = [policy_text(found, part) for part in found.policies]
    others = Policy.objects.exclude(version__runbook=version.runbook_id).values_list("slug", flat=True)
    taken = set(others) if texts else set()
    made = Policy.objects.bulk_create(
        Policy(
            version=version,
            order=order,
            slug=unused(part.slug, taken),
            title=part.title[:300],
            text=told.text,
            checklist_slug=checklist_of(told.checklist).slug if told.checklist else "",
            line=part.line,
        )
        for order, (part, told) in enumerate(zip(found.policies, texts, strict=True), 1)
    )
    PolicyTable.objects.bulk_create(
        PolicyTable(
            policy=policy,
            order=order,
            kind=PolicyTable.Kind.EXAMPLES if is_examples(table) else PolicyTable.Kind.MATRIX,
            header=table.header,
            rows=[row.cells for row in table.rows],
            line=table.first,
        )
        for policy, told in zip(made, texts, strict=True)
        for order, table in enumerate(told.tables, 1)
    )
    PolicyExample.objects.bulk_create(
        PolicyExample(policy=policy, order=order, language=code.language[:40], code=code.text, line=code.first)
        for policy, told in zip(made, texts, strict=True)
        for order, code in enumerate(told.examples, 1)
    )
    return {part.slug: policy for part, policy in zip(found.policies, made, strict=True)}
