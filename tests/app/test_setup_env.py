"""Set-up: old Pythons get one line, system packages are looked for, and what is installed is not installed again."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from app import setup_env

ROOT = Path(__file__).parents[2]


def test_it_can_be_read_by_an_old_python_to_say_that_it_is_too_old():
    ast.parse((ROOT / "app" / "setup_env.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 10, 12), (3, 15, 0), (4, 0, 0)])
def test_a_python_that_does_not_fit_is_one_line(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit):
        setup_env.check_python()
    written = capsys.readouterr().err
    assert "3.11 to 3.14" in written
    assert written.count("\n") == 1


def test_windows_gets_the_command_of_windows(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    monkeypatch.setattr(setup_env.os, "name", "nt")
    with pytest.raises(SystemExit):
        setup_env.check_python("test")
    assert capsys.readouterr().err.endswith("then: py -3.12 app\\setup_env.py test\n")


def test_it_needs_only_the_standard_library():
    code = "import runpy, sys; runpy.run_path('app/setup_env.py'); print({'numpy', 'cv2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_a_wrong_word_is_exit_code_2(capsys):
    assert setup_env.main(["dance"]) == 2
    assert setup_env.main([]) == 2
    assert setup_env.main(["check", "dance"]) == 2
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


class Programs:
    """What the set-up starts: every command, and what pip says of the torch it would take."""

    def __init__(self) -> None:
        self.called: list[list[str]] = []
        self.fail: str | None = None
        self.torch_needs: list[str] = ["sympy>=1.13"]

    def call(self, command: list[str], **_options: object) -> int:
        self.called.append(command)
        return int(self.fail is not None and any(self.fail in word for word in command))

    def run(self, command: list[str], **_options: object):
        report = {"install": [{"metadata": {"requires_dist": self.torch_needs}}]}
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps(report).encode())

    def installed(self) -> list[str]:
        """The last word of each command so far, which says what it is about; forgotten then."""
        words = [Path(command[-1]).name for command in self.called]
        self.called.clear()
        return words


@pytest.fixture
def programs(monkeypatch, tmp_path) -> Programs:
    """An environment without packages."""
    fake = Programs()
    monkeypatch.setattr(setup_env, "VENV", tmp_path)
    monkeypatch.setattr(setup_env.subprocess, "call", fake.call)
    monkeypatch.setattr(setup_env.subprocess, "run", fake.run)
    monkeypatch.delenv("TORCH", raising=False)
    return fake


def test_locked_packages_are_installed_with_checksums_and_without_anything_else(programs):
    setup_env.install("")
    tools, packages, project = programs.called
    for command, lock in ((tools, "setup.txt"), (packages, "run.txt")):
        assert command[-4:] == ["--no-deps", "--require-hashes", "-r", str(ROOT / "app" / "requirements" / lock)]
    assert project[-4:] == ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]


def test_packages_are_installed_once_for_each_state_of_the_lock(programs, monkeypatch, tmp_path):
    setup_env.install("")
    assert programs.installed() == ["setup.txt", "run.txt", ROOT.name]
    setup_env.install("")
    assert programs.installed() == []
    setup_env.install("dev")
    assert programs.installed() == ["setup.txt", "dev.txt", ROOT.name]
    (tmp_path / "requirements").mkdir()
    for name in ("setup.txt", "run.txt"):
        (tmp_path / "requirements" / name).write_text("other==9")
    monkeypatch.setattr(setup_env, "LOCKS", tmp_path / "requirements")
    setup_env.install("")
    assert programs.installed() == ["setup.txt", "run.txt", ROOT.name]


def test_a_failed_install_leaves_no_stamp(programs, tmp_path):
    programs.fail = "run.txt"
    with pytest.raises(SystemExit):
        setup_env.install("")
    assert list(tmp_path.iterdir()) == []


def torch_commands(programs: Programs) -> list[list[str]]:
    setup_env.install_torch()
    commands = [command[1:] for command in programs.called]
    programs.called.clear()
    return commands


def test_torch_comes_from_pip_where_that_has_a_cpu_build(programs, capsys):
    (command,) = torch_commands(programs)
    assert command[:3] == ["-m", "pip", "install"]
    assert command[-3].startswith("torch==")
    assert torch_commands(programs) == []
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform != "linux", reason="pip's torch is a CPU build elsewhere")
def test_a_cuda_build_is_not_taken_unless_it_is_asked_for(programs, monkeypatch):
    programs.torch_needs = ["sympy>=1.13", 'nvidia-cublas; platform_system == "Linux"']
    (command,) = torch_commands(programs)
    assert command[:4] == ["-m", "uv", "pip", "install"]
    assert command[command.index("--torch-backend") + 1] == "cpu"
    monkeypatch.setenv("TORCH", "cuda")
    (command,) = torch_commands(programs)
    assert command[command.index("--torch-backend") + 1] == "auto"
    monkeypatch.setenv("TORCH", "cpu")
    assert len(torch_commands(programs)) == 1  # back to the other build


def test_without_torch_the_set_up_goes_on_and_says_what_is_skipped(programs, monkeypatch, capsys):
    monkeypatch.setenv("TORCH", "none")
    assert torch_commands(programs) == []
    assert "the tests that need torch are skipped" in capsys.readouterr().err
    monkeypatch.setenv("TORCH", "cpu")
    programs.fail = "torch=="
    assert len(torch_commands(programs)) == 1
    assert "no cpu build of torch==" in capsys.readouterr().err
    assert len(torch_commands(programs)) == 1  # tried again


def test_an_unknown_kind_of_torch_is_one_line(programs, monkeypatch, capsys):
    monkeypatch.setenv("TORCH", "gpu")
    with pytest.raises(SystemExit):
        setup_env.install_torch()
    assert capsys.readouterr().err == "vtm: TORCH is gpu, expected one of cpu, cuda, none\n"
    assert programs.called == []


@pytest.fixture
def made_venv(monkeypatch, tmp_path) -> Path:
    """An environment of this Python in the place for it."""
    monkeypatch.setattr(setup_env, "VENV", tmp_path / ".venv")
    venv.create(setup_env.VENV, with_pip=False, symlinks=True)
    packages = next(setup_env.VENV.glob("lib/python*/site-packages"), setup_env.VENV / "Lib" / "site-packages")
    (packages / "pip.py").touch()
    settings = setup_env.VENV / "pyvenv.cfg"
    settings.write_text(settings.read_text() + f"command = {sys.executable} -m venv {setup_env.VENV}\n")
    return setup_env.VENV


def test_an_environment_that_fits_is_kept(made_venv, capsys):
    setup_env.make_venv()
    assert capsys.readouterr().err == ""
    assert made_venv.exists()


@pytest.mark.parametrize("wrong", ["version", "place", "broken"])
def test_an_environment_that_does_not_fit_is_made_again_with_a_word(wrong, made_venv, monkeypatch, capsys):
    words = {"version": "has Python 3.", "place": "was made in another folder", "broken": "no longer runs"}
    if wrong == "version":
        monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    elif wrong == "place":
        moved = made_venv.with_name("moved")
        made_venv.rename(moved)
        monkeypatch.setattr(setup_env, "VENV", moved)
    else:
        next(made_venv.rglob("pip.py")).unlink()
    (setup_env.VENV / "old").touch()
    made: list[list[str]] = []
    monkeypatch.setattr(setup_env.subprocess, "call", lambda command, **_options: made.append(command) or 0)
    setup_env.make_venv()
    assert words[wrong] in capsys.readouterr().err
    assert not (setup_env.VENV / "old").exists()
    assert made[-1][1:] == ["-m", "venv", str(setup_env.VENV)]


@pytest.mark.parametrize(("arguments", "tested"), [([], True), (["--static"], False)])
@pytest.mark.parametrize("torch", [True, False])
def test_the_check_goes_from_format_to_tests_and_needs_no_torch(programs, monkeypatch, arguments, tested, torch):
    monkeypatch.setattr(setup_env, "prepare", lambda *_arguments: None)
    programs.fail = None if torch else "import torch"
    assert setup_env.run_check(arguments) == 0
    steps = [command[command.index("-m") + 1 :] for command in programs.called if "-m" in command]
    assert [step[0] for step in steps] == ["ruff", "ruff", "mypy", "app.documents"] + ["pytest"] * tested
    assert ("app" in steps[2]) is not torch


def test_the_check_stops_at_the_first_step_that_fails(programs, monkeypatch):
    monkeypatch.setattr(setup_env, "prepare", lambda *_arguments: None)
    programs.fail = "--check"
    assert setup_env.run_check([]) == 1
    assert programs.called[-1][-1] == "--check"


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
        for top in ("vtm_live", "app", "engine", "models")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert listed == found
