"""The pictures of the model card, as SVG of our own. They bring a light ground, so that they can be read on a dark page, too.

    python3 plot.py RESULTS.json FOLDER     draws again what a run left behind
"""

import json
import sys
from html import escape
from pathlib import Path

GROUND, INK, FAINT = "#ffffff", "#1f2328", "#d0d7de"
# Told apart without colours by the dashes.
STYLES = (("#0550ae", ""), ("#bc4c00", ' stroke-dasharray="5 3"'))
WIDTH, HEIGHT = 150, 120
LEFT, TOP, RIGHT, BOTTOM = 46, 30, 18, 36
LEGEND = 26
COLUMNS = 4


class Panel:
    """One pair of axes; x from 0 to `x_end`, y from 0 to 1."""

    def __init__(self, number, title, x_label, y_label, x_end):
        self.x0 = LEFT + number % COLUMNS * (LEFT + WIDTH + RIGHT)
        self.y0 = TOP + number // COLUMNS * (TOP + HEIGHT + BOTTOM) + HEIGHT
        self.x_end = x_end
        self.parts = [text(self.x0 + WIDTH / 2, self.y0 - HEIGHT - 10, title, "middle", ' font-weight="bold"')]
        for share in (0, 0.5, 1):
            x, y = self.place(share * x_end, share)
            self.parts.append(f'<path d="M{x:g} {self.y0}v{-HEIGHT}M{self.x0} {y:g}h{WIDTH}" stroke="{FAINT}"/>')
            self.parts.append(text(x, self.y0 + 13, f"{share * x_end:g}", "middle"))
            self.parts.append(text(self.x0 - 5, y + 4, f"{share:g}", "end"))
        self.parts.append(text(self.x0 + WIDTH / 2, self.y0 + 26, x_label, "middle"))
        turned = f' transform="rotate(-90 {self.x0 - 30} {self.y0 - HEIGHT / 2:g})"'
        self.parts.append(text(self.x0 - 30, self.y0 - HEIGHT / 2, y_label, "middle", turned))

    def place(self, x, y):
        return round(self.x0 + WIDTH * x / self.x_end, 1), round(self.y0 - HEIGHT * y, 1)

    def line(self, points, style):
        colour, dashes = style
        places = " ".join("{:g},{:g}".format(*self.place(x, y)) for x, y in points)
        self.parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>')

    def dot(self, point, style, radius=3.5, fill=None):
        x, y = self.place(*point)
        colour, _ = style
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" fill="{fill or colour}" stroke="{colour}" stroke-width="1.5"/>')

    def note(self, point, words):
        x, y = self.place(*point)
        is_right, is_top = x > self.x0 + WIDTH * 0.75, y < self.y0 - HEIGHT * 0.9
        self.parts.append(text(x + (-6 if is_right else 6), y + (14 if is_top else -4), words, "end" if is_right else "start"))


def text(x, y, words, anchor, more=""):
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def picture(title, panels, legend):
    columns, rows = min(COLUMNS, len(panels)), -(-len(panels) // COLUMNS)
    width = max(columns * (LEFT + WIDTH + RIGHT), 440)
    height = rows * (TOP + HEIGHT + BOTTOM) + LEGEND * len(legend)
    parts = [part for panel in panels for part in panel.parts]
    for number, (words, style) in enumerate(legend):
        y = height - LEGEND * (len(legend) - number) + LEGEND / 2
        if style:
            parts.append(f'<path d="M{LEFT} {y - 4:g}h30" stroke="{style[0]}" stroke-width="1.8"{style[1]}/>')
        parts.append(text(LEFT + (38 if style else 0), y, words, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}" role="img"><title>{escape(title)}</title>'
        f'<rect width="{width}" height="{height}" rx="6" fill="{GROUND}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def precision_recall(classes):
    """A panel for each class; the dot is the threshold that the manifest recommends."""
    panels, styles = [], {}
    for number, (name, of_class) in enumerate(classes.items()):
        panel = Panel(number, f"{name} ({of_class['labels']} labels)", "recall", "precision", 1)
        for model, of_model in of_class["models"].items():
            style = styles.setdefault(model, STYLES[len(styles) % len(STYLES)])
            panel.line(of_model["curve"], style)
            if of_model["at"]:
                panel.dot(of_model["at"], style)
        panels.append(panel)
    legend = [(f"{model} (dot: its threshold)", style) for model, style in styles.items()]
    return picture("Precision against recall by class, on the held-out pictures", panels, legend)


def events(kinds, model):
    """A panel for each kind; a point for each factor on the model's thresholds, the filled one as shipped."""
    panels, style = [], STYLES[0]
    for number, (kind, of_kind) in enumerate(kinds.items()):
        points = [(rate, recall) for _, recall, rate in of_kind["points"]]
        x_end = round_up(max(rate for rate, _ in points))
        panel = Panel(number, f"{kind} ({of_kind['happens']} of {of_kind['clips']} clips)", "false alarms an hour", "recall", x_end)
        panel.line(points, style)
        # As shipped comes last, on top of what lies at the same place.
        for factor, recall, rate in sorted(of_kind["points"], key=lambda point: point[0] == 1):
            panel.dot((rate, recall), style, 3, None if factor == 1 else GROUND)
        ends = {}
        for factor, recall, rate in (of_kind["points"][0], of_kind["points"][-1]):
            ends.setdefault((rate, recall), []).append(f"x {factor:g}")
        for place, factors_there in ends.items():
            panel.note(place, " to ".join(factors_there))
        panels.append(panel)
    legend = [(f"{model}: its thresholds times {', '.join(f'{f:g}' for f in factors(kinds))}; filled: as shipped", style)]
    return picture("False alarms an hour against recall, by kind of event", panels, legend)


def factors(kinds):
    return [factor for of_kind in list(kinds.values())[:1] for factor, _, _ in of_kind["points"]]


def round_up(value):
    """The end of an axis: 1, 2, 4 or 10 times a power of ten."""
    end = 1.0
    while end < value:
        end *= 2.5 if str(f"{end:g}")[0] == "4" else 2
    return end


def draw(results, folder):
    """Writes the pictures; gives back their files."""
    made = {
        "precision-recall.svg": precision_recall(results["precision_recall"]),
        "events.svg": events(results["events"], results["usual"]),
    }
    for name, svg in made.items():
        (folder / name).write_text(svg)
    return [folder / name for name in made]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py RESULTS.json FOLDER")
    for drawn in draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])):
        print(drawn)
