"""The measures that several files share: where the camera hangs, the gate, the entrance. Metres; see `motion` for the axes."""

CAMERA = dict(position=(5.5, -9.5, 4.6), target=(-0.35, 4.5, 1.05), width_deg=50.0)

GATE = (0.4, 2.6, 5.7)  # from x to x, at y
DOOR = (-3.9, -2.2, 2.35)  # the left house's entrance: from x to x, height
FRONT = 5.7  # y of the left house's front and of the fence


def rectangle(x0, y0, x1, y1, z=0.0):
    return [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]
