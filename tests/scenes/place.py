"""The lane: ground, paint, houses, fence with gate, yard, tree. Metres; see `motion` for the axes."""

import math

import numpy as np

import look
from layout import DOOR, FRONT, GATE, rectangle
from mesh import Mesh

LETTERS = {  # strokes on a grid 2 wide, 4 high
    "F": [[(0, 0), (0, 4), (2, 4)], [(0, 2.1), (1.6, 2.1)]],
    "I": [[(0, 0), (0, 4)]],
    "R": [[(0, 0), (0, 4), (1.6, 4), (2, 3.5), (2, 2.6), (1.6, 2.1), (0, 2.1)], [(0.9, 2.1), (2, 0)]],
    "E": [[(2, 0), (0, 0), (0, 4), (2, 4)], [(0, 2.1), (1.6, 2.1)]],
    "L": [[(0, 4), (0, 0), (2, 0)]],
    "A": [[(0, 0), (1, 4), (2, 0)], [(0.45, 1.5), (1.55, 1.5)]],
    "N": [[(0, 0), (0, 4), (2, 0), (2, 4)]],
    " ": [],
}


def _stroke(mesh, points, width, z, material):
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        length = math.hypot(x1 - x0, y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        x0, y0, x1, y1 = x0 - ux * width / 2, y0 - uy * width / 2, x1 + ux * width / 2, y1 + uy * width / 2
        nx, ny = -uy * width / 2, ux * width / 2
        mesh.quad([(x0 + nx, y0 + ny, z), (x0 - nx, y0 - ny, z), (x1 - nx, y1 - ny, z), (x1 + nx, y1 + ny, z)], material)


def _write(mesh, text, x, y, height, z, material):
    unit = height / 4
    for letter in text:
        for stroke in LETTERS[letter]:
            _stroke(mesh, [(x + px * unit * 0.8, y + py * unit) for px, py in stroke], 0.11, z, material)
        x += unit * (1.1 if letter == "I" else 2.6 if letter != " " else 1.6)


def _window(mesh, frame, glass, sill, x0, x1, z0, z1, y, into=1.0, bars=1):
    """A window in a wall that faces -y (`into` +1)."""
    mesh.box((x0, y - 0.01, z0), (x1, y + 0.04 * into, z1), glass)
    w = 0.06
    for a, b, c, d in ((x0 - w, x1 + w, z1, z1 + w), (x0 - w, x1 + w, z0 - w, z0), (x0 - w, x0, z0, z1), (x1, x1 + w, z0, z1)):
        mesh.box((a, y - 0.05, c), (b, y + 0.02, d), frame)
    for i in range(bars):
        x = x0 + (x1 - x0) * (i + 1) / (bars + 1)
        mesh.box((x - 0.025, y - 0.04, z0), (x + 0.025, y, z1), frame)
    mesh.box((x0 - 0.12, y - 0.14, z0 - w - 0.05), (x1 + 0.12, y, z0 - w), sill)


def _leaves(centres, radii, count, size, seed):
    """Small leaves, denser towards the rim of each cluster."""
    rng = np.random.default_rng(seed)
    which = rng.integers(len(centres), size=count)
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    at = np.asarray(centres)[which] + direction * np.asarray(radii)[which] * rng.uniform(0.45, 1.0, (count, 1)) ** 0.5
    a = rng.normal(size=(count, 3))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = np.cross(a, direction)
    b /= np.linalg.norm(b, axis=1, keepdims=True) + 1e-9
    s = size * rng.uniform(0.6, 1.3, (count, 1))
    quads = np.stack([at - a * s, at + b * s * 0.5, at + a * s, at - b * s * 0.5], axis=1)
    mesh = Mesh()
    mesh.add(quads.reshape(-1, 3), [(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3) for i in range(count)], 0)
    return mesh


def build(add, night=False):
    """Calls `add(name, mesh, materials, smooth)` for each standing thing."""
    steep = (-math.pi / 2, 0, 0)
    sideways = (-math.pi / 2, -math.pi / 2, 0)

    ground = Mesh()
    ground.quad(rectangle(-40, -30, 40, 40), 0)
    add("road", ground, [look.asphalt()], False)

    paving = look.bricks("paving", [(0.40, 0.37, 0.33), (0.30, 0.285, 0.265)], (0.13, 0.125, 0.12), 0.40, 0.20, mortar_size=0.010)
    slabs = look.bricks("slabs", [(0.36, 0.35, 0.33), (0.31, 0.305, 0.29)], (0.14, 0.135, 0.125), 0.75, 0.75, mortar_size=0.014, offset=0.0)
    stone = look.plaster("stone", (0.42, 0.41, 0.39), 0.6)
    floor = Mesh()
    floor.quad(rectangle(-40, -30, 40, -0.1, 0.004), 0)
    floor.quad(rectangle(-1.6, FRONT, 14, 11, 0.004), 1)
    floor.quad(rectangle(-40, 5.1, 14, FRONT, 0.006), 1)
    add("paving", floor, [paving, slabs], False)
    kerb = Mesh()
    for i in range(34):
        x = -12 + i * 0.8
        kerb.box((x, -0.22, -0.1), (x + 0.785, -0.07, 0.022), 0)
        if not GATE[0] - 0.6 < x < GATE[1]:
            kerb.box((x, 5.06, -0.1), (x + 0.785, 5.2, 0.035), 0)
    add("kerb", kerb, [stone], False)

    paint = Mesh()
    z = 0.004
    x0, y0, x1, y1 = -7.6, 2.7, -0.6, 5.0
    for line in ([(x0, y0), (x1, y0)], [(x0, y1), (x1, y1)], [(x0, y0), (x0, y1)], [(x1, y0), (x1, y1)]):
        _stroke(paint, line, 0.14, z, 0)
    for x in np.arange(x0, x1 + 1.0, 1.15):
        a, b = (x, y0), (x + 1.15, y1)
        if x + 1.15 > x1:
            part = (x1 - x) / 1.15
            b = (x1, y0 + (y1 - y0) * part)
        if a[0] < x1 - 0.1:
            _stroke(paint, [a, b], 0.10, z, 0)
    _write(paint, "FIRE LANE", -5.9, 1.40, 0.90, z, 0)
    for x in np.arange(-14, 9, 3.0):
        _stroke(paint, [(x, 0.12), (x + 1.6, 0.12)], 0.10, z, 1)
    add("road paint", paint, [look.road_paint("yellow paint", (0.72, 0.43, 0.03)), look.road_paint("white paint", (0.62, 0.62, 0.60))], False)
    cover = Mesh()
    a = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    ring = lambda r, h: np.stack([1.9 + r * np.cos(a), 1.5 + r * np.sin(a), np.full(32, h)], axis=1)
    cover.rings([ring(0.36, 0.0), ring(0.36, 0.006), ring(0.30, 0.006), ring(0.30, 0.003)], 0)
    for i in range(5):
        cover.box((1.68, 1.30 + i * 0.1, 0.002), (2.12, 1.33 + i * 0.1, 0.008), 0)
    add("manhole cover", cover, [look.plain("iron", (0.055, 0.05, 0.048), 0.6, Metallic=0.6)], False)

    # The left house: brick, a shop window, an entrance one can ride into.
    red = look.bricks("brick front", [(0.33, 0.135, 0.085), (0.24, 0.095, 0.065)], (0.36, 0.33, 0.29), 0.26, 0.085, steep, 0.5)
    red_side = look.bricks("brick side", [(0.33, 0.135, 0.085), (0.24, 0.095, 0.065)], (0.36, 0.33, 0.29), 0.26, 0.085, sideways, 0.5)
    frame = look.plain("window frame", (0.55, 0.54, 0.50), 0.5)
    pane = look.glass("window pane")
    warm = look.lamp("lit window", (1.0, 0.72, 0.38), 2.2) if night else None
    dark = look.plain("dark", (0.02, 0.02, 0.022), 0.7)
    house = Mesh()
    left, right = -16.0, -1.6
    for low, high in (((left, FRONT, 0), (DOOR[0], FRONT + 0.3, 8)), ((DOOR[1], FRONT, 0), (right, FRONT + 0.3, 8)), ((DOOR[0], FRONT, DOOR[2]), (DOOR[1], FRONT + 0.3, 8))):
        house.box(low, high, 0)
    house.box((right - 0.3, FRONT + 0.3, 0), (right, 16, 8), 1)
    house.box((left, FRONT - 0.05, 0), (DOOR[0] - 0.12, FRONT, 0.45), 2)
    house.box((DOOR[1] + 0.12, FRONT - 0.05, 0), (right + 0.05, FRONT, 0.45), 2)
    house.box((right, FRONT, 0), (right + 0.05, 11, 0.45), 2)
    house.box((left, FRONT - 0.06, 3.0), (right + 0.06, FRONT, 3.14), 2)
    add("left house", house, [red, red_side, look.plaster("plinth", (0.30, 0.29, 0.275), 0.6)], False)
    room = Mesh()
    room.quad([(-7, FRONT + 0.3, 0.003), (right - 0.3, FRONT + 0.3, 0.003), (right - 0.3, 9.5, 0.003), (-7, 9.5, 0.003)], 0)
    room.quad([(DOOR[0], FRONT - 0.02, 0.008), (DOOR[1], FRONT - 0.02, 0.008), (DOOR[1], FRONT + 0.3, 0.008), (DOOR[0], FRONT + 0.3, 0.008)], 0)
    room.quad([(-7, 9.5, 0), (right - 0.3, 9.5, 0), (right - 0.3, 9.5, 3), (-7, 9.5, 3)], 1)
    room.quad([(-7, FRONT + 0.3, 0), (-7, 9.5, 0), (-7, 9.5, 3), (-7, FRONT + 0.3, 3)], 1)
    room.quad([(-7, FRONT + 0.3, 3), (right - 0.3, FRONT + 0.3, 3), (right - 0.3, 9.5, 3), (-7, 9.5, 3)], 1)
    room.box((-4.6, 7.6, 2.85), (-3.4, 7.8, 2.95), 2)
    add("entrance hall", room, [slabs, look.lamp("hall wall", (0.50, 0.46, 0.38), 0.20), look.lamp("hall lamp", (1.0, 0.9, 0.75), 3.0)], False)
    trim = Mesh()
    for x in (DOOR[0], DOOR[1]):
        trim.box((x - 0.10, FRONT - 0.06, 0), (x + 0.02, FRONT + 0.05, DOOR[2] + 0.1), 0)
    trim.box((DOOR[0] - 0.1, FRONT - 0.06, DOOR[2]), (DOOR[1] + 0.02, FRONT + 0.05, DOOR[2] + 0.12), 0)
    trim.box((DOOR[0] - 0.35, FRONT - 0.85, 2.62), (DOOR[1] + 0.35, FRONT, 2.72), 0)
    _window(trim, 0, 3 if night else 1, 0, -8.9, -6.9, 0.95, 2.35, FRONT, bars=2)
    _window(trim, 0, 1, 0, -6.5, -4.7, 0.95, 2.35, FRONT, bars=1)
    for k, x in enumerate((-9.0, -6.4, -3.7)):
        _window(trim, 0, 3 if night and k == 1 else 1, 0, x, x + 1.4, 3.75, 5.2, FRONT, bars=1)
    add("frames of the left house", trim, [frame, pane, stone, warm or pane], False)
    extra = Mesh()
    for i in range(9):  # striped awning
        x = -6.75 + i * 0.26
        extra.add([(x, FRONT, 2.85), (x + 0.26, FRONT, 2.85), (x + 0.26, FRONT - 0.85, 2.50), (x, FRONT - 0.85, 2.50)], [(0, 1, 2, 3)], i % 2)
        extra.add([(x, FRONT - 0.85, 2.50), (x + 0.26, FRONT - 0.85, 2.50), (x + 0.26, FRONT - 0.85, 2.34), (x, FRONT - 0.85, 2.34)], [(0, 1, 2, 3)], i % 2)
    extra.box((-2.1 + 0.2, FRONT - 0.42, 2.5), (-2.1 + 0.2 + 0.01, FRONT, 2.51), 2)
    extra.box((right, 6.6, 2.3), (right + 0.36, 7.5, 2.95), 2)  # cooling unit on the side wall
    fan = np.linspace(0, 2 * math.pi, 20, endpoint=False)
    extra.rings([np.stack([np.full(20, right + 0.365), 7.0 + 0.25 * np.cos(fan), 2.62 + 0.25 * np.sin(fan)], axis=1), np.stack([np.full(20, right + 0.37), 7.0 + 0.22 * np.cos(fan), 2.62 + 0.22 * np.sin(fan)], axis=1)], 3)
    extra.tube([(right + 0.08, FRONT - 0.1, 0), (right + 0.08, FRONT - 0.1, 8)], [0.05, 0.05], [0.05, 0.05], (1, 0, 0), 2, 10)
    for y in (8.2, 9.6):
        extra.box((right - 0.01, y, 1.3), (right + 0.02, y + 0.8, 2.4), 3)
        for a0, a1, b0, b1 in ((y - 0.05, y + 0.85, 2.4, 2.46), (y - 0.05, y + 0.85, 1.22, 1.3), (y - 0.05, y, 1.3, 2.4), (y + 0.8, y + 0.85, 1.3, 2.4)):
            extra.box((right, a0, b0), (right + 0.05, a1, b1), 4)
    add("front of the left house", extra, [look.plain("awning green", (0.03, 0.20, 0.11), 0.8), look.plain("awning white", (0.70, 0.68, 0.62), 0.8), look.plain("grey metal", (0.45, 0.45, 0.44), 0.45), dark, frame], False)

    # Fence, gate posts, open gate.
    fence = Mesh()
    for a, b in ((right, GATE[0] - 0.35), (GATE[1] + 0.35, 12.0)):
        fence.box((a, FRONT, 0), (b, FRONT + 0.2, 0.36), 0)
        fence.box((a, FRONT - 0.03, 0.36), (b, FRONT + 0.23, 0.42), 1)
        for z in (0.52, 1.12):
            fence.box((a, FRONT + 0.085, z), (b, FRONT + 0.115, z + 0.035), 2)
        for x in np.arange(a + 0.1, b, 0.16):
            fence.box((x - 0.009, FRONT + 0.09, 0.42), (x + 0.009, FRONT + 0.11, 1.22), 2)
    for x in (GATE[0] - 0.35, GATE[1]):
        fence.box((x, FRONT - 0.08, 0), (x + 0.35, FRONT + 0.28, 1.45), 0)
        fence.box((x - 0.05, FRONT - 0.13, 1.45), (x + 0.40, FRONT + 0.33, 1.54), 1)
        fence.ellipsoid((x + 0.175, FRONT + 0.1, 1.66), (0.13, 0.13, 0.13), 3, None, 8, 14)
    for x, sx in ((GATE[0] + 0.02, 1), (GATE[1] - 0.02, -1)):
        angle = math.radians(97)
        axes = np.stack([[sx * math.cos(angle), math.sin(angle), 0], [0, 0, 1], [1, 0, 0]])
        for low, high in (((0, 0.12, -0.02), (1.05, 0.17, 0.02)), ((0, 1.2, -0.02), (1.05, 1.25, 0.02)), ((0, 0.12, -0.02), (0.05, 1.35, 0.02)), ((1.0, 0.12, -0.02), (1.05, 1.25, 0.02))):
            fence.box(low, high, 2, ((x, FRONT + 0.2, 0), axes))
        for k in np.arange(0.15, 1.0, 0.14):
            fence.box((k - 0.008, 0.15, -0.008), (k + 0.008, 1.22, 0.008), 2, ((x, FRONT + 0.2, 0), axes))
    globe = look.lamp("gate lamp", (1.0, 0.85, 0.6), 12.0) if night else look.plain("gate lamp", (0.75, 0.74, 0.70), 0.3)
    add("fence", fence, [look.bricks("post brick", [(0.40, 0.36, 0.30), (0.33, 0.30, 0.26)], (0.28, 0.27, 0.25), 0.30, 0.10, steep, 0.5), stone, look.plain("fence iron", (0.02, 0.035, 0.03), 0.45, Metallic=0.3), globe], False)

    # The house behind the yard.
    back = Mesh()
    y = 11.0
    back.box((right, y, 0), (13, y + 0.3, 3.1), 0)
    back.box((right, y - 0.04, 0), (13, y, 0.5), 1)
    back.box((right - 0.1, y - 0.55, 3.06), (13.4, y + 0.3, 3.18), 2)
    _window(back, 2, 6 if night else 3, 1, -0.9, 0.6, 1.0, 2.35, y, bars=1)
    _window(back, 2, 3, 1, 3.3, 5.1, 1.0, 2.35, y, bars=2)
    _window(back, 2, 3, 1, 6.6, 8.4, 1.0, 2.35, y, bars=2)
    back.box((1.4, y - 0.03, 0.1), (2.5, y + 0.02, 2.25), 4)
    for low, high in (((1.28, y - 0.07, 0), (1.4, y + 0.02, 2.35)), ((2.5, y - 0.07, 0), (2.62, y + 0.02, 2.35)), ((1.28, y - 0.07, 2.25), (2.62, y + 0.02, 2.37))):
        back.box(low, high, 2)
    back.box((1.1, y - 0.7, 0), (2.8, y, 0.12), 1)
    back.tube([(3.0, y - 0.09, 0), (3.0, y - 0.09, 3.1)], [0.045] * 2, [0.045] * 2, (1, 0, 0), 2, 8)
    add("back house", back, [look.plaster("cream plaster", (0.62, 0.53, 0.38), 0.55), look.plaster("plinth 2", (0.33, 0.32, 0.30), 0.6), frame, pane, look.plain("green door", (0.035, 0.12, 0.09), 0.5), dark, warm or pane], False)
    roof = Mesh()
    rows = 12
    roof.quad([(right - 0.1, y - 0.6, 3.1), (13.4, y - 0.6, 3.1), (13.4, y + 3.8, 4.78), (right - 0.1, y + 3.8, 4.78)], 0)
    for i in range(rows):
        t0, t1 = i / rows, (i + 1) / rows
        ya, za, yb, zb = y - 0.65 + 4.4 * t0, 3.16 + 1.75 * t0, y - 0.65 + 4.4 * t1 + 0.06, 3.16 + 1.75 * t1 - 0.05
        roof.add([(right - 0.1, ya, za + 0.07), (13.4, ya, za + 0.07), (13.4, yb, zb + 0.02), (right - 0.1, yb, zb + 0.02)], [(0, 1, 2, 3)], 0)
        roof.add([(right - 0.1, ya, za), (13.4, ya, za), (13.4, ya, za + 0.07), (right - 0.1, ya, za + 0.07)], [(0, 1, 2, 3)], 0)
    tiles = look.bricks("roof tiles", [(0.24, 0.10, 0.06), (0.17, 0.075, 0.05)], (0.05, 0.03, 0.025), 0.24, 5.0, worn=0.55, offset=0.0, mortar_size=0.03)
    add("roof", roof, [tiles], False)
    wood = look.plain("wood", (0.25, 0.13, 0.06), 0.7)
    yard = Mesh()
    for k in range(3):
        yard.box((3.4, 10.2 + k * 0.13, 0.44), (5.0, 10.31 + k * 0.13, 0.48), 0)
        yard.box((3.4, 10.62, 0.58 + k * 0.14), (5.0, 10.66, 0.69 + k * 0.14), 0)
    for x in (3.55, 4.8):
        yard.box((x, 10.2, 0), (x + 0.06, 10.66, 0.46), 1)
    for x in (-1.1, -0.4, 0.3, 6.0):
        a = np.linspace(0, 2 * math.pi, 16, endpoint=False)
        ring = lambda r, h: np.stack([x + r * np.cos(a), 10.5 + r * np.sin(a), np.full(16, h)], axis=1)
        yard.rings([ring(0.15, 0), ring(0.21, 0.34), ring(0.23, 0.34), ring(0.23, 0.40)], 2)
    add("yard things", yard, [wood, dark, look.plaster("pot", (0.42, 0.18, 0.10), 0.5)], False)
    green = look.foliage("leaves", (0.075, 0.17, 0.035))
    add("pot plants", _leaves([(x, 10.5, 0.62) for x in (-1.1, -0.4, 0.3, 6.0)], [(0.26, 0.26, 0.28)] * 4, 700, 0.07, 3), [green], False)

    trunk = Mesh()
    trunk.tube([(6.9, 8.3, 0), (6.95, 8.3, 1.2), (6.85, 8.35, 2.4), (7.0, 8.4, 3.4)], [0.17, 0.13, 0.11, 0.07], [0.17, 0.13, 0.11, 0.07], (1, 0, 0), 0, 12)
    for x, y_, z_ in ((5.9, 7.9, 3.2), (7.8, 8.0, 3.4), (6.6, 9.2, 3.5)):
        trunk.tube([(6.9, 8.33, 1.9), ((6.9 + x) / 2, (8.33 + y_) / 2, 2.7), (x, y_, z_)], [0.07, 0.05, 0.03], [0.07, 0.05, 0.03], (1, 0, 0), 0, 8)
    add("trunk", trunk, [look.plaster("bark", (0.16, 0.11, 0.075), 0.8)], True)
    clusters = [(5.8, 7.9, 3.4), (6.9, 8.2, 4.1), (7.9, 8.0, 3.6), (6.6, 9.2, 3.8), (6.3, 7.4, 3.9), (7.3, 7.5, 3.2), (7.6, 9.0, 4.4)]
    add("leaves", _leaves(clusters, [(0.95, 0.95, 0.75)] * len(clusters), 6500, 0.10, 4), [green], False)
    hedge = [(x, -0.75 + 0.05 * math.sin(9 * x), 0.62) for x in np.arange(-7.8, -3.2, 0.5)]
    add("hedge", _leaves(hedge, [(0.42, 0.36, 0.36)] * len(hedge), 5200, 0.055, 5), [look.foliage("hedge leaves", (0.055, 0.13, 0.03))], False)
    trough = Mesh()
    trough.box((-8.2, -1.15, 0), (-3.0, -0.35, 0.42), 0)
    add("planter", trough, [stone], False)
    far = [(x, 21 + 2 * math.sin(3 * x), 4.5 + 1.3 * math.sin(1.7 * x)) for x in np.arange(-6, 22, 1.7)]
    add("far trees", _leaves(far, [(1.7, 1.5, 2.2)] * len(far), 9000, 0.22, 6), [look.foliage("far leaves", (0.06, 0.13, 0.045))], False)

    # Waste bins by the fence, a lamp post.
    bins = Mesh()
    for x, m in ((4.15, 0), (4.95, 1)):
        x0, x1, y0, y1 = x - 0.29, x + 0.29, 4.25, 4.85
        lower = [(x0 + 0.05, y0 + 0.06, 0.10), (x1 - 0.05, y0 + 0.06, 0.10), (x1 - 0.05, y1 - 0.04, 0.10), (x0 + 0.05, y1 - 0.04, 0.10)]
        upper = [(x0, y0, 0.95), (x1, y0, 0.95), (x1, y1, 1.0), (x0, y1, 1.0)]
        bins.add(lower + upper, [(3, 2, 1, 0), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)], m)
        if x < 4.5:
            bins.add([(x0 - 0.03, y0 - 0.05, 0.95), (x1 + 0.03, y0 - 0.05, 0.95), (x1 + 0.03, y1 + 0.03, 1.02), (x0 - 0.03, y1 + 0.03, 1.02), (x0, y0, 1.03), (x1, y0, 1.03), (x1, y1, 1.1), (x0, y1, 1.1)], [(0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7)], m)
        bins.quad([(x0 + 0.02, y0 + 0.02, 0.8), (x1 - 0.02, y0 + 0.02, 0.8), (x1 - 0.02, y1 - 0.02, 0.8), (x0 + 0.02, y1 - 0.02, 0.8)], 2)
        for wx in (x0 + 0.04, x1 - 0.04):
            bins.ellipsoid((wx, y1 - 0.05, 0.10), (0.03, 0.10, 0.10), 2, None, 7, 10)
    add("bins", bins, [look.plain("bin green", (0.03, 0.13, 0.06), 0.5), look.plain("bin grey", (0.07, 0.075, 0.08), 0.5), dark], False)
    post = Mesh()
    post.tube([(-1.15, 5.4, 0), (-1.15, 5.4, 3.0), (-1.15, 5.4, 6.2)], [0.075, 0.06, 0.05], [0.075, 0.06, 0.05], (1, 0, 0), 0, 12)
    post.tube([(-1.15, 5.4, 0), (-1.15, 5.4, 0.5)], [0.11, 0.10], [0.11, 0.10], (1, 0, 0), 0, 12)
    add("lamp post", post, [look.plain("post", (0.10, 0.11, 0.11), 0.5, Metallic=0.4)], True)


def lamps(add_light):
    """The lamps of the night: `add_light(kind, position, energy, colour, **more)`."""
    for x, y, energy in ((-1.0, 3.9, 900.0), (6.0, 0.5, 800.0), (-8.0, 2.0, 650.0)):
        add_light("SPOT", (x, y, 6.1), energy, (1.0, 0.78, 0.50), spread_deg=150.0)
    add_light("POINT", (1.9, 10.5, 2.6), 60.0, (1.0, 0.8, 0.55))
