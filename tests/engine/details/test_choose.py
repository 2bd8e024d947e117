"""Which networks the details stage gets, and what is said when some are missing: the body goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.details import choose
from engine.details import weights as w
from engine.networks import weight_files
from engine.networks.weight_files import WeightFile


class Loaded:
    """Stands in for a network, and keeps which files it was loaded from."""

    def __init__(self, *paths: Path, threads: int) -> None:
        self.names = [path.name for path in paths]
        self.threads = threads
        made.append(self)


made: list[Loaded] = []


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache whose files are all the published ones, and networks that load from anything."""
    made.clear()
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))
    monkeypatch.setattr(choose, "HandNetwork", Loaded)
    monkeypatch.setattr(choose, "FaceNetworks", Loaded)

    def there(file: WeightFile) -> str:
        path = tmp_path / file.name
        return "missing" if not path.exists() else "tampered" if path.read_bytes() else "ready"

    monkeypatch.setattr(w, "file_state", there)
    monkeypatch.setattr(weight_files, "file_state", there)
    return tmp_path


def put(cache: Path, *files: WeightFile, content: bytes = b"") -> None:
    for file in files:
        (cache / file.name).write_bytes(content)


def test_everything_there_gives_both_and_says_nothing(cache: Path) -> None:
    put(cache, *w.FILES)
    messages: list[str] = []
    assert choose.make_details(hands=True, face=True, threads=2, on_message=messages.append) is not None
    assert [network.names for network in made] == [[w.HAND.name], [w.FACE_MESH.name, w.BLEND_SHAPES.name]]
    assert {network.threads for network in made} == {2}
    assert messages == []


def test_the_other_size_of_the_hand_network_stands_in(cache: Path) -> None:
    put(cache, w.HAND_LITE)
    choose.make_details(hands=True, face=False, hand_size="full", on_message=pytest.fail)
    put(cache, w.HAND)
    choose.make_details(hands=True, face=False, hand_size="lite", on_message=pytest.fail)
    assert [network.names for network in made] == [[w.HAND_LITE.name]] * 2


def test_what_is_missing_is_one_sentence_and_the_rest_goes_on(cache: Path) -> None:
    put(cache, w.HAND, w.FACE_MESH)
    messages: list[str] = []
    assert choose.make_details(hands=True, face=True, on_message=messages.append) is not None
    assert len(messages) == 1
    assert messages[0].startswith(f"no face: the network {w.BLEND_SHAPES.name} is not in {cache}; run `vtm fetch`")


def test_a_tampered_network_is_not_loaded(cache: Path) -> None:
    put(cache, w.HAND, w.HAND_LITE, content=b"evil")
    messages: list[str] = []
    assert choose.make_details(hands=True, face=False, on_message=messages.append) is None
    assert made == []
    assert "wrong sha256" in messages[0]


@pytest.mark.usefixtures("cache")
def test_with_nothing_there_or_nothing_asked_for_there_is_no_stage() -> None:
    messages: list[str] = []
    assert choose.make_details(hands=True, face=True, on_message=messages.append) is None
    assert len(messages) == 1
    assert messages[0].startswith("no hands and no face: ")
    assert choose.make_details(hands=False, face=False, on_message=pytest.fail) is None
