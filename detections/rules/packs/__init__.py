"""Packs: rules as YAML, one document a rule, so that they travel between consoles and can be reviewed as text.

In: the shipped files of this folder, or a file of the user. Out: rule versions through `publish`.
Promises: loading twice changes nothing; a rule that a person edited is never overwritten by a shipped file; what
`export` writes, `parse` reads back equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from detections.rules.lifecycle import mute
from detections.rules.lifecycle.publish import publish
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Rule, RuleVersion
from detections.rules.spec.schema import IDENTIFIER_ALLOWED, RuleSpec, SpecError, brief, decode, is_identifier
from opsconsole.lib.text import yaml

FOLDER = Path(__file__).parent
FIXTURES = FOLDER / "fixtures"
AUTHOR = "shipped pack"
MUTED = "muted"  # no stored mode: active, with a silence of its own
MODES = (Rule.Mode.DRAFT, Rule.Mode.SHADOW, Rule.Mode.ACTIVE, MUTED)


@dataclass(frozen=True)
class PackedRule:
    """A rule in a pack. `mode` is used only where the rule is new; a muted one is muted for `mute.DEFAULT_LENGTH`."""

    identifier: str
    mode: str
    spec: RuleSpec


def load(now: datetime) -> list[RuleVersion]:
    """Loads the shipped rules: creates new ones, and updates those that no person edited. Returns the versions made."""
    made: list[RuleVersion] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for packed in parse(path.read_text(), path.name):
            rule = Rule.objects.select_related("current").filter(identifier=packed.identifier).first()
            if rule and rule.current and rule.current.author_name != AUTHOR:
                continue
            before = rule.current if rule else None
            version = put(packed, now=now, author_name=AUTHOR, reason="The shipped pack changed." if before else "")
            if version != before:
                made.append(version)
    return made


@transaction.atomic
def put(packed: PackedRule, *, now: datetime, author_name: str, reason: str = "") -> RuleVersion:
    """Publish one packed rule. Raises GuardrailError as `publish` does."""
    muted = packed.mode == MUTED and not Rule.objects.filter(identifier=packed.identifier).exists()
    mode = Rule.Mode.ACTIVE if packed.mode == MUTED else packed.mode
    made = publish(packed.identifier, packed.spec, now=now, author_name=author_name, reason=reason, mode=mode)
    if muted:
        mute.mute(made.rule, now, mute.DEFAULT_LENGTH, reason=f"The pack says mode: muted ({author_name})")
    return made


def parse(text: str, name: str = "pack") -> list[PackedRule]:
    """The rules of a YAML text. Raises SpecError, whose field begins with `name` and the rule's identifier."""
    try:
        documents = yaml.load_all(text)
    except yaml.YamlError as error:
        raise SpecError(name, f"is not YAML: {error}") from None
    return [_packed(document, name) for document in documents]


def _packed(document: Any, name: str) -> PackedRule:
    if not isinstance(document, dict) or not isinstance(document.get("identifier"), str):
        raise SpecError(name, "each document is a mapping with an `identifier`")
    identifier, mode = document["identifier"], document.get("mode", Rule.Mode.DRAFT)
    if not is_identifier(identifier):
        raise SpecError(f"{name}: identifier", f"allowed: {IDENTIFIER_ALLOWED}")
    if mode not in MODES:
        raise SpecError(f"{name}: {identifier}: mode", f"allowed: {', '.join(MODES)}")
    try:
        spec = decode({k: v for k, v in document.items() if k not in {"identifier", "mode"}})
    except SpecError as error:
        raise SpecError(f"{name}: {identifier}: {error.field}".rstrip(": "), error.message) from None
    return PackedRule(identifier, mode, spec)


def packed(rule: Rule, now: datetime) -> PackedRule:
    """A stored rule, read by `with_mutes`, for a pack; a retired rule as a draft. Raises ValueError where it has no
    version."""
    if rule.current is None:
        raise ValueError(f"{rule} has no version yet")
    mode = mode_now(rule, now)
    mode = mode if mode in MODES else Rule.Mode.DRAFT
    return PackedRule(rule.identifier, mode, decode(rule.current.spec))


def export(packed: PackedRule) -> str:
    """YAML of one rule, without fields that have their default."""
    data = {"identifier": packed.identifier, "mode": packed.mode, **brief(packed.spec)}
    return yaml.dump(data)


def lint(text: str, name: str = "pack") -> list[str]:
    """The problems of a pack, a sentence each; empty when it can be imported and validated."""
    try:
        rules = parse(text, name)
    except SpecError as error:
        return [str(error)]
    return [f"{name}: {rule.identifier}: {problem}" for rule in rules for problem in _problems(rule.spec)]


def _problems(spec: RuleSpec) -> Iterator[str]:
    for fixture in spec.fixtures:
        if not (FIXTURES / f"{fixture}.json").is_file():
            yield f"fixtures: there is no {fixture}.json in {FIXTURES.name}/"
    if not spec.fixtures:
        yield "fixtures: none, so the rule can never be validated"
    for guardrail in spec.guardrails:
        if not (guardrail.text[:1].isupper() and guardrail.text.rstrip().endswith((".", "!"))):
            yield f"guardrails: {guardrail.text[:40]!r} is no whole sentence; it is told by itself, too"
    if not spec.documentation:
        yield "documentation: empty; say what the rule is for and what to do when it fires"
    if not spec.first_response:
        yield "escalation: nobody answers first"
