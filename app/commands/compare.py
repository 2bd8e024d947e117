"""`vtm compare A B`: two cameras on one performer. Files are compared here, frame by frame; live: compare_live.py."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.arguments.compare import configs_from
from app.commands.compare_options import CompareOptions
from app.commands.compare_sources import TwoSources, is_playable, two_sources
from app.commands.headless import check_writable
from app.comparison_file import write_comparison
from app.terminal import say
from engine.config import Config
from engine.errors import UsageError
from engine.viewpoints.comparison import Comparison

log = logging.getLogger(__name__)

_BODY_ONLY = Config(hands="off", face="off")
"""Only bodies are compared; hands and face would take half of the time."""


def run_compare(options: argparse.Namespace) -> int:
    """Compare and print the results. Raises VtmError; nothing is written then."""
    sources = two_sources(options.a, options.b)
    sent = tuple(tuple(urls or ()) for urls in (options.osc_a, options.osc_b))
    asked = CompareOptions(options.json, options.picture, options.seconds, options.force, tuple(options.osc_mean or ()))
    configs = configs_from(options, _BODY_ONLY)
    a, b = (
        dataclasses.replace(config, source=source, osc=osc)
        for config, source, osc in zip(configs, (sources.a, sources.b), sent, strict=True)
    )
    _check(sources, asked, (*a.osc, *b.osc, *asked.osc_mean))
    if sources.files and not (a.osc or b.osc or asked.osc_mean or asked.seconds):
        comparison = compare_files(sources, (a, b))
    else:
        from app.commands.compare_live import LiveCompare

        comparison = LiveCompare(sources, (a, b), asked).run()
    conclude(comparison, sources, asked)
    return 0


def _check(sources: TwoSources, asked: CompareOptions, targets: tuple[str, ...]) -> None:
    """Check before the work what would fail after it."""
    from engine.osc.targets import parse_targets

    parse_targets(targets)  # two performers on one port would be mixed
    for path, suffix, option in ((asked.json, ".json", "--json"), (asked.picture, ".png", "--picture")):
        if path is None:
            continue
        if path.suffix.lower() != suffix:
            raise UsageError(f"{option}: got {path}, expected a file name that ends in {suffix}")
        check_writable(path)
    silent = [source for source in (sources.a, sources.b) if not is_playable(source)]
    if silent and (targets or asked.seconds or not sources.files):
        raise UsageError(f"{silent[0]} has no pictures to play live: compare it with another file, without --osc-…")


def compare_files(sources: TwoSources, configs: tuple[Config, Config]) -> Comparison:
    """Track every frame of both, with a progress bar each. Raises VtmError."""
    from engine.compare import compare_recordings

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = [progress.add_task(name, total=None) for name in sources.names]
        said: set[str] = set()

        def tell(side: int, text: str) -> None:
            if text not in said:  # both report their detector and back end
                said.add(text)
                log.info("%s: %s", sources.names[side], text)
                console.print(f"vtm: {text}", markup=False, highlight=False, soft_wrap=True)

        return compare_recordings(
            (sources.a, sources.b),
            configs,
            names=sources.names,
            on_progress=lambda side, done, frames: progress.update(tasks[side], completed=done, total=frames or None),
            on_message=tell,
        )


def conclude(comparison: Comparison, sources: TwoSources, asked: CompareOptions) -> None:
    """Print the results and write the requested files. Raises OutputError."""
    for line in comparison_lines(comparison):
        say(f"vtm: {line}")
    if asked.json is not None:
        say(f"vtm: {write_comparison(asked.json, comparison, overwrite=asked.force)}: results written")
    if asked.picture is not None:
        from app.window.comparison_picture import write_picture

        say(f"vtm: {write_picture(asked.picture, comparison, sources.names, overwrite=asked.force)}: picture written")


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the results as lines of text."""
    fit, ours, detector = comparison.fit, comparison.ours, comparison.detector
    parts = ", ".join(f"{name.replace('_', ' ')} {value:.0f}" for name, value in ours.parts_mm.items())
    clocks = (
        "too little motion to compare the clocks: assumed equal"
        if fit.skew is None
        else "the clocks agree"
        if abs(fit.skew_s) < 1e-3
        else f"B's clock is {abs(fit.skew_s) * 1e3:.0f} ms {'ahead of' if fit.skew_s >= 0 else 'behind'} A's"
    )
    lines = [
        f"angle between the cameras {fit.angle_deg:.1f} degrees, found from the motion alone and frozen after "
        f"{fit.until_s - fit.from_s:.1f} s; {clocks}",
        f"the two answers differ by {ours.mean_mm:.0f} mm (p95 {ours.p95_mm:.0f}) over {len(comparison.pairs)} "
        f"frames: {parts}",
    ]
    if detector is None:
        lines.append("the detector has no 3D of its own to compare with")
    else:
        lines.append(
            f"the detector's own 3D, measured the same way: {detector.mean_mm:.0f} mm (p95 {detector.p95_mm:.0f}); "
            f"ours is {comparison.ratio:.2f} of it"
        )
    return [*lines, "agreement is not accuracy: both may have the same error"]
