"""Set-up: old Pythons get one line, system packages are looked for, and what is installed is not installed again."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app import setup_env

ROOT = Path(__file__).parents[2]


def test_it_can_be_read_by_an_old_python_to_say_that_it_is_too_old():
    ast.parse((ROOT / "app" / "setup_env.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 10, 12), (3, 14, 0), (4, 0, 0)])
def test_a_python_that_does_not_fit_is_one_line(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit):
        setup_env.check_python()
    written = capsys.readouterr().err
    assert "3.11 to 3.13" in written
    assert written.count("\n") == 1


def test_it_needs_only_the_standard_library():
    code = "import runpy, sys; runpy.run_path('app/setup_env.py'); print({'numpy', 'cv2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_a_wrong_word_is_exit_code_2(capsys):
    assert setup_env.main(["dance"]) == 2
    assert setup_env.main([]) == 2
    assert "run|test|check" in capsys.readouterr().err


def test_newer_spellings_of_a_library_count(monkeypatch):
    def answer(*_args: object, **_options: object):
        return subprocess.CompletedProcess(
            [], 1, stdout=b"libglib2.0-0t64 installed\nlibegl1 installed\nxvfb not-installed\n"
        )

    monkeypatch.setattr(setup_env.subprocess, "run", answer)
    assert setup_env.missing_libraries(["libglib2.0-0", "libegl1", "xvfb"]) == ["xvfb"]


@pytest.fixture
def debian(monkeypatch) -> list:
    """A Debian without libegl1; the commands that are called."""
    called: list = []
    monkeypatch.setattr(setup_env.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(setup_env, "missing_libraries", lambda names: [name for name in names if name == "libegl1"])
    monkeypatch.setattr(setup_env.subprocess, "call", lambda command, **_options: called.append(command) or 0)
    return called


def test_a_user_is_told_what_to_install(monkeypatch, capsys, debian):
    monkeypatch.setattr(setup_env, "is_root", lambda: False)
    setup_env.apt_install(["libegl1", "libgl1"], "libraries for the window")
    assert debian == []
    assert "sudo apt-get install libegl1\n" in capsys.readouterr().err


def test_root_gets_it_installed(monkeypatch, debian):
    monkeypatch.setattr(setup_env, "is_root", lambda: True)
    setup_env.apt_install(["libegl1", "libgl1"], "libraries for the window")
    assert [command[1] for command in debian] == ["update", "install"]
    assert debian[1][-1] == "libegl1"


@pytest.fixture
def empty_venv(monkeypatch, tmp_path) -> list:
    """An environment without packages; the pip commands that are called."""
    called: list = []
    monkeypatch.setattr(setup_env, "VENV", tmp_path)
    monkeypatch.setattr(setup_env.subprocess, "call", lambda command, **_options: called.append(command) or 0)
    return called


def test_packages_are_installed_once_for_each_state_of_the_project(empty_venv, monkeypatch):
    setup_env.install("")
    setup_env.install("")
    assert len(empty_venv) == 2  # the project, then rtmlib without its dependencies
    assert "--no-deps" in empty_venv[1]
    setup_env.install("dev")
    assert len(empty_venv) == 4
    monkeypatch.setattr(setup_env, "RTMLIB", "rtmlib==9")
    setup_env.install("")
    assert len(empty_venv) == 6


def test_a_failed_install_leaves_no_stamp(empty_venv, monkeypatch, tmp_path):
    monkeypatch.setattr(setup_env.subprocess, "call", lambda *_args, **_options: 1)
    with pytest.raises(SystemExit):
        setup_env.install("")
    assert list(tmp_path.iterdir()) == []
    assert empty_venv == []


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is Linux'")
def test_tests_run_under_xvfb_where_it_is(monkeypatch, capsys):
    monkeypatch.setattr(setup_env.shutil, "which", lambda _name: None)
    assert setup_env.under_xvfb(["pytest"]) == ["pytest"]
    assert "skipped" in capsys.readouterr().err
    monkeypatch.setattr(setup_env.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert setup_env.under_xvfb(["pytest"])[0] == "xvfb-run"


def test_every_package_is_in_the_wheel():
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed = set(tomllib.load(file)["tool"]["setuptools"]["packages"])
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("app", "engine", "models")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert listed == found
