"""A command of a system's own: what is refused, and that names cannot leave the quotes they stand in."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.setting import own_template
from bootstrap.systems.setting.place import Place

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("tool set", "It needs {name}"),
        ("tool {name} {hots}", "There is no placeholder {hots}; there are {name}, {host}"),
        ("tool {name} '{value}'", "{value} stands in single quotes"),
        ('tool {name} "{generator}"', "{generator} is a command"),
        ("tool {name} 'open", "A quote ' is not closed"),
        ("tool {name}\nrm", "one line"),
    ],
)
def test_what_is_wrong_is_named(template: str, says: str) -> None:
    with pytest.raises(own_template.TemplateError) as refused:
        own_template.check(template)
    assert says in str(refused.value)


def test_the_command_that_removes_takes_no_value() -> None:
    own_template.check("tool rm {name} --app {host}", unset=True)
    with pytest.raises(own_template.TemplateError, match=r"no placeholder \{value\}"):
        own_template.check("tool rm {name} {value}", unset=True)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@given(name=TEXTS, host=TEXTS)
def test_names_stay_words_in_every_kind_of_quotes(shell: str, name: str, host: str) -> None:
    template = "printf '%s\\0' {name} \"<{name}>\" '<{host}>' a\\'{host}"
    place = Place("own", host, written={"set_unset_template": template})
    ended = subprocess.run([shell, "-c", own_template.unset_with(place, name)], capture_output=True, check=True)
    assert ended.stdout.decode().split("\0")[:-1] == [name, f"<{name}>", f"<{host}>", f"a'{host}"]


@pytest.mark.parametrize(
    ("template", "wrote"),
    [
        ("cat >&3", "abc"),
        ("{generator} | cat >&3", "abc"),
        ("printf %s {value} >&3", "abc"),
        ('printf %s "<{value}>" >&3', "<abc>"),
    ],
)
def test_the_value_comes_on_standard_input_or_where_the_template_says(template: str, wrote: str) -> None:
    place = Place("own", "h", written={"set_template": template})
    command = own_template.set_with(place, "TOKEN", "printf abc")
    ended = subprocess.run(["sh", "-c", f"exec 3>&1; {command}"], capture_output=True, text=True, check=True)
    assert ended.stdout == wrote
