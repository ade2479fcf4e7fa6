"""The evaluator of each kind of rule. A further kind is one more entry (docs/decisions/0011)."""

from __future__ import annotations

from typing import Any

from detections.rules.evaluation.config_finding.evaluator import ConfigFindingEvaluator
from detections.rules.evaluation.console_health import ConsoleHealthEvaluator
from detections.rules.evaluation.evaluator import Evaluator, FixtureInput
from detections.rules.evaluation.exceedance import ExceedanceEvaluator
from detections.rules.evaluation.probe_check import ProbeCheckEvaluator
from detections.rules.evaluation.rule_health import RuleHealthEvaluator
from detections.rules.evaluation.self_check import SelfCheckEvaluator
from detections.rules.evidence.base import SHAPE, EvidenceRecord
from detections.rules.spec.schema import RuleSpec

AnyEvaluator = Evaluator[Any, Any, Any]

EVALUATORS: tuple[AnyEvaluator, ...] = (
    ExceedanceEvaluator(),
    ConfigFindingEvaluator(),
    RuleHealthEvaluator(),
    ConsoleHealthEvaluator(),
    SelfCheckEvaluator(),
    ProbeCheckEvaluator(),
)


def evaluator_of(spec: RuleSpec) -> AnyEvaluator:
    """Raises LookupError for a kind that no evaluator judges."""
    for evaluator in EVALUATORS:
        if evaluator.kind == spec.kind:
            return evaluator
    raise LookupError(f"no evaluator judges rules of kind {spec.kind}")


def evaluator_behind(record: EvidenceRecord | None, spec: RuleSpec | None) -> AnyEvaluator:
    """The evaluator whose evidence `record` is; without a record that of the rule, without either the first one."""
    if record is not None:
        return next(each for each in EVALUATORS if each.evidence is type(record))
    return EVALUATORS[0] if spec is None else evaluator_of(spec)


def read_evidence(data: dict[str, Any]) -> EvidenceRecord:
    """The record behind a stored row. Raises msgspec.ValidationError where `data` is none of a known kind."""
    shape = data.get(SHAPE, "")
    evaluator = next((each for each in EVALUATORS if each.evidence.shape() == shape), EVALUATORS[0])
    record: EvidenceRecord = evaluator.evidence.read(data)
    return record


def fixture_inputs() -> dict[str, FixtureInput]:
    """All that fixtures may consist of, by key."""
    return {evaluator.fixture_input.key: evaluator.fixture_input for evaluator in EVALUATORS}
