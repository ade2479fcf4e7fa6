"""What was not kept is said, with how much and where."""

from __future__ import annotations

from typing import Any

from detections.dashboard.issues.parts.left_out import breadcrumbs_sent, missing_sentences


def test_each_limit_has_a_sentence() -> None:
    body: dict[str, Any] = {
        "exception": [{"type": "E"}] * 50,
        "left_out": {
            "exceptions": 20,
            "breadcrumbs": 1,
            "tags": 2,
            "images": 1200,
            "value": 20_000,
            "sdk": [["extra.sql", 5000], ["exception.values.0.stacktrace", 0]],
            "fields": ["cart", "shop"],
        },
    }
    assert missing_sentences(body) == [
        "20 exceptions between the outermost 25 and the innermost 25 of the chain.",
        "1 breadcrumb; the newest are kept.",
        "2 tags; the first are kept.",
        "1,200 binaries; the first are kept.",
        "The end of the exception's value: it had 20,000 characters.",
        "extra.sql: shortened by the SDK, it had 5,000.",
        "exception.values.0.stacktrace: shortened by the SDK.",
        "Fields that this console does not read: cart, shop.",
    ]
    assert missing_sentences({}) == []


def test_breadcrumbs_are_counted_with_those_that_were_left_out() -> None:
    crumbs = {"breadcrumbs": [{"message": "a"}, {"message": "b"}]}
    assert breadcrumbs_sent(crumbs) == 2
    assert breadcrumbs_sent({**crumbs, "left_out": {"breadcrumbs": 3}}) == 5
    assert breadcrumbs_sent({**crumbs, "left_out": {"sdk": [["breadcrumbs", 130], ["extra.a", 900]]}}) == 130
