"""What survives a restart: one JSON file in the user's configuration folder (VTM_CONFIG_DIR overrides it, for tests).

A file that cannot be read gives the defaults and one line that says so, never a crash; it is kept aside as .broken.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from engine.config import BACKENDS, COUNTDOWNS_S, DETECTOR_SIZES, DETECTORS, Config
from engine.errors import OutputError

DEFAULT_TARGET = "vmc://127.0.0.1:39539"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the window remembers."""

    config: Config = field(default_factory=lambda: Config(osc=(DEFAULT_TARGET,), countdown_s=3))
    take_folder: str = ""  # "": a folder "VTM Live" in the user's documents
    take_suffix: str = ".bvh"
    window_geometry: str = ""  # base64 of QWidget.saveGeometry()
    splitter: tuple[int, ...] = ()
    sounds: bool = True  # countdowns are heard

    @property
    def folder(self) -> Path:
        """Where takes go."""
        return Path(self.take_folder) if self.take_folder else Path(platformdirs.user_documents_dir()) / "VTM Live"


def settings_path() -> Path:
    """The settings file of this user."""
    folder = os.environ.get("VTM_CONFIG_DIR") or platformdirs.user_config_dir("vtm-live", appauthor=False)
    return Path(folder) / "settings.json"


def load_settings() -> tuple[Settings, str | None]:
    """The saved settings and a line for the user when they could not be used."""
    path = settings_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings(), None
    except (OSError, UnicodeDecodeError) as error:
        return Settings(), f"The settings in {path} cannot be read ({error}); using the defaults"
    try:
        return _from_json(json.loads(text)), None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        kept = path.with_suffix(".broken")
        try:
            path.replace(kept)
        except OSError:
            kept = path
        return Settings(), f"The settings were not usable ({error}); using the defaults, the old file is {kept}"


def save_settings(settings: Settings) -> None:
    """Write the file whole or not at all. Raises OutputError with the reason."""
    path = settings_path()
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(dataclasses.asdict(settings), indent=2), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"The settings cannot be saved in {path} ({error.strerror}); check the folder") from error


def _typed(name: str, value: Any, default: Any) -> Any:
    """`value` when it has the type of `default` (a whole number counts as float, a list as tuple); else ValueError."""
    if isinstance(default, bool) or isinstance(value, bool):
        good = isinstance(default, bool) and isinstance(value, bool)
    elif isinstance(default, float):
        good = isinstance(value, int | float)
    elif isinstance(default, tuple):
        good = isinstance(value, list)
        value = tuple(value) if good else value
    else:
        good = value is None or isinstance(value, str) if default is None else isinstance(value, type(default))
    if not good:
        raise ValueError(f"{name} is {value!r}")
    return value


def _fields(kind: type[Any], default: Any, data: Any) -> dict[str, Any]:
    """The known fields of a dataclass found in `data`, checked; unknown ones (of a newer version) are left out."""
    if not isinstance(data, dict):
        raise ValueError(f"expected a table, got {data!r}")
    names = [item.name for item in dataclasses.fields(kind)]
    return {
        name: _typed(name, data[name], getattr(default, name)) for name in names if name in data and name != "config"
    }


def _from_json(data: Any) -> Settings:
    default = Settings()
    config = dataclasses.replace(default.config, **_fields(Config, default.config, data["config"]))
    if config.detector not in DETECTORS or config.backend not in BACKENDS:
        raise ValueError(f"detector {config.detector!r}, backend {config.backend!r}")
    if config.detector_size not in DETECTOR_SIZES:
        raise ValueError(f"detector size {config.detector_size!r}")
    if not 10.0 <= config.hfov_deg <= 170.0 or not 0.5 <= config.height_m <= 2.6:
        raise ValueError(f"field of view {config.hfov_deg}, height {config.height_m}")
    if not all(isinstance(url, str) for url in config.osc):
        raise ValueError(f"osc is {config.osc!r}")
    if config.countdown_s not in COUNTDOWNS_S:
        raise ValueError(f"countdown {config.countdown_s}")
    settings = Settings(config=config, **_fields(Settings, default, data))
    if not all(isinstance(width, int) for width in settings.splitter):
        raise ValueError(f"splitter is {settings.splitter!r}")
    return settings
