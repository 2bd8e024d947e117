"""The lock: complete, checked, of one resolution, and without the address of anybody's index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from app import lock_packages

ROOT = Path(__file__).parents[2]
HASHED = ("setup.txt", "run.txt", "dev.txt")


def versions(name: str) -> dict[str, str]:
    lines = (ROOT / "app" / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize("name", HASHED)
def test_every_package_has_checksums(name):
    text = (ROOT / "app" / "requirements" / name).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9.-]+==)", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []


def test_all_files_agree_and_the_app_is_part_of_what_is_tested():
    run, dev, torch = versions("run.txt"), versions("dev.txt"), versions("torch.txt")
    assert run.items() <= dev.items()
    assert not torch.keys() & dev.keys()
    assert "torch" in torch
    assert not [name for name in (*dev, *torch) if lock_packages.OF_A_GPU.match(name)]


def test_what_the_project_asks_for_is_locked_and_no_second_opencv():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    asked = {"run.txt": project["dependencies"] + extras["rtmpose"], "dev.txt": extras["dev"] + extras["render"]}
    for lock, requirements in asked.items():
        names = {re.split(r"[^A-Za-z0-9-]", item.replace("_", "-"))[0].lower() for item in requirements}
        assert names - {"vtm-live"} <= versions(lock).keys()
    assert [name for name in versions("dev.txt") if "opencv" in name] == ["opencv-python-headless"]


@pytest.mark.parametrize("name", [*HASHED, "torch.txt"])
def test_no_address_is_named(name):
    assert "://" not in (ROOT / "app" / "requirements" / name).read_text(encoding="utf-8")


def test_a_wrong_word_is_exit_code_2(capsys):
    assert lock_packages.main(["dance"]) == 2
    assert "[--keep]" in capsys.readouterr().err


def test_a_resolution_that_fails_changes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(lock_packages, "FOLDER", tmp_path / "requirements")
    monkeypatch.setattr(lock_packages, "uv_command", lambda _scratch: "false")
    assert lock_packages.main([]) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert not (tmp_path / "requirements").exists()
