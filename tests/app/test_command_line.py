"""Plain words: files without a command, help, version; and for each wrong use the line that helps."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest

from app.arguments.options import RunOptions
from app.arguments.parser import COMMAND_NAMES, build_parser
from app.cli import _COMMANDS, main
from app.command_line import parse
from engine.config import Config
from engine.motion.formats import write_motion

UMLAUT = "Übung 日本 1.npz"


@pytest.fixture
def here(tmp_path, monkeypatch, waving) -> Path:
    """A working folder with a file of each kind."""
    monkeypatch.chdir(tmp_path)
    for name in ("take.npz", UMLAUT, "take.bvh", "log.jsonl", "take.glb"):
        write_motion(tmp_path / name, waving(5))
    np.savez("kp.npz", keypoints_px=np.zeros((1, 23, 2)))
    np.savez("other.npz", a=np.zeros(1))
    for name in ("clip.mp4", "old take.npz.partial", "lens.json", "model.fbx"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "videos").mkdir()
    return tmp_path


@pytest.fixture
def ran(monkeypatch) -> dict:
    """What a headless run, a window or a replay was asked for, instead of running it."""
    seen: dict = {}

    class Run:
        def __init__(self, config: Config, options: RunOptions) -> None:
            seen.update(config=config, options=options)

        def run(self) -> int:
            return 0

    def replay(path: Path, urls: tuple[str, ...], *, loop: bool, seconds: float | None) -> int:
        seen.update(replayed=path, urls=urls, loop=loop, seconds=seconds)
        return 0

    monkeypatch.setattr("app.commands.headless.HeadlessRun", Run)
    monkeypatch.setattr("app.commands.replay.run_replay", replay)
    return seen


@pytest.mark.parametrize("word", ["clip.mp4", "demo", "0", "http://127.0.0.1:1/cam", "videos"])
@pytest.mark.usefixtures("here")
def test_a_source_needs_no_option(word, ran):
    assert main([word, "--headless", "--mirror"]) == 0
    assert main(["--headless", "--seconds", "3", word]) == 0
    assert (ran["config"].source, ran["options"].seconds) == (word, 3)


@pytest.mark.parametrize("name", ["take.npz", UMLAUT, "log.jsonl"])
@pytest.mark.usefixtures("here")
def test_a_take_is_replayed(name, ran):
    assert main([name, "--headless", "--osc", "vmc://127.0.0.1:5000", "--seconds", "2"]) == 0
    assert (ran["replayed"], ran["urls"], ran["seconds"]) == (Path(name), ("vmc://127.0.0.1:5000",), 2)


@pytest.mark.usefixtures("here")
def test_a_take_without_a_display_goes_to_the_targets_of_the_settings(ran, monkeypatch):
    monkeypatch.setattr("app.cli.display_available", lambda: False)
    assert main(["take.npz"]) == 0
    assert (ran["replayed"], ran["urls"], ran["seconds"]) == (Path("take.npz"), ("vmc://127.0.0.1:39539",), None)


@pytest.mark.usefixtures("here")
def test_the_window_gets_the_take_and_what_was_wrong_with_the_settings(monkeypatch, own_config_folder):
    seen: dict = {}

    def open_window(options, settings, problem):
        seen.update(options=options, settings=settings, problem=problem)
        return 0

    (own_config_folder / "settings.json").write_text(json.dumps({"config": {"height_m": 170, "mirror": True}}))
    monkeypatch.setattr("app.cli.display_available", lambda: True)
    monkeypatch.setattr("app.window.open_window.open_window", open_window)
    assert main(["take.npz", "--hfov", "70"]) == 0
    assert seen["options"].replay == Path("take.npz")
    assert (seen["settings"].config.hfov_deg, seen["settings"].config.mirror) == (70, True)
    assert "height_m is 170, expected 0.5 to 2.6" in seen["problem"]


LINES = [
    (["dance"], "vtm help|commands: convert"),
    (["convrt", "a", "b"], "did you mean convert?"),
    (["missing.mp4"], "there is no file missing.mp4"),
    (["missing/take"], "there is no file"),
    (["clip.mp4", "out.bvh"], "vtm convert clip.mp4 out.bvh"),
    (["clip.mp4", "--source", "demo"], "expected one of them"),
    (["--headless", "convert", "a", "b"], "the command comes first: vtm convert"),
    (["take.npz", "--headless"], "add --osc"),
    (["take.npz", "--headless", "--osc", "vmc://127.0.0.1:1", "--record", "x.bvh"], "vtm convert take.npz x.bvh"),
    (["take.bvh"], "BVH file, which cannot be read here"),
    (["model.fbx"], "FBX file"),
    (["kp.npz"], "vtm convert kp.npz take.npz"),
    (["old take.npz.partial"], 'vtm recover "old take.npz.partial"'),
    (["--source", "take.npz"], "vtm take.npz replays it"),
    (["--source", UMLAUT], f'vtm "{UMLAUT}" replays it'),
    (["--source", "log.jsonl"], "vtm log.jsonl replays it"),
    (["--source", "kp.npz"], "holds keypoints"),
    (["--source", "other.npz"], "holds no take"),
    (["--source", "take.glb"], "glTF file"),
    (["--source", "lens.json"], "--intrinsics"),
    (["convert", "take.bvh", "x.glb"], "BVH file"),
    (["convert", "log.jsonl", "x.glb"], "OSC log, which vtm"),
    (["replay", "take.bvh", "--osc", "vmc://127.0.0.1:1"], "BVH file"),
    (["replay", "clip.mp4", "--osc", "vmc://127.0.0.1:1"], "vtm clip.mp4 plays it"),
    (["replay", "kp.npz", "--osc", "vmc://127.0.0.1:1"], "holds keypoints"),
    (["bench", "--source", "take.npz"], "vtm take.npz replays it"),
    (["--seconds", "abc"], "got abc, expected seconds above 0, for example 20"),
    (["--seconds", "1e12"], "expected seconds"),
    (["--height-m", "170"], "170 cm is 1.7"),
    (["--height-m", "1,70"], "got 1,70, expected metres"),
    (["--hfov", "wide"], "got wide, expected degrees from 10 to 170"),
    (["--osc-rate", "fast"], "got fast, expected 1 to 120"),
    (["--record", "take.c3d"], ".fbx"),
    (["--record", "take"], "for example take.bvh"),
    (["--record", "take.mp4"], "--record-video"),
    (["--headless", "--record", "take.npz", "--style", "mixamo"], ".bvh and .fbx"),
    (["--record", "take.bvh", "--style", "maya"], "rokoko"),
    (["convert", "clip.mp4", "x.npz", "--jobs", "two"], "whole number from 1 to 64"),
    (["help", "dance"], "there is no command 'dance'"),
    (
        ["--headless", "--vmc-receive", "39540", "--osc", "vmc://127.0.0.1:39540"],
        "is our own receive port",
    ),
    (["--headless", "--vmc-receive", "0.0.0.0:7000", "--osc", "osc://localhost"], "receive on another"),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("arguments", "hint"), LINES, ids=lambda value: " ".join(value)[:50])
def test_a_wrong_use_gets_the_line_that_helps(arguments, hint, capsys):
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    lines = [line for line in written.err.splitlines() if "no display found" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("vtm: ")
    assert any(part in lines[0] for part in hint.split("|"))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("arguments", [["--source", "take.npz"], ["take.bvh"]])
def test_nothing_is_written_by_a_wrong_use(arguments, here):
    before = sorted(here.iterdir())
    assert main([*arguments, "--headless", "--record", "new.npz"]) == 2
    assert sorted(here.iterdir()) == before


def test_the_version_is_one_line_on_stdout(capsys):
    assert main(["--version"]) == 0
    written = capsys.readouterr().out
    assert written.startswith("vtm ")
    assert f"Python {platform.python_version()}, {platform.system()}" in written
    assert written.count("\n") == 1


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_help_of_a_command_is_its_own(name, capsys):
    assert main(["help", name]) == 0
    by_word = capsys.readouterr().out
    assert by_word.startswith(f"usage: vtm {name}")
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out == by_word


def test_help_tells_commands_and_options(capsys):
    outputs = []
    for arguments in (["help"], ["--help"], ["--headless", "-h"]):
        assert main(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert len(set(outputs)) == 1
    for word in (*COMMAND_NAMES, "--headless", "--version", "[FILE]"):
        assert word in outputs[0]


def test_the_commands_are_those_that_can_be_run():
    assert set(COMMAND_NAMES) == {name for name in _COMMANDS if name is not None}
    for name in COMMAND_NAMES:
        with pytest.raises(SystemExit):
            build_parser().parse_args([name, "--help"])


def test_a_run_has_no_command_and_no_take():
    options = parse(["--debug", "--headless"])
    assert (options.command, options.replay, options.source) == (None, None, None)
