"""Every kind of rule that may be written has one evaluator, evidence and template."""

from __future__ import annotations

from collections import Counter

import pytest
from django.template.loader import get_template

from detections.rules.evaluation.registry import EVALUATORS, AnyEvaluator
from detections.rules.spec.conditions import CONDITIONS
from detections.rules.spec.form_fields import FORMS

BY_KIND = pytest.mark.parametrize("evaluator", EVALUATORS, ids=lambda evaluator: evaluator.kind)


def test_each_condition_has_one_evaluator() -> None:
    assert [each.kind for each in EVALUATORS] == [condition.kind() for condition in CONDITIONS]


def test_stored_evidence_tells_its_kind() -> None:
    counted = Counter(each.evidence.shape() for each in EVALUATORS)
    assert set(counted.values()) == {1}


@BY_KIND
def test_its_template_has_the_evidence_and_the_facts(evaluator: AnyEvaluator) -> None:
    name = f"detections/alerts/evidence/{evaluator.evidence.name}.html"
    assert get_template(name)
    assert get_template(f"{name}#facts")


def test_the_form_has_fields_for_every_shipped_condition() -> None:
    assert [form.condition for form in FORMS.values()] == list(CONDITIONS)
