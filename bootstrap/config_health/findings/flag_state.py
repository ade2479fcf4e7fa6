"""Whether a flag is on, from what agents reported of it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bootstrap.config_health.variable_status import EMPTY, NOT_REPORTED, SET, UNSET, JudgedVariable
from bootstrap.systems.value_rules.flags import FLAG_WORDS, OFF_WORDS


def flag_is_on(accepted: Sequence[str], judged: JudgedVariable) -> bool | None:
    """Whether a flag is on. Unset and empty are off; None where that was not reported or seen."""
    if judged.state in (UNSET, EMPTY):
        return False
    if judged.state != SET or judged.accepted_index is None or judged.accepted_index >= len(accepted):
        return None
    return accepted[judged.accepted_index].lower() not in OFF_WORDS


def any_is_on(reported: Iterable[JudgedVariable]) -> bool | None:
    """Whether a flag with several names is on, from what was reported of each name.

    True where one is on. False where none is on, and one is set to a word for off or none is set. None where nothing
    was reported, or what is set is no known word, not seen or not known.
    """
    known = [judged for judged in reported if judged.state != NOT_REPORTED]
    states = [flag_is_on(FLAG_WORDS, judged) for judged in known]
    if True in states:
        return True
    is_set_to_off = any(on is False and judged.state == SET for on, judged in zip(states, known, strict=True))
    return False if is_set_to_off or (known and None not in states) else None
