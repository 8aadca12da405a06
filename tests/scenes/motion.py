"""Where a thing is at a given second: steps ("walk there", "wait") become a smooth path.

Pure arithmetic: knows nothing of Blender. Metres and seconds; x to the right of the lane,
y away from the camera, z up; a heading of 0 looks along +x and grows anticlockwise.
"""

import math

import numpy as np

STEP_SECS = 0.02


def _smooth(values, sigma_secs):
    """Gaussian smoothing with held ends."""
    sigma = sigma_secs / STEP_SECS
    if sigma < 0.5:
        return values
    radius = int(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.concatenate([np.full(radius, values[0]), values, np.full(radius, values[-1])])
    return np.convolve(padded, kernel, mode="valid")


class Path:
    """The way of one thing through the scene.

    `steps` is a list of
        ("at", x, y)               where it starts
        ("go", x, y, speed)        straight to there, metres per second
        ("wait", secs)
        ("face", x, y)             turn towards a point while standing
    `start` is the second at which the first step begins; before it the thing is not in the scene.
    `leaves` says that it is gone after its last step.
    """

    def __init__(self, steps, start=0.0, leaves=False, smooth_secs=0.25, turn_secs=0.22):
        assert steps[0][0] == "at", "a path starts with ('at', x, y)"
        x, y = steps[0][1], steps[0][2]
        xs, ys, faces = [x], [y], [None]
        face = None
        for step in steps[1:]:
            if step[0] == "go":
                face = None
                distance = math.hypot(step[1] - x, step[2] - y)
                count = max(1, round(distance / step[3] / STEP_SECS))
                for k in range(1, count + 1):
                    xs.append(x + (step[1] - x) * k / count)
                    ys.append(y + (step[2] - y) * k / count)
                    faces.append(None)
                x, y = step[1], step[2]
            elif step[0] == "wait":
                count = round(step[1] / STEP_SECS)
                xs += [x] * count
                ys += [y] * count
                faces += [face] * count
            elif step[0] == "face":
                face = math.atan2(step[2] - y, step[1] - x)
            else:
                raise ValueError(f"unknown step {step[0]!r}: it is one of at, go, wait, face")
        self.start = start
        self.end = start + (len(xs) - 1) * STEP_SECS if leaves else math.inf
        self.x = _smooth(np.array(xs, float), smooth_secs)
        self.y = _smooth(np.array(ys, float), smooth_secs)
        vx, vy = np.gradient(self.x, STEP_SECS), np.gradient(self.y, STEP_SECS)
        self.speed = np.hypot(vx, vy)
        self.travelled = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(self.x), np.diff(self.y)))])
        heading = np.full(len(xs), np.nan)
        for k, wanted in enumerate(faces):
            if wanted is not None and self.speed[k] < 0.3:
                heading[k] = wanted
            elif self.speed[k] > 0.08:
                heading[k] = math.atan2(vy[k], vx[k])
        known = np.flatnonzero(~np.isnan(heading))
        if len(known) == 0:
            heading[:] = 0.0
        else:
            heading[: known[0]] = heading[known[0]]
            for k in range(known[0] + 1, len(heading)):
                if math.isnan(heading[k]):
                    heading[k] = heading[k - 1]
        self.heading = _smooth(np.unwrap(heading), turn_secs)

    def present(self, t):
        return self.start <= t <= self.end

    def at(self, t):
        """(x, y, heading, speed, metres travelled) at second `t`."""
        k = min(max((t - self.start) / STEP_SECS, 0.0), len(self.x) - 1.0)
        i = int(k)
        j = min(i + 1, len(self.x) - 1)
        part = k - i
        return tuple(
            float(series[i] * (1 - part) + series[j] * part)
            for series in (self.x, self.y, self.heading, self.speed, self.travelled)
        )


def still(path, t, around_secs=0.6, speed=0.02):
    """Whether the thing stands still for a while around `t`."""
    return all(path.at(t + d)[3] < speed for d in (-around_secs, 0.0, around_secs))
