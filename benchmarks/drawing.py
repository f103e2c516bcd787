"""Figures -> tables in Markdown and charts in SVG (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

COLOURS = ("#0b6b62", "#be8c14", "#6b7f9e", "#a4553f")
_WIDTH, _ROW, _LEFT, _RIGHT = 720, 26, 170, 80


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others stand to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in one)} |" for one in lines)


def number(value: float) -> str:
    """Return a figure with three digits that count, thousands set apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bars(title: str, values: Mapping[str, float], unit: str) -> str:
    """Return an SVG with one bar a name; the longest fills the width."""
    scale = (_WIDTH - _LEFT - _RIGHT) / max(values.values())
    parts = [f'<text x="12" y="22" font-weight="bold">{escape(title)}</text>']
    for row, (name, value) in enumerate(values.items()):
        y = 36 + row * _ROW
        colour = COLOURS[0] if row == 0 else COLOURS[2]
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect x="{_LEFT}" y="{y}" width="{value * scale:.1f}" height="18" fill="{colour}"/>'
        )
        parts.append(
            f'<text x="{_LEFT + value * scale + 6:.1f}" y="{y + 14}">'
            f"{number(value)} {escape(unit)}</text>"
        )
    return _svg(title, 36 + len(values) * _ROW + 10, parts)


def lines(title: str, x: Sequence[float], series: Mapping[str, Sequence[float]], unit: str) -> str:
    """Return an SVG with one line a name; both axes are logarithmic."""
    height, top, bottom, left = 300, 40, 40, 60
    every = np.log10(np.maximum([v for some in series.values() for v in some], 1e-3))
    low, high = float(np.floor(every.min())), float(np.ceil(every.max()))
    first, last = float(np.log10(x[0])), float(np.log10(x[-1]))
    across = (_WIDTH - left - 130) / max(last - first, 1e-9)
    up = (height - top - bottom) / max(high - low, 1e-9)

    def place(count: float, value: float) -> tuple[float, float]:
        return (
            left + (float(np.log10(count)) - first) * across,
            height - bottom - (float(np.log10(max(value, 1e-3))) - low) * up,
        )

    parts = [f'<text x="12" y="22" font-weight="bold">{escape(title)}</text>']
    for power in range(int(low), int(high) + 1):
        _, y = place(x[0], 10.0**power)
        parts.append(
            f'<line x1="{left}" x2="{_WIDTH - 130}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d8dcd6"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{10.0**power:g} {escape(unit)}</text>"
        )
    for count in x:
        at, _ = place(count, 10.0**low)
        parts.append(
            f'<text x="{at:.1f}" y="{height - 18}" text-anchor="middle">{count:,.0f}</text>'
        )
    for row, (name, some) in enumerate(series.items()):
        points = [place(count, value) for count, value in zip(x, some, strict=True)]
        drawn = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        colour = COLOURS[row % len(COLOURS)]
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{points[-1][0] + 8:.1f}" y="{points[-1][1] + 4:.1f}" '
            f'fill="{colour}">{escape(name)}</text>'
        )
    return _svg(title, height, parts)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        'font-family="sans-serif" font-size="12" fill="#1d2a28" role="img">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{_WIDTH}" height="{height:.0f}" fill="#fcfcfa"/>{"".join(parts)}</svg>\n'
    )
