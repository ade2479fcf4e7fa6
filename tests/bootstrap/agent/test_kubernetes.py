"""Objects of Kubernetes: Secrets, ConfigMaps and workloads; what they do not tell is not judged."""

from __future__ import annotations

import pytest

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.shapes import as_json, config_map, deployment, listed, notes, secret, states


def test_case_03_a_kubernetes_secret_is_decoded() -> None:
    text = (
        b'{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"shop"},"data":{"DATABASE_URL":"eA=="}}'
    )
    assert agent.read_variables(text).values == {"DATABASE_URL": "x"}


def test_workloads_know_what_is_set_but_not_all_values() -> None:
    env = [
        {"name": "A", "value": "x"},
        {"name": "B"},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k", "optional": True}}},
        {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "F", "value": "postgres://$(A)/x"},
    ]
    found = states(deployment({"name": "web", "env": env}), *"ABCDEFG")
    assert list(found.values()) == ["set", "empty", "unseen", "unknown", "unseen", "unseen", "unset"]
    brought = {"name": "web", "env": env[:1], "envFrom": [{"configMapRef": {"name": "x"}}]}
    assert states(deployment(brought), "A", "G") == {"A": "set", "G": "unknown"}
    given_too = listed(deployment(brought), config_map({"A": "other", "G": "y"}, "x"))
    assert states(given_too, "A", "G", "H") == {"A": "set", "G": "set", "H": "unset"}
    assert agent.read_variables(as_json(given_too)).values["A"] == "x"


def test_objects_that_disagree_are_told_and_not_judged() -> None:
    found = listed(secret({"A": "1", "B": "1"}), config_map({"A": "2", "B": "1"}))
    assert states(found, "A", "B") == {"A": "unseen", "B": "set"}
    assert notes(found) == ["A is given differently by two objects; which one counts is not known"]
    binary = {**config_map({}), "binaryData": {"KEY": "AAE="}}
    assert states(binary, "KEY", "B") == {"KEY": "unseen", "B": "unknown"}


def test_what_a_namespace_has_besides_makes_nothing_doubtful() -> None:
    others = [
        {**secret({"ca.crt": "x", "namespace": "x", "token": "x"}), "type": "kubernetes.io/service-account-token"},
        {**secret({"release": "x"}), "type": "helm.sh/release.v1"},
        {**secret({".dockerconfigjson": "x"}), "type": "kubernetes.io/dockerconfigjson"},
        config_map({"nginx.conf": "x", "mime.types": "x", "app-settings.yml": "x"}),
    ]
    found = agent.read_variables(as_json(listed(*others, secret({"A": "x"}))))
    assert (found.values, found.left_out) == ({"A": "x"}, 0)
    with pytest.raises(agent.InputError):
        agent.read_variables(as_json(listed(*others)))


def test_objects_of_several_namespaces_are_not_mixed() -> None:
    brought = deployment({"name": "web", "envFrom": [{"secretRef": {"name": "shop"}}]})
    for objects in ((secret({"A": "x"}),), (secret({"A": "x"}), brought)):
        several = [
            {**each, "metadata": {"name": "shop", "namespace": place}}
            for place in ("prod", "staging")
            for each in objects
        ]
        with pytest.raises(agent.InputError, match="several namespaces"):
            agent.read_variables(as_json(listed(*several)))
        assert agent.read_variables(as_json(listed(*several[: len(objects)]))).values == {"A": "x"}
