"""The `vtm` command: parse, run one command, turn an error into one line on stderr and an exit code (0, 1, 2).

The traceback of every error goes to the log file, and to stderr with --debug.

Heavy modules (Qt, OpenCV, ONNX Runtime) are imported inside the command that needs them, so that `vtm --help` is fast.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import signal
import sys
import threading
from collections.abc import Callable

from app.arguments.engine_options import config_from
from app.arguments.options import ConvertOptions, RunOptions
from app.command_line import parse
from app.log_file import log_folder, logging_set_up, native_crashes_kept
from app.log_header import log_header
from app.performers import chosen
from app.settings import load_settings
from app.terminal import say, streams_there
from app.window.display import display_available
from engine.config import Config
from engine.errors import UsageError, VtmError, describe

SECONDS_WITHOUT_DISPLAY = 20.0

log = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> int:
    """Run `vtm` and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    streams_there()
    with logging_set_up(debug="--debug" in arguments):
        return _run_command(arguments)


def _run_command(arguments: list[str]) -> int:
    _hear_ctrl_c()
    try:
        options = parse(arguments)
        log_header(arguments)
        with native_crashes_kept(log_folder()):
            code = _COMMANDS[options.command](options)
        log.info("exit code %d", code)
        return code
    except KeyboardInterrupt:
        say("vtm: stopped")
        return 1
    except SystemExit as leave:  # argparse after --help
        return int(leave.code or 0)
    except Exception as error:
        log.error("vtm %s failed", " ".join(arguments), exc_info=True)
        say(f"vtm: {describe(error)}")
        return error.exit_code if isinstance(error, VtmError) else 1


def _hear_ctrl_c() -> None:
    """Enable Ctrl-C: a shell starts background jobs with SIGINT ignored, but an explicit SIGINT should still stop
    us."""
    on_main = threading.current_thread() is threading.main_thread()
    if on_main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _run(options: argparse.Namespace) -> int:
    if options.headless and options.record_video and options.record is None:
        raise UsageError("--record-video goes beside a take: add --record FILE")
    if options.take_style is not None and options.record is not None:
        from engine.motion.formats import check_style

        check_style(options.record, options.take_style)
    run = RunOptions(
        seconds=options.seconds,
        record=options.record,
        stats=options.stats,
        force=options.force,
        calibrate=options.calibrate,
        replay=options.replay,
    )
    if options.headless:
        return _headless(run, config_from(options, Config()))
    settings, problem = load_settings()
    if problem is not None:
        log.warning("%s", problem)
    if options.performer:
        settings = chosen(settings, options.performer)
    settings = dataclasses.replace(settings, config=config_from(options, settings.config))
    if display_available():
        from app.window.open_window import open_window

        return open_window(run, settings, problem)
    if problem is not None:
        say(f"vtm: {problem}")
    if run.replay is None and run.seconds is None:
        run = dataclasses.replace(run, seconds=SECONDS_WITHOUT_DISPLAY)
    until = "" if run.seconds is None else f" for {run.seconds:g} s (vtm --headless runs until Ctrl-C)"
    say(f"vtm: no display found: running without a window{until}")
    return _headless(run, settings.config)


def _headless(options: RunOptions, config: Config) -> int:
    if options.replay is not None:
        return _replay_headless(options, config)
    from app.commands.headless import HeadlessRun

    return HeadlessRun(config, options).run()


def _replay_headless(options: RunOptions, config: Config) -> int:
    from app.commands.replay import run_replay

    assert options.replay is not None
    if not config.osc:
        raise UsageError(f"no target for {options.replay}: add --osc vmc://127.0.0.1:39539")
    return run_replay(options.replay, config.osc, loop=False, seconds=options.seconds)


def _convert(options: argparse.Namespace) -> int:
    from app.commands.convert import run_convert
    from engine.motion.edit import Edit

    edit = Edit(options.fill, options.start_s or 0.0, options.end_s, options.loop)
    asked = ConvertOptions(
        tuple(options.paths),
        options.format,
        options.style,
        options.jobs,
        options.force,
        edit=None if edit == Edit() else edit,
        dask=options.dask,
        report=options.report,
    )
    return run_convert(asked, config_from(options, Config()))


def _compare(options: argparse.Namespace) -> int:
    from app.commands.compare import run_compare

    return run_compare(options)


def _recover(options: argparse.Namespace) -> int:
    from app.commands.recover import run_recover

    return run_recover(options.paths)


def _replay(options: argparse.Namespace) -> int:
    from app.commands.replay import run_replay

    return run_replay(options.take, tuple(options.osc), loop=options.loop)


def _viewpoints(options: argparse.Namespace) -> int:
    from app.commands.viewpoints import run_viewpoints

    return run_viewpoints(options)


def _report(options: argparse.Namespace) -> int:
    from app.commands.take_report import run_take_report

    return run_take_report(tuple(options.takes), options.against, as_json=options.json)


def _latency(options: argparse.Namespace) -> int:
    from app.commands.latency import run_latency

    return run_latency(options)


def _osc_map(options: argparse.Namespace) -> int:
    from app.commands.osc_map import map_lines

    print("\n".join(map_lines(options.prefix, options.send)))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from app.commands.bench import run_bench_command

    return run_bench_command(
        config_from(options, Config()),
        options.seconds,
        as_json=options.json,
        avatar=options.avatar,
        against=options.against,
        against_model=options.against_model,
        short=options.short,
    )


def _doctor(options: argparse.Namespace) -> int:
    from app.commands.doctor import run_doctor
    from app.commands.report import run_report

    return run_doctor() if options.report is None else run_report(options.report)


def _fetch(options: argparse.Namespace) -> int:
    from app.commands.fetch import run_fetch

    return run_fetch(body_only=options.body_only)


def _desktop_entry(options: argparse.Namespace) -> int:
    from app.commands.desktop_entry import run_desktop_entry

    return run_desktop_entry(remove=options.remove)


def _cameras(_: argparse.Namespace) -> int:
    from engine.sources.camera_list import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        print(f"{camera.index}  {camera.name}")
    if not cameras:
        say("vtm: no camera found: plug one in, or use a file: vtm --source FILE, or vtm --source demo")
    return 0


_COMMANDS: dict[str | None, Callable[[argparse.Namespace], int]] = {
    None: _run,
    "convert": _convert,
    "report": _report,
    "compare": _compare,
    "recover": _recover,
    "replay": _replay,
    "viewpoints": _viewpoints,
    "latency": _latency,
    "osc-map": _osc_map,
    "bench": _bench,
    "doctor": _doctor,
    "fetch": _fetch,
    "desktop-entry": _desktop_entry,
    "cameras": _cameras,
}
