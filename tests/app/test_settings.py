"""Settings survive a restart; a file that is not usable gives defaults and a line that says so."""

from __future__ import annotations

import dataclasses
import json

import pytest

from app.setting_checks import CONFIG_CHECKS, SETTINGS_CHECKS
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


def load(text: str) -> tuple[Settings, str | None]:
    settings_path().write_text(text, encoding="utf-8")
    return load_settings()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00\x01", '{"config": {"mirror": true},}', "{" * 2000])
def test_a_file_that_is_no_json_gives_defaults_and_a_line_and_is_kept(text):
    settings, problem = load(text)
    assert settings == Settings()
    assert "using the defaults" in problem
    assert "\n" not in problem
    assert not settings_path().exists()
    assert settings_path().with_suffix(".broken").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["[]", '"x"', "3", "null", '{"config": 3}', '{"config": []}'])
def test_a_file_without_a_table_gives_defaults_and_a_line(text):
    settings, problem = load(text)
    assert settings == Settings()
    assert "expected a table" in problem


BAD = {
    "source": [1, None, "a\0b", "x" * 5000, "\ud800", {}],
    "mirror": [1, "yes", None],
    "rotate_deg": [45, "90", None, 90.0],
    "body": ["legs", 1, None],
    "smoothness": [-0.1, 1.1, float("nan"), True, "calm", [0.5]],
    "hfov_deg": [900, 0, float("nan"), float("inf"), True, "60", 10**400, [60]],
    "intrinsics_file": [3, False, "\0"],
    "height_m": ["tall", float("nan"), 170, -1, None],
    "proportions": [3, [0.1], ["a", 1, 2, 3], [0.2, 0.2, 0.2, 2.0], None],
    "performers": [3, [3], [{"name": ""}], [{"name": "A", "height_m": 9}], [{"name": "A", "proportions": [1]}]],
    "performer": [3, None],
    "face_at_rest": [3, [0.1], ["a"] * 65, [float("nan")] * 65, None],
    "finger_ranges": [3, [0.1], [1e9] * 16, None],
    "hands": ["yes", True, None],
    "face": ["left", 0],
    "detector": ["yolo", None, 1, ["auto"]],
    "detector_size": ["huge", None, 2],
    "backend": ["gpu", {}, "CPU"],
    "osc": ["vmc://127.0.0.1:1", None, {"a": 1}, 3],
    "osc_rate_hz": [0.5, 240, float("nan"), "fast", False],
    "vmc_receive": ["70000", "here:port", 39540, None, "0"],
    "countdown_s": [4, "3", None, True, 3.0],
    "record_video": [0, "no"],
    "take_style": ["maya", 1],
    "pictures_fps": [0, 1000, "30", True],
    "loop": [2, None],
    "take_folder": [3, None, "a\nb", "\0"],
    "take_suffix": [".c3d", "bvh", None, 1],
    "window_geometry": ["not base64!", 3, None, "\u65e5"],
    "sounds": [1, "on", None],
    "performer_screen": [1, "yes"],
    "folders": [1, ["a"], [["video", 3]], [["video", "a\x00b"]], [["video"]], [["video", "a"]] * 60],
    "avatar": [1, None, "a\x07"],
    "avatar_shown": [1, "yes"],
    "avatar_ground": ["blue", 1, None],
    "avatar_framing": ["feet", 2],
    "splitter": ["a", ["a"], [-1, 2], [10**30, 5], [1.5, 2], [True, 3], [0, 0], {}],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]
