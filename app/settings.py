"""Persistent settings: one JSON file in the user's configuration folder (VTM_CONFIG_DIR overrides it, for tests).

Each value is checked on its own (app/setting_checks.py): only a bad one falls back to its default, with a message.
A file that is not JSON gives the defaults. Nothing is lost: the old file is kept as settings.broken.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from app.performers import Performer
from engine.config import Config
from engine.errors import OutputError, one_line
from engine.masking import mask_secrets
from models.json_text import JsonError, read_json

DEFAULT_TARGET = "vmc://127.0.0.1:39539"
_MAX_BYTES = 1 << 20
_MOST_NAMED = 3
_MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the window remembers between runs."""

    config: Config = field(default_factory=lambda: Config(osc=(DEFAULT_TARGET,), countdown_s=3))
    take_folder: str = ""  # "": a folder "VTM Live" in the user's documents
    take_suffix: str = ".bvh"
    window_geometry: str = ""  # base64 of QWidget.saveGeometry()
    splitter: tuple[int, ...] = ()
    performer_screen: bool = False  # big picture and words in place of the figures
    folders: tuple[tuple[str, str], ...] = ()  # kind of file and its last folder: app.window.file_dialogs
    sounds: bool = True  # countdowns are heard
    avatar: str = ""  # a .vrm that is shown; "": the first of the targets
    avatar_shown: bool = True  # in place of the mannequin
    avatar_ground: str = "green"  # of its own window: app.window.avatar.looks.GROUNDS
    avatar_framing: str = "whole"  # app.window.avatar.looks.FRAMINGS
    performers: tuple[Performer, ...] = ()  # (): a single unnamed performer
    performer: str = ""  # name of the current performer

    @property
    def folder(self) -> Path:
        """Folder for takes."""
        return Path(self.take_folder) if self.take_folder else Path(platformdirs.user_documents_dir()) / "VTM Live"


def settings_path() -> Path:
    """Return the user's settings file."""
    folder = os.environ.get("VTM_CONFIG_DIR") or platformdirs.user_config_dir("vtm-live", appauthor=False)
    return Path(folder) / "settings.json"


def load_settings() -> tuple[Settings, str | None]:
    """Return the saved settings, as far as they are valid, and one line for the user about problems. Never raises."""
    from app.setting_checks import checked_settings

    path = settings_path()
    try:
        values = read_json(path, max_bytes=_MAX_BYTES, strict=False)
    except FileNotFoundError:
        return Settings(), None
    except (OSError, JsonError) as error:
        return Settings(), _line(f"The settings cannot be read ({error}): using the defaults", path, move=True)
    settings, dropped = checked_settings(values, Settings())
    if not dropped:
        return settings, None
    more = f"; and {len(dropped) - _MOST_NAMED} more" if len(dropped) > _MOST_NAMED else ""
    return settings, _line(f"In the settings: {'; '.join(dropped[:_MOST_NAMED])}{more}", path, move=False)


def _line(text: str, path: Path, *, move: bool) -> str:
    return one_line(mask_secrets(text + _kept(path, move=move)))


def _kept(path: Path, *, move: bool) -> str:
    """Keep the old file under a free name. Return the end of the message, which says where it is."""
    taken = [path.with_suffix(".broken"), *(path.with_suffix(f".{number}.broken") for number in range(2, _MOST_KEPT))]
    with suppress(OSError):
        if path.is_file() and any(kept.is_file() and kept.read_bytes() == path.read_bytes() for kept in taken):
            return ""
        kept = next((name for name in taken if not name.exists()), taken[-1])
        if move:
            path.replace(kept)
        else:
            shutil.copyfile(path, kept)
        return f"; the old file is kept as {kept}"
    return ""


def save_settings(settings: Settings) -> None:
    """Write the file completely or not at all. Raises OutputError with the reason."""
    path = settings_path()
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(dataclasses.asdict(settings), indent=2), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"The settings cannot be saved in {path} ({error.strerror}); check the folder") from error
