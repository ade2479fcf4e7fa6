"""Templates are loaded without their indentation; where blanks are shown or are data they stay."""

from __future__ import annotations

import pytest
from django.template.loader import get_template

from opsconsole.lib.web.template_loader import without_indentation


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("<ul>\n  <li>\n\t  a  b\n</ul>\n", "<ul>\n<li>\na  b\n</ul>\n"),
        ("  {% if a %}\n    x\n  {% endif %}", "{% if a %}\nx\n{% endif %}"),
        ("  <pre>\n  a\n    b</pre>\n  c", "<pre>\n  a\n    b</pre>\nc"),
        ('  <TEXTAREA rows="2">\n  {{ a }}\n</TEXTAREA>\n  <p>', '<TEXTAREA rows="2">\n  {{ a }}\n</TEXTAREA>\n<p>'),
        ("<script>\n  a\n</script>\n  <style>\n  b\n</style>", "<script>\n  a\n</script>\n<style>\n  b\n</style>"),
        ("  <prefix>\n  a", "<prefix>\na"),
        ("\n\n  a\n", "\n\na\n"),
    ],
)
def test_the_blanks_at_the_start_of_lines_go(text: str, loaded: str) -> None:
    assert without_indentation(text) == loaded
    assert loaded.count("\n") == text.count("\n"), "errors name the line of the file"


def test_the_consoles_templates_are_loaded_so() -> None:
    lines = get_template("bootstrap/checklists/_items.html").template.source.split("\n")
    assert "<li" in "\n".join(lines)
    assert not [line for line in lines if line[:1].isspace()]
