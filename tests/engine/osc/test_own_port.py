"""Sending to the port that is listened on here is refused, whatever it is called."""

from __future__ import annotations

import socket

import pytest

from engine.errors import UsageError
from engine.osc.own_port import check_own_port


@pytest.mark.parametrize(
    ("url", "receive"),
    [
        ("vmc://127.0.0.1:39540", "39540"),
        ("vmc://localhost:39540", "39540"),
        ("vmc://0.0.0.0:39540", "39540"),
        ("vmc://127.0.0.1:39540", "localhost:39540"),
        ("vmc://127.0.0.1:39540", "0.0.0.0:39540"),
        ("osc://127.0.0.1", "127.0.0.1:7000"),
        ("vmc://10.1.2.3:39540", "10.1.2.3:39540"),
        (f"vmc://{socket.gethostname()}:39540", "0.0.0.0:39540"),
        ("vmc://255.255.255.255:39540?broadcast=1", "0.0.0.0:39540"),
    ],
)
def test_the_own_port_is_refused(url: str, receive: str) -> None:
    with pytest.raises(UsageError, match="our own receive port") as caught:
        check_own_port(("vmc://127.0.0.1:1", url), receive)
    assert "receive on another" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "receive"),
    [
        ("vmc://127.0.0.1:39539", "39540"),
        ("vmc://127.0.0.1:39540", ""),
        ("vmc://192.0.2.7:39540", "39540"),
        ("vmc://192.0.2.7:39540", "0.0.0.0:39540"),
        ("vmc://studio.invalid:39540", "0.0.0.0:39540"),
        ("vmc://127.0.0.1:39540", "192.0.2.7:39540"),
    ],
)
def test_other_ports_and_other_machines_are_not(url: str, receive: str) -> None:
    check_own_port((url,), receive)


def test_no_name_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("a look-up")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr(socket, "gethostbyname", asked)
    check_own_port(("vmc://studio.invalid:39540",), "0.0.0.0:39540")
