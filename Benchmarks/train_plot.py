#!/usr/bin/env python3
"""Draw the tables that train_compare.py writes: bytes per token against CPU seconds, a dot an algorithm.

  Benchmarks/train_plot.py REPORT.md SECTION -o plot.svg

SECTION is the beginning of a heading; all of its rows whose columns are those of train_compare.py are drawn. The first
axis is logarithmic. Colours follow the reader's scheme, light or dark.
"""
import argparse
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 150, 24, 48


def rows(report, section):
    """(name, bytes per token, CPU seconds) of a section's rows, each name once."""
    inside, columns, found = False, [], {}
    with open(report, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                inside = line.lstrip("# ").startswith(section)
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not inside or not line.startswith("|") or cells[0].startswith("---"):
                continue
            if cells[0] == "algorithm":
                columns = cells
            elif len(cells) == len(columns):
                found.setdefault(cells[0], (float(cells[1]), float(cells[columns.index("CPU s")])))
    if not found:
        raise SystemExit(f"{report}: no rows of train_compare.py under \"{section}\"")
    return [(name, *values) for name, values in found.items()]


def draw(points, title):
    low = 10 ** math.floor(math.log10(min(p[2] for p in points)))
    high = 10 ** math.ceil(math.log10(max(p[2] for p in points) * 1.001))
    floor, ceiling = math.floor(min(p[1] for p in points) * 5 - 0.5) / 5, math.ceil(max(p[1] for p in points) * 5 + 0.5) / 5

    def x(seconds):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(seconds / low) / math.log(high / low)

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - floor) / (ceiling - floor)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
           f"<title>{html.escape(title)}</title>",
           "<style>text{font:12px sans-serif;fill:#222}.g{stroke:#ccc}circle{fill:#2166ac}@media(prefers-color-scheme:dark)"
           "{text{fill:#ddd}.g{stroke:#555}circle{fill:#67a9cf}}</style>",
           f'<text x="{LEFT}" y="16">{html.escape(title)}</text>']
    tick = low
    while tick <= high * 1.001:
        for part in (1, 2, 5):
            if tick * part <= high * 1.001:
                at = x(tick * part)
                out.append(f'<line class="g" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                           f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick * part:g}</text>')
        tick *= 10
    for step in range(round((ceiling - floor) * 5) + 1):
        value = floor + step / 5
        out.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
                   f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">CPU seconds of training</text>')
    out.append(f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">bytes per token, held-out text</text>')
    taken = []
    for name, value, seconds in sorted(points, key=lambda p: -p[1]):
        at = y(value)
        while any(abs(at - other) < 13 and abs(x(seconds) - where) < 150 for other, where in taken):
            at += 3
        taken.append((at, x(seconds)))
        out.append(f'<circle cx="{x(seconds):.1f}" cy="{y(value):.1f}" r="4"/>'
                   f'<text x="{x(seconds) + 8:.1f}" y="{at + 4:.1f}">{html.escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("section")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(draw(rows(options.report, options.section), options.section))


if __name__ == "__main__":
    main()
