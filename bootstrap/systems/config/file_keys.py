"""The fields of a variable by their keys in `required-config-vars.yaml`."""

from __future__ import annotations

from typing import Final

# In the order of the file. `fallback_to` is the name of a variable of the same application.
KEYS: Final = {
    "secret": "secret",
    "config_key": "config_key",
    "description": "description",
    "required_when": "required_when",
    "must_not_be_set": "must_not_be_set",
    "accepted": "accepted",
    "accepted_values": "accepted_values",
    "expected_values": "expected_values",
    "format": "format_rule",
    "default": "default",
    "empty_is_unset": "empty_is_unset",
    "failure_mode": "failure_mode",
    "fallback_to": "fallback_to",
    "impact": "impact",
    "consumers": "consumers",
    "read_at": "read_at",
    "source_kind": "source_kind",
    "source": "source_path",
    "generator": "generator",
}
