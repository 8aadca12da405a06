"""What the models find, and what the rules tell, in tables and pictures for the model card.

Everything goes through the program as users have it: `lookout detect` for pictures, `lookout replay` for clips.
"""

import argparse
import json
import resource
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from datetime import datetime, timezone
from pathlib import Path

import inputs
import plot
import score
from program import REPO, Problem, Program
from progress import Progress, end_line, side_by_side

CLASSES = ("person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke")
# Public weights beside which the usual model is drawn.
REFERENCE = "yolox_nano_416"
AT_ONCE = 50
TIMED_PICTURES = 60
TIMED_ROUNDS = 5
LOOKS_PER_SECOND = 5
EVENT_KINDS = ("fire", "smoke", "scuffle", "rush", "fallen")
# What has no default.
MORE = {"rush": ", at_least = 3"}
# The model's own thresholds, times this: the points of the event curves. 1 is as shipped.
SHIPPED = 1.0
FACTORS = (0.4, 0.6, 0.8, SHIPPED, 1.25, 1.6, 2.0)
# Guesses, for the time that is left: what starting the program takes, and reading and looking at a megabyte of a clip.
START_SECS = 0.4
SECS_PER_MB = 1.1
# A rendered clip, the rules that are meant for it, and how much sooner or later an alert may begin than the event
# (as tests/clips/demo.rs has it).
SCENE = REPO / "tests/scenes/lane-day.mp4"
SCENE_RULES = REPO / "config/demo-lane.toml"
EARLY_SECS, LATE_SECS = 3.0, 4.0
REPLAY_BEGINS = datetime(2026, 1, 7, tzinfo=timezone.utc)


