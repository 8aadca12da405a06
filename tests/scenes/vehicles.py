"""Vehicles and things, each a mesh in its own space: x forward, y left, z up, origin on the ground in its middle.

A vehicle is a body and a list of wheels; a wheel is a mesh around its own axle so that it can turn.
"""

import math

import numpy as np

from mesh import Mesh, rounded

PAINT, GLASS, TYRE, RIM, LAMP, TAIL, BLACK, CHROME = range(8)


def _lower_body(mesh, stations, columns=32, power=4.5):
    """Lofts the lower body from (x, half width, bottom, top) stations."""
    rings = []
    for x, half, low, high in stations:
        ring = rounded(half, (high - low) / 2, power, columns)
        # Sides lean in a little towards the top, as on real cars.
        tall = (ring[:, 1] / max(1e-6, (high - low) / 2) + 1) / 2
        y = ring[:, 0] * (1 - 0.07 * np.clip(tall - 0.55, 0, 1) / 0.45)
        rings.append(np.stack([np.full(columns, x), y, ring[:, 1] + (low + high) / 2], axis=1))
    mesh.rings(rings, PAINT)


def _cabin(mesh, levels, pillars, power=6, columns=64):
    """Lofts the glass house from (z, front x, rear x, half width); the last levels are roof."""
    rings = []
    for z, front, rear, half in levels:
        ring = rounded((front - rear) / 2, half, power, columns)
        rings.append(np.stack([ring[:, 0] + (front + rear) / 2, ring[:, 1], np.full(columns, z)], axis=1))
    rings = np.array(rings)
    roof_from = len(levels) - 4

    def material_of(i, j):
        if i >= roof_from or i == 0:
            return PAINT
        middle = rings[i, [j, (j + 1) % columns]].mean(0)
        z, front, rear, half = levels[i]
        if abs(middle[1]) > half * 0.9:  # side: glass between pillars
            return PAINT if any(abs(middle[0] - p) < w for p, w in pillars) or middle[0] > front - 0.16 or middle[0] < rear + 0.16 else GLASS
        return GLASS if abs(middle[1]) < half * 0.86 else PAINT

    mesh.rings(rings, PAINT, True, material_of)


def car():
    """A five-door family car, 4.35 m long. Returns (body, [(wheel mesh, centre)])."""
    mesh = Mesh()
    stations = [
        (-2.17, 0.50, 0.42, 0.74), (-2.14, 0.68, 0.34, 0.86), (-2.05, 0.80, 0.28, 0.94), (-1.85, 0.86, 0.25, 0.97), (-1.4, 0.885, 0.23, 0.975), (-0.8, 0.89, 0.22, 0.965),
        (0.0, 0.89, 0.22, 0.955), (0.7, 0.89, 0.22, 0.945), (1.05, 0.885, 0.22, 0.93), (1.45, 0.87, 0.23, 0.885), (1.8, 0.84, 0.24, 0.83), (2.0, 0.79, 0.25, 0.78), (2.12, 0.68, 0.29, 0.71), (2.17, 0.52, 0.36, 0.62),
    ]
    _lower_body(mesh, stations)
    _cabin(
        mesh,
        [(0.90, 1.12, -2.00, 0.83), (0.965, 1.03, -1.98, 0.815), (1.10, 0.78, -1.90, 0.775), (1.22, 0.55, -1.80, 0.735), (1.34, 0.33, -1.66, 0.69), (1.395, 0.22, -1.55, 0.665), (1.44, 0.10, -1.40, 0.61), (1.468, -0.10, -1.15, 0.48)],
        [(-0.42, 0.055), (-1.36, 0.05)],
    )
    for sy in (-1, 1):
        # Lamps, mirrors, door seams, handles, sills.
        mesh.ellipsoid((1.98, sy * 0.62, 0.665), (0.17, 0.17, 0.075), LAMP, [[0.9, sy * -0.35, 0.1], [sy * 0.35, 0.93, 0], [-0.1, 0, 1]], 8, 14)
        mesh.ellipsoid((2.05, sy * 0.56, 0.41), (0.07, 0.09, 0.05), LAMP, None, 6, 10)
        mesh.ellipsoid((-2.05, sy * 0.66, 0.78), (0.10, 0.16, 0.09), TAIL, None, 8, 12)
        mesh.ellipsoid((0.72, sy * 0.97, 1.02), (0.09, 0.11, 0.075), PAINT, None, 7, 12)
        mesh.box((0.70, min(sy * 0.84, sy * 0.92), 0.97), (0.75, max(sy * 0.84, sy * 0.92), 1.0), BLACK)
        for x in (0.88, -0.40, -1.30):
            mesh.box((x - 0.007, sy * 0.885 - 0.008, 0.34), (x + 0.007, sy * 0.885 + 0.008, 0.88), BLACK)
        for x in (-0.22, -1.08):
            mesh.box((x - 0.09, sy * 0.895 - 0.014, 0.80), (x + 0.09, sy * 0.895 + 0.014, 0.825), CHROME)
        mesh.box((-1.0, sy * 0.87 - 0.02, 0.225), (0.98, sy * 0.87 + 0.02, 0.315), BLACK)
        for x in (-1.33, 1.32):  # wheel arches
            a = np.linspace(0, 2 * math.pi, 28, endpoint=False)
            ring = lambda r, y: np.stack([x + r * np.cos(a), np.full(28, y), 0.33 + r * np.sin(a)], axis=1)
            y0, y1 = sy * 0.60, sy * 0.893
            mesh.rings([ring(0.375, y0), ring(0.375, y1), ring(0.36, y1)], BLACK)
    mesh.box((2.03, -0.42, 0.50), (2.165, 0.42, 0.635), BLACK)  # grille
    mesh.box((2.155, -0.36, 0.56), (2.175, 0.36, 0.578), CHROME)
    mesh.box((1.98, -0.55, 0.285), (2.135, 0.55, 0.40), BLACK)  # intake
    mesh.box((-2.13, -0.55, 0.29), (-1.98, 0.55, 0.42), BLACK)
    mesh.box((-1.9, -0.80, 0.20), (1.9, 0.80, 0.30), BLACK)  # underside
    wheels = []
    for x in (-1.33, 1.32):
        for y in (-0.82, 0.82):
            wheel = Mesh()
            wheel.wheel((0, 0, 0), 0.325, 0.21, TYRE, RIM, RIM)
            wheels.append((wheel, (x, y, 0.325)))
    return mesh, wheels


