"""Internal addresses: two must agree, the operator and an administrator."""

from __future__ import annotations

import pytest

from detections.probes.target_form.reach import Reach, asked, in_words, networks, origin_of, reach_of, within
from opsconsole.env.parsers import as_networks

TEN = as_networks("10.0.0.0/8")


def look(base: str, ticked: str = "", operator: str = "10.0.0.0/8", found: str = "10.0.0.5") -> Reach:
    def lookup(host: str, port: int) -> list[str]:
        if not found:
            raise OSError("no such name")
        return found.split()

    return reach_of(origin_of(base), networks(ticked.split()), as_networks(operator) if operator else [], lookup)


def test_a_public_address_needs_nothing() -> None:
    assert look("https://api.example", found="203.0.112.7") == Reach()


def test_an_internal_one_is_asked_for_alone_or_with_what_the_operator_named() -> None:
    assert [str(each) for each in look("https://api.internal").choices] == ["10.0.0.5/32", "10.0.0.0/8"]
    assert look("https://api.internal", ticked="10.0.0.5/32") == Reach()
    assert look("https://api.internal", ticked="10.0.0.0/8") == Reach()
    assert look("https://api.internal", ticked="10.0.0.6/32").choices


def test_what_the_operator_does_not_name_is_refused_with_the_variable() -> None:
    refused = look("https://api.internal", ticked="192.168.1.1/32", found="192.168.1.1").refused
    assert "192.168.1.1 is a private address" in refused
    assert "OPSCONSOLE_OUTBOUND_ALLOW (now: 10.0.0.0/8)" in refused
    assert "(now: nothing)" in look("https://api.internal", operator="").refused


def test_in_the_clear_a_public_address_is_asked_for_too() -> None:
    assert look("http://api.example", found="203.0.112.7").refused
    assert look("http://api.example", operator="203.0.112.7", found="203.0.112.7").choices


def test_a_public_address_beside_an_internal_one_is_enough() -> None:
    assert look("https://api.example", found="10.0.0.5 203.0.112.7") == Reach()


def test_a_host_that_cannot_be_looked_up_is_judged_at_each_run() -> None:
    assert look("https://api.example", found="").unknown


@pytest.mark.parametrize("base", ["https://169.254.169.254", "http://169.254.169.254"])
def test_a_clouds_metadata_is_not_reached_by_a_network_around_it(base: str) -> None:
    assert look(base, ticked="169.254.169.254/32", operator="169.254.0.0/16", found="").refused
    assert look(base, ticked="169.254.169.254/32", operator="169.254.169.254/32", found="") == Reach()


def test_what_the_operator_takes_back_is_gone() -> None:
    assert within(networks(["10.0.0.5/32", "192.168.0.0/24", "fe80::/64", "nonsense"]), TEN) == networks(
        ["10.0.0.5/32"]
    )
    assert within(networks(["0.0.0.0/0"]), TEN) == []


def test_an_origin_has_the_port_of_its_scheme() -> None:
    assert origin_of("https://a.example") == ("https", "a.example", 443)
    assert origin_of("http://[::1]:8080") == ("http", "::1", 8080)


def test_the_question_and_the_boxes_say_what_is_reached() -> None:
    choices = tuple(networks(["10.0.0.5/32", "10.0.0.0/8"]))
    question = asked(origin_of("http://pay.internal"), Reach(choices))
    assert question.startswith("pay.internal: 10.0.0.5 is a private address, reached in the clear by http://. Tick")
    public = asked(origin_of("http://203.0.112.7"), Reach(tuple(networks(["203.0.112.7/32"]))))
    assert public.startswith("203.0.112.7 is reached in the clear by http://. Tick")
    assert in_words("10.0.0.5 10.0.0.5/32") == "10.0.0.5/32, this address alone"
    assert in_words("pay.internal 10.0.0.0/8") == "10.0.0.0/8, the whole network, for pay.internal"
