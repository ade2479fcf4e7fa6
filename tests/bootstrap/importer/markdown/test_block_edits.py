"""Blocks of a preview are edited where they stand; nothing is stored before somebody says so."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.importer.markdown.block_edits import Edit, edits_in, fingerprint, name_of, splice
from bootstrap.importer.review.preview import LONGEST_SOURCE
from bootstrap.runbooks.models import RunbookVersion
from tests.bootstrap.people import client_of

ADDRESS = "/runbooks/import/"
TEXT = "# Mailer — Runbook\n\n## Setup checklist\n\n- [ ] one done\n\nBetween.\n\n- [ ] two done\n"
LINES = "a\nb\n\nc\nd\n"


def edit(first: int, last: int, text: str, of: str = LINES) -> Edit:
    return Edit(first, last, text, fingerprint("\n".join(of.split("\n")[first - 1 : last])))


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([edit(1, 2, "x")], "x\n\nc\nd\n"),
        ([edit(1, 2, "x\r\ny\r\nz")], "x\ny\nz\n\nc\nd\n"),
        ([edit(4, 5, "x\ny\nz"), edit(1, 1, "")], "b\n\nx\ny\nz\n"),
        ([edit(1, 5, "x")], "x\n"),
    ],
)
def test_edited_lines_take_the_place_of_those_they_were(edits: list[Edit], expected: str) -> None:
    assert splice(LINES, edits) == (expected, [])
    assert splice(LINES.replace("\n", "\r\n"), edits) == (expected.replace("\n", "\r\n"), [])


def test_lines_that_are_others_by_now_are_left_alone() -> None:
    moved, beyond, over = edit(1, 2, "x"), Edit(6, 9, "x", "0" * 12), edit(4, 5, "y")
    assert splice("new\n" + LINES, [moved]) == ("new\n" + LINES, [moved])
    assert splice(LINES, [beyond]) == (LINES, [beyond])
    assert splice(LINES, [over, edit(5, 5, "z")]) == ("a\nb\n\nc\nz\n", [over])


@given(st.text(st.sampled_from("ab\n\r")), st.integers(1, 9), st.integers(1, 9), st.text(st.sampled_from("xy\n")))
def test_what_is_not_edited_stays(text: str, first: int, last: int, new: str) -> None:
    lines = re.split("\r\n|\r|\n", text)
    source = "\n".join(lines[first - 1 : last])
    spliced, refused = splice(text, [Edit(first, last, new, fingerprint(source))])
    if refused:
        assert spliced == text
    else:
        assert re.split("\r\n|\r|\n", spliced)[: first - 1] == lines[: first - 1]
        assert new.replace("\n", "") in re.sub("[\r\n]", "", spliced)
        assert splice(text, [Edit(first, last, source, fingerprint(source))]) == (text, []) or not source


def test_only_changed_blocks_are_edits() -> None:
    fields = {name_of(1, 2, "a\nb"): "a\r\nb", name_of(4, 4, "c"): "x", "text": "y", "lines-1-2-zz": "z"}
    assert edits_in(fields) == [Edit(4, 4, "x", fingerprint("c"))]


@pytest.fixture
def owner(db: None) -> Client:
    return client_of("ada", "add_runbookversion")


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(lines-[^"]+)"[^>]*>\n([^<]*)</textarea>', page))


def posted(owner: Client, **more: str) -> str:
    answer = owner.post(ADDRESS, {"text": TEXT.replace("\n", "\r\n"), **more})
    assert answer.status_code == 200
    return answer.content.decode()


def named(fields: dict[str, str], source: str) -> str:
    return next(name for name, text in fields.items() if text == source)


def text_in(page: str) -> str:
    found = re.search(r'<textarea name="text"[^>]*>\n([^<]*)</textarea>', page)
    assert found
    return found[1]


def test_several_blocks_are_edited_at_once_and_seen_before_they_are_stored(owner: Client) -> None:
    fields = fields_of(posted(owner))
    assert list(fields.values()) == list(TEXT.rstrip("\n").split("\n\n"))
    fields[named(fields, "- [ ] one done")] = "- [ ] one done\r\n- [ ] more done"
    fields[named(fields, "- [ ] two done")] = "- [ ] last (evidence: link)"
    page = posted(owner, line="5", **fields)
    assert text_in(page) == TEXT.replace("one done", "one done\n- [ ] more done").replace(
        "two done", "last (evidence: link)"
    )
    assert "item more-done (attest)" in page
    assert '<span class="badge">evidence: a link</span>' in page
    assert "2 blocks edited" in page
    assert not RunbookVersion.objects.exists()
    owner.post(ADDRESS, {"text": text_in(page), "save": "1", **fields_of(page)})
    assert "more done" in RunbookVersion.objects.get().source


def test_storing_with_an_edited_block_shows_it_first(owner: Client) -> None:
    fields = fields_of(posted(owner))
    fields[named(fields, "- [ ] two done")] = ""
    page = posted(owner, save="1", **fields)
    assert "Nothing is stored yet" in page
    assert "two done" not in text_in(page)
    assert not RunbookVersion.objects.exists()


def test_a_block_whose_lines_were_changed_in_the_text_too_is_told(owner: Client) -> None:
    fields = fields_of(posted(owner))
    fields[named(fields, "- [ ] two done")] = "- [ ] what I wrote"
    page = owner.post(ADDRESS, {"text": "New\n\n" + TEXT, **fields}).content.decode()
    assert "what you wrote there was left out" in page
    assert "- [ ] what I wrote</pre>" in page
    assert text_in(page) == "New\n\n" + TEXT


def test_a_block_too_long_to_be_shown_whole_is_edited_in_the_text(owner: Client) -> None:
    page = owner.post(ADDRESS, {"text": f"# A checklist\n\n- [ ] {'x' * LONGEST_SOURCE}\n"}).content.decode()
    assert list(fields_of(page).values()) == ["# A checklist"]
    assert "Too long to be edited here" in page
