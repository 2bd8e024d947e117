"""`vtm desktop-entry`: an entry and icons that a Linux desktop finds, and their removal."""

from __future__ import annotations

import configparser
import shlex
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.commands import desktop_entry
from app.commands.desktop_entry import command


@pytest.fixture(autouse=True)
def linux(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "data").rglob("*") if path.is_file())


def test_the_program_is_in_the_menu_and_out_of_it_again(tmp_path, capsys):
    assert main(["desktop-entry"]) == 0
    assert "is in the menu now" in capsys.readouterr().err
    made = files(tmp_path)
    entry = tmp_path / "data" / "applications" / "vtm-live.desktop"
    assert entry in made
    icons = [path for path in made if path.suffix == ".png"]
    assert {path.parts[-3] for path in icons} >= {"16x16", "48x48", "256x256"}
    for icon in icons:
        head = icon.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert f"{int.from_bytes(head[16:20])}x{int.from_bytes(head[20:24])}" == icon.parts[-3]
    assert main(["desktop-entry"]) == 0  # once more is no error
    assert main(["desktop-entry", "--remove"]) == 0
    assert files(tmp_path) == []
    assert main(["desktop-entry", "--remove"]) == 0


def test_the_entry_starts_this_installation_and_names_the_icon(tmp_path, monkeypatch):
    program = tmp_path / "my $tools 100%" / "bin" / "vtm-window"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program.with_name("vtm"))])
    assert main(["desktop-entry"]) == 0
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    parser.read(tmp_path / "data" / "applications" / "vtm-live.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Icon"] == entry["StartupWMClass"] == "vtm-live"
    assert entry["Terminal"] == "false"
    for section, options in (("Desktop Entry", []), ("Desktop Action demo", ["--source", "demo"])):
        string = parser[section]["Exec"].replace("\\\\", "\\").replace("%%", "%")  # as a desktop unescapes it
        string = string.replace("\\$", "$")  # a shell's double quotes; shlex leaves it
        assert shlex.split(string) == [str(program), *options]


def test_without_the_script_the_module_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "vtm")])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert command() == [str(tmp_path / "python"), "-m", "app.windowed"]


def test_a_bundle_starts_its_window(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "vtm"))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command() == [str(tmp_path / "vtm-window")]


def test_other_systems_are_told_where_to_read_on(monkeypatch, capsys):
    monkeypatch.setattr(desktop_entry.sys, "platform", "darwin")
    assert main(["desktop-entry"]) == 2
    assert "docs/install.md" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "data").touch()
    assert main(["desktop-entry"]) == 1
    error = capsys.readouterr().err
    assert "make it writable" in error
    assert error.count("\n") == 1
