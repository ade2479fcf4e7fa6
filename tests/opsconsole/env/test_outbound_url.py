"""What the URL of a receiver may be, and that no refusal quotes it."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.env.outbound_url import OutboundRefused, OutboundUrl, parse_url


@pytest.mark.parametrize(
    ("url", "parsed", "host_header"),
    [
        ("https://a.example", OutboundUrl("https", "a.example", 443, "/"), "a.example"),
        ("https://A.example:443/x", OutboundUrl("https", "a.example", 443, "/x"), "a.example"),
        ("https://a.example.:8443/x/?y=%20z", OutboundUrl("https", "a.example.", 8443, "/x/?y=%20z"), "a.example:8443"),
        ("https://a?b", OutboundUrl("https", "a", 443, "/?b"), "a"),
        ("http://[::1]:80/", OutboundUrl("http", "::1", 80, "/"), "[::1]"),
        ("http://10.0.0.7:8080", OutboundUrl("http", "10.0.0.7", 8080, "/"), "10.0.0.7:8080"),
        ("https://my_hook-1.xn--bcher-kva.example/", None, "my_hook-1.xn--bcher-kva.example"),
    ],
)
def test_urls(url: str, parsed: OutboundUrl | None, host_header: str) -> None:
    found = parse_url(url)
    assert parsed in (None, found)
    assert found.host_header == host_header


@pytest.mark.parametrize(
    ("url", "told"),
    [
        *[(url, "neither https:// nor http://") for url in ("hunter2", "//a/hunter2", "ftp://a/hunter2", "file:///x")],
        *[(url, "a user or a password") for url in ("https://u:hunter2@a/", "https://u@a/", "https://a@b@c/")],
        *[(url, "characters that no URL has") for url in ("https://a/\r\nhunter2: y", "https://a\\@b/", "https://ä/")],
        *[(url, "characters that no URL has") for url in ("", "https://a/ b", 'https://a/"', "https://a/\x00")],
        *[(url, "host or port cannot be read") for url in ("https://a:b/", "https://a:65536/", "https://[::1/")],
        *[(url, "neither a name nor an address") for url in ("https://", "https:///x", "https://a..b/", "https://.a/")],
        *[(url, "neither a name nor an address") for url in ("https://-a/", "https://a-/", f"https://{'a' * 64}.b/")],
        *[
            (url, "neither a name nor an address")
            for url in ("https://[fe80::1%25eth0]/", "https://a%2eb/", "https://a,b/")
        ],
        ("https://a/x#hunter2", "a #fragment"),
        ("https://a:0/", "port 0"),
    ],
)
def test_what_is_refused(url: str, told: str) -> None:
    with pytest.raises(OutboundRefused) as refused:
        parse_url(url)
    assert told in str(refused.value)
    assert "Allowed: https://host[:port]/path" in str(refused.value)
    assert "hunter2" not in str(refused.value)


PARTS = st.sampled_from([*"/?#@:[]\\.%a1-_ \t\r\n", "https://", "http:", "::1", "a.example", "%2f", "ä"])


@given(
    st.one_of(st.text(), st.lists(PARTS).map("".join), st.lists(PARTS).map(lambda parts: "https://" + "".join(parts)))
)
def test_any_text_is_refused_or_read_as_urllib_reads_it(url: str) -> None:
    with contextlib.suppress(OutboundRefused):
        found = parse_url(url)
        assert found.host == urlsplit(url).hostname
        line = f"POST {found.target} HTTP/1.1"
        assert line.isascii()
        assert line.split() == ["POST", found.target, "HTTP/1.1"]
        assert found.target.startswith("/")
