"""The ground truth of a clip: zones in the picture, boxes per frame, and the events that follow from where things are.

Events come from positions on the ground in metres, never from boxes or from anything a detector says.
"""

import json
import math

import layout
import zones
from camera import Camera

MIN_PARKED_SECS = 3.0
MIN_PRESENT_SECS = 1.0
CROWD_AT_LEAST = 4
LEFT_BEHIND_M = 2.0


def clipped(polygon):
    """The part of a polygon that lies in the picture."""
    for axis, limit, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        result = []
        for i, b in enumerate(polygon):
            a = polygon[i - 1]
            a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if a_in != b_in:
                u = (limit - a[axis]) / (b[axis] - a[axis])
                result.append((a[0] + u * (b[0] - a[0]), a[1] + u * (b[1] - a[1])))
            if b_in:
                result.append(b)
        polygon = result
    return polygon


def _tidy(value):
    return round(float(value), 4) + 0.0  # + 0.0: never "-0.0"


def zones_in_picture(size):
    camera = Camera(size=size, **layout.CAMERA)
    areas = []
    for name, zone in zones.ZONES.items():
        uv, _ = camera.project(zone.get("outline", zone["ground"]))
        areas.append(dict(id=name, polygon=[[_tidy(u), _tidy(v)] for u, v in clipped([tuple(p) for p in uv])]))
    lines = []
    for name, line in zones.LINES.items():
        uv, _ = camera.project(line["ground"])
        lines.append(dict(id=name, points=[[_tidy(u), _tidy(v)] for u, v in uv], inwards=line["inwards"]))
    return areas, lines


def _inside(point, polygon):
    x, y = point
    inside = False
    for i, b in enumerate(polygon):
        a = polygon[i - 1]
        if (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]):
            inside = not inside
    return inside


def _intervals(times, holds, least_secs):
    """[(start, end)] of the spans in which `holds` is true, at least `least_secs` long."""
    spans, start = [], None
    for t, held in zip(times, holds):
        if held and start is None:
            start = t
        if held:
            last = t
        if not held and start is not None:
            spans.append((start, last))
            start = None
    if start is not None:
        spans.append((start, last))
    return [s for s in spans if s[1] - s[0] >= least_secs]


