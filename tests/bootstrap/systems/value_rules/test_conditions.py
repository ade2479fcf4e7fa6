"""The language of conditions: what it reads, what it refuses, and logic with facts that are not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.value_rules.condition_terms import All, AnyOf, Constant, FlagIs, IsSet, Not, Workers
from bootstrap.systems.value_rules.conditions import (
    DEEPEST,
    LONGEST,
    ConditionError,
    Facts,
    Predicate,
    condition_in,
    parse,
)

NAMES = st.sampled_from(["FLAG_A", "FLAG_B", "sentry_backend", "FEATURE_X2"])
VARIABLES = st.sampled_from(["REDIS_URL", "PORT", "set", "not"])
LEAVES = st.one_of(
    st.builds(FlagIs, NAMES, st.booleans()),
    st.builds(Workers, st.sampled_from(["=", "<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(IsSet, VARIABLES),
    st.builds(Constant, st.booleans()),
)


def _nested(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(All, several), st.builds(AnyOf, several))


def _depth(condition: Predicate) -> int:
    parts = getattr(condition, "parts", None) or ((condition.part,) if isinstance(condition, Not) else ())
    return 1 + max((_depth(part) for part in parts), default=0)


CONDITIONS: st.SearchStrategy[Predicate] = st.recursive(LEAVES, _nested, max_leaves=6).filter(
    lambda found: _depth(found) < DEEPEST // 2 and len(str(found)) <= LONGEST
)
FACTS = st.builds(
    Facts,
    st.dictionaries(NAMES, st.booleans()),
    st.dictionaries(VARIABLES, st.sampled_from(["set", "empty", "unset"])),
    st.none() | st.integers(0, 4),
)


@given(CONDITIONS)
def test_what_is_written_reads_as_the_same(condition: Predicate) -> None:
    assert parse(str(condition)) == condition


@given(CONDITIONS, CONDITIONS, FACTS)
def test_logic_of_three_answers(one: Predicate, two: Predicate, facts: Facts) -> None:
    a, b = one.holds(facts), two.holds(facts)
    both, either = All((one, two)).holds(facts), AnyOf((one, two)).holds(facts)
    assert both is (False if False in (a, b) else None if None in (a, b) else True)
    assert either is (True if True in (a, b) else None if None in (a, b) else False)
    assert Not(Not(one)).holds(facts) is a
    assert Not(All((one, two))).holds(facts) is AnyOf((Not(one), Not(two))).holds(facts)


@given(CONDITIONS, FACTS, FACTS)
def test_an_answer_stands_whatever_else_becomes_known(condition: Predicate, known: Facts, more: Facts) -> None:
    """None is honest: what was answered from few facts is answered the same from those and more."""
    answer = condition.holds(known)
    grown = Facts(
        {**more.flags, **known.flags},
        {**more.states, **known.states},
        more.workers if known.workers is None else known.workers,
    )
    if answer is not None:
        assert condition.holds(grown) is answer
    assert condition.explain(known)


@given(st.text(alphabet="FLAG_X=10 ()<>andorset notworkers,é\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except ConditionError:
        return
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("FLAG_X=1", "FLAG_X=1"),
        ("FLAG_X", "FLAG_X=1"),
        ("  flag_x = 0 ", "flag_x=0"),
        ("NOT FLAG_X AND Workers <= 2", "not FLAG_X=1 and workers<=2"),
        ("FLAG_A or FLAG_B and set(REDIS_URL)", "FLAG_A=1 or FLAG_B=1 and set(REDIS_URL)"),
        ("(FLAG_A or FLAG_B) and never", "(FLAG_A=1 or FLAG_B=1) and never"),
        ("Always", "always"),
    ],
)
def test_how_it_is_read(text: str, written: str) -> None:
    assert str(parse(text)) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at 1: the end. May stand here: FLAG_NAME=1"),
        ("Live trading", "at 1: 'Live trading'"),
        ("mandatory", "at 1: 'mandatory'"),
        ("Always (Postgres path)", "at 8: '(Postgres path)'. May stand here: and, or, or the end"),
        ("FLAG_X=2", "at 8: '2'. May stand here: 0 or 1"),
        ("FLAG_X and", "at 11: the end"),
        ("(FLAG_X", "at 8: the end. May stand here: )"),
        ("workers", "at 8: the end. May stand here: =, <, <=, > or >="),
        ("workers=123456", "a number"),
        ("set(REDIS-URL)", "at 10: '-URL)'. May stand here: )"),
        ("not " * (DEEPEST + 1) + "always", "Nested deeper than 10"),
        ("(" * 400, "Nested deeper than 10"),
        ("FLAG_X or " * 60 + "FLAG_X", "at most 500 characters; this has 606"),
    ],
)
def test_what_is_refused_says_where_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text)
    assert message in str(refused.value)


def test_a_remark_after_a_condition_is_left_out() -> None:
    """`Always (fails fast if …)` is always, `Any email sending path is live` is nothing to ask."""
    assert condition_in("Always (fails fast if FLASK_ENV=production and unset)") == Constant(value=True)
    assert condition_in("FLAG_DEMO_SESSION=1") == FlagIs("FLAG_DEMO_SESSION", on=True)
    assert condition_in("(FLAG_A or FLAG_B) and workers=1") is not None
    assert condition_in("Any email sending path is live") is None
    assert condition_in("") is None


@pytest.mark.parametrize(
    ("word", "needed"),
    [
        ("yes", True),
        ("**Required**", True),
        ("✓", True),
        ("必須", True),
        ("no", False),
        ("Optional", False),
        ("No.", False),
    ],
)
def test_words_of_a_column_required(word: str, needed: bool) -> None:
    assert condition_in(word) == Constant(value=needed)


GUARD = parse("FLAG_DEMO_SESSION=0 and FLAG_LIMIT_REDIS=0 and workers=1")


@pytest.mark.parametrize(
    ("facts", "holds", "explanation"),
    [
        (
            Facts({"FLAG_DEMO_SESSION": False, "FLAG_LIMIT_REDIS": False}, {}, 1),
            True,
            "FLAG_DEMO_SESSION is off and FLAG_LIMIT_REDIS is off and there is 1 worker",
        ),
        (Facts({"FLAG_DEMO_SESSION": True}), False, "FLAG_DEMO_SESSION is on"),
        (Facts({"FLAG_DEMO_SESSION": False, "FLAG_LIMIT_REDIS": False}, {}, 2), False, "there are 2 workers"),
        (Facts({"FLAG_DEMO_SESSION": False}, {}, 1), None, "FLAG_LIMIT_REDIS was not reported"),
        (
            Facts({"FLAG_DEMO_SESSION": False}),
            None,
            "FLAG_LIMIT_REDIS was not reported and the number of workers is not known",
        ),
    ],
)
def test_it_says_which_part_decides(facts: Facts, holds: bool | None, explanation: str) -> None:
    assert GUARD.holds(facts) is holds
    assert GUARD.explain(facts) == explanation


def test_parts_in_the_order_of_the_text() -> None:
    found = parse("not (set(A) or FLAG_B) and workers>1 and always")
    assert [str(leaf) for leaf in found.leaves()] == ["set(A)", "FLAG_B=1", "workers>1", "always"]
    facts = Facts(states={"A": "empty"})
    assert next(found.leaves()).explain(facts) == "A is empty"
