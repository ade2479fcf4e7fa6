"""Indexes of the tables that grow with every run."""

from __future__ import annotations

import pytest
from django.db import connection

# Plain indexes of which another whole index of the table begins with the same columns: they only cost writes.
REDUNDANT = """
    SELECT plain.indexrelid::regclass::text, other.indexrelid::regclass::text
    FROM pg_index plain
    JOIN pg_index other ON other.indrelid = plain.indrelid AND other.indexrelid <> plain.indexrelid
    WHERE plain.indrelid::regclass::text LIKE 'detections\\_probe%' AND NOT plain.indisunique
      AND plain.indpred IS NULL AND other.indpred IS NULL AND plain.indexprs IS NULL AND other.indexprs IS NULL
      AND plain.indnkeyatts < other.indnkeyatts
      AND (string_to_array(other.indkey::text, ' '))[1:plain.indnkeyatts] = string_to_array(plain.indkey::text, ' ')
      AND (string_to_array(other.indclass::text, ' '))[1:plain.indnkeyatts] = string_to_array(plain.indclass::text, ' ')
"""


@pytest.mark.django_db
def test_none_of_them_is_the_beginning_of_another() -> None:
    with connection.cursor() as cursor:
        cursor.execute(REDUNDANT)
        assert cursor.fetchall() == []
