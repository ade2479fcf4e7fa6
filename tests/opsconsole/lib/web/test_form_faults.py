"""The summary above a refused form: every fault with a link to its input, on pages and in the admin."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.template import Context, Template
from django.urls import reverse

from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.row_forms import SourceRow
from opsconsole.lib.web.form_faults import Fault, of_form
from tests.markup import folded

LINK = re.compile(r'<a href="#([^"]+)">([^<]+)</a>')


class _Trip(forms.Form):
    where = forms.CharField()
    how = forms.ChoiceField(choices=[("bus", "Bus"), ("train", "Train")], widget=forms.RadioSelect, label="by what")
    day = forms.SplitDateTimeField()
    token = forms.CharField(widget=forms.HiddenInput)


class _Sources(forms.Form):
    sources = InlineRowsField(SourceRow, "source", label="Sources")


def _drawn(form: forms.Form) -> str:
    return Template("{% load console %}{% error_summary form %}{{ form }}").render(Context({"form": form}))


def test_each_fault_leads_to_the_input_that_takes_the_focus() -> None:
    required = "This field is required."
    assert of_form(_Trip({})) == [
        Fault("id_where", "Where", required),
        Fault("id_how_0", "By what", required),
        Fault("id_day_0", "Day", required),
        Fault("", "Token", required),
    ]
    html = _drawn(_Trip({}))
    assert [target for target, _ in LINK.findall(html)] == ["id_where", "id_how_0", "id_day_0"]
    assert all(f'id="{target}"' in html for target, _ in LINK.findall(html))
    assert "Not accepted yet: 4 things to correct." in folded(html)
    assert "Token: This field is required." in folded(html)


def test_a_form_that_was_not_sent_or_is_right_has_no_summary() -> None:
    right = {"where": "Graz", "how": "bus", "day_0": "2026-11-30", "day_1": "10:00", "token": "x"}
    assert not of_form(_Trip(right))
    assert "error-summary" not in _drawn(_Trip()) + _drawn(_Trip(right))


def test_faults_of_rows_lead_to_their_column_also_in_rows_of_rows() -> None:
    posted = {
        "sources-TOTAL_FORMS": "2",
        "sources-INITIAL_FORMS": "0",
        "sources-0-source": "sentry",
        "sources-0-prerequisites-TOTAL_FORMS": "1",
        "sources-0-prerequisites-INITIAL_FORMS": "0",
        "sources-0-prerequisites-0-kind": "item",
        "sources-1-source": "pigeon",
        "sources-1-prerequisites-TOTAL_FORMS": "0",
        "sources-1-prerequisites-INITIAL_FORMS": "0",
    }
    faults = of_form(_Sources(posted))
    assert [(each.target, each.label) for each in faults] == [
        (
            "id_sources-0-prerequisites-0-name",
            "Source 1, Prerequisite 1, Name",
        ),
        ("id_sources-1-source", "Source 2, Source"),
    ]


@pytest.mark.django_db
def test_the_admin_links_to_fields_and_to_rows_below_the_form(admin_client) -> None:
    sent = {
        "environments-TOTAL_FORMS": "1",
        "environments-INITIAL_FORMS": "0",
        "environments-0-slug": "Not a slug",
        "environments-0-name": "Prod",
    }
    page = admin_client.get(reverse("admin:bootstrap_system_add")).content.decode()
    for prefix in re.findall(r'name="([\w-]+)-TOTAL_FORMS"', page):
        sent |= {f"{prefix}-TOTAL_FORMS": sent.get(f"{prefix}-TOTAL_FORMS", "0"), f"{prefix}-INITIAL_FORMS": "0"}
    html = folded(admin_client.post(reverse("admin:bootstrap_system_add"), sent).content.decode())
    links = LINK.findall(html)
    assert {"id_slug", "id_name", "id_environments-0-slug"} <= {target for target, _ in links}
    assert any(text.startswith("Environment 1, Slug: ") for _, text in links)
    assert all(f'id="{target}"' in html for target, _ in links)
    assert "Please correct" not in html
