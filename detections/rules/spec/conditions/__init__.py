"""Pure: the kinds of condition that a rule may have, one file a kind (no ORM).

`CONDITIONS` lists them; `detections.rules.evaluation.registry` has an evaluator for each.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.conditions.config_finding import ConfigFinding, FindingKind, FindingSeverities
from detections.rules.spec.conditions.console_health import CheckName, ConsoleCheck
from detections.rules.spec.conditions.exceedance import Exceedance, Floors
from detections.rules.spec.conditions.probe_check import ProbeCheckCondition
from detections.rules.spec.conditions.rule_health import RuleHealth
from detections.rules.spec.conditions.self_check import SelfCheck

__all__ = [
    "CONDITIONS",
    "CheckName",
    "Condition",
    "ConfigFinding",
    "ConsoleCheck",
    "Exceedance",
    "FindingKind",
    "FindingSeverities",
    "Floors",
    "ProbeCheckCondition",
    "RuleHealth",
    "SelfCheck",
    "convert",
]

CONDITIONS: tuple[type[Condition], ...] = (
    Exceedance,
    ConfigFinding,
    RuleHealth,
    ConsoleCheck,
    SelfCheck,
    ProbeCheckCondition,
)


def convert(type_: type, data: Any) -> Any:
    """A condition from plain data, as msgspec's `dec_hook`. Raises ValueError, to which msgspec adds the outer path."""
    if type_ is not Condition:
        raise NotImplementedError(f"no conversion to {type_}")
    try:
        return msgspec.convert(data, Union[CONDITIONS])  # noqa: UP007 - a union of what the table lists
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
