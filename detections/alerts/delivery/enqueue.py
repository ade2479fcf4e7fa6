"""Queues the messages of a change in its transaction, with policy, window and local time as of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from django.db.models import Max, Q

from detections.alerts.causes import store as causes
from detections.alerts.causes.models import AlertGroup
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.delivery import drafts as drafting
from detections.alerts.delivery.drafts import REACHED, TOLD_EARLIER, Recipients
from detections.alerts.delivery.payload import gather
from detections.alerts.delivery.updates import TOLD_BEFORE, UNTRIED, fold, overtake_hidden, overtake_updates
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert

Kind = Delivery.Kind
Status = Delivery.Status
# These go to the targets of earlier messages, whatever the hour; the others are routed anew.
FOLLOW_UPS = frozenset({Kind.RESOLVED, Kind.FLAPPING, Kind.ACKNOWLEDGED, Kind.UPDATED, Kind.MERGED})
NEWS = (Kind.UPDATED, Kind.REPEATED)  # for those who were told before
# By a person, who counts on them: neither a merge of groups nor a narrower rule takes them back.
ASKED_FOR = (Kind.HANDED_OVER, Kind.RESPONDER, Kind.CALLED_OFF)
CALLING = frozenset({Kind.FIRING, Kind.ESCALATED, Kind.EXPIRED, Kind.REPEATED})  # that nobody has it


def notify(
    alert: Alert,
    kind: Kind,
    now: datetime,
    *,
    for_summary: bool = False,
    actor: str = "",
    why: str = "",
    group: AlertGroup | None = None,
    routed_as: Alert | None = None,
    to: Recipients | None = None,
    policies: Collection[int] | None = None,
) -> list[Delivery]:
    """Queues a message of `kind` for each target, and returns the new deliveries. The caller has locked the alert's
    scope and row; with `group`, also its environment (`causes.store.lock`).

    `for_summary`: for the daily summary, whatever the policy says. `actor` is the person behind the change. `group`:
    whose message it is, if not the alert's. `routed_as`: an alert by whose policies it is routed, to targets that have
    not heard of the group. `to`: instead of the policies' targets. `policies`: only the messages of these.
    """
    if (group := group or _group_of(alert, kind, now)) is None:
        return []  # it never fired
    _mark_overtaken(group, kind, now)
    if to is not None:
        drafts = drafting.to_recipients(to, now)
    else:
        drafts = _drafts(group, alert, kind, now, for_summary, routed_as, policies)
    if not drafts and kind is not Kind.UPDATED:
        return []
    return _queue(alert, group, drafts, kind, gather(alert, kind.value, actor=actor, why=why, group=group), now)


def _group_of(alert: Alert, kind: Kind, now: datetime) -> AlertGroup | None:
    """The alert's group, a new one where it has none yet and is told for the first time."""
    causes.lock(alert.project_environment_id)
    return causes.group_of(alert) or (None if kind in FOLLOW_UPS else causes.start_group(alert, now))


def _drafts(
    group: AlertGroup,
    alert: Alert,
    kind: Kind,
    now: datetime,
    for_summary: bool,
    routed_as: Alert | None,
    policies: Collection[int] | None,
) -> list[Delivery]:
    if kind in FOLLOW_UPS:
        return drafting.to_earlier_targets(group, kind)
    drafts = drafting.by_policy(routed_as or alert, group, kind, now, for_summary=for_summary, policies=policies)
    return drafts if routed_as is None else drafting.not_told_yet(group, drafts)


def _queue(
    alert: Alert, group: AlertGroup, drafts: Sequence[Delivery], kind: Kind, facts: MessageFacts, now: datetime
) -> list[Delivery]:
    if kind is Kind.UPDATED:
        drafts = fold(group, alert, drafts, facts, now)
    elif kind is not Kind.FIRING:
        overtake_updates(group, drafts)
    if not drafts:
        return []
    if kind in CALLING:
        overtake_hidden(group, alert, kind, drafts)
    last = group.deliveries.aggregate(last=Max("sequence"))["last"] or 0
    numbers: Counter[int] = Counter()  # a group of a policy, and the alert itself, may each have a message to a target
    for draft in drafts:
        numbers[draft.target_id] += 1
        draft.alert, draft.group, draft.sequence = alert, group, last + numbers[draft.target_id]
        draft.kind = draft.kind or kind
        # Random, and stored with the message: a number is given again after a restore, and by every console.
        draft.payload, draft.queued_at = {**facts, "message_id": str(uuid4()), **draft.payload}, now
        if draft.status != Status.FOR_SUMMARY:
            draft.next_attempt_at = draft.next_attempt_at or now
    return Delivery.objects.bulk_create(drafts)


