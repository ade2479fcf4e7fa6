"""Seals every stored secret anew with the present key, after SECRET_KEY was exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps.registry import Apps
from django.db import models

from opsconsole.lib.db.sealed_field import SealedField
from opsconsole.lib.sealed import SealBroken, is_current, resealed


@dataclass
class ResealReport:
    """How many were sealed anew, how many had the present key, and which no key opens, as `app.model 7 column`."""

    resealed: int = 0
    current: int = 0
    broken: list[str] = field(default_factory=list)


def reseal(apps: Apps) -> ResealReport:
    """Go over all columns of sealed secrets. Idempotent; what somebody writes meanwhile stays."""
    report = ResealReport()
    for model, column in _columns(apps):
        rows: Any = model._base_manager.exclude(**{column.name: ""}).order_by("pk")
        for key, sealed in rows.values_list("pk", column.name).iterator():
            _reseal(rows.filter(pk=key, **{column.name: sealed}), column, sealed, f"{model._meta.label} {key}", report)
    return report


def _reseal(row: Any, column: SealedField, sealed: str, shown: str, report: ResealReport) -> None:
    if is_current(sealed, purpose=column.purpose):
        report.current += 1
        return
    try:
        report.resealed += row.update(**{column.name: resealed(sealed, purpose=column.purpose)})
    except SealBroken:
        report.broken.append(f"{shown} {column.name}")


def _columns(apps: Apps) -> Iterator[tuple[type[models.Model], SealedField]]:
    """Those of tables with the present state; histories (pghistory) cannot be changed and keep what they have."""
    for model in apps.get_models():
        if model._meta.proxy or hasattr(model, "pgh_tracked_model"):
            continue
        for column in model._meta.local_concrete_fields:
            if isinstance(column, SealedField):
                yield model, column
