"""Plots as SVG, light or dark as the reader's system is. Values are shown as text, too."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH = 720
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 14px }
  .small { font-size: 12px; fill: #57606a }
  .peer { fill: #8c959f } .ours { fill: #0969da } .goal { stroke: #bc4c00; stroke-width: 2 }
  .axis { stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #0969da } .s1 { stroke: #8250df }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #8d96a0 }
    .peer { fill: #6e7681 } .ours { fill: #4493f8 } .goal { stroke: #f0883e }
    .axis { stroke: #30363d } .s0 { stroke: #4493f8 } .s1 { stroke: #ab7df8 }
  }
"""


class Bar(NamedTuple):
    """A bar of ours or of a peer, with a mark at its goal."""

    name: str
    value: float
    goal: float | None
    is_ours: bool


class Line(NamedTuple):
    """A line through points (x, y), and the limit that its values keep to."""

    name: str
    points: Sequence[tuple[float, float]]
    limit: float


def write_bars(path: Path, title: str, bars: Sequence[Bar]) -> None:
    """Horizontal bars under one another."""
    left, right, row = 230, 70, 30
    scale = (_WIDTH - left - right) / max(bar.value for bar in bars)
    shapes = []
    for number, bar in enumerate(bars):
        y = 44 + row * number
        kind = "ours" if bar.is_ours else "peer"
        width = bar.value * scale
        shapes.append(f'<rect class="{kind}" x="{left}" y="{y}" width="{width:.1f}" height="18"/>')
        label = f"{bar.value:.3g}"
        if bar.goal is not None:
            label += f" (goal {bar.goal:g})"
            shapes.append(f'<path class="goal" d="M{left + bar.goal * scale:.1f} {y - 3}v24"/>')
        end = left + max(bar.value, bar.goal or 0) * scale
        shapes.append(_text(left - 8, y + 14, bar.name, 'text-anchor="end"'))
        shapes.append(_text(end + 8, y + 14, label))
    _write(path, title, 44 + row * len(bars), shapes)


def write_lines(path: Path, title: str, lines: Sequence[Line], x_name: str) -> None:
    """Lines over a logarithmic x axis, from 0 to a little above the highest limit."""
    left, right, top, bottom = 50, 270, 44, 244
    xs = sorted({x for line in lines for x, _ in line.points})
    highest = max(line.limit for line in lines) * 1.25

    def across(x: float) -> float:
        return left + (math.log(x / xs[0]) / math.log(xs[-1] / xs[0])) * (_WIDTH - left - right)

    def up(y: float) -> float:
        return bottom - y / highest * (bottom - top)

    shapes = [
        f'<path class="axis" d="M{left} {bottom}H{_WIDTH - right}M{left} {top}V{bottom}"/>',
        _text(_WIDTH - right + 34, bottom + 18, x_name, 'class="small"'),
    ]
    middle, end = 'class="small" text-anchor="middle"', 'class="small" text-anchor="end"'
    shapes += [_text(left - 8, up(y) + 4, f"{y}", end) for y in range(math.floor(highest) + 1)]
    shapes += [_text(across(x), bottom + 18, f"{x:,.0f}", middle) for x in xs]
    for number, line in enumerate(lines):
        points = [f"{across(x):.1f},{up(y):.1f}" for x, y in line.points]
        shapes.append(f'<polyline class="line s{number}" points="{" ".join(points)}"/>')
        x, y = line.points[-1]
        label = f"{line.name}: {y:g} (budget {line.limit:g})"
        shapes.append(_text(across(x) + 10, up(y) + 4, label))
    _write(path, title, bottom + 30, shapes)


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


def _write(path: Path, title: str, height: float, shapes: Sequence[str]) -> None:
    body = "\n".join(f"  {shape}" for shape in shapes)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">\n'
        f"  <title>{escape(title)}</title>\n  <style>{_STYLE}  </style>\n"
        f'  <text class="title" x="8" y="22">{escape(title)}</text>\n{body}\n</svg>\n',
        "utf-8",
    )
