"""The tables of the density benchmark in Markdown, and the one picture.

    table.py RESULTS.jsonl PICTURE.png
"""

import json
import sys

CORES_USABLE = 0.9


def number(value, form="{:.1f}"):
    return "" if value is None else form.format(value)


def rows_of(path):
    latest = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            latest[row["row"]] = row
    return list(latest.values())


def label(row):
    name = {"lookout": "Lookout", "frigate-like": "Frigate's algorithm, default", "frigate-like tuned": "Frigate's algorithm, tuned",
            "opencv": "OpenCV + onnxruntime", "decode only": "decoding everything, nothing else (floor of the others)"}[row["system"]]
    if row["variant"] not in ("", "everything"):
        name += f", {row['variant']}"
    return name + (", slow rules only" if row["rules"] == "slow" else "")


def table(rows):
    print("| stream | busy | system | cameras | CPU ms per camera-second | cameras per core | MB per camera | threads per camera | events told | besides | p50 / p99 s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        told = "" if row["system"] == "decode only" else f"{row['hits']} of {row['happened']}"
        waits = f"{number(row['p50_s'], '{:.2f}')} / {number(row['p99_s'], '{:.2f}')}" if row["p50_s"] is not None else ""
        print(
            f"| {row['stream']} | {row['busy'] * 100:.0f} % | {label(row)} | {row['cameras']} | {row['ms']:.1f} | "
            f"{1000 * CORES_USABLE / row['ms']:.0f} | {row['memory_bytes'] / 1e6 / row['cameras']:.1f} | "
            f"{row['threads'] / row['cameras']:.1f} | {told} | {'' if row['system'] == 'decode only' else row['extra']} | {waits} |"
        )


def picture(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [row for row in rows if row["stream"] in ("room-00", "room-03", "room-10", "room-30") and row["rules"] == "fast" and row["cameras"] <= 16]
    shown.sort(key=lambda row: (row["busy"], -row["ms"]))
    names = [f"{row['busy'] * 100:.0f} % busy: {label(row)}" for row in shown]
    def colour(row):
        if row["system"] == "decode only":
            return "#909497"
        if row["system"] != "lookout":
            return "#c0392b"
        return "#2471a3" if row["variant"] in ("everything", "int8", "int8 on OpenVINO") else "#a9cce3"

    colours = [colour(row) for row in shown]
    figure, axes = pyplot.subplots(figsize=(9, 0.34 * len(shown) + 1.2))
    bars = axes.barh(names, [row["ms"] for row in shown], color=colours)
    axes.bar_label(bars, [f"{row['ms']:.1f}" for row in shown], padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.tick_params(labelsize=8)
    figure.suptitle("Red: others. Dark blue: Lookout as it is. Light blue: Lookout with a part switched off. Grey: decoding alone.", fontsize=8)
    axes.set_xlabel("milliseconds of processor time per camera and second, 640x360 (less is better)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    everything = rows_of(sys.argv[1])
    everything.sort(key=lambda row: (row["stream"], row["system"] != "lookout", row["cameras"], row["ms"]))
    table(everything)
    if len(sys.argv) > 2:
        picture(everything, sys.argv[2])
