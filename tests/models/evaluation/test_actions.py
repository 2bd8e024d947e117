"""Actions from the names of clips."""

from __future__ import annotations

import pytest

from models.evaluation.actions import action_of


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("cmu_bvh/05/05_04.bvh", "dance"),
        ("cmu_bvh/02/02_03.bvh", "run"),
        ("cmu_bvh/02/02_08.bvh", "everyday"),
        ("14_27.bvh", "everyday"),
        ("07_12_90003", "walk"),  # a rendered clip
        ("cmu_expmap/train_walking_extra_walking_25.bvh", "walk"),
        ("cmu_expmap/train_jumping_jumping_2.bvh", "jump"),
        ("mesh2motion/addon__Run_Anime.bvh", "run"),
        ("mesh2motion/base__Sitting_Talking_Loop.bvh", "sit"),
        ("mesh2motion/addon__Dizzy.bvh", "mesh2motion"),
        ("mesh2motion/base__Transit.bvh", "mesh2motion"),  # holds "sit", but no word begins with it
        ("99_01.bvh", "other"),
        ("clip_3", "other"),
    ],
)
def test_the_name_tells_the_action_else_the_folder(name, action):
    assert action_of(name) == action
