"""Acts on rules that ask first: activate, mute, shadow, back to draft, retire. One rule or several, each in its own
transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms

from detections.rules import set_mode
from detections.rules.models import Rule
from detections.rules.silence_models import REASON_LENGTH
from opsconsole.accounts.models import User

HOUR = timedelta(hours=1)
LENGTHS = {
    "30": "30 minutes",
    "60": "1 hour",
    "240": "4 hours",
    "1440": "24 hours",
    "10080": "7 days",
}


class RuleActForm(forms.Form):
    """How long rules are muted, and why."""

    length = forms.TypedChoiceField(
        choices=list(LENGTHS.items()),
        initial="60",
        coerce=int,
        label="For",
        widget=forms.RadioSelect,
        help_text="Then they are active again by themselves. A rule that is muted for longer stays so.",
    )
    reason = forms.CharField(
        max_length=REASON_LENGTH,
        required=False,
        label="Why",
        help_text="Others read it on each alert that is hidden.",
        widget=forms.TextInput,
    )


@dataclass(frozen=True)
class RuleAct:
    """An act by its name in addresses. `effect` says what it does, `done` what was done; `form` is what it asks for."""

    name: str
    label: str
    effect: str
    done: str
    act: Callable[[Rule, datetime, User, RuleActForm | None], None]
    danger: bool = False
    form: type[RuleActForm] | None = None


def _mute(rule: Rule, now: datetime, by: User, form: RuleActForm | None) -> None:
    assert form
    length, reason = timedelta(minutes=form.cleaned_data["length"]), form.cleaned_data["reason"].strip()
    said = reason or f"Muted for {LENGTHS[str(form.cleaned_data['length'])]}"
    set_mode.mute_for(rule, now, length, reason=said, by=by)


def _plainly(act: Callable[[Rule, datetime, User], None]) -> Callable[[Rule, datetime, User, RuleActForm | None], None]:
    return lambda rule, now, by, form: act(rule, now, by)


RULE_ACTS = {
    act.name: act
    for act in (
        RuleAct(
            "arm",
            "Activate",
            "It is judged from now on and its alerts are told; where a prerequisite is not met it is dormant until it "
            "is. A mute ends.",
            "activated",
            _plainly(set_mode.arm),
        ),
        RuleAct(
            "mute",
            "Mute",
            "It is still judged and its alerts are on the pages, but their messages wait.",
            "muted",
            _mute,
            form=RuleActForm,
        ),
        RuleAct(
            "shadow",
            "Only record",
            "It is judged and what it would have told is recorded as shadow; nobody is notified, and its open alerts "
            "resolve.",
            "only recorded from now on",
            _plainly(set_mode.to_shadow),
        ),
        RuleAct(
            "draft",
            "Back to draft",
            "It is judged no more, nobody is notified, and its open alerts resolve.",
            "a draft again: not judged, its open alerts resolve",
            _plainly(set_mode.to_draft),
            danger=True,
        ),
        RuleAct(
            "retire",
            "Retire",
            "It is judged no more and listed as retired, with its history. Activate it to have it back.",
            "retired",
            _plainly(set_mode.retire),
            danger=True,
        ),
    )
}


def perform(
    act: RuleAct, rules: Iterable[Rule], now: datetime, by: User, form: RuleActForm | None = None
) -> tuple[list[Rule], list[str]]:
    """The rules on which it was done, and a sentence for each that was refused. `form` is valid, where the act has
    one."""
    done, refused = list[Rule](), list[str]()
    for rule in rules:
        try:
            act.act(rule, now, by, form)
        except set_mode.NothingToArm as error:
            refused.append(str(error))
        else:
            done.append(rule)
    return done, refused
