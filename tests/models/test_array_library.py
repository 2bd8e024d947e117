"""The array library of an argument: NumPy itself for its arrays, torch for tensors, an error for anything else."""

from __future__ import annotations

import array_api_compat
import numpy as np
import pytest

from models.array_library import array_namespace


def test_numpy_arrays_get_a_library_that_follows_the_standard():
    xp = array_namespace(np.zeros(3))
    np.testing.assert_array_equal(xp.clip(xp.concat([xp.asarray([-1.0]), xp.asarray([5.0])]), 0.0, None), [0.0, 5.0])
    assert xp.astype(xp.asarray([1.5]), np.int64).tolist() == [1]


def test_tensors_get_torch():
    torch = pytest.importorskip("torch")
    assert array_api_compat.is_torch_array(array_namespace(torch.zeros(2)).concat([torch.zeros(2), torch.ones(1)]))


def test_numbers_of_numpy_get_numpy_too():
    assert array_namespace(np.float64(1.0)).astype(np.asarray([2.5]), np.int64).tolist() == [2]


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError):
        array_namespace([1.0, 2.0])
