"""A comment at the end of an item's words settles its key and kind, and stays when the text is written again."""

from __future__ import annotations

from bootstrap.importer import read_runbook
from bootstrap.importer.markdown.render import render

TEXT = """# Go-live checklist

- [ ] Take a backup <!-- key: backup; kind: provision -->
- [ ] Backup
- [ ] Set FLAG_X=1 <!-- kind: attest -->

| Step | Done |
| --- | --- |
| Take a backup <!-- key: second-backup --> | |
"""


def test_the_comment_settles_key_and_kind_and_is_not_shown() -> None:
    items = list(read_runbook(TEXT).items)
    assert [(item.key, item.kind, item.text) for item in items] == [
        ("backup", "provision", "Take a backup"),
        ("backup-2", "attest", "Backup"),
        ("FLAG_X", "flag", "Set FLAG_X=1"),
        ("second-backup", "attest", "Take a backup"),
    ]


def test_the_text_written_again_keeps_the_comments() -> None:
    again = render(read_runbook(TEXT).blocks) + "\n"
    assert [item.key for item in read_runbook(again).items] == [item.key for item in read_runbook(TEXT).items]
    assert again.count("<!-- ") == 3


def test_a_key_that_an_earlier_item_has_is_noted() -> None:
    runbook = read_runbook("# Checklist\n\n- [ ] One <!-- key: x -->\n- [ ] Two <!-- key: x -->\n")
    assert [item.key for item in runbook.items] == ["x", "two"]
    assert "the key x is that of an earlier item; this one is two" in [note.text for note in runbook.unsure]


def test_any_other_comment_stays_in_the_words() -> None:
    (item,) = read_runbook("# Checklist\n\n- [ ] One <!-- ask ada -->\n").items
    assert item.text == "One <!-- ask ada -->"
