"""Ask for a file or a folder: Qt's own dialog in the window's colours, starting in the folder last used for that kind.

The system's dialog would be light beside a dark window, and on Linux it depends on the desktop.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtWidgets import QDialog, QFileDialog, QTreeView, QWidget

_SIZE = (860, 540)
_PLACES = (
    QStandardPaths.StandardLocation.HomeLocation,
    QStandardPaths.StandardLocation.DesktopLocation,
    QStandardPaths.StandardLocation.DocumentsLocation,
    QStandardPaths.StandardLocation.MoviesLocation,
    QStandardPaths.StandardLocation.DownloadLocation,
)
_last: dict[str, str] = {}  # Qt thread only: the folder last used, by kind of file


def remember_folders(folders: Iterable[tuple[str, str]]) -> None:
    """Set the folders of the last run."""
    _last.clear()
    _last.update(folders)


def last_folders() -> tuple[tuple[str, str], ...]:
    """Return each kind of file with the folder last used for it, for saving."""
    return tuple(_last.items())


def ask_open(parent: QWidget, title: str, kind: str, filters: str, start: str = "") -> str:
    """Return the file that the user picks, "" for none.

    kind   kind of file ("video", "take", "avatar"): each has its own last folder
    start  initial folder if there is no last one
    """
    dialog = _dialog(parent, title, kind, start)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(filters.split(";;"))
    return _asked(dialog, kind)


def ask_save(parent: QWidget, title: str, kind: str, filters: str, name: str) -> str:
    """Return where the user wants to save, or ""; `name` is the default. Asks before overwriting."""
    dialog = _dialog(parent, title, kind, "")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters.split(";;"))
    dialog.selectFile(name)
    return _asked(dialog, kind)


def ask_folder(parent: QWidget, title: str, start: str) -> str:
    """Return the folder that the user picks, "" for none."""
    dialog = _dialog(parent, title, "", start)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _asked(dialog, "")


def _dialog(parent: QWidget, title: str, kind: str, start: str) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.resize(*_SIZE)
    for table in dialog.findChildren(QTreeView):  # room for long names and the whole date; the suffix shows the type
        for column, width in ((0, 340), (1, 80), (3, 170)):
            table.header().resizeSection(column, width)
        table.setColumnHidden(2, True)
    folder = _existing(_last.get(kind, ""), start, str(Path.home()))
    dialog.setDirectory(folder)
    places = dict.fromkeys([folder, *(QStandardPaths.writableLocation(place) for place in _PLACES)])
    dialog.setSidebarUrls([QUrl.fromLocalFile(place) for place in places if place and Path(place).is_dir()])
    return dialog


def _existing(*folders: str) -> str:
    """Return the first existing folder; for a deleted one, its nearest existing parent."""
    for folder in folders:
        path = Path(folder) if folder else None
        if path is not None and path.is_absolute():
            found = next((one for one in (path, *path.parents) if one.is_dir()), None)
            if found is not None and found != found.parent:
                return str(found)
    return str(Path.home())


def _asked(dialog: QFileDialog, kind: str) -> str:
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    files = dialog.selectedFiles()
    dialog.deleteLater()
    if not accepted or not files:
        return ""
    if kind:
        _last[kind] = str(Path(files[0]).parent)
    return files[0]
