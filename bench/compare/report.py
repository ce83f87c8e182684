# SPDX-License-Identifier: Apache-2.0
"""The results as a table, as JSON and as a picture."""

import html
import json

from bench.compare import measure, units

PEERS = ("vsw", "ovs", "testpmd", "kernel")
HEADINGS = ("scenario", "vsw", "ovs", "its mode", "testpmd", "kernel", "vsw/ovs (min..max)",
            "vsw/testpmd", "vsw/kernel", "to reach", "reached", "aim")


def _figure(scenario, result):
    if result is None:
        return "-"
    cycles = measure.cycles(scenario, result)
    text = scenario.unit.text(result.median)
    return f"{text}, {cycles:.0f} cycles" if cycles else text


def _cell(scenario, results, peer):
    """The peer's best figure; a failure is said."""
    own = [result for result in results if result.peer == peer]
    best = measure.best_of(scenario, own, peer)
    if best is None:
        return "failed" if own else "-"
    failed = f" ({len(best.failures)} of {len(best.samples)} failed)" if best.failures else ""
    return _figure(scenario, best) + failed


def _ratio(scenario, ours, theirs, spread):
    found = measure.ratios(scenario, ours, theirs) if ours and theirs else None
    if found is None:
        return "-"
    return "{:.2f} ({:.2f}..{:.2f})".format(*found) if spread else f"{found[0]:.2f}"


def _cost_ratio(best, other, others):
    """Our cost a packet over that in the other scenario."""
    def cost(of, results):
        if of.unit is not units.PACKETS:
            return 1 / results["vsw"].median
        return measure.cycles(of, results["vsw"])
    costs = cost(*best), cost(other, others)
    return costs[0] / costs[1] if None not in costs and costs[1] > 0 else None


def _reached(scenario, best, done):
    """Whether the goal is: "yes", "no", or "-" where nothing can be said."""
    goal, ours = scenario.goal, best["vsw"]
    if ours is None:
        return "no"
    verdicts = []
    for peer, times in (("ovs", goal.ovs), ("testpmd", goal.floor)):
        found = measure.ratios(scenario, ours, best[peer]) if times and best[peer] else None
        if found:
            verdicts.append(found[0] >= times)
    if goal.limit is not None:
        verdicts.append((ours.median <= goal.limit) if scenario.unit.less
                        else (ours.median >= goal.limit))
    if goal.like in done:
        ratio = _cost_ratio((scenario, best), *done[goal.like])
        if ratio is not None:
            verdicts.append(ratio <= goal.times)
    return ("yes" if all(verdicts) else "no") if verdicts else "-"


def _best(scenario, results):
    return {peer: measure.best_of(scenario, results, peer) for peer in PEERS}


def rows(done):
    """Lines of the table, as texts."""
    all_best = {scenario.name: (scenario, _best(scenario, results)) for scenario, results in done}
    for scenario, results in done:
        best = all_best[scenario.name][1]
        vsw, ovs, floor, kernel = (best[peer] for peer in PEERS)
        yield (scenario.name, _cell(scenario, results, "vsw"), _cell(scenario, results, "ovs"),
               ovs.mode if ovs else "-", _cell(scenario, results, "testpmd"),
               _cell(scenario, results, "kernel"), _ratio(scenario, vsw, ovs, True),
               _ratio(scenario, vsw, floor, False), _ratio(scenario, vsw, kernel, False),
               scenario.goal.text(scenario.unit), _reached(scenario, best, all_best),
               scenario.aim or "-")


def table(done):
    """Columns aligned; also valid as a Markdown table."""
    lines = [HEADINGS, *rows(done)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
            for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text) + "\n"


def notes(done):
    """What else was counted, and each failure."""
    lines = []
    for scenario, results in done:
        for result in results:
            name = " ".join(filter(None, (scenario.name + ":", result.peer, result.mode)))
            counted = result.notes()
            if counted:
                lines.append(f"{name}: " + ", ".join(
                    f"{key} {value:.6f}" if isinstance(value, float) else f"{key} {value}"
                    for key, value in counted.items()))
            lines += [f"{name}: FAILED: {failure[:300]}" for failure in result.failures]
    return "".join(line + "\n" for line in lines)


def as_json(facts, done):
    """Everything that was measured."""
    return json.dumps({"facts": facts, "scenarios": {
        scenario.name: {"unit": scenario.unit.name,
                        "results": [result.as_json() for result in results]}
        for scenario, results in done}}, indent=1)


def picture(done):
    """Bars: how many packets a second each peer moves, relative to the best of the row."""
    colours = {"vsw": "#2563eb", "ovs": "#9ca3af", "testpmd": "#d1d5db",
               "kernel": "#e5e7eb"}
    left, width, bar, gap = 190, 520, 14, 16
    parts, y = [], 30
    for scenario, results in done:
        best = _best(scenario, results)
        values = {peer: result.median for peer, result in best.items() if result}
        if not values or scenario.unit.less:
            continue  # a longer bar is the better one
        parts.append(f'<text x="{left - 8}" y="{y + bar}" text-anchor="end">'
                     f"{html.escape(scenario.name)}</text>")
        for peer, value in values.items():
            length = width * value / max(values.values())
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" '
                         f'fill="{colours[peer]}"/><text x="{left + length + 4:.1f}" '
                         f'y="{y + bar - 4}">{peer} {scenario.unit.text(value)}</text>')
            y += bar
        y += gap
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 160}" height="{y}" '
            'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
            '<text x="8" y="18" font-size="13">One core; a longer bar is better</text>'
            + "".join(parts) + "</svg>\n")