def events(scene, notes):
    fps = scene["fps"]
    times = [n["frame"] / fps for n in notes]
    by_id = [{thing["id"]: thing for thing in n["things"]} for n in notes]
    ids = sorted({i for frame in by_id for i in frame})
    kind = {i: t["kind"] for frame in by_id for i, t in frame.items()}
    grounds = {name: [(x, y) for x, y, _ in zone["ground"]] for name, zone in zones.ZONES.items()}
    found = []

    def add(what, spans, **more):
        for a, b in spans:
            found.append(dict(kind=what, start=round(a, 2), end=round(b, 2), **more))

    def here(i, zone, test=lambda thing: True):
        # On the ground inside the zone and with a published box: what cannot be seen is nobody's event.
        return [i in f and "box" in f[i] and _inside(f[i]["ground"], grounds[zone]) and test(f[i]) for f in by_id]

    for i in ids:
        if kind[i] == "person" and not i.endswith("-rider"):
            for zone in ("yard", "lane"):
                add("present", _intervals(times, here(i, zone), MIN_PRESENT_SECS), zone=zone, things=[i])
            for name, line in zones.LINES.items():
                (ax, ay, _), (bx, by, _) = line["ground"]
                for k in range(1, len(by_id)):
                    if i not in by_id[k - 1] or i not in by_id[k]:
                        continue
                    (px, py), (qx, qy) = by_id[k - 1][i]["ground"], by_id[k][i]["ground"]
                    side = lambda x, y: (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                    s, r = side(px, py), side(qx, qy)
                    if (s > 0) != (r > 0) and min(ax, bx) <= px <= max(ax, bx):
                        inwards = qy > py
                        way = line["inwards"] if inwards else {"left_to_right": "right_to_left", "right_to_left": "left_to_right"}[line["inwards"]]
                        add("line", [(times[k], times[k])], line=name, direction=way, things=[i])
            add("fallen", _intervals(times, [i in f and f[i]["fallen"] > 0.9 for f in by_id], 0.5), zone=None, things=[i])
        if kind[i] in ("car", "van"):
            for zone in ("fire-lane", "lane"):
                add("parked", _intervals(times, here(i, zone, lambda thing: thing["speed"] < 0.05), MIN_PARKED_SECS), zone=zone, things=[i])
        if kind[i] == "e-bike":
            add("indoors", _intervals(times, here(i, "entrance"), MIN_PRESENT_SECS), zone="entrance", things=[i])
        if kind[i] == "bag":
            carrier = next(spec["carried_by"] for spec in scene["cast"] if spec["id"] == i)
            alone = [
                i in f and "box" in f[i] and f[i]["speed"] < 0.05 and (carrier not in f or math.dist(f[i]["ground"], f[carrier]["ground"]) > LEFT_BEHIND_M) for f in by_id
            ]
            where = next((z for z in grounds if any(i in f and _inside(f[i]["ground"], grounds[z]) for f in by_id[-1:])), None)
            add("left_behind", _intervals(times, alone, 1.0), zone=where, things=[i])
        if kind[i] == "smoke":
            where = next((z for z in ("bins", "yard", "square", "lane") if _inside(next(f[i]["ground"] for f in by_id if i in f), grounds[z])), None)
            add("smoke", _intervals(times, [i in f and "box" in f[i] for f in by_id], 0.5), zone=where, things=[i])
    walkers = [i for i in ids if kind[i] == "person"]
    counts = [sum(i in f and "box" in f[i] and _inside(f[i]["ground"], grounds["square"]) for i in walkers) for f in by_id]
    for a, b in _intervals(times, [c >= CROWD_AT_LEAST for c in counts], 1.0):
        most = max(c for t, c in zip(times, counts) if a <= t <= b)
        add("crowd", [(a, b)], zone="square", at_least=CROWD_AT_LEAST, most=most)
    covered = scene.get("finish", {}).get("covered")
    if covered:
        add("camera_covered", [(covered[0], min(covered[1], times[-1]))])
    if scene.get("turn"):
        add("camera_turned", [(scene["turn"]["at"], times[-1])])
    return sorted(found, key=lambda e: (e["start"], e["kind"]))


def document(name, scene, size, notes):
    areas, lines = zones_in_picture(size)
    covered = scene.get("finish", {}).get("covered")
    frames = []
    for n in notes:
        t = n["frame"] / scene["fps"]
        hidden = covered is not None and covered[0] + 0.4 <= t <= covered[1]
        boxes = []
        for thing in n["things"] if not hidden else []:
            if "box" in thing:
                boxes.append({"class": thing["class"], "id": thing["id"], "box": thing["box"], "visible": thing["visible"]})
            if "face" in thing:
                boxes.append({"class": "face", "id": thing["id"], "box": thing["face"], "visible": 1.0})
        frames.append(dict(t=round(t, 2), boxes=boxes))
    return dict(scene=name, seed=scene["seed"], fps=scene["fps"], size=list(size), seconds=round(len(notes) / scene["fps"], 2), light=scene["light"], zones=areas, lines=lines, events=events(scene, notes), frames=frames)


def write(path, doc):
    """JSON with one frame per line, so that a difference can be read."""
    head = {k: v for k, v in doc.items() if k != "frames"}
    with open(path, "w") as f:
        f.write("{\n")
        for key, value in head.items():
            if key in ("zones", "lines", "events"):
                f.write(f' "{key}": [\n' + ",\n".join("  " + json.dumps(v) for v in value) + "\n ],\n")
            else:
                f.write(f' "{key}": {json.dumps(value)},\n')
        f.write(' "frames": [\n' + ",\n".join("  " + json.dumps(v, separators=(",", ":")) for v in doc["frames"]) + "\n ]\n}\n")
