"""Pure: the lists of a rule's content as rows of the form, and back (no ORM).

A row is a dict of plain values by column; a list of rows is the value of the form's field. Prerequisites are rows
within the rows of sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from detections.rules.spec.conditions import ConfigFinding, ProbeCheckCondition
from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.selector import Source
from detections.rules.spec.signature import Signature

Row = dict[str, Any]
APP_VAR = "app_var"  # `var:APP/NAME`, which the form offers as a kind of its own


class RowsForm(NamedTuple):
    """How one list is edited. `show` returns its rows for a rule's content, `read` the plain data of rows."""

    show: Callable[[RuleSpec], list[Row]]
    read: Callable[[Sequence[Row]], Any]


def to_rows(spec: RuleSpec) -> dict[str, list[Row]]:
    """The rows of each list, by field."""
    return {name: form.show(spec) for name, form in ROWS.items()}


def from_rows(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data for `schema.decode` of each list, by field; of a field that is not there, the empty list."""
    return {name: form.read(fields.get(name) or ()) for name, form in ROWS.items()}


def _predicate_row(predicate: str) -> Row:
    kind, _, name = predicate.partition(":")
    return {"kind": APP_VAR if kind == "var" and "/" in name else kind, "name": name}


def _predicate(row: Row) -> str:
    return f"{'var' if row['kind'] == APP_VAR else row['kind']}:{row['name']}"


def _source_row(source: Source) -> Row:
    return {"source": source.source, "prerequisites": [_predicate_row(each) for each in source.prerequisites]}


def _source(row: Row) -> Row:
    prerequisites = [_predicate(each) for each in row.get("prerequisites") or ()]
    return {"source": row["source"], "prerequisites": prerequisites}


def _signature_row(signature: Signature) -> Row:
    row: Row = msgspec.structs.asdict(signature)
    return {**row, "place": signature.place or "", "severity": signature.severity or ""}


def _signature(row: Row) -> Row:
    data = {**row, "severity": row.get("severity") or None}
    if not data.get("place"):
        data.pop("place", None)  # as older versions, which have none
    return data


def _names(names: Iterable[str]) -> list[Row]:
    return [{"name": name} for name in names]


def _read_names(rows: Sequence[Row]) -> list[str]:
    return [row["name"] for row in rows]


def _pairs(pairs: Mapping[str, str]) -> list[Row]:
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _read_pairs(rows: Sequence[Row]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in rows}


def _variables(spec: RuleSpec) -> list[Row]:
    condition = spec.condition_of(ConfigFinding)
    return _names(condition.variables if condition else ())


def _probed(name: str) -> Callable[[RuleSpec], list[Row]]:
    return lambda spec: _names(getattr(spec.condition_of(ProbeCheckCondition), name, ()))


def _parts(name: str) -> Callable[[RuleSpec], list[Row]]:
    return lambda spec: [msgspec.structs.asdict(part) for part in getattr(spec, name)]


ROWS: Mapping[str, RowsForm] = MappingProxyType(
    {
        "sources": RowsForm(
            lambda spec: [_source_row(each) for each in spec.selector.sources],
            lambda rows: [_source(row) for row in rows],
        ),
        "tags": RowsForm(lambda spec: _pairs(spec.selector.tags), _read_pairs),
        "labels": RowsForm(lambda spec: _pairs(spec.labels), _read_pairs),
        "variables": RowsForm(_variables, _read_names),
        "probe_targets": RowsForm(_probed("targets"), _read_names),
        "probe_checks": RowsForm(_probed("checks"), _read_names),
        "signatures": RowsForm(
            lambda spec: [_signature_row(each) for each in spec.signatures],
            lambda rows: [_signature(row) for row in rows],
        ),
        "escalation": RowsForm(_parts("escalation"), list),
        "guardrails": RowsForm(_parts("guardrails"), list),
        "fixtures": RowsForm(lambda spec: _names(spec.fixtures), _read_names),
    }
)