def van():
    """A delivery van, 5.2 m long, closed load space."""
    mesh = Mesh()
    stations = [
        (-2.60, 0.84, 0.45, 1.00), (-2.57, 0.93, 0.36, 1.12), (-2.45, 0.965, 0.30, 1.16), (-1.5, 0.97, 0.27, 1.17), (0.5, 0.97, 0.26, 1.17), (1.5, 0.96, 0.26, 1.15), (2.0, 0.94, 0.27, 1.10),
        (2.35, 0.89, 0.29, 1.02), (2.53, 0.78, 0.33, 0.90), (2.60, 0.60, 0.40, 0.76),
    ]
    _lower_body(mesh, stations)
    levels = [(1.08, 2.20, -2.58, 0.94), (1.16, 2.10, -2.58, 0.935), (1.40, 1.82, -2.57, 0.92), (1.66, 1.52, -2.56, 0.90), (1.80, 1.38, -2.55, 0.885), (2.02, 1.14, -2.53, 0.86), (2.12, 0.95, -2.48, 0.80), (2.16, 0.70, -2.35, 0.68)]
    columns = 64
    rings = []
    for z, front, rear, half in levels:
        ring = rounded((front - rear) / 2, half, 8, columns)
        rings.append(np.stack([ring[:, 0] + (front + rear) / 2, ring[:, 1], np.full(columns, z)], axis=1))
    rings = np.array(rings)

    def material_of(i, j):
        if i in (0,) or i >= 4:
            return PAINT
        middle = rings[i, [j, (j + 1) % columns]].mean(0)
        front = levels[i][1]
        if abs(middle[1]) > levels[i][3] * 0.92:
            return GLASS if 0.35 < middle[0] < front - 0.18 else PAINT
        return GLASS if middle[0] > 0.5 else PAINT

    mesh.rings(rings, PAINT, True, material_of)
    for sy in (-1, 1):
        mesh.ellipsoid((2.42, sy * 0.68, 0.82), (0.16, 0.16, 0.10), LAMP, None, 8, 14)
        mesh.box((-2.63, sy * 0.88 - 0.05, 0.80), (-2.57, sy * 0.88 + 0.05, 1.35), TAIL)
        mesh.box((1.50, min(sy * 0.92, sy * 1.12), 1.20), (1.60, max(sy * 0.92, sy * 1.12), 1.46), BLACK)
        for x in (1.52, 0.35, -0.9):
            mesh.box((x - 0.008, sy * 0.965 - 0.012, 0.38), (x + 0.008, sy * 0.965 + 0.012, 1.15), BLACK)
        mesh.box((-2.5, sy * 0.965 - 0.015, 0.55), (2.2, sy * 0.965 + 0.015, 0.66), BLACK)
        for x in (-1.65, 1.65):
            a = np.linspace(0, 2 * math.pi, 28, endpoint=False)
            ring = lambda r, y: np.stack([x + r * np.cos(a), np.full(28, y), 0.36 + r * np.sin(a)], axis=1)
            mesh.rings([ring(0.41, sy * 0.66), ring(0.41, sy * 0.972), ring(0.39, sy * 0.972)], BLACK)
    mesh.box((2.42, -0.5, 0.58), (2.60, 0.5, 0.74), BLACK)
    mesh.box((-2.3, -0.85, 0.24), (2.3, 0.85, 0.35), BLACK)
    wheels = []
    for x in (-1.65, 1.65):
        for y in (-0.895, 0.895):
            wheel = Mesh()
            wheel.wheel((0, 0, 0), 0.35, 0.22, TYRE, RIM, RIM)
            wheels.append((wheel, (x, y, 0.35)))
    return mesh, wheels


