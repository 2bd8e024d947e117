"""docs/network.svg: the boxes of the paper's figure 2 with our shapes, computed from the config and the tables."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from models.keypoints import LOWER_KEYPOINTS, NUM_EVIDENCE, NUM_KEYPOINTS, UPPER_KEYPOINTS
from models.skeleton import LOWER, NUM_JOINTS, ROOT, UPPER
from models.vtm.config import VTMConfig

WIDTH, HEIGHT = 1240, 700
_BOX_HEIGHT = 58
_ROOT_CHANNELS = 12  # models.vtm.tpmae.ROOT_CHANNELS, which would need torch
_COLOURS = {"input": "#eef1f5", "visual": "#d9ece8", "latent": "#f3e6c8", "motion": "#f6dccf", "output": "#e3ddf0"}
_EDGE, _INK, _GREY = "#4a5563", "#1d2530", "#7a8594"


@dataclass(frozen=True, slots=True)
class Box:
    """One box: left edge, vertical middle, width, colour, name and a line of shape below it."""

    x: float
    y: float
    width: float
    colour: str
    title: str
    shape: str

    @property
    def left(self) -> tuple[float, float]:
        return self.x, self.y

    @property
    def right(self) -> tuple[float, float]:
        return self.x + self.width, self.y

    @property
    def top(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y - _BOX_HEIGHT / 2

    @property
    def bottom(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + _BOX_HEIGHT / 2

    def svg(self) -> str:
        middle = self.x + self.width / 2
        return (
            f'<rect x="{self.x:g}" y="{self.top[1]:g}" width="{self.width:g}" height="{_BOX_HEIGHT}" rx="6"'
            f' fill="{_COLOURS[self.colour]}" stroke="{_EDGE}"/>'
            + _text(middle, self.y - 5, self.title, 16, weight="bold")
            + _text(middle, self.y + 15, self.shape, 12)
        )


def network_figure(config: VTMConfig | None = None) -> str:
    """Return the SVG. T frames, N tokens of four frames; shapes without the batch."""
    c = config or VTMConfig()
    boxes = _boxes(c)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Arial, sans-serif">',
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{_EDGE}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_headings(c),
        *(_arrow(boxes[start].right, boxes[end].left) for start, end in _FLOW),
        *_turned_arrows(boxes),
        *(box.svg() for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_FLOW = (
    *(("keypoints", "K_u"), ("keypoints", "K_l"), ("evidence", "conv_u"), ("evidence", "conv_l")),
    *(("K_u", "F_u"), ("conv_u", "F_u"), ("K_l", "F_l"), ("conv_l", "F_l")),
    *(("F_u", "E_u^V"), ("F_l", "E_l^V"), ("F_u", "E^B"), ("F_l", "E^B"), ("E_u^V", "Z~_u"), ("E_l^V", "Z~_l")),
    *(("Z~_u", "D_u"), ("Z~_u", "D_r"), ("Z~_l", "D_r"), ("Z~_l", "D_l"), ("D_u", "A"), ("D_l", "A")),
    *(("A", "rotations"), ("D_r", "root"), ("D_l", "contacts")),
    *(("motion", "E_u^M"), ("motion", "E_l^M"), ("E_u^M", "Z_u"), ("E_l^M", "Z_l")),
)


def _boxes(c: VTMConfig) -> dict[str, Box]:
    T, N, C = c.window_frames, c.tokens, c.width
    upper, lower = 3 * len(UPPER_KEYPOINTS) + 3, 3 * len(LOWER_KEYPOINTS) + 3
    motion_upper = 6 * len([joint for joint in UPPER if joint != ROOT]) + _ROOT_CHANNELS
    motion_lower = 6 * len([joint for joint in LOWER if joint != ROOT]) + _ROOT_CHANNELS
    features, latent = f"({T}, {c.features})", f"({N}, {c.latent})"
    rows = [
        ("keypoints", 16, 190, 150, "input", "keypoints, box", f"({T}, {NUM_KEYPOINTS}, 3), (3)"),
        ("evidence", 16, 330, 150, "input", "evidence", f"({T}, {NUM_EVIDENCE}, 4)"),
        ("K_u", 206, 110, 130, "visual", "Kᵤ", f"({T}, {upper}) → {features}"),
        ("conv_u", 206, 190, 130, "visual", "convᵤ", features),
        ("K_l", 206, 330, 130, "visual", "Kₗ", f"({T}, {lower}) → {features}"),
        ("conv_l", 206, 410, 130, "visual", "convₗ", features),
        ("F_u", 386, 150, 100, "visual", "Fᵤ", f"({N}, {C})"),
        ("F_l", 386, 370, 100, "visual", "Fₗ", f"({N}, {C})"),
        ("E_u^V", 540, 110, 124, "visual", "Eᵤⱽ", f"{c.context_blocks} CTCA, ({N}, {C})"),
        ("E^B", 540, 260, 124, "visual", "Eᴮ", f"({N}, {C})"),
        ("E_l^V", 540, 410, 124, "visual", "Eₗⱽ", f"{c.context_blocks} CTCA, ({N}, {C})"),
        ("ratio", 732, 260, 104, "output", "bone ratio", f"({NUM_JOINTS})"),
        ("Z~_u", 712, 110, 110, "latent", "Z̃ᵤ", latent),
        ("Z~_l", 712, 410, 110, "latent", "Z̃ₗ", latent),
        ("D_u", 872, 110, 100, "motion", "Dᵤ", f"({N}, {C})"),
        ("D_r", 872, 330, 100, "motion", "Dᵣ", f"({N}, 4·{_ROOT_CHANNELS})"),
        ("D_l", 872, 410, 100, "motion", "Dₗ", f"({N}, {C})"),
        ("A", 1010, 190, 60, "motion", "A", "1D conv"),
        ("rotations", 1094, 190, 134, "output", "rotations, 6D", f"({T}, {NUM_JOINTS - 1}, 6)"),
        ("root", 1094, 330, 134, "output", "root", "Hips, depth, gravity"),
        ("contacts", 1094, 410, 134, "output", "contacts", f"({T}, 2)"),
        ("motion", 206, 600, 130, "input", "motion on s̄", f"({T}, {motion_upper} | {motion_lower})"),
        ("E_u^M", 540, 560, 124, "motion", "Eᵤᴹ", f"({N}, {C})"),
        ("E_l^M", 540, 640, 124, "motion", "Eₗᴹ", f"({N}, {C})"),
        ("Z_u", 712, 560, 84, "latent", "Zᵤ", latent),
        ("Z_l", 712, 640, 110, "latent", "Zₗ", latent),
    ]
    return {name: Box(x, y, width, colour, title, shape) for name, x, y, width, colour, title, shape in rows}


def _headings(c: VTMConfig) -> list[str]:
    frames = f"T = {c.window_frames} frames at {c.rate_hz:g} Hz, N = {c.tokens} tokens of {c.stride} frames"
    return [
        _text(16, 36, "TPVE, the visual encoder: models/vtm/tpve.py", 17, weight="bold", anchor="start"),
        _text(WIDTH - 16, 36, "TPMAE, decoders: models/vtm/tpmae.py", 17, weight="bold", anchor="end"),
        _text(16, 58, frames, 13, anchor="start", colour=_GREY),
        f'<line x1="16" y1="488" x2="{WIDTH - 16}" y2="488" stroke="{_GREY}" stroke-dasharray="3 5"/>',
        _text(16, 514, "TPMAE, encoders: in training only", 17, weight="bold", anchor="start"),
        _text(846, 590, "manifold alignment (models/training/losses.py)", 13, anchor="start", colour=_GREY),
        _text(846, 608, "pulls Z̃ to Z, so that the decoders read both", 13, anchor="start", colour=_GREY),
    ]


def _turned_arrows(boxes: dict[str, Box]) -> list[str]:
    """The bone ratio, and the alignment of both pairs of latents."""
    lines = [_arrow(boxes["E^B"].right, boxes["ratio"].left)]
    for x, upper, lower in ((722, "Z~_u", "Z_u"), (812, "Z~_l", "Z_l")):
        start, end = boxes[upper].bottom[1], boxes[lower].top[1]
        lines.append(
            f'<path d="M{x} {start:g} L{x} {end:g}" stroke="{_GREY}" stroke-width="1.4" stroke-dasharray="5 4"/>'
        )
    return lines


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return (
        f'<path d="M{x1:g} {y1:g} C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 2:g} {y2:g}" fill="none" stroke="{_EDGE}"'
        ' stroke-width="1.4" marker-end="url(#tip)"/>'
    )


def _text(
    x: float, y: float, text: str, size: int, *, weight: str = "normal", anchor: str = "middle", colour: str = _INK
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
