"""The language of format rules (pure): what a variable's value has to look like.

`nonempty`, `boolean` (0/1, true/false, on/off, yes/no), `integer`, `integer:1..64` (either side may be left out),
`min_length:32`, `prefix:sk_live_`, `domain`, `origin` and `origins` (http or https with host and port, no path; the
second separated by commas), `dsn` (of a Sentry SDK), `url`, `url:postgres,postgresql`. There are no regular
expressions, so that no runbook can make an agent hang. The rules are implemented in the agent.
"""

from __future__ import annotations

from bootstrap.systems.value_rules.agent import agent

FormatError: type[ValueError] = agent.FormatError
ALLOWED: str = agent.ALLOWED_RULES
BOOLEAN_WORDS: tuple[str, ...] = agent.BOOLEAN_WORDS


def validate(rule: str) -> None:
    """Raises FormatError, which names what is allowed, where `rule` is not a format rule."""
    agent.parse_rule(rule)


def check(rule: str, value: str) -> bool:
    """Whether `value` matches `rule`, in linear time. Raises FormatError where `rule` is not a format rule."""
    return bool(agent.check(rule, value))
