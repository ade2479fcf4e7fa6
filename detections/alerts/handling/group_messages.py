"""What changes of alerts make of their groups, and the messages of these: one page per cause (decision 19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from detections.alerts.causes import store
from detections.alerts.causes.models import AlertGroup
from detections.alerts.causes.narrower import parent_of, related_by_rule
from detections.alerts.causes.store import Joined
from detections.alerts.delivery.enqueue import hold_back, is_unheard, merge_messages, notify
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation import rows as escalation
from detections.alerts.handling.share_acknowledgment import share_acknowledgment
from detections.alerts.models import Alert

Kind = Delivery.Kind
PAGING = (Kind.FIRING, Kind.ESCALATED)


@dataclass(frozen=True)
class AlertNotice:
    """A change of an alert that people may be told of; the values as of `notify`."""

    alert: Alert
    kind: Kind
    for_summary: bool = False
    actor: str = ""
    why: str = ""


@dataclass
class GroupMessages:
    """The changes of one transaction, whose caller has locked scopes and alerts. Joins and rises are told at once, with
    `later` by `flush`; ends, and what only updates a message, by `flush`, after the alerts are saved. `save` writes
    what the caller has changed so far: groups and their leaders are read from their rows."""

    now: datetime
    later: bool = False
    save: Callable[[], None] = field(default=lambda: None, kw_only=True)
    waiting: list[AlertNotice] = field(default_factory=list)
    ended: list[AlertNotice] = field(default_factory=list)
    # By id, groups whose message is to be updated.
    changed: dict[int, AlertGroup] = field(default_factory=dict)

    def tell(self, notice: AlertNotice) -> None:
        """Takes a change of an alert whose row is saved."""
        if notice.kind is Kind.RESOLVED:
            self.ended.append(notice)
        elif self.later:
            self.waiting.append(notice)
        else:
            self._tell(notice)

    def flush(self) -> None:
        """Tells what was gathered. The rows of the alerts are as they are now."""
        for notice in self.waiting:
            self._tell(notice)
        if self.ended:
            self._end()
        for group in store.read_groups(self.changed):  # with their leaders as they are saved by now
            if group.leader is not None and group.closed_at is None:
                notify(group.leader, Kind.UPDATED, self.now, group=group)
        self.waiting, self.ended, self.changed = [], [], {}

    def grown(self, alert: Alert) -> None:
        """More scopes share the alert. Where they are not what a narrower rule fires on, it is told by itself, now."""
        store.lock(alert.project_environment_id)
        group = store.group_of(alert) if alert.dedup_key is not None else None
        if group is None or group.kind != AlertGroup.Kind.NARROWER or group.leader_id == alert.pk:
            return
        if not related_by_rule(alert):
            store.take_out(alert, group)
            self.changed[group.pk] = group
            self._join(AlertNotice(alert, Kind.FIRING))
            self.flush()

    def _tell(self, notice: AlertNotice) -> None:
        self.save()
        store.lock(notice.alert.project_environment_id)
        group = store.group_of(notice.alert)
        if group is None:
            self._join(notice)
        elif notice.kind is Kind.ESCALATED:
            self._rise(notice, group)
        elif group.leader_id == notice.alert.pk:
            self._notify(notice, notice.alert, group)

    def _join(self, notice: AlertNotice) -> None:
        alert = notice.alert
        joined = store.join(alert, self.now)
        group = joined.group
        if joined.is_new:
            self._page(replace(notice, kind=Kind.FIRING), group)
            return
        self._merge(joined)
        if group.kind == AlertGroup.Kind.NARROWER and group.leader_id == alert.pk and not hold_back(group):
            group.severity = 0
        if alert.severity > group.severity:
            first = not group.severity or notice.for_summary
            self._page(replace(notice, kind=Kind.FIRING if first else Kind.ESCALATED), group)
            return
        if self._nobody_has_it(group, joined.led_before):
            return
        share_acknowledgment(alert, group, self.now)
        held_back = group.kind == AlertGroup.Kind.NARROWER and not parent_of(alert)
        if not held_back and self._tell_unheard(alert, group):
            return
        if joined.rule_is_new and group.leader is not None and not held_back:
            summary = notice.for_summary
            queued = notify(group.leader, Kind.FIRING, self.now, group=group, routed_as=alert, for_summary=summary)
            escalation.start(group, queued, self.now)
        self.changed[group.pk] = group

    def _merge(self, joined: Joined) -> None:
        for absorbed, leader in joined.absorbed:
            self.changed.pop(absorbed.pk, None)
            held_back = joined.group.kind == AlertGroup.Kind.NARROWER
            merge_messages(absorbed, leader, joined.group, self.now, held_back=held_back)
            escalation.take_over(absorbed, joined.group)
        if joined.absorbed:
            escalation.follow_leader(joined.group, self.now)

    def _rise(self, notice: AlertNotice, group: AlertGroup) -> None:
        """A severity above what the group was told in pages again; another one updates its message."""
        led_before = store.lead_by_strongest(group, [notice.alert])
        if notice.alert.severity > group.severity:
            self._page(notice, group)
            return
        group.save()
        if not self._nobody_has_it(group, led_before) and not self._tell_unheard(notice.alert, group):
            self.changed[group.pk] = group

    def _page(self, notice: AlertNotice, group: AlertGroup) -> None:
        """Tells the severity of an alert that is the highest of its group so far."""
        if not notice.for_summary:
            group.severity = max(group.severity, notice.alert.severity)
        group.save()
        self._notify(notice, group.leader or notice.alert, group)
        escalation.follow_leader(group, self.now)
        self.changed.pop(group.pk, None)

    def _notify(self, notice: AlertNotice, alert: Alert, group: AlertGroup) -> None:
        summary, actor, why = notice.for_summary, notice.actor, notice.why
        queued = notify(alert, notice.kind, self.now, for_summary=summary, actor=actor, why=why, group=group)
        if notice.kind in PAGING:
            escalation.start(group, queued, self.now, rose=notice.kind is Kind.ESCALATED)

    def _end(self) -> None:
        for environment in sorted({notice.alert.project_environment_id for notice in self.ended}):
            store.lock(environment)
        last = {notice.alert.pk: notice for notice in self.ended}
        for group, led_before in store.leave([notice.alert for notice in self.ended], self.now):
            if group.closed_at is None:
                self._go_on(group, led_before)
            elif group.leader is not None:
                self._resolve(group, last)

    def _resolve(self, group: AlertGroup, last: dict[int, AlertNotice]) -> None:
        """The last of the group has ended: told in the name of who led, as the one that ended last."""
        leader = group.leader
        assert leader is not None
        notice = last.get(leader.pk) or AlertNotice(leader, Kind.RESOLVED)
        self.changed.pop(group.pk, None)
        escalation.end(group)
        self._notify(notice, notice.alert, group)

    def _go_on(self, group: AlertGroup, led_before: Alert | None) -> None:
        """Others are open: the message is updated where another leads; by its policies too, if it fires and nobody has
        it."""
        if led_before is None or group.leader is None:
            if group.pk in self.changed:
                self.changed[group.pk] = group
            return
        leader = group.leader
        escalation.follow_leader(group, self.now)
        if self._nobody_has_it(group, led_before) or self._tell_unheard(leader, group):
            return
        if leader.status == Alert.Status.FIRING and leader.handling == Alert.Handling.UNACKNOWLEDGED:
            queued = notify(leader, Kind.FIRING, self.now, group=group, routed_as=leader)
            escalation.start(group, queued, self.now)
        self.changed[group.pk] = group

    def _tell_unheard(self, alert: Alert, group: AlertGroup) -> bool:
        """Tells of an alert that fires, is as severe as any of its group, and that nobody has, where nobody has heard
        how severe that is, since a silence hides another. Whether it does."""
        as_severe = alert.status == Alert.Status.FIRING and alert.severity >= group.severity
        if not as_severe or alert.handling == Alert.Handling.ACKNOWLEDGED or not is_unheard(group, alert):
            return False
        queued = notify(alert, Kind.FIRING, self.now, group=group)
        escalation.start(group, queued, self.now)
        self.changed.pop(group.pk, None)
        return True

    def _nobody_has_it(self, group: AlertGroup, led_before: Alert | None) -> bool:
        """Where who led was acknowledged, and who leads now is not, all are told as at the end of an acknowledgment,
        and the escalation that it stopped goes on. Whether anybody is told."""
        leader = group.leader
        if led_before is None or leader is None or led_before.handling != Alert.Handling.ACKNOWLEDGED:
            return False
        if leader.handling == Alert.Handling.ACKNOWLEDGED or leader.status == Alert.Status.PENDING:
            return False
        why = f"{led_before} was acknowledged; {leader}, of the same cause, is not."
        queued = notify(leader, Kind.EXPIRED, self.now, group=group, why=why)
        escalation.start(group, queued, self.now)
        escalation.resume(group, self.now)
        if queued:
            self.changed.pop(group.pk, None)
        return bool(queued)
