"""The content that a posted rule form describes, for panels that show what it would do before it is saved."""

from __future__ import annotations

from django.http import QueryDict

from detections.rules.models import Rule
from detections.rules.rule_form.form import RuleForm
from detections.rules.spec.schema import RuleSpec

UNTITLED = "(untitled)"


def spec_of_form(data: QueryDict, rule: Rule | None) -> RuleSpec | dict[str, list[str]]:
    """The content of the whole form as posted for `rule` (None: a new one), or its errors by field ("__all__": of
    several). Name, title and reason may be missing: they decide nothing that a panel shows. Reads the names of projects
    and environments, writes nothing."""
    posted = data.copy()
    if not posted.get("title", "").strip():
        posted["title"] = UNTITLED
    form = RuleForm(posted, instance=rule or Rule(), saving=False)
    if form.is_valid():
        return form.spec
    return {field: [str(message) for message in messages] for field, messages in form.errors.items()}
