"""People: a figure built from rounded parts for a pose, and the poses (walking, standing, falling, riding).

The figure is rebuilt for every frame with the same faces and new points, so knees and elbows bend
without seams. Its own space: x right, y forward, z up, origin on the ground below the hips.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from mesh import Mesh

SKIN, HAIR, TOP, BOTTOM, SHOES, BAG, DARK, LIPS, TRIM = range(9)
STRIDE_M = 1.42  # two steps of somebody 1.72 m tall at full swing


@dataclass
class Person:
    height: float = 1.72
    build: float = 1.0
    skin: tuple = (0.62, 0.42, 0.32)
    hair: tuple = (0.03, 0.025, 0.02)
    hair_style: str = "short"  # short | long | bun | cap
    top: tuple = (0.1, 0.2, 0.5)
    top_style: str = "jacket"  # jacket | tshirt | stripes
    bottom: tuple = (0.05, 0.06, 0.09)
    bottom_style: str = "trousers"  # trousers | skirt | shorts
    shoes: tuple = (0.5, 0.5, 0.5)
    bag: tuple | None = None
    bag_style: str = "backpack"  # backpack | shoulder
    beat: float = 0.0  # shifts the idle movement so that no two people move together


@dataclass
class Pose:
    hips: tuple = (0.0, 0.0)
    knees: tuple = (0.05, 0.05)
    feet: tuple = (0.0, 0.0)
    shoulders: tuple = (0.0, 0.0)
    spread: tuple = (0.14, 0.14)
    elbows: tuple = (0.2, 0.2)
    stance: float = 0.0
    lean: float = 0.02
    twist: float = 0.0
    head_yaw: float = 0.0
    head_pitch: float = 0.0
    fall: float = 0.0  # 0 upright, 1 lying
    seat: float | None = None  # hip height when sitting, else the feet find the ground


def _turn(axes, yaw, pitch):
    """Turns right/forward/up axes about up, then tips forward."""
    r, f, u = axes
    c, s = math.cos(yaw), math.sin(yaw)
    r, f = r * c + f * s, f * c - r * s
    c, s = math.cos(pitch), math.sin(pitch)
    f, u = f * c - u * s, u * c + f * s
    return np.stack([r, f, u])


def _limb(a, b, c, count=13):
    t = np.linspace(0, 2, count)[:, None]
    line = np.where(t <= 1, a + (b - a) * t, b + (c - b) * (t - 1))
    for _ in range(2):
        line[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
    return line


def _profile(values, count):
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(values)), values)


def figure(person, pose):
    """The mesh for a pose, standing at the origin, and the points of its face."""
    H, B = person.height, person.build
    mesh = Mesh()
    x_axis = np.array([1.0, 0, 0])
    hip_z = 0.0
    legs = []
    for i, sx in enumerate((-1, 1)):
        hip = np.array([sx * 0.052 * H * B, 0, hip_z])
        h, k = pose.hips[i], pose.knees[i]
        out = sx * pose.stance
        knee = hip + 0.232 * H * np.array([math.sin(out), math.sin(h), -math.cos(h)])
        ankle = knee + 0.226 * H * np.array([math.sin(out), math.sin(h - k), -math.cos(h - k)])
        legs.append((hip, knee, ankle))
        line = _limb(hip, knee, ankle)
        n = len(line)
        if person.bottom_style == "trousers":
            width = _profile([0.056, 0.055, 0.050, 0.044, 0.041, 0.040, 0.038, 0.037], n) * H * (0.5 + 0.5 * B)
            mesh.tube(line, width * 0.98, width * 1.08, x_axis, BOTTOM, 12)
        else:
            width = _profile([0.050, 0.048, 0.042, 0.034, 0.034, 0.035, 0.029, 0.024], n) * H * (0.5 + 0.5 * B)
            mesh.tube(line, width, width * 1.05, x_axis, SKIN, 12)
            if person.bottom_style == "shorts":
                upper = line[: n // 2 + 1]
                w = _profile([0.060, 0.060, 0.058, 0.056], len(upper)) * H * (0.5 + 0.5 * B)
                mesh.tube(upper, w, w * 1.05, x_axis, BOTTOM, 12)
        p = pose.feet[i]
        foot = np.stack([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])

        def sole(unit):
            unit = unit.copy()
            unit[:, 2] = np.where(unit[:, 2] < -0.35, -0.35, unit[:, 2])
            unit[:, 0] *= 1 - 0.25 * np.clip(-unit[:, 1], 0, 1)
            unit[:, 2] *= np.where(unit[:, 1] > 0.3, 0.8, 1.15)
            return unit

        centre = ankle + foot[1] * 0.036 * H + foot[2] * -0.012 * H
        mesh.ellipsoid(centre, (0.029 * H, 0.078 * H, 0.036 * H), SHOES, foot, 8, 12, sole)
        mesh.box((-0.027 * H, -0.07 * H, -0.022 * H), (0.027 * H, 0.07 * H, -0.012 * H), TRIM, (centre, foot))

    mesh.ellipsoid((0, 0, 0.01 * H), (0.096 * H * B, 0.070 * H * B, 0.058 * H), BOTTOM, None, 8, 16)
    if person.bottom_style == "skirt":
        mid = (legs[0][1] + legs[1][1]) / 2
        swing = abs(legs[0][1][1] - legs[1][1][1]) / 2
        line = np.linspace([0, 0, 0.07 * H], mid * [0, 1, 1] + [0, 0, -0.02 * H], 8)
        wide = _profile([0.075, 0.098, 0.108, 0.118, 0.125], 8) * H * B
        deep = _profile([0.058, 0.075, 0.085, 0.095, 0.10], 8) * H + np.linspace(0, swing + 0.02, 8)
        mesh.tube(line, wide, deep, x_axis, BOTTOM, 20, caps=False)

    # The trunk leans about the hips and twists towards the shoulders.
    trunk = _turn(np.eye(3), 0.0, pose.lean)
    hem = -0.055 if person.top_style != "tshirt" else -0.02
    rows = [
        (hem, 0.098, 0.074), (0.0, 0.100, 0.073), (0.05, 0.094, 0.067), (0.11, 0.089, 0.064), (0.18, 0.099, 0.070),
        (0.24, 0.110, 0.072), (0.275, 0.115, 0.068), (0.300, 0.108, 0.060), (0.318, 0.088, 0.052), (0.332, 0.055, 0.044), (0.342, 0.036, 0.038),
    ]
    a = np.linspace(0, 2 * math.pi, 20, endpoint=False)
    c, s = np.cos(a), np.sin(a)
    r = (np.abs(c) ** 2.5 + np.abs(s) ** 2.5) ** (-1 / 2.5)
    rings = []
    for z, w, d in rows:
        turn = pose.twist * max(0.0, min(1.0, z / 0.3))
        axes = _turn(trunk, turn, 0.0)
        loose = 1.05 if person.top_style == "jacket" else 1.0
        bulge = 1 + 0.10 * (B - 1) * 3 * math.exp(-(((z - 0.07) / 0.08) ** 2))
        x, y = w * B * loose * H * r * c, d * (0.4 + 0.6 * B) * loose * bulge * H * r * s
        rings.append(trunk[2] * z * H + x[:, None] * axes[0] + y[:, None] * axes[1])
    stripes = person.top_style == "stripes"
    mesh.rings(rings, TOP, True, lambda i, j: TRIM if stripes and i in (3, 5) else TOP)
    upper = _turn(trunk, pose.twist, 0.0)

    for i, sx in enumerate((-1, 1)):
        shoulder = trunk[2] * 0.292 * H + upper[0] * sx * 0.106 * H * B
        f, o, e = pose.shoulders[i], pose.spread[i], pose.elbows[i]
        down = -upper[2] * math.cos(f) * math.cos(o) + upper[1] * math.sin(f) * math.cos(o) + upper[0] * sx * math.sin(o)
        g = f + e
        inwards = -0.25 * e
        lower = -upper[2] * math.cos(g) + upper[1] * math.sin(g) + upper[0] * sx * (math.sin(o) * 0.5 + inwards * 0.5)
        lower /= np.linalg.norm(lower)
        elbow = shoulder + down * 0.172 * H
        wrist = elbow + lower * 0.148 * H
        line = _limb(shoulder, elbow, wrist)
        n = len(line)
        across = np.cross(down, upper[1])
        if np.linalg.norm(across) < 0.2:
            across = upper[0]
        if person.top_style == "tshirt":
            w = _profile([0.030, 0.029, 0.026, 0.023, 0.024, 0.021, 0.017], n) * H
            mesh.tube(line, w, w * 1.05, across, SKIN, 10)
            sleeve = line[: n // 3 + 1]
            w = _profile([0.038, 0.039, 0.037], len(sleeve)) * H
            mesh.tube(sleeve, w, w * 1.1, across, TOP, 12)
        else:
            w = _profile([0.037, 0.038, 0.034, 0.030, 0.031, 0.028, 0.024], n) * H
            mesh.tube(line, w, w * 1.08, across, TOP, 12)
        mesh.ellipsoid(shoulder, (0.040 * H, 0.040 * H, 0.036 * H), TOP, None, 6, 10)
        palm = np.stack([np.cross(lower, upper[0]) / (np.linalg.norm(np.cross(lower, upper[0])) + 1e-9), upper[0], lower])
        mesh.ellipsoid(wrist + lower * 0.040 * H, (0.021 * H, 0.014 * H, 0.046 * H), SKIN, palm, 7, 8)

    neck = trunk[2] * 0.335 * H
    centre = trunk[2] * 0.432 * H + trunk[1] * 0.012 * H
    mesh.tube(np.linspace(neck, centre - trunk[2] * 0.03 * H, 4), [0.034 * H] * 4, [0.036 * H] * 4, x_axis, SKIN, 10)
    if person.top_style != "tshirt":
        mesh.tube(np.linspace(neck - trunk[2] * 0.012 * H, neck + trunk[2] * 0.016 * H, 3), [0.046 * H, 0.044 * H, 0.040 * H], [0.046 * H, 0.044 * H, 0.040 * H], x_axis, TOP, 12)
    head = _turn(upper, pose.head_yaw, pose.head_pitch - pose.lean * 0.8)

    def skull(unit):
        unit = unit.copy()
        jaw = np.clip(-unit[:, 2] - 0.1, 0, 1)
        unit[:, 0] *= 1 - 0.38 * jaw
        unit[:, 1] = unit[:, 1] * (1 - 0.12 * jaw) + 0.16 * jaw
        return unit

    face = mesh.ellipsoid(centre, (0.0475 * H, 0.0585 * H, 0.0685 * H), SKIN, head, 14, 18, skull)
    local = (mesh.points[-1] - centre) @ head.T / H
    face_points = np.flatnonzero((local[:, 1] > 0.012) & (local[:, 2] < 0.036)) + face.start

    def on_face(right, forward, up):
        return centre + (head[0] * right + head[1] * forward + head[2] * up) * H

    mesh.ellipsoid(on_face(0, 0.060, -0.010), (0.0075 * H, 0.011 * H, 0.014 * H), SKIN, head, 6, 8)
    for sx in (-1, 1):
        mesh.ellipsoid(on_face(sx * 0.0185, 0.0515, 0.005), (0.0085 * H, 0.006 * H, 0.0048 * H), DARK, head, 6, 8)
        mesh.ellipsoid(on_face(sx * 0.0195, 0.0525, 0.0165), (0.0125 * H, 0.005 * H, 0.0028 * H), HAIR, head, 5, 8)
        mesh.ellipsoid(on_face(sx * 0.047, -0.004, -0.004), (0.006 * H, 0.012 * H, 0.017 * H), SKIN, head, 6, 8)
    mesh.ellipsoid(on_face(0, 0.0545, -0.0345), (0.0155 * H, 0.006 * H, 0.0048 * H), LIPS, head, 5, 8)

    style = person.hair_style

    def hair(unit):
        unit = unit.copy()
        y, z = unit[:, 1].copy(), unit[:, 2].copy()
        line = 0.50 - 0.55 * np.clip(-y + 0.25, 0, 1) - (0.5 if style == "long" else 0.12) * (y < 0.1)
        bare = z < line
        keep = (style == "long") & (y < 0.15)
        unit[bare & ~keep] *= 0.80
        if style == "long":
            back = (y < 0.15) & (z < 0)
            unit[back, 2] *= 1.75
            unit[back, 1] -= 0.10
        return unit

    mesh.ellipsoid(on_face(0, -0.005, 0.006), (0.0525 * H, 0.0625 * H, 0.0710 * H), HAIR, head, 14, 18, hair)
    if style == "bun":
        mesh.ellipsoid(on_face(0, -0.062, 0.030), (0.026 * H,) * 3, HAIR, head, 7, 10)
    elif style == "cap":
        mesh.ellipsoid(on_face(0, 0.0, 0.028), (0.056 * H, 0.066 * H, 0.052 * H), TRIM, head, 8, 16)
        mesh.ellipsoid(on_face(0, 0.062, 0.030), (0.042 * H, 0.040 * H, 0.006 * H), TRIM, head, 5, 12)

    if person.bag is not None:
        if person.bag_style == "backpack":
            at = trunk[2] * 0.19 * H - upper[1] * 0.105 * H
            mesh.ellipsoid(at, (0.085 * H, 0.055 * H, 0.125 * H), BAG, upper, 8, 14)
            mesh.ellipsoid(at - upper[1] * 0.035 * H - upper[2] * 0.04 * H, (0.06 * H, 0.035 * H, 0.06 * H), BAG, upper, 7, 12)
        else:
            at = trunk[2] * 0.02 * H + upper[0] * 0.135 * H * B
            mesh.box((-0.028 * H, -0.075 * H, -0.07 * H), (0.028 * H, 0.075 * H, 0.05 * H), BAG, (at, upper))
            strap = np.array([at + upper[2] * 0.05 * H, trunk[2] * 0.2 * H + upper[1] * 0.08 * H, trunk[2] * 0.325 * H - upper[0] * 0.06 * H])
            mesh.tube(_limb(*strap), [0.008 * H] * 13, [0.008 * H] * 13, upper[1], BAG, 6)
    mesh.faces_of_face = face_points
    return mesh


def settle(points, pose):
    """Tips the figure over if it falls and puts its lowest point on the ground."""
    points = points.copy()
    if pose.fall > 0:
        angle = pose.fall * math.radians(84)
        c, s = math.cos(angle), math.sin(angle)
        y, z = points[:, 1] * c + points[:, 2] * s, points[:, 2] * c - points[:, 1] * s
        points[:, 1], points[:, 2] = y, z
    if pose.seat is not None:
        points[:, 2] += pose.seat
    else:
        points[:, 2] -= points[:, 2].min()
    return points


def pose_of(person, path, t, habit="walk", fall_at=None, gaze=None):
    """The pose at second `t`. `habit` is what the person does when standing: wait, talk, phone; or `ride`."""
    _, _, heading, speed, travelled = path.at(t)
    if habit == "ride":
        return Pose(
            hips=(1.25, 1.28), knees=(1.30, 1.33), feet=(0.0, 0.0), stance=0.05, shoulders=(0.95, 0.95), spread=(0.12, 0.12),
            elbows=(0.25, 0.25), lean=0.12, seat=0.80,
        )
    swing = min(1.0, speed / 1.15)
    swing = swing * swing * (3 - 2 * swing)
    phase = 2 * math.pi * travelled / (STRIDE_M * person.height / 1.72) + person.beat
    b = person.beat * 7.0
    slow = lambda period, shift: math.sin(2 * math.pi * t / period + b + shift)
    idle = 1 - swing
    hips, knees, feet, arms, elbows = [], [], [], [], []
    for i in (0, 1):
        p = phase + math.pi * i
        hips.append(swing * (0.44 * math.sin(p) + 0.05) + idle * 0.012 * slow(5.0, i))
        knees.append(0.06 + swing * (0.10 + 0.92 * max(0.0, math.cos(p + 0.35)) ** 2))
        feet.append(swing * (-0.55 * max(0.0, math.cos(p + 1.15)) ** 2 + 0.28 * max(0.0, math.sin(p - 0.25)) ** 3))
        arms.append(swing * (-0.48 * math.sin(p)) + idle * 0.04 * slow(4.1, i + 1) + 0.02)
        elbows.append(0.22 + swing * (0.16 - 0.16 * math.sin(p)) + idle * 0.06)
    head_yaw, head_pitch = idle * (0.25 * slow(6.3, 0.4)) + swing * 0.06 * slow(3.0, 0), 0.05
    if habit == "talk":
        lively = 0.5 + 0.5 * slow(3.7, 1.0)
        which = int(person.beat * 10) % 2
        arms[which] += idle * (0.25 + 0.45 * lively)
        elbows[which] += idle * (0.9 + 0.35 * slow(1.3, 0.3) * lively)
    elif habit == "phone":
        arms[1] += idle * 0.45
        elbows[1] += idle * 1.45
        head_pitch += idle * 0.35
    if gaze is not None:
        x, y = path.at(t)[:2]
        wanted = (math.atan2(gaze[1] - y, gaze[0] - x) - heading + math.pi) % (2 * math.pi) - math.pi
        head_yaw += max(-0.9, min(0.9, wanted)) * 0.8
    pose = Pose(
        hips=tuple(hips), knees=tuple(knees), feet=tuple(feet), shoulders=tuple(arms), elbows=tuple(elbows),
        stance=0.03 + idle * 0.04, lean=0.02 + 0.04 * swing + idle * 0.01 * slow(4.7, 0), twist=-swing * 0.12 * math.sin(phase) + idle * 0.03 * slow(7.1, 0),
        head_yaw=head_yaw, head_pitch=head_pitch,
    )
    if fall_at is not None and t > fall_at:
        u = min(1.0, (t - fall_at) / 0.9)
        pose.fall = u * u * (2.2 - 1.2 * u)
        # Lying on the front: one arm stretched ahead, one beside the body, one knee drawn up a little.
        blend = lambda now, then: tuple(n * (1 - u) + goal * u for n, goal in zip(now, then))
        pose.shoulders, pose.spread, pose.elbows = blend(pose.shoulders, (2.75, 0.25)), blend(pose.spread, (0.35, 0.55)), blend(pose.elbows, (0.15, 0.10))
        pose.hips, pose.knees = blend(pose.hips, (0.0, 0.08)), blend(pose.knees, (0.12, 0.45))
    return pose


def place(points, x, y, heading, z=0.0):
    """Own space -> world."""
    c, s = math.cos(heading), math.sin(heading)
    right, forward = np.array([s, -c, 0.0]), np.array([c, s, 0.0])
    return points[:, :1] * right + points[:, 1:2] * forward + points[:, 2:] * [0, 0, 1] + [x, y, z]


def wardrobe(seed):
    """A plausible, varied person for a number."""
    rng = np.random.default_rng(1000 + seed)
    pick = lambda options: options[int(rng.integers(len(options)))]
    tops = [(0.45, 0.04, 0.04), (0.04, 0.12, 0.42), (0.75, 0.73, 0.68), (0.06, 0.22, 0.12), (0.75, 0.45, 0.06), (0.03, 0.03, 0.035), (0.30, 0.10, 0.30), (0.12, 0.40, 0.50), (0.62, 0.30, 0.32), (0.25, 0.27, 0.30)]
    bottoms = [(0.03, 0.045, 0.10), (0.02, 0.02, 0.025), (0.20, 0.17, 0.12), (0.12, 0.13, 0.14), (0.06, 0.10, 0.20)]
    skins = [(0.66, 0.45, 0.34), (0.58, 0.38, 0.28), (0.70, 0.50, 0.40), (0.46, 0.29, 0.20), (0.30, 0.17, 0.11)]
    hair_style = pick(["short", "short", "long", "bun", "cap", "long", "short"])
    bottom_style = pick(["trousers", "trousers", "trousers", "skirt" if hair_style in ("long", "bun") else "shorts"])
    return Person(
        height=float(rng.uniform(1.56, 1.84)), build=float(rng.uniform(0.92, 1.16)), skin=pick(skins), hair=pick([(0.015, 0.013, 0.012), (0.03, 0.02, 0.015), (0.10, 0.06, 0.03), (0.35, 0.35, 0.35)]),
        hair_style=hair_style, top=pick(tops), top_style=pick(["jacket", "jacket", "tshirt", "stripes"]), bottom=pick(bottoms), bottom_style=bottom_style,
        shoes=pick([(0.6, 0.6, 0.6), (0.03, 0.03, 0.03), (0.25, 0.12, 0.06)]), bag=pick([None, None, (0.10, 0.05, 0.03), (0.02, 0.05, 0.12), (0.35, 0.05, 0.05)]),
        bag_style=pick(["backpack", "shoulder"]), beat=float(rng.uniform(0, 6.28)),
    )
