"""The avatar on screen: its file, where it is shown, and its menu. Files are read on a separate thread."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.settings import Settings
from app.window.avatar.looks import FRAMINGS, GROUNDS
from app.window.background import Background
from app.window.file_dialogs import ask_open
from app.window.widgets.body_pane import BodyPane
from app.window.widgets.opengl import OpenGL
from app.window.widgets.target_url import split_query
from engine.errors import InputError, describe
from engine.types import Pose

if TYPE_CHECKING:
    from app.window.avatar.item import LoadedAvatar
    from app.window.avatar.window import AvatarWindow

log = logging.getLogger(__name__)

AVATARS = "Avatars (*.vrm);;All files (*)"


class AvatarControl(QObject):
    """Qt thread. Signals: `kept` fields of Settings to save, `said` a level and a message, `picked` a file from the
    menu."""

    kept = Signal(dict)
    said = Signal(str, str)
    picked = Signal(str)

    def __init__(self, body: BodyPane, opengl: OpenGL, settings: Settings) -> None:
        super().__init__(body)
        self._body, self._opengl = body, opengl
        self._file, self._wanted = "", ""
        self._shown_here, self._ground, self._framing = (
            settings.avatar_shown,
            settings.avatar_ground,
            settings.avatar_framing,
        )
        self._loading: Background[LoadedAvatar] = Background("read-avatar")
        self._avatar: LoadedAvatar | None = None
        self.window: AvatarWindow | None = None
        self._menu = self._make_menu()
        body.avatar.setMenu(self._menu)
        self.open(settings.avatar or _first_avatar(settings.config.osc), keep=False)

    @property
    def possible(self) -> bool:
        """Whether avatars can be drawn on this machine."""
        return not self._opengl.problem and self._body.view is not None

    @property
    def avatar(self) -> LoadedAvatar | None:
        """The avatar shown, once loaded."""
        return self._avatar

    def open(self, file: str, *, keep: bool = True) -> None:
        """Show another avatar once it is loaded; "": none."""
        self._wanted, self._file = file, ""  # the same file may have changed
        if keep:
            self.kept.emit({"avatar": file})
        if file and not self.possible:
            why = self._opengl.problem or self._body.message.text()
            self.said.emit("info", f"The avatar is not shown: {why}. The stream is still fitted to it")
            self._file = file
        elif not file:
            self._file = file
            self._show(None)

    def follow(self, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Show an avatar that has just been added to a target."""
        old = [split_query(url)[1] for url in before]
        new = [avatar for url in after if (avatar := split_query(url)[1]) and avatar not in old]
        if new and new[0] != self._wanted:
            self.open(new[0])

    def pull(self, pose: Pose | None) -> None:
        """Update the avatar's window and check whether a file has been loaded. Called by the window's timer."""
        self._take_loaded()
        if self._wanted != self._file and self.possible and not self._loading.busy:
            self._file = file = self._wanted
            frugal = self._opengl.frugal
            self._loading.start(lambda: _load(file, frugal))
        problem = self._body.view.avatar_problem if self._body.view is not None else ""
        problem = problem or (self.window.problem if self.window is not None else "")
        if problem:
            self.said.emit("warning", problem)
            self._show(None)
        if self._avatar is not None or problem:
            self._body.catch_up()
        if self.window is not None and self.window.isVisible():
            self.window.show_pose(pose)

    def close(self) -> None:
        """Close the avatar's window together with the main window."""
        if self.window is not None:
            self.window.blockSignals(True)
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def _take_loaded(self) -> None:
        loaded = self._loading.take()
        if loaded is None:
            return
        if isinstance(loaded, Exception):
            if not isinstance(loaded, InputError):
                log.error("reading an avatar failed", exc_info=loaded)
            self.said.emit("warning", describe(loaded))
            if self._avatar is None:
                self._show(None)
        elif loaded.file == self._wanted:
            self._show(loaded)
            if loaded.left_out:
                self.said.emit("info", f"{loaded.model.avatar.name} is shown; {'; '.join(loaded.left_out)}")

    def _show(self, avatar: LoadedAvatar | None) -> None:
        self._avatar = avatar
        self._show_here()
        self._body.catch_up()
        if self.window is not None:
            self.window.show_avatar(avatar)
        self._update_menu()

    def _show_here(self) -> None:
        if self._body.view is None:
            return
        if self._avatar is None or not self._shown_here:
            self._body.view.show_avatar(None)
            return
        from app.window.avatar.item import AvatarItem  # needs OpenGL, which may be missing

        self._body.view.show_avatar(AvatarItem(self._avatar, frugal=self._opengl.frugal))

    def _make_menu(self) -> QMenu:
        menu = QMenu(self._body)
        self._choose = menu.addAction("Choose an avatar (.vrm)…", self._ask)
        self._here = _checkable(menu, "Show it here", self._set_here)
        self._alone = _checkable(menu, "Window for OBS", self._set_alone)
        menu.addSeparator()
        self._grounds = {
            name: _checkable(menu, f"Ground: {words.lower()}", lambda _on, name=name: self._set_ground(name))
            for name, words in GROUNDS.items()
        }
        menu.addSeparator()
        self._framings = {
            name: _checkable(menu, words, lambda _on, name=name: self._set_framing(name))
            for name, words in FRAMINGS.items()
        }
        menu.addSeparator()
        self._none = menu.addAction("No avatar", lambda: self.open(""))
        menu.aboutToShow.connect(self._update_menu)
        return menu

    def _update_menu(self) -> None:
        loaded, alone = self._avatar is not None, self.window is not None and self.window.isVisible()
        self._choose.setEnabled(self.possible)
        for action, on in ((self._here, self._shown_here), (self._alone, alone)):
            action.setEnabled(loaded)
            action.setChecked(loaded and on)
        self._none.setEnabled(bool(self._wanted))
        for actions, current in ((self._grounds, self._ground), (self._framings, self._framing)):
            for name, action in actions.items():
                action.setEnabled(alone)
                action.setChecked(name == current)

    def _ask(self) -> None:
        start = str(Path(self._file).parent) if self._file else ""
        if path := ask_open(self._body, "Choose an avatar", "avatar", AVATARS, start):
            self.picked.emit(path)

    def _set_here(self, on: bool) -> None:
        self._shown_here = on
        self.kept.emit({"avatar_shown": on})
        self._show_here()

    def _set_alone(self, on: bool) -> None:
        if self.window is None and on:
            from app.window.avatar.window import AvatarWindow  # needs OpenGL, which may be missing

            self.window = AvatarWindow(frugal=self._opengl.frugal)
            self.window.chosen.connect(self._looked)
            self.window.show_ground(self._ground)
            self.window.framing = self._framing
            self.window.show_avatar(self._avatar)
        if self.window is not None:
            self.window.setVisible(on)

    def _set_ground(self, name: str) -> None:
        if self.window is not None:
            self.window.show_ground(name)
        self._looked(name, self._framing)

    def _set_framing(self, name: str) -> None:
        if self.window is not None:
            self.window.show_framing(name)
        self._looked(self._ground, name)

    def _looked(self, ground: str, chosen: str) -> None:
        self._ground, self._framing = ground, chosen
        self.kept.emit({"avatar_ground": ground, "avatar_framing": chosen})
        self._update_menu()


def _load(file: str, frugal: bool) -> LoadedAvatar:
    from app.window.avatar.item import load_avatar  # needs OpenGL, which may be missing

    return load_avatar(file, frugal=frugal)


def _checkable(menu: QMenu, words: str, chosen: object) -> QAction:
    action = menu.addAction(words)
    action.setCheckable(True)
    action.triggered.connect(chosen)
    return action


def _first_avatar(urls: tuple[str, ...]) -> str:
    return next((avatar for url in urls if (avatar := split_query(url)[1])), "")
