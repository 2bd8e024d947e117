"""TPMAE: shapes, and that each part knows only what the paper gives it."""

from __future__ import annotations

import pytest
import torch

from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.skeleton import JOINT, LOWER, ROOT, UPPER
from models.vtm.tpmae import DECODER_REACH, ROOT_CHANNELS, TPMAE, Motion

BATCH = 3


def random_motion(frames: int, seed: int = 0) -> Motion:
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(BATCH, frames, *shape, generator=rng)

    return Motion(normal(22, 6), normal() * 0.1 - 1.28, normal(), normal(2), normal(2) * 0.2, normal(2))


@pytest.fixture(scope="module")
def tpmae(tiny) -> TPMAE:
    torch.manual_seed(0)
    return TPMAE(tiny).eval()


def changed(motion: Motion, joints: list[int]) -> Motion:
    rotations = motion.rotations_6d.clone()
    rotations[:, :, joints] += 1
    return Motion(rotations, motion.depth, motion.depth_velocity, motion.place, motion.gravity, motion.contacts)


def test_shapes_are_those_of_the_docstrings(tpmae, tiny):
    motion = random_motion(tiny.window_frames)
    assert motion.root_channels().shape == (BATCH, tiny.window_frames, ROOT_CHANNELS)
    rebuilt, z_upper, z_lower = tpmae(motion)
    assert z_upper.shape == z_lower.shape == (BATCH, tiny.tokens, tiny.latent)
    for name in Motion.__dataclass_fields__:
        assert getattr(rebuilt, name).shape == getattr(motion, name).shape, name


def test_any_number_of_latents_decodes_to_four_frames_each(tpmae, tiny):
    z = torch.zeros(BATCH, 2, tiny.latent)
    assert tpmae.decode(z, z).rotations_6d.shape == (BATCH, 8, 22, 6)


@torch.no_grad()
def test_the_upper_latent_knows_nothing_of_the_legs_and_the_lower_nothing_of_the_arms(tpmae, tiny):
    motion = random_motion(tiny.window_frames)
    upper, lower = tpmae.encode(motion)
    legs = tpmae.encode(changed(motion, [joint for joint in LOWER if joint != ROOT]))
    arms = tpmae.encode(changed(motion, [joint for joint in UPPER if joint != ROOT]))
    assert torch.equal(legs[0], upper)
    assert not torch.allclose(legs[1], lower)
    assert torch.equal(arms[1], lower)
    assert not torch.allclose(arms[0], upper)


@torch.no_grad()
@pytest.mark.parametrize("field", ["rotations_6d", "depth", "depth_velocity", "place", "gravity"])
def test_both_latents_see_the_root(tpmae, tiny, field):
    motion = random_motion(tiny.window_frames)
    values = {name: getattr(motion, name) for name in Motion.__dataclass_fields__}
    values[field] = changed(motion, [ROOT]).rotations_6d if field == "rotations_6d" else values[field] + 0.5
    moved = Motion(**values)
    for before, after in zip(tpmae.encode(motion), tpmae.encode(moved), strict=True):
        assert not torch.allclose(before, after)


@torch.no_grad()
def test_contact_labels_are_decoded_from_the_lower_part_and_never_encoded(tpmae, tiny):
    motion = random_motion(tiny.window_frames)
    values = {name: getattr(motion, name) for name in Motion.__dataclass_fields__}
    other = Motion(**values | {"contacts": -values["contacts"]})
    upper, lower = tpmae.encode(motion)
    for before, after in zip((upper, lower), tpmae.encode(other), strict=True):
        assert torch.equal(before, after)
    assert torch.equal(tpmae.decode(upper, lower).contacts, tpmae.decode(upper + 1, lower).contacts)


@torch.no_grad()
def test_non_root_motion_and_root_motion_are_decoded_from_both_parts(tpmae, tiny):
    upper, lower = tpmae.encode(random_motion(tiny.window_frames))
    base = tpmae.decode(upper, lower)
    for other in (tpmae.decode(upper + 1, lower), tpmae.decode(upper, lower + 1)):
        for joint in (ROOT, JOINT["LeftHand"], JOINT["LeftFoot"]):
            assert not torch.allclose(base.rotations_6d[:, :, joint], other.rotations_6d[:, :, joint])
        assert not torch.allclose(base.depth, other.depth)


@torch.no_grad()
def test_a_batch_is_the_same_as_one_by_one(tpmae, tiny):
    motion = random_motion(tiny.window_frames)
    whole = tpmae(motion)[0].rotations_6d
    for row in range(BATCH):
        one = Motion(*(getattr(motion, name)[row : row + 1] for name in Motion.__dataclass_fields__))
        assert (tpmae(one)[0].rotations_6d[0] - whole[row]).abs().max() < 1e-4


@torch.no_grad()
def test_no_frame_knows_a_later_patch(tpmae, tiny):
    upper, lower = tpmae.encode(random_motion(tiny.window_frames))
    other_upper, other_lower = upper.clone(), lower.clone()
    other_upper[:, -1] += 1
    other_lower[:, -1] += 1
    before, after = tpmae.decode(upper, lower).rotations_6d, tpmae.decode(other_upper, other_lower).rotations_6d
    assert torch.equal(before[:, : -tiny.stride], after[:, : -tiny.stride])
    assert not torch.allclose(before[:, -tiny.stride :], after[:, -tiny.stride :])


@torch.no_grad()
@pytest.mark.parametrize("last", [1, 2])
def test_the_newest_tokens_decoded_alone_are_what_they_are_among_all(tpmae, last):
    rng = torch.Generator().manual_seed(4)
    tokens = DECODER_REACH + last - 1
    upper, lower = torch.randn(2, BATCH, tokens + 3, tpmae.config.latent, generator=rng)
    every = [values[:, -last:] for values in tpmae.decode_tokens(upper, lower)]
    newest = tpmae.decode_tokens(upper[:, -tokens:], lower[:, -tokens:], last)
    one_fewer = tpmae.decode_tokens(upper[:, 1 - tokens :], lower[:, 1 - tokens :], last)
    for values, expected in zip(newest, every, strict=True):
        torch.testing.assert_close(values, expected, atol=1e-6, rtol=0)
    assert (one_fewer[0] - every[0]).abs().max() > 1e-6  # the reach is no longer than it has to be


@torch.no_grad()
def test_an_untrained_auto_encoder_gives_nearly_no_rotation(tpmae, tiny):
    z = torch.zeros(1, tiny.tokens, tiny.latent)
    angle = geodesic_angle(rotation_6d_to_matrix(tpmae.decode(z, z).rotations_6d), torch.eye(3))
    assert torch.rad2deg(angle).mean() < 40  # any rotation: 127 on average
