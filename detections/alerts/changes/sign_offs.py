"""What people did to the environment's checklists, items of flags among them, and to the flags of its system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model, Q
from django.urls import reverse

from bootstrap.checklists.models import Item, SignOff
from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange

NAME = "Sign-off"
ACT, FLAG = "signoff", "flag"
FLAGS = {"insert": "added", "update": "edited", "delete": "removed"}  # by the label of its history
ADDED = "insert"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """Two queries; none without an environment of a system."""
    if not question.environments:
        return []
    acts = SignOff.objects.filter(
        question.unread(ACT), run__environment__in=question.environments, **question.within("at")
    )
    related = ("item__flag", "run__environment__system", "by")
    signed = [_signed(act) for act in acts.select_related(*related).order_by("-at", "-id")[: question.most]]
    history: type[Model] = apps.get_model("bootstrap", "FlagEvent")
    systems = {environment.system_id for environment in question.environments}
    # A flag that the console learns of from a runbook has changed nowhere; what a person adds stands in the admin.
    by_hand = Q(pgh_context__metadata__url__startswith=reverse("admin:index"))
    rows: Any = history._default_manager.filter(
        question.unread(FLAG), ~Q(pgh_label=ADDED) | by_hand, system__in=systems, **question.within("pgh_created_at")
    )
    return signed + [_flag(row) for row in rows.order_by("-pgh_created_at", "-pgh_id")[: question.most]]


def _signed(act: SignOff) -> RecentChange:
    item = act.item
    flag = item.flag.name if item.kind == Item.Kind.FLAG and item.flag else ""
    what = f"flag {flag}" if flag else item.key
    words = f"answered {act.answer}" if act.answer else act.get_act_display().lower()
    where, url = act.run.environment.path, act.run.get_absolute_url()
    return RecentChange(NAME, act.at, f"{what}: {words}", f"{ACT}:{act.pk}", where, act.signer, url)


def _flag(row: Any) -> RecentChange:
    words = f"Flag {row.name} {FLAGS.get(row.pgh_label, row.pgh_label)}"
    return RecentChange("Flag", row.pgh_created_at, words, f"{FLAG}:{row.pk}")


SOURCE = ChangeSource(NAME, read)
