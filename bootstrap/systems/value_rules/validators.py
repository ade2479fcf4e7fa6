"""Validators of model fields that hold rules of values."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from bootstrap.systems.value_rules import expected_values as expected
from bootstrap.systems.value_rules import formats


def validate_format_rule(rule: str) -> None:
    """Validate a field with a format rule. Raises ValidationError with what is allowed."""
    try:
        formats.validate(rule)
    except formats.FormatError as error:
        raise ValidationError(str(error)) from None


def validate_expected_values(values: object) -> None:
    """Validate a field with literals by environment. Raises ValidationError with what is allowed."""
    try:
        expected.validate(values)
    except expected.ExpectedError as error:
        raise ValidationError(str(error)) from None
