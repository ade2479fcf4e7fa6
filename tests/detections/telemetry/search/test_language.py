"""The search language: what is read, and that nothing is an error of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.search.language import MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, parse
from detections.telemetry.search.tree import Conjunction, Disjunction, Node, SearchTerm, SearchWord, all_of, any_of


def term(key: str, *values: str, operator: str = "", negated: bool = False) -> SearchTerm:
    return SearchTerm(key, values, operator, negated)


def word(text: str, *, quoted: bool = False, negated: bool = False) -> SearchWord:
    return SearchWord(text, quoted, negated)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", None),
        ("  ", None),
        ("is:unresolved", term("is", "unresolved")),
        ("!is:unresolved", term("is", "unresolved", negated=True)),
        ("times-seen:>=5", term("times-seen", "5", operator=">=")),
        ('times-seen:">=5"', term("times-seen", ">=5")),
        ('first-seen:>"2026-06-12 14:30"', term("first-seen", "2026-06-12 14:30", operator=">")),
        ("level:[error, fatal]", term("level", "error", "fatal")),
        ('x:["a, b",c]', term("x", "a, b", "c")),
        ("x:[a]b", term("x", "[a]b")),
        ("tags[url.path]:/x", term("tags[url.path]", "/x")),
        ('tags["a b"]:1', term('tags["a b"]', "1")),
        ('user.email:"a b"', term("user.email", "a b")),
        ("verify token", Conjunction((word("verify"), word("token")))),
        ('"no price"', word("no price", quoted=True)),
        ("'no price'", word("no price", quoted=True)),
        (r'"say \"no\" \\ \*"', word(r'say "no" \ \*', quoted=True)),
        ('!"no price"', word("no price", quoted=True, negated=True)),
        ("!price", word("price", negated=True)),
        ("!", word("!")),
        ("it's", word("it's")),
        ("GET:/x", word("GET:/x")),
        ("http://a/b?c=d", word("http://a/b?c=d")),
        ("std::sort", word("std::sort")),
        ("ValueError:", word("ValueError:")),
        ("12:30", word("12:30")),
        ("f(x)", word("f(x)")),
        ("a)", word("a)")),
        ("(f(x))", word("f(x)")),
        ("a OR b c", Disjunction((word("a"), Conjunction((word("b"), word("c")))))),
        ("(a OR b) c", Conjunction((Disjunction((word("a"), word("b"))), word("c")))),
        ("a AND b", Conjunction((word("a"), word("b")))),
        ("a or b", Conjunction((word("a"), word("or"), word("b")))),
        ("ORDER AND", None),
        ("((a))", word("a")),
        ("(m:g())", term("m", "g()")),
    ],
)
def test_what_is_read(text: str, node: Node | None) -> None:
    read = parse(text)
    assert read.node == node
    assert read.broken is (text == "ORDER AND")
    assert bool(read.problems) is read.broken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(a", "A parenthesis is opened and not closed"),
        ("(a))", "A parenthesis is closed that was not opened"),
        ("()", "nothing between two parentheses"),
        ("!(a b)", "stands before one condition"),
        ("OR", "OR needs a condition on both sides"),
        ("a OR", "OR needs a condition on both sides"),
        ("OR a", "OR needs a condition on both sides"),
        ("a OR OR b", "OR needs a condition on both sides"),
        ("a AND", "AND needs a condition on both sides"),
        ("AND a", "AND needs a condition on both sides"),
        ("a AND OR b", "AND needs a condition on both sides"),
        ("level:error or level:fatal", "Write OR in capitals"),
        ("level:error And x", "Write AND in capitals"),
        ("x or (a OR b)", "Write OR in capitals"),
        ("level:[error", "A list is opened with [ and not closed"),
        ("level:[]", "A list has 1 to 50 values"),
        ("level:[a,,b]", "A list has 1 to 50 values"),
        ("a\0b", "the character NUL"),
        ("a\ud800b", "half of a surrogate pair"),
        ("x" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH:,} characters"),
        ("x " * (MAX_CONDITIONS + 1), f"at most {MAX_CONDITIONS} conditions"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), f"at most {MAX_DEPTH} times"),
    ],
)
def test_what_has_no_meaning_is_refused(text: str, said: str) -> None:
    read = parse(text)
    assert (read.node, read.broken) == (None, True)
    assert said in read.problems[0]


def test_a_quotation_mark_that_is_not_closed_ends_with_the_text() -> None:
    read = parse('is:resolved "no price')
    assert read.node == Conjunction((term("is", "resolved"), word("no price", quoted=True)))
    assert not read.broken
    assert "A quotation mark is opened and not closed: “no price”" in read.problems[0]


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
KEYS = st.from_regex(r"[a-z][a-z.-]{0,8}", fullmatch=True) | st.just('tags["a b"]')
TERMS = st.builds(
    SearchTerm,
    KEYS,
    st.lists(TEXT.filter(str.strip), min_size=1, max_size=3).map(tuple),
    st.just(""),
    st.booleans(),
) | st.builds(SearchTerm, KEYS, st.tuples(TEXT), st.sampled_from(["", ">", ">=", "<", "<="]), st.booleans())
WORDS = st.builds(SearchWord, st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda x: x not in ("or", "and"))) | (
    st.builds(SearchWord, TEXT, st.just(True), st.booleans())
)


def _nested(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=2, max_size=3)
    return parts.map(all_of) | parts.map(any_of)  # type: ignore[return-value]  # None of no part only


NODES: st.SearchStrategy[Node] = st.recursive(TERMS | WORDS, _nested, max_leaves=8)


@given(NODES)
def test_what_is_printed_is_read_again(node: Node) -> None:
    text = str(node)
    if len(text) <= MAX_LENGTH:
        assert parse(text).node == node


@given(st.text() | st.text("()[]\"'\\!:*<>=,-OR AND xis.é\n"))
def test_nothing_that_people_type_is_an_error(text: str) -> None:
    read = parse(text)
    assert not read.broken or (read.problems and read.node is None)
    if read.node is not None and not read.problems:
        again = parse(str(read.node))
        assert str(again.node) == str(read.node)
