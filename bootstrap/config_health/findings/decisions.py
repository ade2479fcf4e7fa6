"""What people decided about variables, as easings of findings: postures, waivers, items that nobody has signed yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from bootstrap.checklists.models import SignOff
from bootstrap.checklists.variable_items import Subject, VariableItem, item_about
from bootstrap.config_health.findings.easing import Easing, EasingCause
from bootstrap.postures.status import MissingSeverity
from bootstrap.systems.models import Deployment

REASON_LENGTH = 200  # characters of a reason in a finding; the item's page has all of it


def easings(
    deployment: Deployment,
    names: Collection[str],
    absences: Mapping[str, MissingSeverity],
    items: Mapping[Subject, VariableItem],
    now: datetime,
) -> dict[str, list[Easing]]:
    """By variable or flag of the deployment, what eases findings about it at `now`.

    `absences` are the variables with a posture that was approved and not ended, `items` those of open checklists. A
    posture, also one that has lapsed, is a decision like a signature: beside it nothing waits to be signed first.
    """
    found: dict[str, list[Easing]] = {}
    for name in names:
        item = item_about(items, deployment.environment_id, deployment.app_id, name)
        of_item, posture = _of_item(item, now) if item else None, absences.get(name)
        if of_item and posture and of_item.cause is not EasingCause.WAIVED:
            of_item = None
        each = [easing for easing in (_of_posture(posture), of_item) if easing]
        if each:
            found[name] = each
    return found


def _of_posture(absence: MissingSeverity | None) -> Easing | None:
    if absence is None or not absence.status.eases:
        return None
    posture = absence.posture
    why = f"accepted by {posture.approver_name} until {posture.review_by}"
    return Easing(EasingCause.POSTURE, why, absence.severity)


def _of_item(item: VariableItem, now: datetime) -> Easing | None:
    """None where the item is signed, its waiver has lapsed, or what an earlier period decided has expired: those were
    decisions, and their time is over. Who takes one back in this period opens the item anew."""
    act = item.act
    if item.expired and (act is None or act.act == SignOff.Act.SIGNED):
        return None
    if act is None or act.act in (SignOff.Act.SIGNED, SignOff.Act.UNDONE):
        return Easing(EasingCause.UNSIGNED, f"its item {item.key} is not signed off yet")
    if act.act == SignOff.Act.WAIVED and not act.lapsed(now):
        return Easing(EasingCause.WAIVED, f"waived by {act.signer} until {act.review_by}: {_in_short(act.note)}")
    if act.act == SignOff.Act.NOT_APPLICABLE:
        why = f"its item {item.key} was marked as not applicable by {act.signer}: {_in_short(act.note)}"
        return Easing(EasingCause.NOT_APPLICABLE, why)
    return None


def _in_short(note: str) -> str:
    line = " ".join(note.split()) or "no reason was given"
    return line if len(line) <= REASON_LENGTH else f"{line[: REASON_LENGTH - 1]}…"