def e_bike():
    """A scooter-like electric bicycle, 1.65 m long. Its front wheel and rear wheel turn."""
    mesh = Mesh()
    y = np.array([0.0, 1.0, 0.0])

    def tube(points, radius, material):
        points = np.array(points, float)
        side = y if abs(points[-1][1] - points[0][1]) < 0.05 else np.array([0.0, 0, 1.0])
        mesh.tube(points, [radius] * len(points), [radius] * len(points), side, material, 10)

    tube([(0.60, 0, 0.25), (0.52, 0, 0.50), (0.40, 0, 0.85), (0.36, 0, 1.00)], 0.028, CHROME)  # steering column
    for sy in (-0.06, 0.06):
        tube([(0.62, sy, 0.25), (0.54, sy, 0.52)], 0.018, BLACK)
    mesh.ellipsoid((0.44, 0, 0.62), (0.06, 0.17, 0.26), PAINT, [[0.95, 0, 0.3], [0, 1, 0], [-0.3, 0, 0.95]], 10, 14)  # leg shield
    mesh.ellipsoid((0.60, 0, 0.50), (0.20, 0.055, 0.045), PAINT, None, 7, 12)  # front guard
    mesh.box((-0.12, -0.12, 0.27), (0.42, 0.12, 0.35), PAINT)  # foot board
    mesh.ellipsoid((-0.30, 0, 0.50), (0.34, 0.14, 0.17), PAINT, None, 9, 16)  # tail
    mesh.ellipsoid((-0.28, 0, 0.72), (0.34, 0.13, 0.07), BLACK, None, 8, 16)  # saddle
    mesh.box((-0.76, -0.16, 0.74), (-0.46, 0.16, 1.00), BLACK)  # top box
    tube([(0.30, -0.30, 1.02), (0.37, -0.12, 1.04), (0.37, 0.12, 1.04), (0.30, 0.30, 1.02)], 0.018, BLACK)  # handlebar
    mesh.ellipsoid((0.45, 0, 0.93), (0.07, 0.08, 0.07), LAMP, None, 7, 12)
    mesh.ellipsoid((-0.66, 0, 0.62), (0.04, 0.06, 0.04), TAIL, None, 6, 10)
    for sy in (-1, 1):
        tube([(0.36, sy * 0.20, 1.04), (0.36, sy * 0.26, 1.18)], 0.008, BLACK)
        mesh.ellipsoid((0.36, sy * 0.27, 1.20), (0.015, 0.06, 0.04), BLACK, None, 6, 10)
        tube([(-0.30, sy * 0.08, 0.40), (-0.58, sy * 0.08, 0.25)], 0.022, BLACK)
    wheels = []
    for x in (-0.58, 0.62):
        wheel = Mesh()
        wheel.wheel((0, 0, 0), 0.25, 0.09, TYRE, RIM, RIM, 6)
        wheels.append((wheel, (x, 0.0, 0.25)))
    return mesh, wheels


def bag():
    """A travel bag, half a metre long."""
    mesh = Mesh()
    ring = lambda x, s: np.stack([np.full(20, x), *(rounded(0.17 * s, 0.17 * s, 3.5, 20).T + np.array([[0], [0.17]]))], axis=1)
    mesh.rings([ring(-0.30, 0.6), ring(-0.28, 0.9), ring(-0.2, 1.0), ring(0.2, 1.0), ring(0.28, 0.9), ring(0.30, 0.6)], PAINT)
    for sy in (-1, 1):
        a = np.linspace(0, math.pi, 9)
        line = np.stack([0.14 * np.cos(a), np.full(9, sy * 0.08), 0.30 + 0.16 * np.sin(a)], axis=1)
        mesh.tube(line, [0.013] * 9, [0.013] * 9, [0, 1, 0], BLACK, 8)
    for x in (-0.14, 0.14):
        mesh.box((x - 0.02, -0.178, 0.02), (x + 0.02, 0.178, 0.352), BLACK)
    return mesh, []
