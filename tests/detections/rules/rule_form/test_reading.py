"""What a posted form describes: the content, or the errors at their fields; nothing is written."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from detections.rules.models import Rule
from detections.rules.rule_form.reading import UNTITLED, spec_of_form
from detections.rules.spec import form_fields
from detections.rules.spec.schema import decode
from tests.detections import builders
from tests.detections.rules import world

pytestmark = pytest.mark.django_db


def posted(spec, **changes):
    """The form of `spec` as a browser sends it."""
    data = QueryDict(mutable=True)
    for name, value in {**form_fields.to_fields(spec), **changes}.items():
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is not None and value is not False:
            data[name] = str(value)
    return data


def test_a_saved_rule_reads_back_as_its_content_without_name_and_reason():
    builders.project()
    rule = world.beta()
    spec = decode(rule.current.spec)
    assert spec_of_form(posted(spec), rule) == spec
    tuned = spec_of_form(posted(spec, floor_high=4), rule)  # its guardrail would ask for a reason
    assert tuned.exceedance.floors.high == 4
    assert rule.versions.count() == 1


def test_a_new_rule_needs_no_title():
    assert spec_of_form(posted(form_fields.NEW, title="", sources="- source: sentry"), None).title == UNTITLED
    assert not Rule.objects.exists()


def test_errors_are_by_field():
    errors = spec_of_form(posted(form_fields.NEW, sources="- source: sentry", project="nope", route="/x"), None)
    assert list(errors) == ["project"]
    assert errors["project"][0].startswith("No project is called nope")
