from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.supervisor import runfile
from opsconsole.runtime.supervisor.errors import CannotStart
from opsconsole.runtime.supervisor.options import parse
from opsconsole.runtime.supervisor.single_console import claim_data, claim_port


def test_a_second_console_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    options = parse(["--data", str(tmp_path)], {})
    with claim_data(options):
        runfile.write(options, {})
        message = rf"already runs on {tmp_path}, at http://127.0.0.1:8000 \(process {os.getpid()}\).*--data"
        with pytest.raises(CannotStart, match=message):
            claim_data(options)
    claim_data(options).close()


def test_on_a_part_of_a_backup_no_console_starts(tmp_path: Path) -> None:
    options = parse(["--data", str(tmp_path)], {})
    runfile.unfinished_restore(tmp_path).touch()
    with pytest.raises(CannotStart, match=f"A restore into {tmp_path} was interrupted, .* restore again"):
        claim_data(options)
    runfile.unfinished_restore(tmp_path).unlink()
    claim_data(options).close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServicesError, match="file/var"):
        claim_data(parse(["--data", str(tmp_path / "file" / "var")], {}))


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"listens on 127.0.0.1 port {port}. Stop it.*--port"):
            claim_port(parse(["--port", str(port)], {}))


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(CannotStart, match=f"{host} is not an address of this machine"):
        claim_port(parse(["--host", host], {}))


def test_clients_wait_while_web_is_away() -> None:
    """The socket listens as soon as it is claimed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with claim_port(parse(["--port", str(port)], {})):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
