"""Dialogs for files: in the window's own style, in the folder that was used last for that kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from app.window.file_dialogs import ask_folder, ask_open, ask_save, last_folders, remember_folders


@pytest.fixture
def parent(application):  # noqa: ARG001 - there has to be one
    """A window to ask over; folders of other tests are forgotten."""
    remember_folders(())
    made = QWidget()
    yield made
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    remember_folders(())


def _answer(seen: list[str], name: str = "", *, accept: bool = True) -> None:
    """Answer the next dialog from its own event loop, and note which folder it began in."""

    def answer() -> None:
        shown = [one for one in QApplication.topLevelWidgets() if isinstance(one, QFileDialog) and one.isVisible()]
        if not shown:
            QTimer.singleShot(20, answer)
            return
        dialog = shown[0]
        seen.append(dialog.directory().absolutePath())
        assert dialog.testOption(QFileDialog.Option.DontUseNativeDialog)
        if name:  # typed: selectFile leaves the line alone while it has the focus
            dialog.findChild(QLineEdit, "fileNameEdit").setText(name)
        dialog.accept() if accept else dialog.reject()

    QTimer.singleShot(50, answer)


def test_each_kind_of_file_is_asked_for_where_the_last_one_was(parent, tmp_path: Path) -> None:
    videos, takes = tmp_path / "videos", tmp_path / "takes"
    for folder, name in ((videos, "a.mp4"), (takes, "b.npz")):
        folder.mkdir()
        (folder / name).touch()
    seen: list[str] = []
    _answer(seen, str(videos / "a.mp4"))
    assert ask_open(parent, "Open", "video", "Videos (*.mp4)", str(tmp_path)) == str(videos / "a.mp4")
    _answer(seen, str(takes / "b.npz"))
    assert ask_open(parent, "Open", "take", "Takes (*.npz)", str(tmp_path)) == str(takes / "b.npz")
    _answer(seen, accept=False)
    assert ask_open(parent, "Open", "video", "Videos (*.mp4)", str(tmp_path)) == ""
    assert seen == [str(tmp_path), str(tmp_path), str(videos)]
    assert dict(last_folders()) == {"video": str(videos), "take": str(takes)}


def test_a_folder_that_is_gone_gives_the_one_above_it(parent, tmp_path: Path) -> None:
    remember_folders((("video", str(tmp_path / "gone" / "deeper")),))
    seen: list[str] = []
    _answer(seen, accept=False)
    ask_open(parent, "Open", "video", "Videos (*.mp4)")
    assert seen == [str(tmp_path)]


def test_a_name_is_proposed_and_a_folder_can_be_asked_for(parent, tmp_path: Path) -> None:
    remember_folders((("report", str(tmp_path)),))
    seen: list[str] = []
    _answer(seen)
    assert ask_save(parent, "Save", "report", "Text (*.txt)", "report.txt") == str(tmp_path / "report.txt")
    _answer(seen)
    assert ask_folder(parent, "Folder", str(tmp_path)) == str(tmp_path)
    assert last_folders() == (("report", str(tmp_path)),)
