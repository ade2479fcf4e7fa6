"""Values given to secrets' names: long ones, and texts that no pattern may read once for each of their characters."""

from __future__ import annotations

import pytest

from opsconsole.lib.text.secrets import scrub_lines, scrub_text

# Reading such a text once for each of its characters takes hours.
_LONG = 400_000


@pytest.mark.parametrize(
    ("before", "unit", "after", "clean"),
    [
        ("db_pass=1", ".", "a", "db_pass=[Filtered]"),
        ("password=", "*", "a", "password=[Filtered]"),
        ("password=x auth", " ", ";", f"password=[Filtered] auth{' ' * _LONG};"),
        ("password a1@b", ".", "-x", f"password a1@b{'.' * _LONG}-x"),
        ("pass:", "pass:", "", None),
        ("password is /", "(password is /)", "", None),
        ("password a", "(password a)", "", None),
    ],
)
def test_long_texts_are_read_in_one_pass(before: str, unit: str, after: str, clean: str | None) -> None:
    scrubbed = scrub_text(before + unit * (_LONG // len(unit)) + after)

    assert scrubbed == clean if clean else scrubbed.endswith("[Filtered]"), "past so many names nothing is read"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('password="{}" c', 'password="[Filtered]" c'),
        ("--password '{}' c", "--password '[Filtered]' c"),
        ("the password is ({}) c", "the password is [Filtered] c"),
        ("<password>{}</password> c", "<password>[Filtered]</password> c"),
    ],
)
def test_a_long_value_is_removed_whole(text: str, clean: str) -> None:
    assert scrub_text(text.format("a b" * 5000)) == clean


@pytest.mark.parametrize("size", range(985, 1000))
def test_a_value_is_removed_whole_wherever_its_escapes_stand(size: int) -> None:
    assert scrub_text(f'password="{"a" * size}\\\\\\"b c" d') == 'password="[Filtered]" d'


def test_an_entry_of_a_log_is_cut_with_a_mark() -> None:
    text = "a" * (64 * 1024 - 8) + "4111 1111 1111 1111" + "b" * 1000

    assert scrub_lines(text) == text[: 64 * 1024 - 8] + "… 1019 more characters"


@pytest.mark.parametrize("cut", ["hunter2", "it''s hunter2", "hunter2''", "hunter2, (b"])
def test_a_statement_that_was_cut_in_a_literal_keeps_nothing_of_it(cut: str) -> None:
    statement = "INSERT INTO users (name, password) VALUES ('ada', "

    assert "hunter2" not in scrub_text(statement + f"'{cut}")
    assert "hunter2" not in scrub_text(statement + f"'x'), ('bob', '{cut}… 12 more characters")
