"""Whatever people write or paste, a rule is read or refused with a sentence; nothing raises anything else."""

from __future__ import annotations

from contextlib import suppress
from io import StringIO
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from detections.rules import packs
from detections.rules.spec import form_fields
from detections.rules.spec.schema import RuleSpec, SpecError, decode, encode
from opsconsole.lib.db import storable
from opsconsole.lib.text import yaml

PLAIN: dict[str, Any] = {
    "title": "A rule",
    "selector": {"sources": [{"source": "sentry"}]},
    "conditions": [{"kind": "exceedance"}],
}
FIELDS = form_fields.to_fields(decode(PLAIN))
DEEP = "[" * 3000 + "]" * 3000
LAUGHS = "a: &a [x]\n" + "\n".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
TEXTS = [
    DEEP,
    LAUGHS,
    "&a [*a]",
    "- " + "9" * 5000,
    "- 2026-99-99",
    "- !!int ''",
    "- !!bool x",
    "- !!timestamp x",
    "- !!python/object:os.system x",
    "? [a]\n: b",
    "a: 1\n---\nb: 2",
]


SIGNATURE = {"name": "a", "cause": "b", "owner": "c", "message": "d"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", [{"name": "a", "value": "\0"}]),
        ("labels", [{"name": "\0", "value": "b"}]),
        ("labels", [{"name": "a", "value": "\ud800"}]),
        ("signatures", [{**SIGNATURE, "name": "a\0"}]),
        ("fixtures", [{"name": "\0"}]),
        ("title", "a\0b"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_at_its_field(field: str, value: Any) -> None:
    with pytest.raises(SpecError, match="NUL or half of a surrogate pair") as caught:
        decode(form_fields.from_fields({**FIELDS, field: value}))
    assert form_fields.field_of(caught.value.field, caught.value.message) == field


@pytest.mark.parametrize("text", TEXTS)
def test_a_pack_of_yaml_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        packs.parse(f"identifier: R-1\ntitle: t\nsignatures:\n{indent(text, '  ')}\n")


def test_a_number_without_a_value_is_refused() -> None:
    with pytest.raises(SpecError, match="expected_false_positives_per_week: is not a finite number"):
        decode({**PLAIN, "expected_false_positives_per_week": float("nan")})


@pytest.mark.parametrize("identifier", ["a/b", "a" * 41, '"a\\0"', '"\\ud800"', '""', "a b"])
def test_an_identifier_that_no_address_can_hold_is_refused(identifier: str) -> None:
    with pytest.raises(SpecError, match="letters, digits"):
        packs.parse(f"identifier: {identifier}\ntitle: t\n")


@pytest.mark.parametrize("content", [DEEP.encode(), b"\xff\xfe", b'identifier: "\\0"', b"- 2026-99-99"])
def test_a_pack_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_bytes(content)
    for command in (("import", str(pack), "--by", "ada"), ("lint", str(pack))):
        with pytest.raises(CommandError):
            call_command("rules", *command, stderr=StringIO())


def test_who_imports_is_a_name_that_fits() -> None:
    for name in ("a" * 501, "a\0"):
        with pytest.raises(CommandError, match="--by"):
            call_command("rules", "import", "x.yaml", "--by", name)


@given(st.text())
def test_any_text_is_yaml_or_a_problem(text: str) -> None:
    with suppress(yaml.YamlError):
        yaml.load_all(text)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
DATA = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(st.sampled_from(list(RuleSpec.__struct_fields__)), DATA)
def test_any_data_is_a_rule_that_can_be_stored_or_an_error(field: str, data: Any) -> None:
    with suppress(SpecError):
        spec = decode({**PLAIN, field: data})
        assert storable.problem(encode(spec)) is None
        assert decode(encode(spec)) == spec
