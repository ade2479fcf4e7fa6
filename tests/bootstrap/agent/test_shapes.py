"""What a format leaves open: expressions, quotes, names without values, names given twice; told, and not judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.consoles import manifest
from tests.bootstrap.agent.shapes import as_json, compose, container, notes, secret, states

NOW = datetime(2026, 6, 14, 3, tzinfo=UTC)


def test_case_04_a_nul_separated_environment_is_read() -> None:
    found = agent.read_variables(b"DATABASE_URL=postgres://a@b/c\0DJANGO_DEBUG=false\0")
    assert found.values == {"DATABASE_URL": "postgres://a@b/c", "DJANGO_DEBUG": "false"}


def test_case_21_what_is_not_expanded_is_told_and_not_judged() -> None:
    found = agent.read_variables(b"DB=postgres://a@b/c\nDATABASE_URL=${DB}\n")
    assert (found.state("DATABASE_URL"), found.state("DB")) == ("unseen", "set")
    assert [note.words() for note in found.notes] == ["DATABASE_URL holds ${…}, not expanded (lines 2)"]
    asked = json.dumps({**manifest({"name": "DATABASE_URL", "format": "url:postgres"}), "takes_unseen": True})
    report = agent.build_report(agent.read_manifest(asked.encode()), found, b"k" * 32, NOW, None)
    assert report["variables"] == [
        {"name": "DATABASE_URL", "state": "unseen", "format_ok": None, "accepted_index": None, "fingerprints": {}}
    ]
    assert report["notes"] == [{"name": "DATABASE_URL", "kind": "expression", "lines": [2]}]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("A=${B}", "unknown"), ("A=$B", "unknown"), ('A="${B}"', "unknown"), ("A=${B:-${C}}", "unknown"),
        ("A=$(cat x)", "unknown"), ("A={{ b }}", "unknown"), ("A=x${B}", "unseen"), ("A=op://v/i/f", "unseen"),
        ("A=vault:secret/data/x#KEY", "unseen"), ("A='${B}'", "set"), (r"A=\$B", "set"), ("A=$$B", "set"),
        ('A="\\${B}"', "set"), ("A=$2b$12$", "set"), ("A=costs $5", "set"), ("A=${FULL}", "unseen"),
        ("A=$FULL", "unseen"), ("A=${BLANK}", "unknown"),
    ],
)  # fmt: skip
def test_expressions_of_env_files(line: str, state: str) -> None:
    assert states(f"FULL=x\nBLANK=\n{line}\n".encode(), "A") == {"A": state}


def test_a_dollar_sign_is_one_where_the_value_is_final() -> None:
    for document in ({"A": "${B}"}, [*container({"A": "${B}"})], secret({"A": "$(B)"}), compose({"A": "${B}"})):
        assert states(document, "A") == {"A": "set"}
    assert states(b"A=${B}\0C=op://x\0", "A", "C") == {"A": "set", "C": "set"}


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("A='it'\\''s'", "unseen"), ("A=$'a\\nb'", "unseen"), ("A=\"a\"'b'", "unseen"), ("A='a'b", "unseen"),
        ("A='a' # b", "set"), ("A='a'#b", "set"), ("A=it's", "set"),
    ],
)  # fmt: skip
def test_what_shells_put_together_of_quotes_is_not_judged_by_its_first_part(line: str, state: str) -> None:
    assert states(f"{line}\nB=1\n".encode(), "A", "B") == {"A": state, "B": "set"}


def test_names_alone_are_set_and_the_rest_may_be() -> None:
    redacted = [{"name": "A", "slotSetting": False, "value": None}, {"name": "C", "value": "x"}]
    assert states(redacted, "A", "B", "C") == {"A": "unseen", "B": "unknown", "C": "set"}
    for document in ([{"name": "A"}], [{"Name": "A", "Digest": "x"}]):
        assert states(document, "A", "B") == {"A": "unseen", "B": "unknown"}
    secrets = {"containerDefinitions": [{"name": "web", "secrets": [{"name": "A", "valueFrom": "arn:x"}]}]}
    assert states(secrets, "A", "B") == {"A": "unseen", "B": "unset"}
    secrets["containerDefinitions"][0]["environmentFiles"] = [{"value": "arn:x"}]
    assert states(secrets, "B") == {"B": "unknown"}
    image = [{"Id": "sha256:x", "RepoTags": [], "Config": {"Env": ["A=x"]}}]
    assert states(image, "A", "B") == {"A": "set", "B": "unknown"}
    assert states({"A": "x"}, "A", "B", partial=True) == {"A": "set", "B": "unknown"}


def test_doubled_names_are_told_with_the_one_that_counts() -> None:
    assert notes(b"A=1\nB=2\nA=3\n") == ["A stands there more than once; the last one counts (lines 1, 3)"]
    assert notes(b'{"A": "1", "A": "2"}') == ["A stands there more than once; the last one counts"]
    found = agent.read_variables(b"A=1\0A=2\0")
    assert found.values == {"A": "1"}
    assert [note.words() for note in found.notes] == ["A stands there more than once; the first one counts"]


def test_older_consoles_get_what_they_take() -> None:
    found = agent.read_variables(b"A=x${B}\nC=${B}\nD=1\nD=2\n")
    asked = manifest({"name": "A", "accepted": ["production"]}, {"name": "C"}, {"name": "D"})
    report = agent.build_report(agent.read_manifest(as_json(asked)), found, None, NOW, None)
    assert [(each["name"], each["state"]) for each in report["variables"]] == [("A", "set"), ("D", "set")]
    assert report["manifest"] is None, "so that neither the one left out nor the word not seen counts against it"
    assert not {"notes", "complete"} & report.keys()
    assert "older than 1.1" in "\n".join(agent.remarks(report, found))
    plain = agent.build_report(
        agent.read_manifest(as_json(asked)), agent.read_variables(b"A=1\nC=2\nD=1"), None, NOW, None
    )
    assert plain["manifest"] == "f" * 64
