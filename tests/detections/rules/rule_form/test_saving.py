"""Saving a form: on which version, as which button, and with as many rows as it takes."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from detections.rules.lifecycle import publish
from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.spec.schema import decode, encode
from opsconsole.lib import clock
from tests.detections.rules import world
from tests.detections.rules.rule_form.posted import ADMIN, PAGE, opened

pytestmark = pytest.mark.django_db


def addresses(rule):
    return {
        PAGE: reverse("rule_edit", args=[rule.identifier]),
        ADMIN: reverse("admin:detections_rule_change", args=[rule.pk]),
    }


def saved_by_eve(rule):
    theirs = decode({**encode(decode(rule.current.spec)), "title": "Theirs"})
    publish.publish("R-1", theirs, now=clock.now(), author_name="eve", reason="r")


def version_in(page):
    return re.findall(r'name="version" value="(\d+)"', page)


@pytest.mark.parametrize("form", [PAGE, ADMIN])
@pytest.mark.parametrize("wrong", [{"floor_high": "0"}, {"floor_high": "9", "floor_critical": "4"}, {"parent": "NOPE"}])
def test_a_version_saved_meanwhile_is_told_also_after_a_refusal_for_another_reason(client, editor, form, wrong):
    rule = world.rule("R-1")
    address = addresses(rule)[form]
    mine = opened(client, address, form, owner="me")
    saved_by_eve(rule)
    refused = client.post(address, mine | wrong).content.decode()
    if "eve saved version 2" not in refused:
        assert version_in(refused) == ["1"]  # not as if it had been opened on the version of eve
    told = client.post(address, mine | {"version": version_in(refused)[0]}).content.decode()
    assert "eve saved version 2" in refused + told
    assert rule.versions.count() == 2 + ("eve saved version 2" in refused)


def test_a_form_without_its_version_is_not_taken_for_one_on_the_newest(client, editor):
    rule = world.rule("R-1")
    address = addresses(rule)[PAGE]
    saved_by_eve(rule)
    refused = client.post(address, opened(client, address, owner="me", version="x")).content.decode()
    assert version_in(refused) == ["0"]


@pytest.mark.parametrize("form", [PAGE, ADMIN])
def test_enter_in_a_field_saves_and_opens_no_panel(client, editor, form):
    rule = world.rule("R-1")
    page = client.get(addresses(rule)[form]).content.decode()
    within = page[page.index(f'id="{form}"') :]
    first = next(
        button
        for button in re.findall(r"<(?:button|input)\b[^>]*>", within)
        if 'type="submit"' in button or (button.startswith("<button") and 'type="button"' not in button)
    )
    assert "visually-hidden" in first
    assert "name=" not in first  # as “Save as draft”
    assert "formaction" not in first


def test_a_form_with_as_many_rows_as_it_takes_is_read(client, editor):
    rule = world.rule("R-1")
    sent = dict[str, object]()
    for name, field in RuleForm.base_fields.items():
        if isinstance(field, InlineRowsField):
            most, columns = field.widget.rows.most, field.widget.rows.form.base_fields
            sent |= {f"{name}-{i}-{column}": "" for i in range(most) for column in (*columns, "ORDER", "DELETE")}
            inner = [(c, f.widget.rows) for c, f in columns.items() if isinstance(f, InlineRowsField)]
            sent |= {
                f"{name}-{i}-{column}-{j}-{cell}": ""
                for column, rows in inner
                for i in range(most)
                for j in range(rows.most)
                for cell in (*rows.form.base_fields, "ORDER", "DELETE")
            }
    sent |= opened(client, addresses(rule)[PAGE], owner="me")
    assert client.post(addresses(rule)[PAGE], sent).status_code == 303


@pytest.mark.parametrize("sent", [{"reason": "a\0b", "current": "2"}, {"reason": "r", "current": "9" * 5000}])
def test_the_way_back_refuses_what_cannot_be_read(client, editor, sent):
    rule = world.rule("R-1")
    saved_by_eve(rule)
    assert client.post("/rules/R-1/versions/1/restore/", sent).status_code == 422
    assert rule.versions.count() == 2


@pytest.mark.parametrize(("name", "kind"), [("owner", "owner"), ("parent", "parent"), ("exception_type", "exception")])
def test_names_of_plain_fields_are_completed(client, editor, name, kind):
    page = client.get("/rules/new/").content.decode()
    box = page[: page.index(f'id="id_{name}"')].rpartition("<span ")[2]
    assert f'data-kind="{kind}"' in box
    assert 'data-complete="/rules/names/"' in box


def test_the_way_back_asks_for_names_as_the_form_does(client, editor):
    rule = world.rule("R-1", fixtures=["is_gone"])
    later = decode({**encode(decode(rule.current.spec)), "fixtures": []})
    publish.publish("R-1", later, now=clock.now(), author_name="eve")
    refused = client.post("/rules/R-1/versions/1/restore/", {"reason": "r", "current": "2"})
    assert refused.status_code == 422
    assert "No fixture is called is_gone" in refused.content.decode()
    assert rule.versions.count() == 2
