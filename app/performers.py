"""Performers in the settings: name, height and measured lengths. Pure functions of Settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.config import DEFAULT_HEIGHT_M, Config
from engine.errors import UsageError, one_line

if TYPE_CHECKING:
    from app.settings import Settings

FIRST_NAME = "Performer 1"
LONGEST_NAME = 40
MOST = 50


@dataclass(frozen=True, slots=True)
class Performer:
    """A performer. `proportions` and the following fields as in Config; (): not measured."""

    name: str
    height_m: float = DEFAULT_HEIGHT_M
    proportions: tuple[float, ...] = ()
    face_at_rest: tuple[float, ...] = ()
    finger_ranges: tuple[float, ...] = ()

    def into(self, config: Config) -> Config:
        """Return the settings with this performer's measurements."""
        own = {name: getattr(self, name) for name in _KEPT}
        return dataclasses.replace(config, **own)


_KEPT = tuple(field.name for field in dataclasses.fields(Performer) if field.name != "name")
"""Fields of Config that belong to a performer."""


def _of_config(name: str, config: Config) -> Performer:
    return Performer(name, **{kept: getattr(config, kept) for kept in _KEPT})


def performers_of(settings: Settings) -> tuple[Performer, ...]:
    """Return all performers, at least one: with none saved, the one the settings belong to."""
    if settings.performers:
        return settings.performers
    return (_of_config(settings.performer or FIRST_NAME, settings.config),)


def current(settings: Settings) -> Performer:
    """Return the current performer."""
    everybody = performers_of(settings)
    return next((performer for performer in everybody if performer.name == settings.performer), everybody[0])


def remembered(settings: Settings) -> Settings:
    """Store the height and lengths in use with the current performer."""
    now = current(settings)
    new = _of_config(now.name, settings.config)
    everybody = tuple(new if one.name == now.name else one for one in performers_of(settings))
    return dataclasses.replace(settings, performers=everybody, performer=now.name)


def chosen(settings: Settings, name: str) -> Settings:
    """Switch to another performer. Raises UsageError for an unknown name."""
    performer = named(settings, name)
    config = performer.into(settings.config)
    return remembered(dataclasses.replace(settings, performer=performer.name, config=config))


def named(settings: Settings, name: str) -> Performer:
    """Find a performer by name, ignoring case. Raises UsageError."""
    wanted = name.strip().casefold()
    for performer in performers_of(settings):
        if performer.name.casefold() == wanted:
            return performer
    names = ", ".join(performer.name for performer in performers_of(settings))
    raise UsageError(f"there is no performer {one_line(name)}; the settings have {names}")


def added(settings: Settings, name: str) -> Settings:
    """Add a performer of default height and switch to them. Raises UsageError for an invalid name."""
    everybody = remembered(settings).performers
    if len(everybody) >= MOST:
        raise UsageError(f"there are {MOST} performers already: delete one first")
    new = Performer(_free_name(settings, name))
    return chosen(dataclasses.replace(settings, performers=(*everybody, new)), new.name)


def renamed(settings: Settings, name: str) -> Settings:
    """Rename the current performer. Raises UsageError."""
    settings = remembered(settings)
    old = current(settings)
    if name.strip() == old.name:
        return settings
    new = dataclasses.replace(old, name=_free_name(settings, name, besides=old.name))
    everybody = tuple(new if one.name == old.name else one for one in settings.performers)
    return dataclasses.replace(settings, performers=everybody, performer=new.name)


def deleted(settings: Settings) -> Settings:
    """Delete the current performer and switch to the next one. Raises UsageError for the only one."""
    settings = remembered(settings)
    left = tuple(one for one in settings.performers if one.name != settings.performer)
    if not left:
        raise UsageError("the only performer cannot be deleted")
    return chosen(dataclasses.replace(settings, performers=left, performer=left[0].name), left[0].name)


def with_performer(config: Config, settings: Settings, name: str) -> Config:
    """Return `config` with the height and lengths of a performer in the settings. Raises UsageError."""
    return named(settings, name).into(config)


def _free_name(settings: Settings, name: str, besides: str = "") -> str:
    """Return the name, stripped. Raises UsageError: empty, too long or already in use."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"a performer's name must have 1 to {LONGEST_NAME} characters")
    others = {one.name.casefold() for one in performers_of(settings)} - {besides.casefold()}
    if name.casefold() in others:
        raise UsageError(f"there is already a performer {name}")
    return name


def checked_performers(value: Any, checks: Mapping[str, Callable[[Any], Any]], printable: Any) -> tuple[Performer, ...]:
    """Convert the JSON list. checks: those of Config's fields. Raises ValueError."""
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError("a list of performers")
    everybody: dict[str, Performer] = {}
    for entry in value:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not printable(name):
            raise ValueError("performers with a name, height_m and proportions")
        known = {kept: checks[kept](entry[kept]) for kept in _KEPT if kept in entry}
        everybody.setdefault(name.casefold(), Performer(name, **known))
    return tuple(everybody.values())
