"""What the form of a new rule begins with."""

from __future__ import annotations

from detections.rules import packs
from detections.rules.rule_form import starts

RULE = """
identifier: {}
title: Orders fail
selector: {{sources: [{{source: sentry}}]}}
conditions: [{{kind: exceedance}}]
"""


def test_shipped_rules_are_parsed_once_for_each_content(tmp_path, monkeypatch):
    read, parse = [], packs.parse
    monkeypatch.setattr(packs, "FOLDER", tmp_path)
    monkeypatch.setattr(packs, "parse", lambda text, name: read.append(name) or parse(text, name))
    file = tmp_path / "orders.yaml"
    file.write_text(RULE.format("MINE-1"))
    assert [[each.identifier for each in starts.shipped()] for _ in range(3)] == [["MINE-1"]] * 3
    assert read == ["orders.yaml"]
    file.write_text(RULE.format("MINE-2"))
    assert [each.identifier for each in starts.shipped()] == ["MINE-2"]
    assert read == ["orders.yaml"] * 2
