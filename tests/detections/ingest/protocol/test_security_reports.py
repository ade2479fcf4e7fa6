"""Reports of browsers: each an event, grouped by what was violated, in every form that browsers have for them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.grouping import group
from detections.ingest.event.normalise import normalise
from detections.ingest.protocol.errors import Refused
from detections.ingest.protocol.report_kinds import KINDS, origin_of
from detections.ingest.protocol.security_reports import (
    MAX_REPORTS,
    ReportSender,
    SecurityReports,
    read_reports,
    with_interface,
)
from tests.cases.events import case
from tests.detections.builders import NOON

PAGE = "https://shop.example/p"


def read(value: Any, **sender: str) -> SecurityReports:
    return read_reports(json.dumps(value).encode(), NOON, ReportSender(**sender))


def fingerprints(*payloads: dict[str, Any]) -> set[str]:
    return {group(normalise(payload), "/route").fingerprint for payload in payloads}


def csp(blocked: str, directive: str = "script-src", **more: Any) -> dict[str, Any]:
    """A report of report-uri."""
    return {"csp-report": {"document-uri": PAGE, "effective-directive": directive, "blocked-uri": blocked, **more}}


def sent(kind: str, url: str = PAGE, age: int = 0, **body: Any) -> dict[str, Any]:
    """A report of the Reporting API."""
    return {"type": kind, "url": url, "age": age, "user_agent": "Mozilla/5.0", "body": body}


def test_each_report_of_a_batch_is_an_event() -> None:
    reports = read(case("06-reporting-api-batch"))
    assert reports.unused == 0
    assert [event["message"] for event in reports.events] == [
        "Blocked 'img-src' from 'one.example'",
        "Blocked 'script-src-elem' from 'two.example'",
        "Blocked 'style-src-elem' from 'inline'",
    ]
    assert len(fingerprints(*reports.events)) == 3
    mixed = read(case("06b-reporting-api-mixed"))
    assert [event["message"] for event in mixed.events] == ["Deprecated: old", "Blocked 'img-src' from 'three.example'"]


def test_csp_groups_by_directive_and_host() -> None:
    one, two = (read(case(name)).events[0] for name in ("07a-csp-same-host", "07b-csp-same-host"))
    assert len(fingerprints(one, two)) == 1
    assert one["tags"]["blocked-uri"] == "https://cdn.example/pics/1.png"
    assert len(fingerprints(one, read(csp("https://cdn.example/x")).events[0])) == 2


@pytest.mark.parametrize(
    ("name", "message", "logger"),
    [
        ("08-expect-ct", "Expect-CT failed for 'shop.example'", "expect-ct"),
        ("08b-hpkp", "Public key pinning failed for 'shop.example'", "hpkp"),
        ("08c-nel", "Network error 'tcp.refused' at 'shop.example'", "nel"),
    ],
)
def test_older_kinds_of_reports(name: str, message: str, logger: str) -> None:
    event = read(case(name)).events[0]
    assert (event["message"], event["logger"], event["level"]) == (message, logger, "warning")
    assert event["fingerprint"][0] == logger


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (sent("crash", reason="oom"), "The page crashed: oom"),
        (sent("crash"), "The page crashed: no reason given"),
        (sent("deprecation"), None),
        (sent("deprecation", id="websql", message="WebSQL is old"), "Deprecated: WebSQL is old"),
        (sent("intervention", id="HeavyAd", message="Removed"), "The browser intervened: Removed"),
        (sent("permissions-policy-violation", featureId="geolocation"), "Permissions policy violated: geolocation"),
        (sent("permissions-policy-violation", policyId="camera"), "Permissions policy violated: camera"),
        (sent("document-policy-violation", policyId="sync-xhr"), "Document policy violated: sync-xhr"),
        (sent("coep", type="corp", blockedURL="https://cdn.example/a.png"), "COEP: corp of 'cdn.example'"),
        (sent("coop", type="navigation-to-response"), "COOP: navigation-to-response"),
        (sent("integrity-violation", destination="script", blockedURL="https://cdn.example/a.js"),
         "Integrity policy blocked a script from 'cdn.example'"),
        (sent("network-error", type="http.error", status_code=502), "Network error 'http.error' at 'shop.example'"),
        (sent("network-error", type="ok"), None),
        (sent("csp-hash", hash="sha256-x"), None),
        (sent("something-new", a=1), None),
        (sent("csp-violation", effectiveDirective="img-src", blockedURL="data"), "Blocked 'img-src' from 'data'"),
        ({"expect-staple-report": {"hostname": "a.example"}}, "Expect-Staple failed for 'a.example'"),
        ({"violated-directive": "img-src 'self'", "blocked-uri": "b.example"}, "Blocked 'img-src' from 'b.example'"),
        (csp("https://b.example", disposition="report"), "Would block 'script-src' from 'b.example'"),
    ],
)  # fmt: skip
def test_kinds_are_taken_or_counted(report: dict[str, Any], message: str | None) -> None:
    reports = read(report)
    assert ([event["message"] for event in reports.events], reports.unused) == (([message], 0) if message else ([], 1))


@pytest.mark.parametrize(
    ("blocked", "origin"),
    [
        *(("https://cdn.example/a?b", "cdn.example"), ("https://CDN.example:8443/a", "cdn.example"), ("", "inline")),
        *(("eval", "eval"), ("data:image/png;base64,xx", "data"), ("blob:https://shop.example/1", "blob")),
        *(("https://shop.example/x.js", "self"), ("self", "self"), ("wss://ws.example/x", "ws.example")),
        *(("chrome-extension://abc/x.js", "chrome-extension"), ("localhost:3000/x", "localhost")),
        *(("trusted-types-sink", "trusted-types-sink"), ("cdn.example/a", "cdn.example"), ("inline", "inline")),
        *(("about:blank", "about"), ("https://[bad", "https://[bad")),
    ],
)  # fmt: skip
def test_whose_address_was_blocked(blocked: str, origin: str) -> None:
    assert origin_of(blocked, PAGE) == origin


def test_what_the_request_and_the_browser_say_beside_the_report() -> None:
    query = "sentry_key=x&sentry_environment=staging&sentry_release=shop%402"
    event = read(csp("eval"), query=query, user_agent="Firefox").events[0]
    assert (event["environment"], event["release"]) == ("staging", "shop@2")
    assert normalise(event)["request"] == {"url": PAGE, "headers": {"User-Agent": "Firefox"}}
    later = read([sent("crash", age=60_000, reason="oom")], user_agent="Firefox").events[0]
    assert later["timestamp"] == (NOON - timedelta(minutes=1)).isoformat()
    assert later["request"]["headers"] == {"User-Agent": "Mozilla/5.0"}


def test_an_event_may_hold_a_report_instead_of_a_text() -> None:
    event = normalise(case("33-csp-interface"))
    assert event["message"] == {"formatted": "Blocked 'style-src' from 'cdn.example'"}
    assert (event["platform"], event["level"], event["tags"]["effective-directive"]) == (
        "other",
        "warning",
        "style-src",
    )
    same = csp("https://cdn.example/other.css", "style-src")
    assert len(fingerprints(case("33-csp-interface"), read(same).events[0])) == 1
    own = {**case("33-csp-interface"), "level": "error", "tags": [["a", "b"]], "fingerprint": ["x"]}
    assert (normalise(own)["level"], normalise(own)["fingerprint"], normalise(own)["tags"]["a"]) == (
        "error",
        ["x"],
        "b",
    )
    for name, body in (
        ("expectct", {"hostname": "a"}),
        ("hpkp", {"hostname": "a"}),
        ("expectstaple", {"hostname": "a"}),
    ):
        assert "failed for 'a'" in normalise({name: body})["message"]["formatted"]
    assert with_interface({"csp": "text"}) == {"csp": "text"}
    assert with_interface({"nel": {"type": "ok"}}) == {"nel": {"type": "ok"}}


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b'"x"', b"[1]", b"nonsense", b'{"csp-report":{}}', b'{"csp-report":7}']
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_reports(body, NOON)
    assert refused.value.status == 400
    assert refused.value.causes


def test_a_report_that_is_not_understood_costs_the_others_nothing() -> None:
    reports = read([None, {}, sent("new"), sent("csp-violation"), csp("eval")])
    assert (len(reports.events), reports.unused) == (1, 4)


def test_a_batch_is_bounded() -> None:
    reports = read([csp("eval")] * (MAX_REPORTS + 5))
    assert (len(reports.events), reports.unused) == (MAX_REPORTS, 5)


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=3), max_size=2)
FIELDS = [
    "blocked-uri",
    "blockedURL",
    "effective-directive",
    "document-uri",
    "type",
    "hostname",
    "id",
    "message",
    "reason",
]


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(FIELDS), VALUES), VALUES, VALUES)
def test_wrong_types_in_every_field_never_raise(kind: str, body: dict[str, Any], url: Any, age: Any) -> None:
    for event in read([{"type": kind, "url": url, "age": age, "body": body}, csp("eval")]).events:
        assert normalise(event)["message"]["formatted"]