GOOD = {
    "config": {
        "source": "C920",
        "mirror": True,
        "rotate_deg": 90,
        "body": "seated",
        "smoothness": 0.25,
        "hfov_deg": 71,
        "intrinsics_file": "lens.json",
        "height_m": 1.62,
        "proportions": [0.17, 0.15, 0.25, 0.24],
        "face_at_rest": [0.1] * 65,
        "finger_ranges": [10.0] * 16,
        "hands": "on",
        "face": "off",
        "detector": "blazepose",
        "detector_size": "lite",
        "backend": "cpu",
        "osc": ["osc://h:7000"],
        "osc_rate_hz": 60,
        "vmc_receive": "39540",
        "countdown_s": 5,
        "record_video": True,
        "take_style": "gmr",
        "pictures_fps": 12.5,
        "loop": True,
    },
    "performer_screen": True,
    "take_folder": "takes",
    "take_suffix": ".npz",
    "window_geometry": "AdnQywAD",
    "splitter": [400, 500],
    "sounds": False,
    "folders": [["video", "/home/me/Videos"]],
    "avatar": "/home/me/me.vrm",
    "avatar_shown": False,
    "avatar_ground": "none",
    "avatar_framing": "head",
    "performers": [
        {
            **{"name": "Mia", "height_m": 1.62, "proportions": [0.17, 0.15, 0.25, 0.24]},
            **{"face_at_rest": [0.2] * 65, "finger_ranges": []},
        }
    ],
    "performer": "Mia",
}


def with_value(name: str, value: object) -> dict:
    values = json.loads(json.dumps(GOOD))
    (values["config"] if name in values["config"] else values)[name] = value
    return values


def test_every_field_has_a_check_and_a_good_value_passes_it():
    assert set(CONFIG_CHECKS) == {field.name for field in dataclasses.fields(Config)} == set(GOOD["config"])
    assert set(SETTINGS_CHECKS) == {field.name for field in dataclasses.fields(Settings)} - {"config"}
    assert set(BAD) == set(CONFIG_CHECKS) | set(SETTINGS_CHECKS)
    settings, problem = load(json.dumps(GOOD))
    assert problem is None
    assert json.loads(json.dumps(dataclasses.asdict(settings))) == GOOD


@pytest.mark.parametrize(("name", "value"), CASES, ids=lambda value: repr(value)[:20])
def test_one_bad_value_falls_back_alone_with_a_word_and_the_rest_stays(name, value):
    good, _ = load(json.dumps(GOOD))
    text = json.dumps(with_value(name, value))
    settings, problem = load(text)
    default = Settings()
    if name in CONFIG_CHECKS:
        config = dataclasses.replace(good.config, **{name: getattr(default.config, name)})
        assert settings == dataclasses.replace(good, config=config)
    else:
        assert settings == dataclasses.replace(good, **{name: getattr(default, name)})
    assert problem.startswith(f"In the settings: {name} is ")
    assert problem.isprintable()
    assert len(problem) < 600
    assert json.loads(settings_path().with_suffix(".broken").read_text(encoding="utf-8")).keys() == GOOD.keys()


def test_targets_fall_back_one_by_one():
    urls = ["vmc://127.0.0.1:1", "vmc://127.0.0.1:70000", 3, "osc://127.0.0.1:1", "vrchat://h:9000"]
    settings, problem = load(json.dumps(with_value("osc", urls)))
    assert settings.config.osc == ("vmc://127.0.0.1:1", "vrchat://h:9000")
    assert problem.count("a target is left out") == 3
    assert settings.config.height_m == 1.62


def test_a_receive_port_that_one_sends_to_is_off():
    settings, problem = load(json.dumps(with_value("osc", ["vmc://127.0.0.1:39540"])))
    assert settings.config.osc == ("vmc://127.0.0.1:39540",)
    assert settings.config.vmc_receive == ""
    assert "receiving is off" in problem


def test_what_was_put_aside_is_not_written_over():
    for number, text in enumerate(["one", "two", "two"]):
        load(text)
        assert len(list(settings_path().parent.glob("*.broken"))) == min(number + 1, 2)
    assert settings_path().with_suffix(".broken").read_text() == "one"


def test_a_file_that_may_not_be_read_gives_defaults(own_config_folder):
    (own_config_folder / "settings.json").mkdir()
    settings, problem = load_settings()
    assert settings == Settings()
    assert problem is not None


def test_the_password_of_a_bad_address_is_not_shown():
    _, problem = load(json.dumps(with_value("source", "rtsp://me:hunter2@cam/\0")))
    assert "hunter2" not in problem


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
