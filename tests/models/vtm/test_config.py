"""Sizes of the network: they come back from a file as they were, and other versions are refused."""

from __future__ import annotations

import json

import pytest

from models.vtm.config import FORMAT_VERSION, VTMConfig


def test_a_config_comes_back_from_json_as_it_was(tiny):
    for config in (tiny, VTMConfig(), VTMConfig(window_frames=64, latency_frames=2)):
        assert VTMConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_what_came_after_the_file_was_written_takes_its_default():
    values = VTMConfig(window_frames=48).to_dict()
    del values["backbone"]
    assert VTMConfig.from_dict(values) == VTMConfig(window_frames=48)


@pytest.mark.parametrize(
    "change",
    [{"format_version": FORMAT_VERSION + 1}, {"format_version": None}, {"unknown": 3}, {"format_version": "1"}],
)
def test_another_version_is_refused_with_what_to_do(change):
    with pytest.raises(ValueError, match=f"expected {FORMAT_VERSION}; train or fetch"):
        VTMConfig.from_dict(VTMConfig().to_dict() | change)


def test_format_3_is_read_as_a_network_without_confidence_and_written_as_it_was():
    values = VTMConfig().to_dict() | {"format_version": 3}
    del values["confidence"]
    config = VTMConfig.from_dict(values)
    assert not config.confidence
    assert config.to_dict()["format_version"] == 3
    assert VTMConfig.from_dict(config.to_dict()) == config


def test_a_file_without_a_version_is_refused():
    with pytest.raises(ValueError, match="format None"):
        VTMConfig.from_dict({})


def test_tokens_follow_from_the_window():
    config = VTMConfig(window_frames=32)
    assert config.tokens * config.stride == 32
    assert config.tokens == 8


@pytest.mark.parametrize("frames", [0, 12, 18, 31, 68, 128])
def test_windows_that_are_no_whole_patches_or_too_long_are_refused(frames):
    with pytest.raises(ValueError, match=f"window_frames is {frames}"):
        VTMConfig(window_frames=frames)