def table(title, head, rows):
    end_line()
    print(f"\n{title}\n\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join("-" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    sys.stdout.flush()


def cost(program, models, pictures):
    """Processor time per picture in milliseconds, the models in turns; what reading a picture costs is in all of them."""
    files = [p["key"] for p in pictures[:TIMED_PICTURES]]

    def used():
        of = resource.getrusage(resource.RUSAGE_CHILDREN)
        return of.ru_utime + of.ru_stime

    best, progress = {}, Progress(TIMED_ROUNDS * len(models))
    for _ in range(TIMED_ROUNDS):
        for model in models:
            times = []
            for batch in (files, files[:1]):  # the difference leaves out the program's start
                before = used()
                program.detect(model, batch)
                times.append(used() - before)
            ms = 1e3 * (times[0] - times[1]) / max(len(files) - 1, 1)
            best[model.name] = min(ms, best.get(model.name, ms))
            progress.step(1, f"1 of 3, processor time: {model.name}")
    base = best.get(REFERENCE)
    rows = [(name, f"{ms:.1f}", f"{ms / base:.2f}" if base else None) for name, ms in best.items()]
    table("Processor time of one picture, read from its JPEG", ("", "ms", f"in parts of {REFERENCE}"), rows)
    return best


def find(program, models, folders, costs, progress):
    """What each model finds in each picture."""
    keys = [p["key"] for pictures in folders.values() for p in pictures]
    batches = [(m, keys[start : start + AT_ONCE]) for m in models for start in range(0, len(keys), AT_ONCE)]
    found = defaultdict(dict)
    for (model, batch), here in zip(batches, side_by_side(lambda job: program.detect(*job), batches)):
        found[model.name] |= here
        progress.step(picture_secs(costs, model, len(batch)), f"2 of 3, pictures: {model.name}")
    return found


def picture_secs(costs, model, pictures):
    return pictures * max(costs[model.name], 1) / 1e3


def picture_tables(models, folders, found):
    """AP per class, folder and source; gives back what is known of all pictures together, by model and class."""
    everything = {}
    for folder, pictures in folders.items():
        pools = defaultdict(list)
        for picture in pictures:
            pools[picture["pool"]].append(picture)
        by_source = []
        for title, people_only in (("", False), (", only what people labelled", True)):
            rows = []
            for model in models:
                row = [model.name]
                sources = {pool: [f"{pool} ({len(of)})", model.name] for pool, of in sorted(pools.items())}
                for name in CLASSES:
                    parts = {pool: score.match(pools[pool], found[model.name], name, people_only) for pool in sources}
                    of_all = score.together(parts.values())
                    row.append(score.ap50(*of_all) if name in model.knows else None)
                    for pool, cells in sources.items():
                        cells.append(score.ap50(*parts[pool]) if name in model.knows else None)
                    if not people_only:
                        everything.setdefault((model.name, name), []).append(of_all)
                rows.append(row)
                by_source += [cells for cells in sources.values() if not people_only and any(cell is not None for cell in cells[2:])]
            table(f"AP at IoU 0.5 on `{folder}` ({len(pictures)} pictures){title}", ("", *CLASSES), rows)
        table(f"AP at IoU 0.5 by source (pictures) of `{folder}`", ("", "", *CLASSES), sorted(by_source, key=lambda cells: cells[0]))
    return {key: score.together(parts) for key, parts in everything.items()}


def drawn(models, everything):
    """Curves of models for a picture, by class."""
    curves = {}
    for name in CLASSES:
        curves[name] = {"labels": max(everything[m.name, name][1] for m in models), "models": {}}
        for model in models:
            judged, labels = everything[model.name, name]
            if name in model.knows and labels:
                at = score.at_threshold(judged, labels, model.thresholds.get(name, 1.0))
                curves[name]["models"][model.name] = {"curve": score.curve(judged, labels), "at": at}
    return curves


def config_for(model, factor, folder):
    rules = "".join(
        f'[[rule]]\nid = "{kind}"\ncameras = ["cam"]\nsignal = "{kind}"\n{kind} = {{ zone = "all"{MORE.get(kind, "")} }}\n'
        for kind in kinds_of(model)
    )
    thresholds = ", ".join(f"{name} = {min(value * factor, 1.0):.4f}" for name, value in model.thresholds.items())
    file = folder / f"{model.name}-{factor}.toml"
    file.write_text(
        f'[site]\nbox = "bench"\narea = "530127"\nlanguage = "en"\nmode = "test"\n[detector]\nmodel = "{model.name}"\n'
        '[[camera]]\nid = "cam"\neye = "village"\nurl = "rtsp://127.0.0.1/none"\ngrid = "53012700300102"\n'
        f"analysis_fps = {LOOKS_PER_SECOND}\nthresholds = {{ {thresholds} }}\n"
        '[[camera.zone]]\nid = "all"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n' + rules
    )
    return file


def kinds_of(model):
    return [kind for kind in EVENT_KINDS if kind not in score.FIRE_SMOKE or kind in model.knows]


def clip_secs(file):
    return START_SECS + file.stat().st_size / 1e6 * SECS_PER_MB


def tell(program, runs, clips, progress):
    """How often each kind is told in each clip, and how many seconds were looked at, for each model and factor."""
    told = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        configs = {run: config_for(*run, Path(folder)) for run in runs}
        jobs = [(run, file) for run in runs for file, _ in clips]
        replays = side_by_side(lambda job: program.replay(configs[job[0]], job[0][0], job[1]), jobs)
        for ((model, factor), file), (alerts, looks) in zip(jobs, replays):
            told[model.name, factor].append((Counter(alert["kind"] for alert in alerts), looks / LOOKS_PER_SECOND))
            progress.step(clip_secs(file), f"3 of 3, clips: {model.name}, thresholds x {factor:g}")
    return told


def counted(kind, clips, told):
    """Clips in which a kind happens, those of them in which it is told, alerts in the others, and their hours."""
    happens = [kind in kinds for _, kinds in clips]
    hits = sum(kind in alerts for (alerts, _), does in zip(told, happens) if does)
    false = sum(alerts[kind] for (alerts, _), does in zip(told, happens) if not does)
    hours = sum(seconds for (_, seconds), does in zip(told, happens) if not does) / 3600
    return sum(happens), hits, false, hours


def part(count, of):
    return count / of if of else None


def event_table(models, clips, told):
    rows = []
    for model in models:
        for kind in kinds_of(model):
            happens, hits, false, hours = counted(kind, clips, told[model.name, SHIPPED])
            rate = part(false, hours)
            rate = None if rate is None else f"{rate:.1f}"
            rows.append((model.name, kind, hits, happens, part(hits, happens), false, hours, rate))
    head = ("", "kind", "told", "of clips in which it happens", "recall", "false alarms", "in hours without", "false alarms an hour")
    table("What the rules tell with their defaults: clips in which it happens, and alerts in the others", head, rows)


def event_curves(model, clips, told):
    """False alarms an hour and recall of each kind, over the thresholds."""
    curves = {}
    for kind in kinds_of(model):
        points = []
        for factor in FACTORS:
            happens, hits, false, hours = counted(kind, clips, told[model.name, factor])
            points.append((factor, part(hits, happens), part(false, hours)))
        if all(None not in point for point in points):
            curves[kind] = {"happens": happens, "clips": len(clips), "points": points}
    return curves


def scene_table(program, models):
    """Events of the rendered scene that its rules tell, and alerts that belong to none."""
    truth = json.loads(SCENE.with_suffix(".json").read_text())
    kinds = {event["kind"] for event in truth["events"]}
    rows = []
    for model in models:
        alerts, looks = program.replay(SCENE_RULES, model, SCENE)
        for rule in tomllib.loads(SCENE_RULES.read_text())["rule"]:
            kind = next(word for word in rule if word in kinds)
            place, direction = rule[kind].get("zone") or rule[kind]["line"], rule[kind].get("direction")
            starts = [
                event["start"]
                for event in truth["events"]
                if (event["kind"], event.get("zone") or event.get("line")) == (kind, place) and event.get("direction") in (None, direction)
            ]
            began = [seconds_of(alert["started_at"]) for alert in alerts if alert["why"].get("rule") == rule["id"]]
            hits = sum(any(start - EARLY_SECS <= at <= start + LATE_SECS for at in began) for start in starts)
            false = sum(not any(start - EARLY_SECS <= at <= start + LATE_SECS for start in starts) for at in began)
            rows.append((model.name, kind, hits, len(starts), false, f"{looks / LOOKS_PER_SECOND:.0f}"))
    head = ("", "kind", "told", "of events", "false alarms", "in seconds")
    table(f"What the demo's rules tell in its rendered clip ({SCENE.name})", head, rows)


def seconds_of(stamp):
    return (datetime.fromisoformat(stamp) - REPLAY_BEGINS).total_seconds()


def measure(args):
    program, step, shared = Program(args.lookout), 10 if args.quick else 1, args.shared.resolve()
    folders, clips = inputs.pictures(shared, step), inputs.clips(shared, step)
    ours, theirs, left_out = inputs.models(program, shared)
    for name, why in left_out.items():
        print(f"left out: {name}: {why}")
    usual, reference = ours[0], [model for model in theirs if model.name == REFERENCE]
    costs = cost(program, ours + theirs, next(iter(folders.values())))

    runs = [(model, SHIPPED) for model in ours] + [(usual, factor) for factor in FACTORS if factor != SHIPPED]
    pictures = sum(map(len, folders.values()))
    ahead = sum(picture_secs(costs, model, pictures) for model in ours + theirs)
    ahead += len(runs) * sum(clip_secs(file) for file, _ in clips)
    progress = Progress(ahead)
    found = find(program, ours + theirs, folders, costs, progress)
    everything = picture_tables(ours + theirs, folders, found)
    told = tell(program, runs, clips, progress)
    event_table(ours, clips, told)
    scene_table(program, ours)
    end_line()

    results = {
        "usual": usual.name,
        "precision_recall": drawn([usual, *reference], everything),
        "events": event_curves(usual, clips, told),
        "told": {
            f"{name} x {factor:g}": {str(file.relative_to(shared)): alerts for (file, _), (alerts, _) in zip(clips, rows)}
            for (name, factor), rows in told.items()
        },
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(results))
    for file in plot.draw(results, args.out):
        print(f"accuracy: {file}", file=sys.stderr)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--lookout", type=Path, required=True)
    p.add_argument("--shared", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True, help="the folder for pictures and figures")
    p.add_argument("--quick", action="store_true", help="every tenth picture and clip")
    try:
        measure(p.parse_args())
    except Problem as problem:
        end_line()
        sys.exit(f"accuracy: {problem}")
    except KeyboardInterrupt:
        end_line()
        sys.exit("accuracy: stopped before the end")


if __name__ == "__main__":
    main()
