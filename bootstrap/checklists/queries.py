"""Reads of runs, items and sign-offs."""

from __future__ import annotations

from collections.abc import Collection

from bootstrap.checklists.models import SignOff


def newest_sign_offs(run_ids: Collection[int], item_ids: Collection[int]) -> dict[tuple[int, int], SignOff]:
    """The newest act on each (run id, item id) among these, with its author; pairs without one are left out."""
    acts = (
        SignOff.objects.filter(run__in=run_ids, item__in=item_ids)
        .order_by("run_id", "item_id", "-sequence")
        .distinct("run_id", "item_id")
        .select_related("by")
    )
    return {(act.run_id, act.item_id): act for act in acts}