def merge_messages(absorbed: AlertGroup, leader: Alert, into: AlertGroup, now: datetime, *, held_back: bool) -> None:
    """Of a group that became part of another: what was not tried goes out as the other's, to targets that have not
    heard of that; `held_back`: to nobody; what a person asked for to all. Who was told of the absorbed group alone is
    told of the other, whose end it gets; targets that know the absorbed group by its key are told that it ends."""
    rows = absorbed.deliveries.filter(UNTRIED).select_for_update(no_key=True, skip_locked=True).order_by("sequence")
    untried = list(rows)
    told = set(into.deliveries.filter(REACHED).values_list("target_id", flat=True))
    knew: Collection[int] = set(absorbed.deliveries.filter(TOLD_EARLIER).values_list("target_id", flat=True))
    last = (into.deliveries.aggregate(last=Max("sequence"))["last"] or 0) if untried else 0
    for number, row in enumerate(untried, 1):
        if row.kind not in ASKED_FOR and (held_back or row.target_id in told):
            row.status, row.next_attempt_at = Status.OVERTAKEN, None
        else:
            row.group, row.sequence = into, last + number
            row.payload = {**row.payload, "episode": str(into.episode)}
            if row.kind not in ASKED_FOR:
                told.add(row.target_id)
    Delivery.objects.bulk_update(untried, ["status", "next_attempt_at", "group", "sequence", "payload"])
    _mark_told_before(into, knew)
    notify(leader, Kind.MERGED, now, group=absorbed, why=f"Told with {into.leader} from now on.")
    if into.leader is not None and (drafts := drafting.told_of_other_only(absorbed, into)):
        facts = gather(into.leader, Kind.UPDATED.value, why=f"{leader} is told with it from now on.", group=into)
        _queue(into.leader, into, drafts, Kind.UPDATED, facts, now)


def _mark_told_before(group: AlertGroup, targets: Collection[int]) -> None:
    """Notes in what waits for these targets that they know of a group that this one absorbed, and so get its end."""
    if not targets:
        return
    rows = group.deliveries.filter(UNTRIED, target__in=targets).select_for_update(no_key=True, skip_locked=True)
    waiting = list(rows.order_by("pk"))
    for row in waiting:
        row.payload = {**row.payload, TOLD_BEFORE: True}
    Delivery.objects.bulk_update(waiting, ["payload"])


def hold_back(group: AlertGroup) -> bool:
    """What was not tried of a group that a narrower rule's alert leads now is not sent, but for what a person asked
    for, and what is new to those who were told of it or of a group that it absorbed; whether anything was told."""
    kept = (*NEWS, *ASKED_FOR)
    rows = group.deliveries.filter(UNTRIED).exclude(kind__in=kept)
    untried = rows.select_for_update(no_key=True, skip_locked=True).values("pk")
    Delivery.objects.filter(pk__in=untried).update(status=Status.OVERTAKEN, next_attempt_at=None)
    return group.deliveries.filter(REACHED).exclude(UNTRIED, kind__in=kept).exists()


def is_unheard(group: AlertGroup, alert: Alert) -> bool:
    """Whether what says how bad it is is held back, about another alert of the group."""
    held = group.deliveries.filter(UNTRIED, status=Status.SUPPRESSED, kind__in=CALLING)
    return held.exclude(alert=alert).exists()


def _mark_overtaken(group: AlertGroup, kind: Kind, now: datetime) -> None:
    """Marks messages that were never tried, or are held back, and are not sent any more: all where the group has ended,
    and those that wait for a group of their policy where the severity rose, which goes by itself."""
    if kind not in (Kind.RESOLVED, Kind.ESCALATED):
        return
    rows = group.deliveries.filter(UNTRIED | Q(status=Status.SUPPRESSED))
    if kind is Kind.ESCALATED:
        # A silence need not cover the new severity.
        group.deliveries.filter(status=Status.SUPPRESSED, group_key="").update(next_attempt_at=now)
        rows = rows.exclude(group_key="")
    # In the order in which the sender locks them.
    waiting: Sequence[int] = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=waiting).update(status=Status.OVERTAKEN, next_attempt_at=None)
