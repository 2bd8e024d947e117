"""`vtm desktop-entry`: VTM Live in the menu of a Linux desktop, with its icon; `--remove` takes it out again.

Files as freedesktop.org's menu and icon theme specifications have them, in the user's own data folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.terminal import say
from engine.errors import OutputError, UsageError

NAME = "vtm-live"
"""Of the entry and the icon; windows say it, too (QApplication.setDesktopFileName)."""
_SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)
_ENTRY = """[Desktop Entry]
Type=Application
Version=1.0
Name=VTM Live
GenericName=Motion capture
Comment=Full-body motion capture from one webcam
Comment[de]=Bewegungen des ganzen Körpers mit einer Webcam aufnehmen
Exec={command}
Icon=vtm-live
Terminal=false
Categories=AudioVideo;Video;
Keywords=motion capture;mocap;avatar;VTuber;VMC;
StartupWMClass=vtm-live
StartupNotify=true
Actions=demo;

[Desktop Action demo]
Name=Play the demo clip
Name[de]=Beispielfilm abspielen
Exec={command} --source demo
"""


def run_desktop_entry(*, remove: bool) -> int:
    """Write or remove entry and icons. Raises UsageError (not Linux), OutputError (the folder cannot be written)."""
    if not sys.platform.startswith("linux"):
        raise UsageError("desktop-entry is for Linux: see docs/install.md for a shortcut on Windows and macOS")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    entry = data / "applications" / f"{NAME}.desktop"
    icons = {size: data / f"icons/hicolor/{size}x{size}/apps/{NAME}.png" for size in _SIZES_PX}
    try:
        if remove:
            for path in (entry, *icons.values()):
                path.unlink(missing_ok=True)
        else:
            _write(entry, icons)
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or data} ({error.strerror}): make it writable") from error
    _tell_the_desktop(data)
    say(f"vtm: removed {entry} and its icons" if remove else f"vtm: VTM Live is in the menu now ({entry})")
    return 0


def _write(entry: Path, icons: dict[int, Path]) -> None:
    from app.window.widgets.product_icon import png

    for size, path in icons.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(size))
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_text(_ENTRY.format(command=" ".join(map(_quoted, command()))), encoding="utf-8")


def command() -> list[str]:
    """What starts this installation without a terminal."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("vtm-window"))]
    called = Path(sys.argv[0]).absolute()
    for folder in (called.parent, Path(sys.executable).parent):
        program = folder / "vtm-window"
        if os.access(program, os.X_OK) and program.is_file():
            return [str(program)]
    return [sys.executable, "-m", __name__.removesuffix("commands.desktop_entry") + "windowed"]


def _quoted(word: str) -> str:
    """A word of an Exec line: quotes, backslashes, dollars and percents have a meaning there."""
    inside = word
    for sign in ("\\", '"', "`", "$"):
        inside = inside.replace(sign, "\\" + sign)
    inside = inside.replace("\\", "\\\\").replace("%", "%%")  # the file's own escapes come on top
    plain = word.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()
    return word if plain else f'"{inside}"'


def _tell_the_desktop(data: Path) -> None:
    """Refresh menus and icons at once, where the desktop has the tools; others look by themselves."""
    for tool, place in (("update-desktop-database", "applications"), ("gtk-update-icon-cache", "icons/hicolor")):
        program = shutil.which(tool)
        if program is not None:
            options = ["--ignore-theme-index", "--quiet"] if tool.startswith("gtk") else []
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([program, *options, str(data / place)], capture_output=True, timeout=20, check=False)
