"""What the form shows of a rule's lists and a browser sends back unchanged is the same content."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django import forms
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from detections.rules import packs
from detections.rules.rule_form.form import RuleForm
from detections.rules.spec import form_fields
from detections.rules.spec.rows import ROWS, from_rows, to_rows
from detections.rules.spec.schema import SpecError, decode, encode
from tests.detections.rules.rule_form.posting import sent_by_browser

PATHS = sorted(packs.FOLDER.glob("*.yaml"))
SHIPPED = {each.identifier: each.spec for path in PATHS for each in packs.parse(path.read_text())}


class ListsOfARule(forms.Form):
    """The eight lists of a rule, as its form has them."""


ListsOfARule.base_fields = {name: RuleForm.base_fields[name] for name in ROWS}


def sent_back(rows: dict[str, list[dict[str, Any]]]) -> ListsOfARule:
    """The form as a browser sends it that changed nothing."""
    page = "".join(str(field) for field in ListsOfARule(initial=rows))
    return ListsOfARule(sent_by_browser(page), initial=rows)


def unchanged(rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    form = sent_back(rows)
    assert form.is_valid(), form.errors
    assert form.changed_data == []
    cleaned: dict[str, Any] = form.cleaned_data
    return cleaned


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_list_of_a_shipped_rule_comes_back_as_it_was(identifier: str, name: str) -> None:
    spec = SHIPPED[identifier]
    rows = to_rows(spec)
    assert unchanged({name: rows[name]})[name] == rows[name]


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_rule_is_written_alike_after_it(identifier: str) -> None:
    spec = SHIPPED[identifier]
    fields = form_fields.to_fields(spec)
    after = decode(form_fields.from_fields({**fields, **unchanged(to_rows(spec))}))
    assert packs.export(packs.PackedRule(identifier, "active", after)) == packs.export(
        packs.PackedRule(identifier, "active", spec)
    )


# Whole pages are drawn and read: shrinking one that fails would take minutes, and the rows are small.
DRAWN = settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))

# Texts as people write and packs hold them: any characters that HTML can carry, line feeds and blanks at the ends too.
ANY = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=60)
TEXT = ANY.filter(bool)
NAME = TEXT.map(str.strip).filter(bool)  # of what exists elsewhere: never with blanks at its ends
WORD = st.from_regex(r"[a-z0-9_-]{1,30}", fullmatch=True)
PREDICATE = st.one_of(
    st.tuples(st.sampled_from(["flag", "item", "section"]), NAME).map(":".join),
    WORD.map("var:{}".format),
    st.tuples(WORD, WORD).map(lambda pair: f"var:{pair[0]}/{pair[1]}"),
)
SOURCE = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["sentry", "router", "sentry_api", "api", "probe"]),
        "prerequisites": st.lists(PREDICATE, max_size=4),
    }
)
SIGNATURE = st.fixed_dictionaries(
    {
        "name": TEXT,
        "cause": TEXT,
        "owner": NAME,
        "exception": ANY,
        "logger": ANY,
        "message": TEXT,
        "place": ANY,
        "times": st.integers(1, 1_000_000),
        "minutes": st.integers(1, 60),
        "severity": st.sampled_from([None, "medium", "high", "critical"]),
    }
) | st.fixed_dictionaries({"name": TEXT, "cause": TEXT, "owner": NAME, "unreported": st.just(True)})
DATA = st.fixed_dictionaries(
    {
        "title": st.just("t"),
        "selector": st.fixed_dictionaries(
            {
                "sources": st.lists(SOURCE, min_size=1, max_size=3, unique_by=lambda each: each["source"]),
                "tags": st.dictionaries(NAME, ANY, max_size=3),
            }
        ),
        "conditions": st.just([{"kind": "exceedance"}]),
        "signatures": st.lists(SIGNATURE, max_size=3),
        "escalation": st.lists(st.fixed_dictionaries({"owner": NAME, "when": ANY}), max_size=3),
        "guardrails": st.lists(
            st.fixed_dictionaries({"text": TEXT, "enforce": st.sampled_from(["", "no_tuning_before_baseline"])}),
            max_size=3,
        ),
        "labels": st.dictionaries(TEXT, ANY, max_size=3),
        "fixtures": st.lists(WORD, max_size=3, unique=True),
    }
)


@DRAWN
@given(DATA)
def test_any_lists_come_back_as_they_were(data: dict[str, Any]) -> None:
    spec = decode(data)
    lists = from_rows(unchanged(to_rows(spec)))
    again = decode(
        {
            **data,
            **{name: lists[name] for name in form_fields.SPEC_LISTS},
            "selector": {**data["selector"], "sources": lists["sources"], "tags": lists["tags"]},
        }
    )
    assert encode(again) == encode(spec)


@DRAWN
@given(st.lists(NAME, max_size=4))
def test_any_variables_come_back_as_they_were(names: list[str]) -> None:
    rows = {"variables": [{"name": name} for name in names]}
    assert from_rows(unchanged(rows))["variables"] == names


WILD = st.dictionaries(
    st.from_regex(
        r"(signatures|sources|labels)-(TOTAL_FORMS|[0-3]-(name|source|times|ORDER|prerequisites-TOTAL_FORMS))"
    ),
    st.text(max_size=8) | st.integers(-5, 10**12).map(str),
    max_size=12,
)


@DRAWN
@given(WILD)
def test_whatever_is_sent_is_read_or_refused(sent: dict[str, str]) -> None:
    form = ListsOfARule(sent)
    if form.is_valid():
        lists = from_rows(form.cleaned_data)
        with suppress(SpecError):
            decode({"title": "t", "selector": {"sources": lists["sources"], "tags": lists["tags"]}, **lists})
    assert "".join(str(field) for field in form)
