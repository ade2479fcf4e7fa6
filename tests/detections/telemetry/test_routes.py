"""Routes: one handler is one series; globs find it by transaction and by URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.routes import MAX_ROUTE, matches, mounted, template_path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/beta/preview/synth-scraper-token-001/screen/1", "/api/beta/preview/{token}/screen/1"),
        ("/users/3f0c9b5e-1111-4222-8333-123456789012/", "/users/{uuid}"),
        ("/users/3f0c9b5e111142228333123456789012", "/users/{uuid}"),
        ("/commit/8f2a1c3d", "/commit/{hex}"),
        ("/orders/100", "/orders/{id}"),
        ("/orders/99", "/orders/99"),
        ("/orders/000000001", "/orders/{id}"),
        ("/v2/oauth2/screen5_post", "/v2/oauth2/screen5_post"),
        ("/how-to-make-good-bread-at-home", "/how-to-make-good-bread-at-home"),
        ("/order-1042/items", "/{token}/items"),
        ("/t/aB3dE6gH", "/t/{token}"),
        ("/reset/" + "abcdefghij" * 5, "/reset/{token}"),
        ("/day/2026-06-12", "/day/{date}"),
        ("/u/ada%40example.org", "/u/{email}"),
        ("/users/{user_id}/posts/<int:n>", "/users/{user_id}/posts/<int:n>"),
        ("/search?q=a/b#c", "/search"),
        ("", "/"),
        ("//a//b/", "/a/b"),
    ],
)
def test_templates(path: str, route: str) -> None:
    assert template_path(path) == route


@given(st.text(max_size=500))
def test_any_path_has_a_route_that_fits_and_stays(path: str) -> None:
    route = template_path(path)

    assert route.startswith("/")
    assert len(route) <= MAX_ROUTE
    assert route.isprintable()


@given(st.integers(100, 10**30), st.sampled_from(["/orders/{}", "/a/{}/b", "/x/y/{}"]))
def test_numbers_never_make_a_new_route(number: int, pattern: str) -> None:
    assert template_path(pattern.format(number)) == pattern.format("{id}")


def test_globs_cross_slashes_and_match_transaction_or_url() -> None:
    glob = "/api/beta/preview/*"
    assert matches(glob, "/api/beta/preview/{token}/screen/1")
    assert matches(glob, "f", "https://raptor.example/api/beta/preview/abc/screen/1?x=1")
    assert matches(glob, "GET /api/beta/preview/abc")
    assert matches("*/beta/preview/*", "/api/beta/preview/abc")
    assert matches(glob, "/api/beta/preview")
    assert not matches(glob, "/api/beta/previews", "", "/other/api/beta/preview/x")
    assert matches("*", "anything at all")


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_glob_means_what_it_says(literal: str, rest: str) -> None:
    """Everything but `*` stands for itself, whatever it means in regular expressions."""
    path = "/" + literal.replace("*", "") + "/"
    assert matches(path.replace("*", "") + "*", path + rest)


@pytest.mark.parametrize(
    ("route", "path", "expected"),
    [
        ("/preview/{token}/screen/{n}", "/api/beta/preview/abc/screen/1", "/api/beta/preview/{token}/screen/{n}"),
        ("/preview/{token}", "/tenants/4711/preview/abc/", "/tenants/{id}/preview/{token}"),
        ("/users/<name>", "/users/alice", ""),
        ("/users/<name>", "/users/bo%20b/", ""),
        ("/files/<path:rest>", "/files/a/b/c", ""),
        ("/files/<path:rest>", "/api/files/a/b/c", "/api/files/<path:rest>"),
        ("/orders/{id}", "/orders/1042", ""),
        ("/rewritten", "/old/1042", "/old/{id}"),
        ("/x", "/", ""),
    ],
)
def test_an_address_is_told_where_the_route_does_not(route: str, path: str, expected: str) -> None:
    assert mounted(route, path) == expected
