"""Matchers: keys, labels, words with stars, and the sentences about them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.matchers import (
    MATCHER_KEYS,
    Subject,
    labels_of,
    matched_by,
    matcher_problems,
    mismatch,
    parse_labels,
    word_matches,
)
from detections.rules.spec.schema import decode

SOLVER = Subject("R-1", "errors", "high", "signup", "prod", "/solve/[id]", {"team": "solver", "component": "solver"})


def spec(**words: object) -> object:
    selector = {"sources": [{"source": "sentry"}], "tags": {"component": "solver", "team": "none"}}
    return {"title": "t", "selector": selector, "group_by": "none", "conditions": [{"kind": "exceedance"}], **words}


def test_the_labels_of_an_alert_are_those_declared_then_the_selected_tags_and_the_source() -> None:
    labels = labels_of(decode(spec(labels={"team": "solver"})))
    assert labels == {"source": "sentry", "component": "solver", "team": "solver"}


def test_of_several_sources_none_is_a_label() -> None:
    both = {"sources": [{"source": "sentry"}, {"source": "router"}]}
    assert labels_of(decode(spec(selector=both))) == {}


def test_labels_match_like_other_keys() -> None:
    assert mismatch({"label:team": ["solver"], "severity": ["high"]}, SOLVER) == ""
    assert mismatch({"label:team": ["sol*"]}, SOLVER) == ""
    assert mismatch({"label:team": ["web", "app"]}, SOLVER) == "label team is solver, not web or app"
    assert matched_by({"label:team": ["sol*"]}, SOLVER) == ["label team is solver"]


def test_a_missing_label_is_matched_by_no_word() -> None:
    assert mismatch({"label:tier": ["*"]}, SOLVER) == "it has no label tier, wanted is *"
    assert mismatch({"label:tier": [""]}, SOLVER)


def test_brackets_and_question_marks_are_letters() -> None:
    assert mismatch({"group": ["/solve/[id]"]}, SOLVER) == ""
    assert mismatch({"group": ["/solve/?id?"]}, SOLVER) != ""


def test_problems_of_matchers() -> None:
    assert matcher_problems({"severity": ["high", "crit*"], "rule": ["DET-*"], "label:team": ["solver"]}) == []
    assert len(matcher_problems({"severity": "high", "rule": []})) == 2
    assert len(matcher_problems([])) == 1
    assert matcher_problems({"severity": ["SEV-1"]}) == [
        "'severity': 'SEV-1' is no severity; allowed: medium, high, critical."
    ]


TAGGED = replace(SOLVER, tags=("needs-triage", "nightly"))


def test_any_tag_matches_any_word() -> None:
    assert mismatch({"tag": ["paged", "needs-*"], "label:team": ["solver"]}, TAGGED) == ""
    assert mismatch({"tag": ["paged", "triage"]}, TAGGED) == "its tags are needs-triage, nightly, not paged or triage"
    assert mismatch({"tag": ["*"]}, SOLVER) == "it has no tags"
    assert mismatch({"tag": ["nightly"], "severity": ["critical"]}, TAGGED) == "severity is high, not critical"


def test_silences_match_tags_and_policies_which_give_them_do_not() -> None:
    assert matcher_problems({"tag": ["needs-triage"]}, tags=True) == []
    assert "'tag' is for silences: a policy gives tags" in matcher_problems({"tag": ["needs-triage"]})[0]
    assert "allowed: tag, rule, " in matcher_problems({"tags": ["x"]}, tags=True)[0]


@pytest.mark.parametrize("key", ["colour", "label:", "label: ", "label", "", "value", "labels"])
def test_a_key_that_is_none_is_refused_with_those_allowed(key: str) -> None:
    (problem,) = matcher_problems({key: ["x"]})
    assert problem == (
        f"{key!r} is no key; allowed: rule, category, severity, project, environment, group, and label:NAME for a "
        "label of the rule, e.g. label:team."
    )


words = st.text(st.sampled_from("ab*[]?/\n"), max_size=8)


@given(words, words)
def test_a_word_without_a_star_is_the_value(word: str, value: str) -> None:
    if "*" not in word:
        assert word_matches(word, value) == (word == value)


@given(words)
def test_each_value_matches_itself_and_the_star(value: str) -> None:
    assert word_matches(value, value)
    assert word_matches("*", value)


@given(st.sampled_from(MATCHER_KEYS), words, st.lists(words, min_size=1, max_size=3))
def test_either_it_matches_or_a_sentence_says_why_not(key: str, value: str, allowed: list[str]) -> None:
    subject = replace(SOLVER, **{key: value})
    assert bool(mismatch({key: allowed}, subject)) == (not any(word_matches(word, value) for word in allowed))


@pytest.mark.parametrize(
    ("word", "value", "matches"),
    [
        ("/invoices/7", "/invoices/{id}", True),
        ("/invoices/48213", "/invoices/{id}", True),
        ("/shops/3/invoices/7", "/shops/{id}/invoices/{id}", True),
        ("/shops/3/invoices/{id}", "/shops/{id}/invoices/{id}", True),
        ("/invoices/new", "/invoices/{id}", False),
        ("/invoices/7/lines", "/invoices/{id}", False),
        ("/invoices", "/invoices/{id}", False),
        ("/orders/7", "/invoices/{id}", False),
        ("/invoices/{id}", "/invoices/7", False),
        ("7", "{id}", False),
    ],
)
def test_a_path_matches_the_route_that_it_is_counted_as(word: str, value: str, matches: bool) -> None:
    assert word_matches(word, value) is matches


def test_labels_are_typed_with_spaces_commas_and_quotes() -> None:
    assert parse_labels("team=solver component=solver") == {"team": "solver", "component": "solver"}
    assert parse_labels("team=solver,  component='the solver'") == {"team": "solver", "component": "the solver"}
    assert parse_labels('empty= url="https://x/?a=b" #5=x') == {"empty": "", "url": "https://x/?a=b", "#5": "x"}
    assert parse_labels("  ") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("solver", "'solver' is no label."),
        ("=x", "'=x' is no label."),
        ("a='b", "A quote is not closed."),
        ("team=solver team=x", "The label 'team' is there twice."),
    ],
)
def test_what_is_no_label_is_refused_with_the_form_of_one(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="Write NAME=VALUE") as refused:
        parse_labels(text)
    assert str(refused.value).startswith(said)


@given(st.text())
def test_any_text_gives_labels_or_a_sentence(text: str) -> None:
    try:
        labels = parse_labels(text)
    except ValueError as error:
        labels = {str(error): ""}
    assert "" not in labels
