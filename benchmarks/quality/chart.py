"""Measures -> an SVG bar chart, drawn from the results and nothing else."""

from __future__ import annotations

from html import escape

_WIDTH, _ROW, _LEFT, _TOP = 720, 26, 170, 46
_SHOWN = ("nDCG@10", "success@1", "success@3")
_COLOURS = ("#0b6b62", "#be8c14", "#6b7f9e")


def bar_chart(measures: dict[str, dict[str, list[float]]]) -> str:
    """Return an SVG with a group of bars a row, each with its 95% interval as a line."""
    scale = _WIDTH - _LEFT - 70
    bar = (_ROW - 6) / len(_SHOWN)
    parts = []
    for column, name in enumerate(_SHOWN):
        x = _LEFT + column * 130
        parts.append(f'<rect x="{x}" y="12" width="12" height="12" fill="{_COLOURS[column]}"/>')
        parts.append(f'<text x="{x + 18}" y="23">{escape(name)}</text>')
    for row, (label, values) in enumerate(measures.items()):
        top = _TOP + row * _ROW
        parts.append(
            f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>'
        )
        for column, name in enumerate(_SHOWN):
            mean, low, high = values[name]
            y = top + column * bar
            parts.append(
                f'<rect x="{_LEFT}" y="{y:.1f}" width="{mean * scale:.1f}" height="{bar - 1:.1f}" '
                f'fill="{_COLOURS[column]}"/>'
            )
            parts.append(
                f'<line x1="{_LEFT + low * scale:.1f}" x2="{_LEFT + high * scale:.1f}" '
                f'y1="{y + bar / 2:.1f}" y2="{y + bar / 2:.1f}" stroke="#1d2a28"/>'
            )
        parts.append(f'<text x="{_WIDTH - 62}" y="{top + 14}">{values[_SHOWN[0]][0]:.2f}</text>')
    height = _TOP + len(measures) * _ROW + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="12" fill="#1d2a28" role="img">'
        "<title>nDCG@10, success@1 and success@3 by mode and kind of question</title>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#fcfcfa"/>{"".join(parts)}</svg>\n'
    )
