"""The parameters of a log message stand in its text, whatever language wrote it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.log_message import MAX_MESSAGE, MAX_PARAMETER, rendered
from detections.ingest.event.normalise import normalise
from tests.cases.events import case


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("01-log-parameters", "order 17 of anna failed"),
        ("01b-log-parameters-braces", "Cannot open a.txt for anna"),
        ("01c-raven-message", "raven says hello"),
    ],
)
def test_the_messages_that_were_read_wrongly(name: str, text: str) -> None:
    assert normalise(case(name))["message"]["formatted"] == text


@pytest.mark.parametrize(
    ("template", "params", "text"),
    [
        ("took %d ms of %s", [17, "a"], "took 17 ms of a"),
        ("%5.1f%% of %-3s|", [12.345, "x"], " 12.3% of x|"),
        ("%(user)s at %(at)d", {"user": "anna", "at": 3}, "anna at 3"),
        ("%(user)s", [{"user": "anna"}], "anna"),
        ("%2$s after %1$s", ["a", "b"], "b after a"),
        ("%[2]v after %[1]q", ["a", "b"], "b after 'a'"),
        ("%@ has %lld", ["cart", 3], "cart has 3"),
        ("%<user>s and %{cart}", {"user": "anna", "cart": 9}, "anna and 9"),
        ("%o then %j", [{"a": 1}, "b"], "{'a': 1} then b"),
        ("%cred text", ["color: red"], "red text"),
        ("order {} of {}", [17, "anna"], "order 17 of anna"),
        ("{1} after {0}", ["a", "b"], "b after a"),
        ("{0:N2} of {1,10}", [3, "b"], "3 of b"),
        ("{user!r} {at:.1f} {{x}}", {"user": "anna", "at": 1.25}, "anna 1.2 {x}"),
        ("{user.name} {user[id]}", {"user": {"name": "anna", "id": 7}}, "anna 7"),
        ("{@Order} by ${who}", {"Order": 7, "who": "anna"}, "7 by anna"),
        ("{OrderId} of {User}", [17, "anna"], "17 of anna"),
        ("100% done by {}", ["anna"], "100% done by anna"),
        ("100% done by %s", ["anna"], "100% done by anna"),
        ('{"id": %s}', [7], '{"id": 7}'),
        ("{} of {} and {}", ["a", "b"], "a of b and {}"),
        ("%s only", ["a", "b"], "a only"),
        ("%(missing)s", {"user": "anna"}, "%(missing)s"),
        ("{missing.x}", {"user": "anna"}, "{missing.x}"),
        ("{user.__class__}", {"user": "anna"}, "{user.__class__}"),
        ("%d", ["seven"], "seven"),
        ("nothing", ["a"], "nothing"),
        ("%s", [], "%s"),
        ("%s", "text", "%s"),
    ],
)
def test_templates_of_all_languages(template: str, params: Any, text: str) -> None:
    assert rendered(template, params) == text


@pytest.mark.parametrize(("platform", "text"), [("python", "True None"), ("node", "true null"), ("java", "true null")])
def test_words_are_those_of_the_language(platform: str, text: str) -> None:
    assert rendered("%s %s", [True, None], platform) == text


def test_a_text_that_the_client_has_put_together_stays() -> None:
    source = {"message": "a %s", "formatted": "a b", "params": ["c"]}
    assert normalise({"logentry": source})["message"]["formatted"] == "a b"
    assert normalise({"logentry": {**source, "formatted": "a %s"}})["message"]["formatted"] == "a c"


def test_a_long_parameter_is_not_repeated_without_end() -> None:
    text = rendered("{0}" * 3000, ["x" * 100_000])
    assert len(text.replace("{0}", "")) <= MAX_MESSAGE + MAX_PARAMETER
    assert len(rendered("%99.99d {:>9999999999}", [7, 8])) < 200


PARAMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(alphabet="%sdfxcv(){}[]<>@$:!,.0129ab ", max_size=40) | st.text(max_size=40), PARAMS)
def test_no_template_and_no_parameters_make_it_raise(template: str, params: Any) -> None:
    assert isinstance(rendered(template, params), str)
