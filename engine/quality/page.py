"""A report as one self-contained page of HTML: lights in words and colours, and a timeline."""

from __future__ import annotations

import re
from html import escape

from engine.quality.comparison import Comparison
from engine.quality.lights import LIMITS, Light
from engine.quality.measures import Span
from engine.quality.report import MOST_SPANS, Finding, TakeReport, number_text

_COLOURS: dict[Light, str] = {"green": "#0072b2", "amber": "#e69f00", "red": "#d55e00"}  # Okabe and Ito
_WORDS: dict[Light, str] = {"green": "good", "amber": "look at it", "red": "bad"}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.6rem;margin:0}table{border-collapse:collapse;width:100%;margin:1rem 0}
td,th{text-align:left;padding:.45rem .6rem;border-bottom:1px solid #d8dde3;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.light{display:inline-block;min-width:6.2rem;padding:.1rem .5rem;border-radius:.4rem;color:#fff;text-align:center}
.amber{color:#1b1f24}.muted{color:#59636e}svg{width:100%;height:auto}
"""


def report_page(name: str, report: TakeReport, comparison: Comparison | None = None) -> str:
    """Return the whole page; `name` is the take's."""
    rows = "".join(_row(finding) for finding in report.findings)
    parts = "".join(
        f"<tr><td>{escape(part.replace('_', ' '))}</td><td class=n>{number_text(value)} %</td></tr>"
        for part, value in report.unseen_percent.items()
    )
    heights = "".join(
        f"<tr><td>{escape(limb)}</td><td class=n>{value:.2f} m</td></tr>"
        for limb, value in report.implied_heights_m.items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(name)}: report</title>"
        f"<style>{_STYLE}</style><h1>{escape(name)} {_badge(report.light)}</h1>"
        f"<p class=muted>{report.seconds:.1f} s, {report.frames} frames at {report.fps:.2f} per second, "
        f"{report.frames_lost} frames lost on the way to the disk{_latency(report)}</p>{_timeline(report)}"
        f"<table><tr><th>measure<th class=n>value<th>verdict<th>what to do</tr>{rows}</table>"
        f"<h2>Parts not seen</h2><table>{parts}</table>"
        f"<h2>Height that each limb implies</h2><table>{heights}</table>{_comparison(comparison)}</html>\n"
    )


def _latency(report: TakeReport) -> str:
    if not report.latency_ms:
        return ""
    return "; from frame to pose {p50:.0f} ms in the median, 95 % within {p95:.0f} ms".format(**report.latency_ms)


def _badge(light: Light) -> str:
    return f'<span class="light {light}" style="background:{_COLOURS[light]}">{_WORDS[light]}</span>'


def _row(finding: Finding) -> str:
    limit = LIMITS[finding.name]
    places = ", ".join(f"{span.start_s:.1f}–{span.end_s:.1f} s" for span in finding.spans[:8])
    more = f" and {len(finding.spans) - 8} more" if len(finding.spans) > 8 else ""
    advice = _unbroken(escape(limit.advice)) if finding.light != "green" else ""
    where = f"<br><span class=muted>{places}{more}</span>" if places else ""
    where += f"<br><span class=muted>{_unbroken(escape(finding.detail))}</span>" if finding.detail else ""
    return (
        f"<tr><td>{escape(limit.label)}{where}</td><td class=n>{number_text(finding.value)} {escape(limit.unit)}</td>"
        f"<td>{_badge(finding.light)}</td><td>{advice}</td></tr>"
    )


def _unbroken(text: str) -> str:
    """Options of the command line stay on one line."""
    return re.sub(r"--[a-z-]+( [0-9.]+)?", r"<span style='white-space:nowrap'>\g<0></span>", text)


def _timeline(report: TakeReport) -> str:
    """Return a row for each kind of event, from the first second to the last."""
    rows = [(LIMITS[each.name].label, each) for each in report.findings if each.spans]
    if not rows or report.seconds <= 0:
        return ""
    height = 26 * len(rows) + 24
    drawn = "".join(_track(26 * number, label, each, report.seconds) for number, (label, each) in enumerate(rows))
    ends = (
        f'<text x=300 y={height - 6} fill="#59636e">0 s</text>'
        f'<text x=1000 y={height - 6} text-anchor=end fill="#59636e">{report.seconds:.1f} s</text>'
    )
    return f'<svg viewBox="0 0 1000 {height}" font-size=14 role=img aria-label="where it happened">{drawn}{ends}</svg>'


def _track(top: int, label: str, finding: Finding, seconds: float) -> str:
    def bar(span: Span) -> str:
        left = 300 + 700 * span.start_s / seconds
        width = max(2.0, 700 * (span.end_s - span.start_s) / seconds)
        return f'<rect x={left:.1f} y={top + 3} width={min(width, 1000 - left):.1f} height=18 fill="{colour}"/>'

    colour = _COLOURS[finding.light]
    bars = "".join(bar(span) for span in finding.spans[:MOST_SPANS])
    ground = f'<rect x=300 y={top + 3} width=700 height=18 fill="#eef1f4"/>'
    return f"<text x=0 y={top + 17}>{escape(label)}</text>{ground}{bars}"


def _comparison(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    joints = "".join(
        f"<tr><td>{escape(name)}</td><td class=n>{value:.0f} mm</td></tr>"
        for name, value in sorted(comparison.joints_mm.items(), key=lambda item: -item[1])
    )
    return (
        f"<h2>Compared with the other take</h2><p>{comparison.frames} frames: {comparison.mean_mm:.0f} mm relative to "
        f"the hips, 95 % of the frames within {comparison.p95_mm:.0f} mm, the hips' paths {comparison.hips_mm:.0f} mm "
        f"apart</p><table>{joints}</table>"
    )
