"""What a name that nothing has is answered with."""

from __future__ import annotations

import pytest

from opsconsole.lib.lookup import Ambiguous, NotFound, suggestion


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NotFound("run", 7), "No run 7."),
        (NotFound("item", "X", place="in run 7"), "No item X in run 7."),
        (NotFound("system", "raptr", known=["raptor", "moon"]), "No system raptr. Did you mean raptor?"),
        (NotFound("rule", "A", "B", known=[]), "No rule A. There are: none\nNo rule B. There are: none"),
        (Ambiguous("application", ["api", "web"]), "Which application: api, web?"),
    ],
)
def test_the_sentence_names_what_there_is(error: NotFound, text: str) -> None:
    assert str(error) == text


def test_a_suggestion_ignores_case_and_lists_all_where_nothing_is_near() -> None:
    assert suggestion("secret_key", ["SECRET_KEY", "OTHER"]) == "Did you mean SECRET_KEY?"
    assert suggestion("zzz", ["b", "a", "a"]) == "There are: a, b"
