"""Performers in the settings: choosing, adding, renaming, deleting; height and lengths stay with the name."""

from __future__ import annotations

import dataclasses
import json

import pytest

from app.arguments.engine_options import config_from
from app.command_line import parse
from app.performers import (
    FIRST_NAME,
    Performer,
    added,
    chosen,
    current,
    deleted,
    performers_of,
    remembered,
    renamed,
)
from app.settings import Settings, load_settings, save_settings
from engine.config import Config
from engine.errors import UsageError

LENGTHS = (0.17, 0.15, 0.25, 0.24)
MIA, TOM = Performer("Mia", 1.62, LENGTHS), Performer("Tom", 1.84)


@pytest.fixture
def two() -> Settings:
    return Settings(config=Config(height_m=1.62, proportions=LENGTHS), performers=(MIA, TOM), performer="Mia")


def test_with_nobody_saved_the_settings_are_of_the_first_performer():
    settings = Settings(config=Config(height_m=1.5))
    assert performers_of(settings) == (Performer(FIRST_NAME, 1.5),)
    assert remembered(settings).performers == (Performer(FIRST_NAME, 1.5),)


def test_a_choice_brings_height_and_lengths_and_keeps_those_of_the_one_before(two: Settings):
    grown = dataclasses.replace(two, config=dataclasses.replace(two.config, height_m=1.63))
    tom = chosen(remembered(grown), "tom")
    assert (tom.performer, tom.config.height_m, tom.config.proportions) == ("Tom", 1.84, ())
    mia = chosen(tom, "Mia")
    assert (mia.config.height_m, mia.config.proportions) == (1.63, LENGTHS)


def test_adding_renaming_and_deleting(two: Settings):
    three = added(two, "  Ada   L. ")
    assert [one.name for one in three.performers] == ["Mia", "Tom", "Ada L."]
    assert (current(three).name, three.config.proportions, three.config.height_m) == ("Ada L.", (), 1.70)
    other = renamed(three, "Ada")
    assert [one.name for one in other.performers] == ["Mia", "Tom", "Ada"]
    assert current(renamed(other, "ADA")).name == "ADA"
    left = deleted(other)
    assert [one.name for one in left.performers] == ["Mia", "Tom"]
    assert (left.performer, left.config.proportions) == ("Mia", LENGTHS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda settings: chosen(settings, "Eve"), "there is no performer Eve; the settings have Mia, Tom"),
        (lambda settings: added(settings, "MIA"), "there is already a performer MIA"),
        (lambda settings: renamed(settings, "Tom"), "there is already a performer Tom"),
        (lambda settings: added(settings, "  "), "1 to 40 characters"),
        (lambda settings: deleted(deleted(settings)), "the only performer"),
    ],
)
def test_what_cannot_be_is_said(two: Settings, change, said: str):
    with pytest.raises(UsageError, match=said):
        change(two)


def test_they_survive_a_restart(two: Settings):
    save_settings(two)
    settings, problem = load_settings()
    assert problem is None
    assert settings == two


def test_the_command_line_chooses_a_performer_and_a_height_given_there_wins(two: Settings):
    save_settings(two)
    config = config_from(parse(["--headless", "--performer", "mia"]), Config())
    assert (config.height_m, config.proportions) == (1.62, LENGTHS)
    config = config_from(parse(["convert", "a.mp4", "b.npz", "--performer", "Tom", "--height-m", "1.9"]), Config())
    assert (config.height_m, config.proportions) == (1.9, ())
    with pytest.raises(UsageError, match="the settings have Mia, Tom"):
        config_from(parse(["--headless", "--performer", "Eve"]), Config())


def test_of_two_with_one_name_in_a_file_the_first_counts(two: Settings):
    save_settings(two)
    from app.settings import settings_path

    values = json.loads(settings_path().read_text(encoding="utf-8"))
    values["performers"][1]["name"] = "MIA"
    settings_path().write_text(json.dumps(values), encoding="utf-8")
    assert load_settings()[0].performers == (MIA,)


def test_face_at_rest_and_fingers_go_with_their_performer(two: Settings):
    face, fingers = (0.1,) * 65, (5.0,) * 16
    config = dataclasses.replace(two.config, face_at_rest=face, finger_ranges=fingers)
    mia = remembered(dataclasses.replace(two, config=config))
    tom = chosen(mia, "Tom")
    assert (tom.config.face_at_rest, tom.config.finger_ranges) == ((), ())
    back = chosen(tom, "Mia").config
    assert (back.face_at_rest, back.finger_ranges) == (face, fingers)
