"""Rows as they are entered: order, removal, blanks, bounds, errors at row and column, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.refusals import refuse
from detections.rules.spec.rows import ROWS
from detections.rules.spec.schema import SpecError
from tests.detections.rules.rule_form.posting import posted_rows, sent_by_browser

SIGNATURE = {"name": "refused", "cause": "secret", "owner": "sre-agent", "message": "403", "times": 1, "minutes": 5}


class OneList(forms.Form):
    """A form with one of the lists."""


def form_of(name: str, data: dict[str, Any] | None = None, initial: Any = None) -> OneList:
    made = type("OneListOf", (OneList,), {name: RuleForm.base_fields[name]})
    sent = None
    if data is not None:
        sent = QueryDict(mutable=True)
        sent.update({key: str(value) for key, value in data.items()})
    form: OneList = made(sent, initial={name: initial or []})
    return form


def values(name: str, data: dict[str, Any]) -> Any:
    form = form_of(name, data)
    assert form.is_valid(), form.errors
    return form.cleaned_data[name]


def page(form: forms.Form) -> str:
    return "".join(str(field) for field in form)


def test_every_list_is_a_field_of_rows() -> None:
    assert {name for name, field in RuleForm.base_fields.items() if isinstance(field, InlineRowsField)} == set(ROWS)


def test_positions_order_the_rows_and_a_row_without_one_stays() -> None:
    rows = [{"name": name} for name in ("one", "two", "three")]
    data = {**posted_rows("fixtures", rows), "fixtures-0-ORDER": 3, "fixtures-2-ORDER": 1}
    assert values("fixtures", data) == [{"name": "three"}, {"name": "two"}, {"name": "one"}]


def test_a_position_that_is_no_number_is_refused_in_its_row() -> None:
    form = form_of("fixtures", {**posted_rows("fixtures", [{"name": "one"}]), "fixtures-0-ORDER": "last"})
    assert not form.is_valid()
    assert form.errors["fixtures"] == ["Fixture 1, Position: Enter a whole number."]
    assert 'value="last"' in page(form)


def test_a_removed_row_goes_whatever_it_holds() -> None:
    data = posted_rows("signatures", [SIGNATURE, {"name": "broken", "times": "x"}])
    assert [row["name"] for row in values("signatures", {**data, "signatures-1-DELETE": "on"})] == ["refused"]


def test_blank_rows_are_none_wherever_they_stand() -> None:
    rows = [{"name": ""}, {"name": "one"}, {"name": "  "}]
    assert values("fixtures", posted_rows("fixtures", rows)) == [{"name": "one"}]
    blank = {"times": 1, "minutes": 5, "severity": "", "syntax": "substring"}
    data = {**posted_rows("signatures", [blank, SIGNATURE]), "signatures-0-ORDER": 7}
    assert [row["name"] for row in values("signatures", data)] == ["refused"]


def test_without_scripts_there_is_always_an_empty_row_to_fill_in() -> None:
    first = sent_by_browser(page(form_of("fixtures", initial=[{"name": "one"}])))
    assert first["fixtures-TOTAL_FORMS"] == "2"
    first["fixtures-1-name"] = "two"
    again = form_of("fixtures", first.dict())
    assert again.is_valid()
    assert sent_by_browser(page(again))["fixtures-TOTAL_FORMS"] == "3"
    assert again.cleaned_data["fixtures"] == [{"name": "one"}, {"name": "two"}]


def test_what_was_typed_stands_there_again_in_the_order_that_was_chosen() -> None:
    rows = [{**SIGNATURE, "name": "first", "times": "many"}, {**SIGNATURE, "name": "second", "cause": ""}]
    data = {**posted_rows("signatures", rows), "signatures-0-ORDER": 2, "signatures-1-ORDER": 1}
    form = form_of("signatures", data)
    assert not form.is_valid()
    assert form.errors["signatures"] == [
        "Signature 1, Cause: Give the cause.",
        "Signature 2, Times: Enter a whole number.",
    ]
    shown = page(form)
    sent = sent_by_browser(shown)
    typed = {key: str(value) for key, value in data.items() if value != "" and not key.endswith("_FORMS")}
    assert {key: sent[key] for key in typed} == typed
    titles = re.findall(r"data-rows-title>([^<]*)<", shown)
    assert titles[:2] == ["second", "first"]
    assert '<p class="rows-error" id="id_signatures-0-times_error">Enter a whole number.</p>' in shown
    assert 'aria-invalid="true"' in shown
    assert shown.count('-card" open') == 4  # both with errors, the empty one, and that of new rows


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("signatures", {**SIGNATURE, "minutes": 61}, "Signature 1, Within minutes: Ensure this value is less"),
        ("signatures", {**SIGNATURE, "times": ""}, "Signature 1, Times: Give a whole number, 1 to 1,000,000."),
        (
            "signatures",
            {**SIGNATURE, "severity": "worst"},
            "Signature 1, Fires by itself as: “worst” is none of: medium",
        ),
        ("signatures", {**SIGNATURE, "name": "x" * 101}, "Signature 1, Name: Ensure this value has at most 100"),
        ("signatures", {**SIGNATURE, "owner": "  "}, "Signature 1, Owner: Give the owner."),
        ("signatures", {**SIGNATURE, "cause": "a\0b"}, "Signature 1, Cause: Null characters are not allowed."),
        ("sources", {"source": "pigeon", "prerequisites": []}, "Source 1, Source: “pigeon” is none of: sentry"),
        ("sources", {"source": "sentry"}, "Source 1, Counts once these are signed off: ManagementForm data is missing"),
        (
            "sources",
            {"source": "sentry", "prerequisites": [{"kind": "app_var", "name": "SENTRY_DSN"}]},
            "Source 1, Counts once these are signed off: Prerequisite 1, Name: Give application and variable",
        ),
        (
            "sources",
            {"source": "sentry", "prerequisites": [{"kind": "mood", "name": "x"}]},
            "Source 1, Counts once these are signed off: Prerequisite 1, What: “mood” is none of: flag",
        ),
        ("tags", {"value": "solver"}, "Tag 1, Tag: Give the tag."),
        ("labels", {"value": "solver"}, "Label 1, Label: Give the label."),
        ("escalation", {"when": "always"}, "Owner 1, Owner: Give the owner."),
        ("guardrails", {"enforce": "no_tuning_before_baseline"}, "Guardrail 1, Warning: Give the warning."),
        ("guardrails", {"text": "Do not.", "enforce": "death"}, "Guardrail 1, What is enforced: “death” is none of"),
        ("fixtures", {"name": "x" * 101}, "Fixture 1, Fixture: Ensure this value has at most 100"),
        ("variables", {"name": "x" * 101}, "Variable 1, Variable: Ensure this value has at most 100"),
    ],
)
def test_what_is_wrong_is_said_at_row_and_column(name: str, row: dict[str, Any], said: str) -> None:
    form = form_of(name, posted_rows(name, [row]))
    assert not form.is_valid()
    assert [message[: len(said)] for message in form.errors[name]] == [said]
    assert "rows-error" in page(form)


@pytest.mark.parametrize(("name", "column"), [("tags", "name"), ("labels", "name"), ("fixtures", "name")])
def test_what_stands_there_twice_is_refused(name: str, column: str) -> None:
    row = {column: "same"}
    form = form_of(name, posted_rows(name, [row, row]))
    assert not form.is_valid()
    assert form.errors[name][0].endswith(": same stands there twice.")
    twice = {"source": "sentry", "prerequisites": []}
    assert "sentry stands there twice" in str(form_of("sources", posted_rows("sources", [twice, twice])).errors)


@pytest.mark.parametrize("name", ROWS)
def test_more_rows_than_fit_are_refused_with_the_bound(name: str) -> None:
    field = RuleForm.base_fields[name]
    assert isinstance(field, InlineRowsField)
    most = field.widget.rows.most
    row = dict.fromkeys(field.widget.rows.form.base_fields, "") | {"name": "n", "text": "t", "owner": "o"}
    rows = [{**row, "name": f"n{i}"} for i in range(most + 1)]
    form = form_of(name, posted_rows(name, rows))
    assert not form.is_valid()
    assert f"At most {most} " in str(form.errors[name])


def test_a_count_that_is_made_up_costs_nothing() -> None:
    form = form_of("fixtures", {"fixtures-TOTAL_FORMS": 10**9, "fixtures-INITIAL_FORMS": 0})
    assert not form.is_valid()
    assert len(form["fixtures"].data.forms) == 70
    assert "at most 50" in form.errors["fixtures"][0]


def test_line_ends_of_browsers_are_no_change() -> None:
    stored = [{"text": "Do not.\nNever.", "enforce": ""}]
    form = form_of("guardrails", sent_by_browser(page(form_of("guardrails", initial=stored))).dict(), stored)
    assert form.is_valid()
    assert not form.has_changed()


def test_a_variable_with_its_application_is_one_kind_however_it_was_chosen() -> None:
    sent = [{"source": "sentry", "prerequisites": [{"kind": "var", "name": "raxx-api/SENTRY_DSN"}]}]
    assert values("sources", posted_rows("sources", sent))[0]["prerequisites"][0]["kind"] == "app_var"


@pytest.mark.parametrize(
    ("name", "rows", "error", "said"),
    [
        (
            "signatures",
            [SIGNATURE] * 2,
            SpecError("signatures[1]", "message: missing )"),
            "Signature 2, Message: Missing )",
        ),
        ("signatures", [SIGNATURE], SpecError("signatures[0].times", "Expected `int` >= 1"), "Signature 1, Times: Exp"),
        ("signatures", [SIGNATURE], SpecError("signatures[0]", "odd"), "Signature 1: Odd"),
        ("fixtures", [{"name": "A"}], SpecError("fixtures[0]", "Expected `str`"), "Fixture 1, Fixture: Expected text"),
        ("variables", [{"name": "A"}], SpecError("conditions[0].variables[0]", "no"), "Variable 1, Variable: No"),
        (
            "sources",
            [{"source": "sentry", "prerequisites": [{"kind": "item", "name": "X"}]}],
            SpecError("selector.sources[0].prerequisites[0]", "No checklist item is called X"),
            "Source 1, prerequisite 1, Name: No checklist item is called X",
        ),
    ],
)
def test_an_error_of_the_content_finds_its_row_and_column(name: str, rows: Any, error: SpecError, said: str) -> None:
    form = form_of(name, posted_rows(name, rows))
    assert form.is_valid()
    assert refuse(form, error)
    assert form.errors[name][0].startswith(said)
    assert said.rpartition(": ")[2].partition(" ")[0] in page(form)


def test_an_error_finds_its_row_beside_removed_and_moved_ones() -> None:
    rows = [{**SIGNATURE, "name": name} for name in ("gone", "second", "first")]
    data = posted_rows("signatures", rows)
    data |= {"signatures-0-DELETE": "on", "signatures-1-ORDER": 3, "signatures-2-ORDER": 2, "signatures-0-ORDER": 1}
    form = form_of("signatures", data)
    assert form.is_valid()
    assert refuse(form, SpecError("signatures[1]", "message: missing )"))
    assert form["signatures"].data.forms[1].errors == {"message": ["Missing )"]}


@pytest.mark.parametrize("path", ["", "title", "selector", "signatures", "signatures[7].name", "labels[0]"])
def test_what_is_about_no_row_is_left_to_the_form(path: str) -> None:
    form = form_of("signatures", posted_rows("signatures", [SIGNATURE]))
    assert form.is_valid()
    assert not refuse(form, SpecError(path, "no"))
    assert not form.errors


def test_markup_in_a_row_is_text() -> None:
    shown = page(form_of("signatures", initial=[{**SIGNATURE, "name": '"><script>x</script>'}]))
    assert "<script>" not in shown
