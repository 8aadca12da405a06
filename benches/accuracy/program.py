"""The program under test, called as users call it."""

import json
import re
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
# Below what any threshold will be.
LOWEST_SCORE = 0.01


class Problem(Exception):
    """What keeps the benchmark from going on: a sentence, and what to try."""

    def __init__(self, what, hint=None):
        super().__init__(what if hint is None else f"{what}\n  hint: {hint}")


class Model:
    """A model of a manifest: its name, its file, which classes it knows, its thresholds, how the program finds it."""

    def __init__(self, listed, thresholds, where):
        self.name, self.file, self.knows = listed["name"], Path(listed["file"]), set(listed["classes"])
        self.thresholds, self.where = thresholds, where


class Program:
    def __init__(self, path):
        self.path = path

    def call(self, *words):
        try:
            return subprocess.run([self.path, *map(str, words)], cwd=REPO, capture_output=True, text=True)
        except OSError as error:
            raise Problem(f"{self.path} cannot be run: {error.strerror}", "benches/accuracy/run.sh builds it") from error

    def run(self, *words):
        """Standard output and standard error of one call; a failure ends the benchmark."""
        done = self.call(*words)
        if done.returncode:
            raise Problem(f"`lookout {words[0]}` ended with {done.returncode}:\n{done.stderr.strip()}")
        return done.stdout, done.stderr

    def listed(self, where):
        """The models that a manifest describes, as the program reads it."""
        out, _ = self.run("models", "list", "--json", *where)
        return [json.loads(line) for line in out.splitlines()]

    def refused(self, where):
        """The models that are not as described, or do not run, each with the reason."""
        done = self.call("models", "verify", "--json", *where)
        if not done.stdout:
            raise Problem(f"no model can be loaded:\n{done.stderr.strip()}")
        verified = [json.loads(line) for line in done.stdout.splitlines()]
        return {model["name"]: model["error"] for model in verified if not model["ok"]}

    def detect(self, model, files):
        """What a model finds in each picture: class, score, box."""
        out, _ = self.run("detect", "--threshold", LOWEST_SCORE, "--model", model.name, *model.where, *files)
        found = {str(file): [] for file in files}
        for line in out.splitlines():
            row = json.loads(line)
            found[row["file"]].append((row["class"], row["score"], row["box"]))
        return found

    def replay(self, config, model, clip):
        """The alerts that begin in a clip, and how many frames were looked at."""
        where = ("--manifest", model.where[1])
        out, talk = self.run("replay", "--config", config, "--model", model.name, *where, "--start", "2026-01-07T00:00:00Z", clip)
        looks = re.search(r"frames looked at: (\d+)", talk)
        if not looks:
            raise Problem(f"`lookout replay` does not say how many frames of {clip} it looked at:\n{talk.strip()}")
        alerts = [json.loads(line)["data"] for line in out.splitlines()]
        return [alert for alert in alerts if alert["phase"] == "new"], int(looks[1])
