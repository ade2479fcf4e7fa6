"""Cells of the admin's lists: times and ids can be hovered, nothing else is changed."""

from __future__ import annotations

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.admin_site import cells

EVENT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
# What a cell may hold: escaped text, which has no angle bracket.
TEXT = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=40)


def test_a_time_has_its_zone_on_hover() -> None:
    html = cells.cell('<td class="field-at nowrap">2026-06-12 14:35:20 UTC</td>')
    time = '<time datetime="2026-06-12T14:35:20+00:00" title="2026-06-12 14:35:20 UTC">2026-06-12 14:35:20 UTC</time>'
    assert html == f'<td class="field-at nowrap">{time}</td>'


def test_a_time_in_a_sentence_and_in_a_link_too() -> None:
    assert cells.cell("<th><a href='x'>2026-06-12 14:35 UTC: no answer</a></th>").count("<time ") == 1


def test_what_only_looks_like_a_time_stays() -> None:
    for text in ("2026-13-40 14:35:20 UTC", "2026-06-12", "25:61:00 UTC"):
        assert cells.cell(f"<td>{text}</td>") == f"<td>{text}</td>"


def test_an_id_is_short_with_the_whole_one_on_hover() -> None:
    short = '<span class="short-id" title="{}">0a1b2c3d…</span>'
    for whole in (EVENT, str(UUID(EVENT)), EVENT * 2):
        assert cells.cell(f"<td>{whole}</td>") == f"<td>{short.format(whole)}</td>"
        assert cells.cell(f'<th><a href="/{whole}/">{whole}</a></th>').count(short.format(whole)) == 1


def test_an_id_within_an_address_stays_to_be_copied() -> None:
    dsn = f"<td>https://{EVENT}@errors.example.org/3</td>"
    assert cells.cell(dsn) == dsn


def test_a_form_shows_ids_whole() -> None:
    assert cells.value(EVENT) == EVENT
    assert "<time " in cells.value("2026-06-12 14:35:20 UTC")


def test_booleans_are_words() -> None:
    icon = '<td><img src="/static/admin/img/icon-{}.svg" alt="{}"></td>'
    said = [cells.cell(icon.format(*each)) for each in (("yes", "True"), ("no", "False"), ("unknown", "None"))]
    assert said == ["<td>yes</td>", "<td>no</td>", "<td>unknown</td>"]


@given(st.lists(TEXT | st.sampled_from([EVENT, "2026-06-12 14:35:20 UTC", "2026-06-12 14:35 UTC, late"]), max_size=4))
def test_what_is_read_is_what_was_there(texts: list[str]) -> None:
    """Without tags, and with ids as on hover, the texts are the same: nothing is lost."""
    html = "".join(f'<td title="2026-06-12 14:35:20 UTC">{text}</td>' for text in texts)
    whole = re.sub(r'<span class="short-id" title="([^"]*)">[^<]*</span>', r"\1", cells.cell(html))
    assert re.sub(r"</?time[^>]*>", "", whole) == re.sub(r"(>)\s*(" + EVENT + r")\s*(<)", r"\1\2\3", html)
