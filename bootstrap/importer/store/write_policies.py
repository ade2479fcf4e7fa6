"""Writes the policies, incidents and references of a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from bootstrap.checklists.models import Checklist
from bootstrap.importer.parsed_runbook import ChecklistPart, IncidentRow, ParsedRunbook
from bootstrap.importer.parser.incidents import date_in, references_in
from bootstrap.importer.parser.policies import PolicyText, is_examples, policy_text
from bootstrap.importer.vocabulary import unused
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.version_contents import CrossReference, IncidentText, Policy, PolicyExample, PolicyTable


def write_contents(
    runbook: ParsedRunbook, version: RunbookVersion, checklist_of: Callable[[ChecklistPart], Checklist]
) -> int:
    """Write them once: a version that has such rows keeps them, and gets the incidents that an earlier console did not
    find in the same text. `checklist_of` returns the stored checklist. Returns the number of incidents written."""
    if any(rows.exists() for rows in (version.policies, version.incidents, version.references)):
        stored = {policy.line: policy for policy in version.policies.all()}
        policies = {part.slug: stored[part.line] for part in runbook.policies if part.line in stored}
        return _write_incidents(runbook, version, policies)
    policies = _write_policies(runbook, version, checklist_of)
    written = _write_incidents(runbook, version, policies)
    CrossReference.objects.bulk_create(
        CrossReference(version=version, order=order, title=row.title[:300], target=row.target[:500], line=row.line)
        for order, row in enumerate(runbook.references, 1)
    )
    return written


def _write_incidents(runbook: ParsedRunbook, version: RunbookVersion, policies: Mapping[str, Policy]) -> int:
    """The incidents of the text that are not there yet; new ones come after those. Returns their number."""
    stored = {(line, title): order for line, title, order in version.incidents.values_list("line", "title", "order")}
    missing = _missing(runbook.incidents, set(stored))
    IncidentText.objects.bulk_create(
        IncidentText(
            version=version,
            policy=policies.get(row.policy),
            order=order,
            title=row.title[:300],
            date_text=row.date[:100],
            date=date_in(row.date)[0],
            precision=date_in(row.date)[1],
            references=[each[:200] for each in (*references_in(row.reference), *row.documents)],
            failure=row.failure,
            bug_class=row.bug_class[:200],
            line=row.line,
        )
        for order, row in enumerate(missing, max(stored.values(), default=0) + 1)
    )
    return len(missing)


def _missing(rows: Sequence[IncidentRow], stored: Collection[tuple[int | None, str]]) -> list[IncidentRow]:
    """Those that are not stored by line and title. What an earlier console called by another title has its row, which
    is immutable and keeps that title: a line that has such rows misses none in their place."""
    found = {(row.line, row.title[:300]) for row in rows}
    retitled = Counter(line for line, title in stored if (line, title) not in found)
    missing = []
    for row in rows:
        if (row.line, row.title[:300]) in stored:
            continue
        if retitled[row.line]:
            retitled[row.line] -= 1
        else:
            missing.append(row)
    return missing


def _write_policies(
    runbook: ParsedRunbook, version: RunbookVersion, checklist_of: Callable[[ChecklistPart], Checklist]
) -> dict[str, Policy]:
    """The policies by their slug in the text. The stored one keeps the slug that its title had in the version before;
    where another runbook has its slug it gets a number."""
    texts = [policy_text(runbook, part) for part in runbook.policies]
    others = Policy.objects.exclude(version__runbook=version.runbook_id).values_list("slug", flat=True)
    taken = set(others) if texts else set()
    slugs = _slugs(runbook, version, taken)
    made = Policy.objects.bulk_create(
        Policy(
            version=version,
            order=order,
            slug=slugs[part.slug],
            title=part.title[:300],
            text=text.text,
            checklist_slug=checklist_of(text.checklist).slug if text.checklist else "",
            line=part.line,
        )
        for order, (part, text) in enumerate(zip(runbook.policies, texts, strict=True), 1)
    )
    _write_tables_and_examples(list(zip(made, texts, strict=True)))
    return {part.slug: policy for part, policy in zip(runbook.policies, made, strict=True)}


def _slugs(runbook: ParsedRunbook, version: RunbookVersion, others: Collection[str]) -> dict[str, str]:
    """The slugs to store policies under by those of the text."""
    before = Policy.objects.filter(version__runbook=version.runbook_id).order_by("version__number", "order")
    kept = dict(before.values_list("title", "slug")) if runbook.policies else {}
    titles = Counter(part.title[:300] for part in runbook.policies)
    slugs = {
        part.slug: kept[part.title[:300]]
        for part in runbook.policies
        if part.title[:300] in kept and titles[part.title[:300]] == 1
    }
    for part in runbook.policies:
        if part.slug not in slugs:
            slugs[part.slug] = unused(part.slug, {*others, *slugs.values()})
    return slugs


def _write_tables_and_examples(policies: Sequence[tuple[Policy, PolicyText]]) -> None:
    PolicyTable.objects.bulk_create(
        PolicyTable(
            policy=policy,
            order=order,
            kind=PolicyTable.Kind.EXAMPLES if is_examples(table) else PolicyTable.Kind.MATRIX,
            header=table.header,
            rows=[row.cells for row in table.rows],
            line=table.first,
        )
        for policy, text in policies
        for order, table in enumerate(text.tables, 1)
    )
    PolicyExample.objects.bulk_create(
        PolicyExample(policy=policy, order=order, language=code.language[:40], code=code.text, line=code.first)
        for policy, text in policies
        for order, code in enumerate(text.examples, 1)
    )
