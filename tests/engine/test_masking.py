"""Masking: no password of an address is shown, and everything else stays readable."""

from __future__ import annotations

import pytest

from engine.masking import mask_secrets


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:hunter2@10.0.0.5:554/live", "rtsp://admin:***@10.0.0.5:554/live"),
        ("RTSP://admin:hunter2@cam/live", "RTSP://admin:***@cam/live"),
        ("http://:hunter2@cam/", "http://:***@cam/"),
        ("rtsp://admin:hunter@2@cam/live", "rtsp://admin:***@cam/live"),
        ("rtsp://admin:hun/ter?2#x@cam/live", "rtsp://admin:***@cam/live"),
        ("http://cam/video?user=admin&password=hunter2", "http://cam/video?user=admin&password=***"),
        ("http://cam/video?token=hunter2&fps=30", "http://cam/video?token=***&fps=30"),
        ("http://cam/v?loginuse=admin&loginpas=hunter2", "http://cam/v?loginuse=admin&loginpas=***"),
        ("http://cam/v?access_token=hunter2#t", "http://cam/v?access_token=***#t"),
        ("http://cam/v?API-Key=hunter2", "http://cam/v?API-Key=***"),
        ("srt://cam:9000?passphrase=hunter2&mode=caller", "srt://cam:9000?passphrase=***&mode=caller"),
        (
            "rtsp://cam:554/user=admin_password=hunter2_channel=1_stream=0.sdp",
            "rtsp://cam:554/user=admin_password=***_channel=1_stream=0.sdp",
        ),
    ],
)
def test_passwords_are_masked_wherever_cameras_take_them(address, shown):
    assert mask_secrets(address) == shown
    assert mask_secrets(f"vtm: {address} gives no picture") == f"vtm: {shown} gives no picture"
    assert mask_secrets(f"({address}); {address}") == f"({shown}); {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "demo",
        "C:\\clips\\password=1.mp4",
        "http://192.168.1.20:8080/video",
        "rtsp://cam:554/live@2",
        "rtsp://admin@cam/live",
        "http://cam/video?fps=30&user=admin",
        "vmc://127.0.0.1:39539",
        "token=abc is no address",
    ],
)
def test_what_holds_no_password_stays_as_it_is(text):
    assert mask_secrets(text) == text
