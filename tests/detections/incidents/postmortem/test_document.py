"""The title of a postmortem's text."""

from __future__ import annotations

import pytest

from detections.incidents.postmortem.document import split_title


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("# INC-1: Orders fail\n\n## Summary\n", "INC-1: Orders fail", "\n## Summary\n"),
        ("\n\n#   INC-1 ##  \nText", "INC-1", "Text"),
        ("# INC-1", "INC-1", ""),
        ("## Summary\n# Later", "", "## Summary\n# Later"),
        ("#hashtag\n", "", "#hashtag\n"),
        ("Words\n# Later", "", "Words\n# Later"),
        ("#\nWords", "", "#\nWords"),
        ("", "", ""),
    ],
)
def test_the_title_is_taken_off_once(text: str, title: str, rest: str) -> None:
    assert split_title(text) == (title, rest)
