"""What must hold of an answer (pure)."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.probes.program import probe

META = {"rollout_variant": "canary", "rollout_bucket": 7, "policy_version": "p-7"}
HEADERS = {"x-aurora-variant": "canary", "x-aurora-bucket": "7", "x-aurora-policy-version": "p-7"}
AURORA = probe.read_target({**probe.AURORA, "base": "https://x"}).invariants
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def found(document: Any, headers: dict[str, str] | None = None, invariants: Any = AURORA) -> dict[str, list[str]]:
    """By check, the notes of its faults."""
    notes: dict[str, list[str]] = {}
    for fault in probe.faults_of(probe.Answer(HEADERS if headers is None else headers, document, 1.0), invariants):
        notes.setdefault(fault.check, []).append(fault.note)
    return notes


def without(name: str) -> dict[str, str]:
    return {header: value for header, value in HEADERS.items() if header != name}


def test_a_good_answer_has_no_fault() -> None:
    assert found({"meta": META}) == {}
    assert found({"meta": {**META, "rollout_bucket": 7.0}}) == {}, "JSON has one kind of number"


@pytest.mark.parametrize(
    ("document", "note"),
    [({"meta": None}, "null"), ({}, "missing"), ([], "missing"), (None, "missing"), ("meta", "missing")],
)
def test_without_meta_nothing_more_is_said_of_what_lies_in_it(document: Any, note: str) -> None:
    assert found(document) == {"meta_missing": [f"meta is {note}"]}


def test_a_stripped_header_is_a_mismatch_told_apart_from_a_differing_one() -> None:
    faults = probe.faults_of(probe.Answer(without("x-aurora-variant"), {"meta": META}, 1.0), AURORA)
    assert [(fault.check, fault.note, fault.missing) for fault in faults] == [
        ("header_meta_mismatch", "header missing", True)
    ]
    faults = probe.faults_of(probe.Answer({**HEADERS, "x-aurora-variant": "control"}, {"meta": META}, 1.0), AURORA)
    assert [(fault.note, fault.missing) for fault in faults] == [
        ("header is control, meta.rollout_variant is canary", False)
    ]


def test_a_header_without_its_field_is_a_mismatch() -> None:
    meta = {name: value for name, value in META.items() if name != "policy_version"}
    assert found({"meta": meta}) == {"header_meta_mismatch": ["header is p-7, meta.policy_version is missing"]}


@pytest.mark.parametrize("bucket", [100, -1, 3.5, "07", "7", None, True, [7], 1e400, 10**40])
def test_a_bucket_is_a_whole_number_from_0_to_99(bucket: Any) -> None:
    assert "bucket_out_of_range" in found({"meta": {**META, "rollout_bucket": bucket}})


def test_buckets_at_the_ends_of_the_range_are_good() -> None:
    for bucket in (0, 99):
        assert found({"meta": {**META, "rollout_bucket": bucket}}, {**HEADERS, "x-aurora-bucket": str(bucket)}) == {}


def test_a_padded_header_differs_from_the_number() -> None:
    assert list(found({"meta": META}, {**HEADERS, "x-aurora-bucket": "07"})) == ["header_meta_mismatch"]


@given(JSON, st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text(max_size=5)))
def test_no_answer_makes_judging_fail(document: Any, headers: dict[str, str]) -> None:
    json.dumps([fault._asdict() for fault in probe.faults_of(probe.Answer(headers, document, 1.0), AURORA)])


# -- Further kinds


def rows(*given: dict[str, Any]) -> Any:
    return [probe.read_invariant(row, f"invariant {number}") for number, row in enumerate(given, 1)]


def test_a_bucket_map_is_deterministic() -> None:
    mapped = rows({"kind": "bucket_map", "bucket": "b", "variant": "v", "map": {"0-9": "canary", "10-99": "control"}})
    assert found({"b": 9, "v": "canary"}, {}, mapped) == {}
    assert found({"b": 10, "v": "canary"}, {}, mapped) == {
        "bucket_map_mismatch": ["bucket 10 is control by the map, the answer says canary"]
    }
    assert found({"b": 10}, {}, mapped) == {
        "bucket_map_mismatch": ["bucket 10 is control by the map, the answer says missing"]
    }
    assert found({"b": 100, "v": "canary"}, {}, mapped) == {}, "the range says so"


COMPARED = [
    ("equals", "ok", "ok", "no"),
    ("equals", 1, 1, 2),
    ("equals", True, True, 1),
    ("not_equals", "down", "ok", "down"),
    ("less", 5, 4.9, 5),
    ("at_most", 5, 5, "x"),
    ("more", 5, "5.5", 5),
    ("at_least", 5, 5, None),
    ("contains", "b", ["a", "b"], ["a"]),
    ("contains", "b", "abc", "acd"),
    ("matches", "v1.*", "v1.22", "v2.1"),
    ("matches", "*[end]", "x" * 20_000 + "[end]", "[end"),
    ("equals", True, "true", "false"),
    ("not_equals", False, "true", "false"),
    ("one_of", ["a", "b"], "b", "c"),
]


@pytest.mark.parametrize(("operator", "wanted", "good", "bad"), COMPARED)
def test_json_and_headers_are_compared_alike(operator: str, wanted: Any, good: Any, bad: Any) -> None:
    body = rows({"kind": "json", "path": "a.b[0]", "operator": operator, "value": wanted})
    assert found({"a": {"b": [good]}}, {}, body) == {}
    assert "assertion_failed" in found({"a": {"b": [bad]}}, {}, body)
    assert "assertion_failed" in found({"a": {}}, {}, body), "what is missing holds nothing"
    if isinstance(good, str) and isinstance(bad, str):
        header = rows({"kind": "header", "header": "X-Y", "operator": operator, "value": wanted, "check": "mine"})
        assert found({}, {"x-y": good}, header) == {}
        assert list(found({}, {"x-y": bad}, header)) == list(found({}, {}, header)) == ["mine"]


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_globs_match_as_those_of_a_shell(glob: str, text: str) -> None:
    assert probe.glob_matches(text, glob) == fnmatch.fnmatchcase(text, glob)


def test_no_answer_can_keep_a_glob_busy() -> None:
    assert not probe.glob_matches("a" * 10_000, "*a" * 20 + "*b")


def test_exists_and_absent() -> None:
    there, gone = rows(
        {"kind": "json", "path": "a", "operator": "exists"}, {"kind": "json", "path": "a", "operator": "absent"}
    )
    assert found({"a": 0}, {}, [there]) == {} == found({"a": None}, {}, [gone])
    assert found({"a": None}, {}, [there])
    assert found({"a": 0}, {}, [gone])


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.b", 1), ("a.list[1].c", 2), ('a["d.e"]', 3), ('["a"].b', 1), ("a.list[5].c", None), ("a.b.c", None)],
)
def test_paths(path: str, value: Any) -> None:
    document = {"a": {"b": 1, "list": [{}, {"c": 2}], "d.e": 3}}
    seen = probe.value_at(document, probe.parse_path(path))
    assert seen == value or (value is None and seen is probe.MISSING)


WRONG = [
    ({"kind": "presnt"}, "nearest: present"),
    ({"kind": "present"}, "paths is a list"),
    ({"kind": "present", "paths": ["a."]}, "is no path into JSON"),
    ({"kind": "header_equals", "header": "a b", "path": "a"}, "is no name of a header"),
    ({"kind": "header_equals", "header": "a", "pth": "a"}, "unknown field 'pth' .nearest: path"),
    ({"kind": "integer_range", "path": "a", "min": 9, "max": 1}, "min is not above max"),
    ({"kind": "integer_range", "path": "a", "min": True, "max": 1}, "min is a whole number"),
    ({"kind": "bucket_map", "bucket": "b", "variant": "v", "map": {"0-9": "a", "5": "b"}}, "bucket 5 is in two ranges"),
    ({"kind": "json", "path": "a", "operator": "less", "value": "x"}, "compares with a number"),
    ({"kind": "json", "path": "a", "operator": "is"}, "is none of equals"),
    ({"kind": "json", "path": "a", "operator": "exists", "value": 1}, "takes no value"),
    ({"kind": "latency", "max_ms": 0}, "max_ms is a whole number from 1"),
    ({"kind": "tls_expiry"}, "min_days"),
    ({"kind": "present", "paths": ["a"], "check": "Not An Id"}, "check is a name"),
    ({"kind": "present", "paths": ["a"], "severity": "page"}, "is none of info, warn, high"),
]


@pytest.mark.parametrize(("row", "says"), WRONG)
def test_a_wrong_row_is_refused_by_its_number_and_field(row: dict[str, Any], says: str) -> None:
    with pytest.raises(probe.ProbeError, match=says) as refused:
        probe.read_target({"base": "https://x", "invariants": [{"kind": "present", "paths": ["a"]}, row]})
    assert str(refused.value).startswith("invariant 2")


TWICE = [
    ([{"kind": "latency", "max_ms": 9}, {"kind": "latency", "percentile": 50, "max_ms": 5}], "slow is that of inv.* 1"),
    (
        [{"kind": "present", "paths": ["a"], "check": "slow"}, {"kind": "latency", "max_ms": 9}],
        "of its own, e.g. slow_2",
    ),
    (
        [{"kind": "tls_expiry", "min_days": 9, "check": "x"}, {"kind": "present", "paths": ["a"], "check": "x"}],
        "of its",
    ),
    ([{"kind": "present", "paths": ["a"], "check": "elevated_failures"}], "elevated_failures is the probe's own"),
    ([{"kind": "latency", "max_ms": 9, "check": "variant_split_drift"}], "is the probe's own"),
]


@pytest.mark.parametrize(("given", "says"), TWICE)
def test_one_check_is_one_thing(given: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(probe.ProbeError, match=says):
        probe.read_target({"base": "https://x", "invariants": given})


@pytest.mark.parametrize(
    "row", [{"kind": "present", "paths": ["a"]}, {"kind": "json", "path": "a", "operator": "exists"}]
)
def test_what_reads_json_is_refused_where_none_is_asked_for(row: dict[str, Any]) -> None:
    header = {"kind": "header", "header": "x", "operator": "exists"}
    given = {"base": "https://x", "method": "HEAD", "expect_json": False, "invariants": [header]}
    assert probe.read_target(given).invariants
    with pytest.raises(probe.ProbeError, match=r"invariant 2: .* reads JSON, but expect_json is false"):
        probe.read_target({**given, "invariants": [header, row]})
    with pytest.raises(probe.ProbeError, match="an answer to HEAD has no body; set expect_json to false"):
        probe.read_target({**given, "expect_json": True})
