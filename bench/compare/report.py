# SPDX-License-Identifier: Apache-2.0
"""The results as a table, as JSON and as a picture."""

import html
import json
import statistics

from bench.compare import measure

HEADINGS = ("scenario", "vsw cycles", "best ovs", "ovs cycles", "testpmd cycles", "kernel cycles",
            "vsw/ovs (min..max)", "vsw/testpmd", "vsw/kernel", "reach")


def _cost(scenario, result):
    if result is None:
        return "-"
    if scenario.tcp:
        return f"{statistics.median(result.rates) * 8 / 1e9:.2f} Gbit/s"
    return f"{result.cycles:.0f}"


def _ratio(ours, theirs, spread):
    if ours is None or theirs is None:
        return "-"
    median, low, high = measure.ratios(ours, theirs)
    return f"{median:.2f} ({low:.2f}..{high:.2f})" if spread else f"{median:.2f}"


def row(scenario, results):
    """One line of the table, as texts."""
    vsw, ovs, floor, kernel = (measure.best_of(results, peer)
                               for peer in ("vsw", "ovs", "testpmd", "kernel"))
    return (scenario.name, _cost(scenario, vsw), ovs.mode if ovs else "-", _cost(scenario, ovs),
            _cost(scenario, floor), _cost(scenario, kernel), _ratio(vsw, ovs, True),
            _ratio(vsw, floor, False), _ratio(vsw, kernel, False), scenario.reach)


def table(rows):
    """Columns aligned; also valid as a Markdown table."""
    lines = [HEADINGS, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
            for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text) + "\n"


def as_json(facts, done):
    """Everything that was measured."""
    return json.dumps({"facts": facts, "scenarios": {
        scenario.name: [result.as_json() for result in results] for scenario, results in done}},
        indent=1)


def picture(done):
    """Bars: how many packets a second each peer moves, relative to the best of the row."""
    colours = {"vsw": "#2563eb", "ovs": "#9ca3af", "testpmd": "#d1d5db",
               "kernel": "#e5e7eb"}
    left, width, bar, gap = 190, 520, 14, 16
    parts, y = [], 30
    for scenario, results in done:
        if scenario.tcp:
            continue  # no packets
        best = {peer: measure.best_of(results, peer) for peer in colours}
        rates = {peer: max(result.rates) for peer, result in best.items() if result}
        if not rates:
            continue
        parts.append(f'<text x="{left - 8}" y="{y + bar}" text-anchor="end">'
                     f"{html.escape(scenario.name)}</text>")
        for peer, rate in rates.items():
            length = width * rate / max(rates.values())
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" '
                         f'fill="{colours[peer]}"/><text x="{left + length + 4:.1f}" '
                         f'y="{y + bar - 4}">{peer} {rate / 1e6:.2f}</text>')
            y += bar
        y += gap
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 120}" height="{y}" '
            'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
            '<text x="8" y="18" font-size="13">Million packets a second on one core</text>'
            + "".join(parts) + "</svg>\n")
