"""Scripts and the preview tell the same of an item, all of it."""

from __future__ import annotations

from bootstrap.importer import read_runbook
from bootstrap.importer.review.preview import preview
from bootstrap.importer.review.summary import summary

TEXT = (
    "# Mail checklist\n\n## Core\n\n- [ ] `FLAG_OLD` stays off (two-person) if `FLAG_NEW=1`\n\n## More\n\n"
    "- [ ] Restore tried [optional] (evidence: link), needs FLAG_OLD and the Core section\n"
    "- [ ] Is there a fallback?\n"
)


def test_all_that_was_understood_is_told_to_scripts_and_on_the_page() -> None:
    found = read_runbook(TEXT)
    flag, restore, question = summary(found)["items"]
    assert (flag["flag"], flag["values"], flag["two_person"], flag["kind"]) == ("FLAG_OLD", {"*": "0"}, True, "flag")
    assert flag["condition"] == "FLAG_NEW=1"
    assert (restore["optional"], restore["evidence"]) == (True, "link")
    assert restore["needs"] == ["FLAG_OLD", "section:core"]
    assert (question["kind"], question["question"], question["evidence"]) == ("question", True, "")
    said = [said for row in preview(TEXT, found, ()) for said in row.understood if said.text.startswith("item ")]
    assert said[0].text == "item FLAG_OLD (flag), wants off, if FLAG_NEW=1"
    assert [each.badges for each in said] == [("two people",), ("optional", "evidence: a link"), ()]
    assert said[1].text.endswith("(attest), waits for FLAG_OLD, section “core”")
