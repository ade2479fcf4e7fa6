from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsconsole.runtime.embedded import server_urls, wanted_services
from opsconsole.runtime.embedded.layout import layout_of


def test_every_spelling_of_a_directory_leads_to_the_same_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "link").symlink_to(data)
    monkeypatch.chdir(tmp_path)
    assert (
        server_urls(data)
        == server_urls(Path("data"))
        == server_urls(tmp_path / "link")
        == server_urls(tmp_path / "x" / ".." / "data")
    )


def test_the_answer_does_not_change_when_the_directory_is_made(tmp_path: Path) -> None:
    before = server_urls(tmp_path / "new")
    (tmp_path / "new").mkdir()
    assert server_urls(tmp_path / "new") == before


def test_two_directories_never_share_a_socket(tmp_path: Path) -> None:
    assert server_urls(tmp_path / "a").redis_url != server_urls(tmp_path / "b").redis_url
    assert server_urls(tmp_path / "a").database_url != server_urls(tmp_path / "b").database_url


def test_sockets_fit_into_an_address_however_long_the_path_is() -> None:
    layout = layout_of(Path("/" + "/".join(["very long name with spaces"] * 20)))
    for service in ("postgres", "redis"):
        assert len(os.fsencode(layout.socket(service))) < 104  # macOS; Linux has 108


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, {"postgres", "redis"}),
        ({"DATABASE_URL": "postgresql://db/x"}, {"redis"}),
        ({"REDIS_URL": "redis://cache"}, {"postgres"}),
        ({"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache"}, set()),
    ],
)
def test_only_what_has_no_url_is_embedded(environ: dict[str, str], wanted: set[str]) -> None:
    assert wanted_services(environ) == wanted
