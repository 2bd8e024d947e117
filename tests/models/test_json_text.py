"""JSON of others is read strictly, in bounded time and memory; what is wrong is one line."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from models.json_text import MAX_DEPTH, JsonError, finite_number, parse_json, read_json


def test_plain_values_come_back():
    text = '\ufeff{"a": [1, -2.5, true, null, "\u00e9\\u65e5"], "b": {}}'
    assert parse_json(text.encode()) == {"a": [1, -2.5, True, None, "\u00e9\u65e5"], "b": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ('{"a": 1,}', "not JSON"),
        ('{"a": NaN}', "holds NaN"),
        ("[-Infinity]", "holds -Infinity"),
        ("[1e999]", "holds 1e999"),
        ("9" * 5000, "5000 digits"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' twice"),
        ('["\\ud800"]', "surrogate"),
        ("[" * 100_000, "nested"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "nested deeper than 32"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "nested"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_could_break_a_reader_is_one_line(text: str | bytes, said: str):
    with pytest.raises(JsonError, match=said) as caught:
        parse_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_reader_that_checks_every_value_may_take_them_as_they_are():
    values = parse_json('{"a": NaN, "b": 1e999, "c": %s, "d": 1, "d": 2, "e": "\\ud800"}' % ("9" * 5000), strict=False)
    assert math.isnan(values["a"])
    assert values["b"] == values["c"] == math.inf
    assert (values["d"], values["e"]) == (2, "\ud800")
    with pytest.raises(JsonError, match="nested"):
        parse_json("[" * 100_000, strict=False)


def test_a_file_is_read_to_its_limit_alone(tmp_path: Path):
    (tmp_path / "a.json").write_text("[1, 2, 3]")
    assert read_json(tmp_path / "a.json") == [1, 2, 3]
    with pytest.raises(JsonError, match="longer"):
        read_json(tmp_path / "a.json", max_bytes=5)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.timeout(10)
def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(JsonError, match="no file"):
        read_json(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1.0), (2.5, 2.5), (True, None), ("1", None), (None, None), ([], None)]
)
def test_only_numbers_are_numbers(value: object, number: float | None):
    assert finite_number(value) == number
