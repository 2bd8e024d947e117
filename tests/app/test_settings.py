"""Settings survive a restart; a file that is not usable gives defaults and a line that says so."""

from __future__ import annotations

import json

import pytest

from app.settings import DEFAULT_TARGET, Settings, load_settings, save_settings, settings_path
from engine.config import Config
from engine.errors import OutputError


def test_settings_come_back_as_they_were_saved(tmp_path):
    config = Config(
        source="C920",
        mirror=True,
        hfov_deg=71.5,
        height_m=1.62,
        detector="blazepose",
        backend="cpu",
        osc=("osc://h:7000",),
    )
    saved = Settings(config, str(tmp_path), ".npz", "AdnQywAD", (400, 500))
    save_settings(saved)
    assert load_settings() == (saved, None)


def test_the_first_start_has_defaults_and_one_avatar_target():
    settings, problem = load_settings()
    assert problem is None
    assert settings.config.osc == (DEFAULT_TARGET,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"x"',
        "{}",
        '{"config": 3}',
        '{"config": {"height_m": "tall"}}',
        '{"config": {"height_m": NaN}}',
        '{"config": {"mirror": 1}}',
        '{"config": {"osc": "vmc://127.0.0.1:1"}}',
        '{"config": {"osc": [1]}}',
        '{"config": {"detector": "yolo"}}',
        '{"config": {"hfov_deg": 900}}',
        '{"config": {}, "splitter": ["a"]}',
        "\x00\x01",
    ],
)
def test_a_broken_file_gives_defaults_a_line_and_is_kept(text):
    path = settings_path()
    path.write_text(text, encoding="utf-8")
    settings, problem = load_settings()
    assert settings == Settings()
    assert problem is not None
    assert "\n" not in problem
    assert path.with_suffix(".broken").read_text(encoding="utf-8") == text


def test_a_file_of_another_encoding_gives_defaults():
    settings_path().write_bytes(b"\xff\xfe\x00")
    settings, problem = load_settings()
    assert settings == Settings()
    assert problem is not None


def test_fields_of_a_newer_version_are_left_out():
    settings_path().write_text(json.dumps({"config": {"mirror": True, "wings": 2}, "hats": []}), encoding="utf-8")
    settings, problem = load_settings()
    assert problem is None
    assert settings.config.mirror


def test_a_folder_that_cannot_be_written_is_one_line(own_config_folder, monkeypatch):
    (own_config_folder / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("VTM_CONFIG_DIR", str(own_config_folder / "file" / "below"))
    with pytest.raises(OutputError, match="cannot be saved"):
        save_settings(Settings())
