"""A runbook as the numbers and lists that previews and scripts show (pure)."""

from __future__ import annotations

from typing import Any

from bootstrap.importer.parsed import Note, Runbook
from bootstrap.importer.review.item_summary import traits
from bootstrap.importer.review.lint import lint


def counts(runbook: Runbook) -> dict[str, int]:
    """How much of each kind was found. A checklist that is its own only section counts as no section."""
    sections = [
        section
        for checklist in runbook.checklists
        for section in checklist.sections
        if section.line != checklist.line or len(checklist.sections) > 1
    ]
    every = [section for checklist in runbook.checklists for section in checklist.sections]
    return {
        "checklists": len(runbook.checklists),
        "sections": len(sections),
        "variables": len({row.name for section in every for row in section.variables if row.name})
        + len(runbook.other_variables),
        "items": sum(len(section.items) for section in every),
        "tables": len(runbook.tables),
        "flags": len(runbook.flags),
        "policies": len(runbook.policies),
        "incidents": len(runbook.incidents),
        "cross_references": len(runbook.references),
        "postures": len(runbook.postures),
    }


def summary(runbook: Runbook) -> dict[str, Any]:
    """The contract of `runbook import --json`: every count by name (`items` is the list itself), and the lists."""
    found = counts(runbook)
    return {
        **found,
        "counts": found,
        "title": runbook.title,
        "facts": dict(runbook.facts),
        "items": [
            {
                "key": item.key,
                "text": item.text,
                "section": section.title,
                "checklist": checklist.title,
                "line": item.line,
                **traits(item),
            }
            for checklist in runbook.checklists
            for section in checklist.sections
            for item in section.items
        ],
        "unsure": _notes(runbook.unsure),
        "lint": _notes(lint(runbook)),
    }


def _notes(notes: tuple[Note, ...]) -> list[dict[str, Any]]:
    return [{"line": note.line, "text": note.text} for note in notes]
