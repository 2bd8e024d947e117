"""The documents of this repository, and the finders that keep them true, on pages that are wrong on purpose."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import pytest

from app.documents import __main__ as documents
from app.documents import commands, generated
from app.documents.figure import network_figure
from app.documents.labels import unknown_labels
from app.documents.links import dead_links, dead_names
from app.documents.pages import Finding, Page, pages, slug
from app.documents.words import LONGEST_SENTENCE, avoided_in_program, avoided_words, long_sentences

ROOT = Path(__file__).parents[3]
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def test_nothing_is_wrong_in_the_documents():
    wrong, skipped = documents.findings(ROOT)
    assert [str(finding) for finding in wrong] == []
    assert importlib.util.find_spec("torch") is None or skipped == []


def test_every_document_is_looked_at():
    found = {page.path for page in pages(ROOT)}
    assert {"README.md", "ARCHITECTURE.md", "docs/commands.md", "models/weights/MODEL_CARD.md"} <= found
    assert not [name for name in found if name.startswith(".")]


def test_the_architecture_stays_short():
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split()) <= 1200


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Hands and face", "hands-and-face"),
        ("`make check`, and more", "make-check-and-more"),
        ("[A link](x.md)", "a-link"),
    ],
)
def test_a_heading_has_the_anchor_that_github_gives_it(heading: str, anchor: str):
    assert slug(heading) == anchor


def test_equal_headings_are_numbered():
    assert Page("a.md", "# One\n## Two\n## Two\n").anchors() == {"one", "two", "two-1"}


def test_a_heading_in_a_block_of_code_is_none():
    assert Page("a.md", "```\n# no\n```\n~~~\n# neither\n~~~\n# yes\n").anchors() == {"yes"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a](gone.md)", "gone.md leads to no file"),
        ("![a](there.md#nowhere)", "there.md#nowhere leads to no heading"),
        ("[a](#nowhere)", "#nowhere leads to no heading"),
        ('<img src="gone.png">', "gone.png leads to no file"),
    ],
)
def test_a_dead_link_is_found(tmp_path: Path, text: str, said: str):
    (tmp_path / "there.md").write_text("# Here\n")
    (tmp_path / "a.md").write_text(f"# Top\n\n{text}\n")
    [finding] = dead_links(pages(tmp_path), tmp_path)
    assert (finding.path, finding.line) == ("a.md", 3)
    assert said in finding.what


def test_links_that_lead_somewhere_and_links_in_code_pass(tmp_path: Path):
    (tmp_path / "there.md").write_text("# Here\n")
    text = "# Top\n[a](there.md#here) [b](#top) [c](https://example.org/x) `[d](gone.md)`\n"
    (tmp_path / "a.md").write_text(text)
    assert dead_links(pages(tmp_path), tmp_path) == []


@pytest.mark.parametrize("name", ["engine/gone.py", "models.gone", "models.skeleton.GONE", "docs/gone.md"])
def test_a_path_or_module_that_is_gone_is_found(name: str):
    [finding] = dead_names([Page("a.md", f"See `{name}`.\n")], ROOT)
    assert finding == Finding("a.md", 1, f"there is no {name}")


@pytest.mark.parametrize("name", ["engine/queues.py", "engine/osc/", "models.skeleton", "models.skeleton.PARENTS"])
def test_a_path_or_module_that_is_there_passes(name: str):
    assert dead_names([Page("a.md", f"See `{name}`.\n")], ROOT) == []


def test_a_label_that_the_window_does_not_have_is_found():
    text = "Press *Calibrate*, then *Dance*, or wait for *nobody is listening on …*; **bold** is no label.\n"
    assert [finding.what for finding in unknown_labels([Page("README.md", text)], ROOT)] == [
        "the window has no *Dance*"
    ]
    assert unknown_labels([Page("docs/network.md", text)], ROOT) == []


def test_a_word_not_to_use_is_found_in_prose_and_not_in_code():
    page = Page("a.md", "They are `woven`.\n```\nwoven\n```\nThey are woven.\n")
    assert [(finding.line, finding.what) for finding in avoided_words(page)] == [(5, '"woven": write interleaved')]


def test_a_word_not_to_use_is_found_in_comments_and_texts_of_programs_and_not_in_names():
    text = 'reckoned = 1  # reckoned once\nX = """One.\n\nTwo statures, `statures`."""\nsay("it may be called again")\n'
    found = [(line, what.partition(":")[0]) for line, what in avoided_in_program(text)]
    assert found == [(1, '"reckoned"'), (4, '"statures"'), (5, '"may be called again"')]


def test_a_sentence_that_is_too_long_is_found():
    long = "This " + "very " * LONGEST_SENTENCE + "long one. "
    [finding] = long_sentences(Page("a.md", f"# Top\n\nA short one.\n{long}\nAnother.\n"))
    assert finding.line == 3
    assert f"{LONGEST_SENTENCE + 3} words" in finding.what
    assert long_sentences(Page("a.md", "| " + "cell " * 100 + "|\n")) == []


@pytest.mark.parametrize(
    "line",
    [
        "vtm --dance",
        "vtm convert",
        "vtm convert a.mp4 b.bvh --style waltz",
        "vtm --source demo --seconds soon",
        "vtm danse",
        ".venv/bin/vtm fetch --everything",
        "make dance",
        'make run ARGS="--dance"',
        "python -m app --dance",
        "python -m models.gone",
        "python -m app.commands.detect video.mp4",
        "python -m app.documents --dance",
        "python gone.py",
        "python app/setup_env.py dance",
        'pip install -e ".[dance]"',
        "VTM_FUZZ=10 make dance",
    ],
)
def test_a_command_that_would_not_start_is_found(line: str):
    wrong, _ = commands.wrong_commands([Page("a.md", f"```\n{line}\n```\n")], ROOT)
    assert [(finding.path, finding.line) for finding in wrong] == [("a.md", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "vtm",
        "vtm clip.mp4",
        "vtm take.npz --osc vmc://127.0.0.1:39539",
        "vtm --source shots/%04d.png --fps 25  # pictures",
        "vtm convert clips takes --format glb --jobs 2",
        "vtm help convert",
        ".venv\\Scripts\\vtm fetch",
        'make test ARGS="-k solver"',
        'make run ARGS="--source demo"',
        "python3 app/setup_env.py run",
        "py app\\setup_env.py run",
        "py -3.12 app\\setup_env.py run",
        "python -m pytest tests/engine",
        "python -m app.documents --write",
        "python examples/own_keypoints.py",
        'pip install -e ".[train]"',
        "source .venv/bin/activate",
        "a picture ──▶ of boxes",
    ],
)
def test_a_command_that_would_start_passes(line: str):
    assert commands.wrong_commands([Page("a.md", f"```\n{line}\n```\n")], ROOT) == ([], [])


@needs_torch
def test_commands_of_training_are_read_by_their_own_parser():
    lines = ["python -m models.train --mocap FOLDER --steps 2", "python -m models.train --mocap FOLDER --dance"]
    lines += [f"torchrun --standalone --nproc-per-node 2 {line.removeprefix('python ')}" for line in lines]
    wrong, _ = commands.wrong_commands([Page("a.md", "\n".join(["```", *lines, "```"]))], ROOT)
    assert [finding.line for finding in wrong] == [3, 5]


def test_a_mention_needs_no_arguments_but_its_options_exist():
    text = "`vtm convert` `vtm report --against` `vtm convert --dance` `vtm danse` `python -m models.evaluate`\n"
    wrong, _ = commands.wrong_commands([Page("a.md", text)], ROOT)
    assert [finding.what.partition(":")[0] for finding in wrong] == ["vtm convert --dance", "vtm danse"]


def test_no_command_is_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(documents, "findings", lambda _: pytest.fail("it ran"))
    commands.check_command("python -m app.documents", ROOT)
    commands.check_command("python -m app.documents --write", ROOT)


def test_the_parser_and_the_working_folder_are_put_back():
    before = argparse.ArgumentParser.parse_args, Path.cwd(), sys.argv
    commands.wrong_commands([Page("a.md", "```\npython -m app.documents --write\nvtm --dance\n```\n")], ROOT)
    assert (argparse.ArgumentParser.parse_args, Path.cwd(), sys.argv) == before


def test_a_stale_part_is_found_and_renewed(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    for name in ("docs/api.md", "docs/protocols.md", "docs/network.svg"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    assert generated.stale_parts(tmp_path) == []
    page = tmp_path / "docs" / "protocols.md"
    whole = page.read_text(encoding="utf-8")
    page.write_text(whole.replace("| `warudo` |", "| `waltz` |"), encoding="utf-8")
    (tmp_path / "docs" / "api.md").unlink()
    assert {finding.path for finding in generated.stale_parts(tmp_path)} == {"docs/api.md", "docs/protocols.md"}
    assert sorted(generated.write(tmp_path)) == ["docs/api.md", "docs/protocols.md"]
    assert page.read_text(encoding="utf-8") == whole


def test_every_public_name_is_on_the_page_of_the_package():
    import vtm_live

    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [name for name in vtm_live.__all__ if f"### {name}" not in text and f"| `{name}` |" not in text] == []


def test_the_figure_shows_the_shapes_of_the_config():
    from models.vtm.config import VTMConfig

    assert "(8, 128)" in network_figure()
    assert "(16, 128)" in network_figure(VTMConfig(window_frames=64))


@needs_torch
def test_the_figure_knows_the_number_of_root_channels():
    from app.documents import figure
    from models.vtm.tpmae import ROOT_CHANNELS

    assert figure._ROOT_CHANNELS == ROOT_CHANNELS


def test_the_command_line_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(documents, "findings", lambda _: ([Finding("a.md", 3, "no link")], []))
    assert documents.main([]) == 1
    assert capsys.readouterr().err == "a.md:3: no link\n"
    monkeypatch.setattr(documents, "findings", lambda _: ([], []))
    assert documents.main([]) == 0
