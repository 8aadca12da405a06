"""What is measured with: models, labelled pictures, clips with truth. What is missing or wrong is said before anything runs."""

import json
import tomllib
from pathlib import Path

from program import REPO, Model, Problem

OWN = REPO / "models/manifest.toml"
PUBLIC = REPO / "tests/data/detector/public-models.toml"
FOLDERS = ("train", "train2")
TRUTHS = ("fire", "fights", "ordinary", "quiet")
SHARED_HINT = "LOOKOUT_SHARED=/path/to/shared says where they lie"
# So many names of what is missing are enough to see what it is.
NAMED = 3


def lines_of(file):
    try:
        return file.read_text().splitlines()
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}", SHARED_HINT) from error


def named(missing):
    return ", ".join(map(str, missing[:NAMED])) + (", ..." if len(missing) > NAMED else "")


def pictures(shared, step):
    """The held-out pictures with their labels, by folder."""
    folders = {}
    for folder in FOLDERS:
        file, rows = shared / folder / "labels.jsonl", []
        for number, line in enumerate(lines_of(file), 1):
            try:
                row = json.loads(line)
                if row["split"] == "val":
                    row["key"] = str(shared / folder / "images" / row["image"])
                    for box in row["boxes"]:
                        x0, y0, x1, y1 = box["box"]
                        box["class"], box["score"], box["by"]
                    rows.append({k: row[k] for k in ("key", "pool", "fire_smoke_complete", "boxes")})
            except (ValueError, KeyError, TypeError) as error:
                why = f"{error} is missing" if isinstance(error, KeyError) else error
                raise Problem(f"{file}:{number}: this is no label of a picture: {why}") from error
        if not rows:
            raise Problem(f"{file} has no picture of the split `val`")
        rows = rows[::step]
        missing = [row["key"] for row in rows if not Path(row["key"]).is_file()]
        if missing:
            raise Problem(f"{len(missing)} of {len(rows)} pictures are missing: {named(missing)}", SHARED_HINT)
        folders[folder] = rows
    return folders


def clips(shared, step):
    """Every clip with truth: its file, and the kinds of events that happen in it."""
    found = []
    for name in TRUTHS:
        for clip in json.loads((REPO / "tests/truth" / f"{name}.json").read_text())["clips"][::step]:
            found.append((shared / "videos" / clip["file"], {event["kind"] for event in clip["events"]}))
    missing = [file for file, _ in found if not file.is_file()]
    if missing:
        raise Problem(f"{len(missing)} of {len(found)} clips are missing: {named(missing)}", SHARED_HINT)
    return found


def models_of(program, manifest, *files_in):
    where = ("--manifest", manifest, *files_in)
    described = {model["name"]: model for model in tomllib.loads(manifest.read_text())["model"]}
    models = [Model(l, described[l["name"]].get("thresholds", {}), where) for l in program.listed(where)]
    refused = program.refused(where)
    return [model for model in models if model.name not in refused], refused


def models(program, shared):
    """Our models, the public ones, and what was left out with the reason. Each of ours must work."""
    ours, refused = models_of(program, OWN)
    if refused:
        raise Problem("a model of ours does not work:\n" + "\n".join(refused.values()))
    theirs, left_out = models_of(program, PUBLIC, "--model-files", shared / "models")
    described = {model["file"] for model in tomllib.loads(PUBLIC.read_text())["model"]}
    for file in sorted((shared / "models").glob("*.onnx")):
        if file.name not in described:
            left_out[file.stem] = f"{PUBLIC.relative_to(REPO)} does not describe it"
    return ours, theirs, left_out
