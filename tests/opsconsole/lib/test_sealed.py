"""What is sealed opens with its key, for its purpose, unchanged, and with nothing else."""

from __future__ import annotations

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from opsconsole.lib.sealed import SealBroken, is_current, resealed, seal, unseal

OLD, NEW, OTHER = "o" * 50, "n" * 50, "x" * 50
TEXT = st.text(st.characters())


@given(TEXT, st.text())
def test_what_was_sealed_opens_for_its_purpose_only(text: str, purpose: str) -> None:
    sealed = seal(text, purpose=purpose)
    assert unseal(sealed, purpose=purpose) == text
    assert sealed.isascii()
    assert sealed.isprintable()
    with pytest.raises(SealBroken):
        unseal(sealed, purpose=f"{purpose}2")


@given(TEXT)
def test_the_text_is_not_in_it_and_equal_texts_differ(text: str) -> None:
    text = f"hunter {text}"  # the blank is in no token
    first, second = seal(text, purpose="test"), seal(text, purpose="test")
    assert text not in first
    assert first != second


@given(st.data(), st.text(min_size=1, max_size=30))
def test_a_changed_character_breaks_the_seal(data: st.DataObject, text: str) -> None:
    sealed = seal(text, purpose="test")
    # The last characters of base64 have bits that nothing reads.
    place = data.draw(st.integers(0, len(sealed) - 5))
    other = data.draw(st.characters().filter(lambda character: character != sealed[place]))
    with pytest.raises(SealBroken) as broken:
        unseal(sealed[:place] + other + sealed[place + 1 :], purpose="test")
    assert sealed not in str(broken.value)


@given(st.text())
def test_text_that_is_no_seal_is_refused(text: str) -> None:
    for sealed in (text, f"v1:{text}"):
        with pytest.raises(SealBroken):
            unseal(sealed, purpose="test")
        assert not is_current(sealed, purpose="test")


@given(TEXT)
def test_a_key_is_exchanged(text: str) -> None:
    with override_settings(SECRET_KEY=OLD):
        sealed = seal(text, purpose="test")
        assert is_current(sealed, purpose="test")
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OTHER, OLD]):
        assert unseal(sealed, purpose="test") == text
        assert not is_current(sealed, purpose="test")
        again = resealed(sealed, purpose="test")
    with override_settings(SECRET_KEY=NEW):
        assert unseal(again, purpose="test") == text
        assert is_current(again, purpose="test")


def test_a_key_that_no_longer_fits_is_told_without_the_secret(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    sealed = seal("hunter2", purpose="test")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OTHER]
    with pytest.raises(SealBroken, match=r"another SECRET_KEY\. Name that key in SECRET_KEY_FALLBACKS, or enter"):
        unseal(sealed, purpose="test")


def test_the_format_is_kept(settings: Settings) -> None:
    """A text that an earlier version stored opens in each later one."""
    settings.SECRET_KEY = OLD
    stored = (
        "v1:gAAAAABrC5mFaniT9yMO3WQeakOWEOP5P9ag0P1-qIHdiGrHBbfB67uPNSPPSnCEZZWkL6x8eqfbP"
        "6a6eWf-yYy2uDq0PSTUkJPhi_xLYrHmBotNGKsIqgc="
    )
    assert unseal(stored, purpose="slack") == "https://hooks.example/ä"
