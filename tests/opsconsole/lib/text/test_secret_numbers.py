"""Card numbers, social security numbers and IBANs by their own rules."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.text.secret_numbers import is_iban, without_cards, without_numbers


@given(st.integers(0, 10**18 - 1))
def test_of_all_check_digits_at_most_two_make_an_iban(account: int) -> None:
    """97 numbers share 100 pairs of digits."""
    assert 1 <= sum(is_iban(f"DE{check:02}{account:018}") for check in range(100)) <= 2


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("DE89370400440532013000", "[Filtered]"),
        ("GB82 WEST 1234 5698 7654 32 PAID", "[Filtered] PAID"),
        ("AT61 1904 3002 3457 3201 PAID NOW", "[Filtered] PAID NOW"),
        ("FR76-3000-6000-0112-3456-7890-189", "[Filtered]"),
        ("DE89370400440532013001", "DE89370400440532013001"),  # wrong check digits
        ("DE8937040044053201300", "DE8937040044053201300"),  # too short for its country
        ("XDE89370400440532013000", "XDE89370400440532013000"),
        ("123 45 6789", "[Filtered]"),
        ("1 123 45 6789", "1 123 45 6789"),
        ("123 45 6789 10", "123 45 6789 10"),
        ("4111.1111.1111.1111.", "[Filtered]."),
        ("4111 - 1111 - 1111 - 1111", "[Filtered]"),
        ("4111.1111.1111.1112", "4111.1111.1111.1112"),
        ("4.111111111111111", "4.111111111111111"),
        ("42914177-7631-4706-add9-f011c4647159", "42914177-7631-4706-add9-f011c4647159"),  # a UUID
        ("BE745100-7547-0610-ab12-0123456789ab", "BE745100-7547-0610-ab12-0123456789ab"),
        ("42914177-7631-4706-add9-f011c4647159 4111 1111 1111 1111", "42914177-7631-4706-add9-f011c4647159 [Filtered]"),
        ("4111-1111-1111-1111-add9-f011c4647159", "[Filtered]-add9-f011c4647159"),
        ("1.4111.1111.1111.1111", "1.4111.1111.1111.1111"),
    ],
)
def test_numbers(text: str, clean: str) -> None:
    assert without_numbers(text) == clean


@given(st.uuids())
def test_a_uuid_survives(uuid: UUID) -> None:
    for text in (f"{uuid}", f"ids {uuid}, {uuid}", f"{uuid}".upper()):
        assert without_cards(text) == without_numbers(text) == text
