"""Several performers in the settings: name, height, and the lengths that were measured. Pure functions of Settings."""

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
    """Somebody who performs. `proportions` and what follows as in Config; () where nothing was measured."""

    name: str
    height_m: float = DEFAULT_HEIGHT_M
    proportions: tuple[float, ...] = ()
    face_at_rest: tuple[float, ...] = ()
    finger_ranges: tuple[float, ...] = ()

    def into(self, config: Config) -> Config:
        """The settings with what is known of this performer."""
        own = {name: getattr(self, name) for name in _KEPT}
        return dataclasses.replace(config, **own)


_KEPT = tuple(field.name for field in dataclasses.fields(Performer) if field.name != "name")
"""What a performer has of their own, by the names of Config."""


def _of_config(name: str, config: Config) -> Performer:
    return Performer(name, **{kept: getattr(config, kept) for kept in _KEPT})


def performers_of(settings: Settings) -> tuple[Performer, ...]:
    """Everybody, at least one: with none saved yet, whoever the settings are of."""
    if settings.performers:
        return settings.performers
    return (_of_config(settings.performer or FIRST_NAME, settings.config),)


def current(settings: Settings) -> Performer:
    """Whoever performs now."""
    everybody = performers_of(settings)
    return next((performer for performer in everybody if performer.name == settings.performer), everybody[0])


def remembered(settings: Settings) -> Settings:
    """The height and the lengths in use become those of whoever performs now."""
    now = current(settings)
    new = _of_config(now.name, settings.config)
    everybody = tuple(new if one.name == now.name else one for one in performers_of(settings))
    return dataclasses.replace(settings, performers=everybody, performer=now.name)


def chosen(settings: Settings, name: str) -> Settings:
    """Somebody else performs. Raises UsageError for a name that nobody has."""
    performer = named(settings, name)
    config = performer.into(settings.config)
    return remembered(dataclasses.replace(settings, performer=performer.name, config=config))


def named(settings: Settings, name: str) -> Performer:
    """Find somebody by name, in whatever case. Raises UsageError."""
    wanted = name.strip().casefold()
    for performer in performers_of(settings):
        if performer.name.casefold() == wanted:
            return performer
    names = ", ".join(performer.name for performer in performers_of(settings))
    raise UsageError(f"there is no performer {one_line(name)}; the settings have {names}")


def added(settings: Settings, name: str) -> Settings:
    """A new performer of the usual height, who performs from now on. Raises UsageError: a name that cannot be used."""
    everybody = remembered(settings).performers
    if len(everybody) >= MOST:
        raise UsageError(f"there are {MOST} performers already: delete one first")
    new = Performer(_free_name(settings, name))
    return chosen(dataclasses.replace(settings, performers=(*everybody, new)), new.name)


def renamed(settings: Settings, name: str) -> Settings:
    """Whoever performs now gets another name. Raises UsageError."""
    settings = remembered(settings)
    old = current(settings)
    if name.strip() == old.name:
        return settings
    new = dataclasses.replace(old, name=_free_name(settings, name, besides=old.name))
    everybody = tuple(new if one.name == old.name else one for one in settings.performers)
    return dataclasses.replace(settings, performers=everybody, performer=new.name)


def deleted(settings: Settings) -> Settings:
    """Whoever performs now is forgotten, the next one performs. Raises UsageError for the only one."""
    settings = remembered(settings)
    left = tuple(one for one in settings.performers if one.name != settings.performer)
    if not left:
        raise UsageError("the only performer cannot be deleted")
    return chosen(dataclasses.replace(settings, performers=left, performer=left[0].name), left[0].name)


def with_performer(config: Config, settings: Settings, name: str) -> Config:
    """`config` with the height and the lengths of a performer in the settings. Raises UsageError."""
    return named(settings, name).into(config)


def _free_name(settings: Settings, name: str, besides: str = "") -> str:
    """The name without spaces around it. Raises UsageError: empty, too long, or somebody else's."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"a performer's name has 1 to {LONGEST_NAME} letters")
    others = {one.name.casefold() for one in performers_of(settings)} - {besides.casefold()}
    if name.casefold() in others:
        raise UsageError(f"there is a performer {name} already")
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
