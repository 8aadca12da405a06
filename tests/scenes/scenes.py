"""The scenes, as data. To add one, add an entry to `SCENES`.

A scene: `seed`, `seconds`, `fps`, `light` (day | overcast | night), `cast`, and optionally
    turn     dict(at, over_secs, deg): somebody turns the camera
    finish   what happens to the picture after the lens: rain (0..1), noise (grey levels), covered=(from, to) seconds,
             crf (x264's quality; 18 good, 40 blocky)

A member of the cast: `id`, `kind` (person | car | van | e-bike | bag | smoke), and
    steps    see `motion.Path`; start, leaves: when it comes, whether it is gone at the end of its way
    look     of a person: a number (see `people.wardrobe`) or the fields of `people.Person`
    habit    of a person standing: wait | talk | phone; gaze: a point it looks at; fall_at: second of a fall
    colour   of a vehicle or bag; lamps: switched on; rider: the look of an e-bike's rider
    carried_by, drop_at   of a bag
    at       of smoke: where it rises from
"""

GROUP = (2.05, -0.5)  # where people gather


def _joins(id, look, start, steps, habit="talk"):
    return dict(id=id, kind="person", look=look, start=start, steps=[*steps, ("face", *GROUP), ("wait", 60.0)], habit=habit)


WALKER = dict(
    id="walker", kind="person", start=0.0, leaves=True,
    look=dict(height=1.74, hair_style="short", top=(0.42, 0.045, 0.04), top_style="jacket", bottom=(0.035, 0.05, 0.11), shoes=(0.5, 0.5, 0.5), bag=(0.03, 0.05, 0.10), beat=0.4),
    steps=[("at", 5.4, 0.95), ("go", 1.5, 0.95, 1.3), ("go", 0.2, 4.4, 1.3), ("go", -0.1, 5.35, 1.2), ("go", 8.5, 5.4, 1.35)],
)
PARKING_CAR = dict(
    id="car", kind="car", start=2.5, colour=(0.035, 0.12, 0.34),
    steps=[("at", -14.5, 1.35), ("go", -10.0, 1.35, 5.0), ("go", -7.6, 1.7, 3.6), ("go", -5.2, 3.45, 2.4), ("go", -3.7, 3.85, 1.5), ("wait", 120.0)],
)
VISITOR = dict(
    id="visitor", kind="person", start=7.0, leaves=True,
    look=dict(height=1.66, hair_style="long", hair=(0.03, 0.018, 0.012), top=(0.72, 0.50, 0.08), top_style="jacket", bottom=(0.03, 0.03, 0.035), shoes=(0.25, 0.05, 0.05), bag=(0.12, 0.06, 0.03), bag_style="shoulder", beat=2.1),
    steps=[("at", 6.8, 2.1), ("go", 2.2, 3.9, 1.3), ("go", 1.5, 5.4, 1.2), ("go", 1.35, 7.2, 1.2), ("go", 0.6, 8.3, 1.1), ("face", 2.0, 11.0), ("wait", 5.0), ("face", -1.0, 5.0), ("wait", 6.0), ("go", 1.4, 7.0, 1.2), ("go", 1.6, 4.8, 1.25), ("go", 9.0, 3.0, 1.4)],
)
GATHERING = [
    _joins("one", 3, 11.0, [("at", -5.4, -1.9), ("go", 0.81, -0.65, 1.35)]),
    _joins("two", 11, 13.5, [("at", 7.6, 0.7), ("go", 3.28, -0.6, 1.3)]),
    _joins("three", 7, 12.0, [("at", -10.6, 0.8), ("go", -1.5, 0.9, 1.45), ("go", 1.85, -0.15, 1.4)]),
    _joins("four", 14, 17.0, [("at", 8.2, 1.5), ("go", 4.4, 0.8, 1.35), ("go", 2.46, -0.15, 1.25)]),
    _joins("five", 21, 17.5, [("at", -5.4, -2.1), ("go", 1.61, -0.95, 1.4)], "phone"),
]
RIDER = dict(id="rider", kind="e-bike", start=21.5, leaves=True, colour=(0.45, 0.04, 0.05), rider=5, steps=[("at", -12.0, 1.7), ("go", 9.0, 1.9, 4.2)])
SMOKE = dict(id="smoke", kind="smoke", at=(4.95, 4.55, 0.85), start=24.0, seed=4)

WALK_BY = dict(WALKER, id="passer", look=9, steps=[("at", 5.4, 0.95), ("go", -9.5, 1.1, 1.35)])


def _scene(seconds, cast, seed=1, light="day", fps=10, **more):
    return dict(seed=seed, seconds=seconds, fps=fps, light=light, cast=cast, **more)


def _early(spec, by):
    return dict(spec, start=spec["start"] - by)


SCENES = {
    "lane-day": _scene(30, [WALKER, PARKING_CAR, VISITOR, *GATHERING, RIDER, SMOKE], finish=dict(noise=1.2, crf=21)),
    "lane-night": _scene(20, [WALKER, dict(PARKING_CAR, lamps=True), _early(VISITOR, 4)], light="night", finish=dict(noise=7.0, crf=25)),
    "lane-rain": _scene(20, [WALKER, PARKING_CAR, _early(VISITOR, 4)], light="overcast", finish=dict(rain=0.7, noise=2.5, crf=24)),
    "lane-blocky": _scene(20, [WALKER, PARKING_CAR, _early(VISITOR, 4)], finish=dict(noise=4.0, crf=40)),
    "camera-covered": _scene(20, [WALKER, PARKING_CAR], finish=dict(noise=1.2, covered=(8.0, 20.0))),
    "camera-turned": _scene(20, [WALKER, PARKING_CAR], turn=dict(at=8.0, over_secs=1.2, deg=-24.0), finish=dict(noise=1.2)),
    "fall": _scene(16, [dict(WALK_BY, id="falling", fall_at=4.6, leaves=False, steps=[("at", 5.4, 0.95), ("go", 0.3, 1.0, 1.2), ("wait", 60.0)])], finish=dict(noise=1.2)),
    "bag-left": _scene(
        20, [dict(WALK_BY, id="carrier", steps=[("at", 5.4, 0.95), ("go", 2.0, 0.9, 1.3), ("wait", 2.0), ("go", -9.5, 1.1, 1.4)]), dict(id="bag", kind="bag", carried_by="carrier", drop_at=4.2, colour=(0.30, 0.03, 0.03))],
        finish=dict(noise=1.2),
    ),
    "smoke": _scene(16, [dict(SMOKE, start=3.0)], finish=dict(noise=1.2)),
    "gathering": _scene(20, [_early(person, 10.5) for person in GATHERING], finish=dict(noise=1.2)),
    "e-bike-indoors": _scene(
        16, [dict(id="e-bike", kind="e-bike", rider=5, colour=(0.45, 0.04, 0.05), start=0.5, steps=[("at", 7.0, 1.6), ("go", 0.0, 2.0, 3.2), ("go", -2.6, 4.4, 2.0), ("go", -3.3, 7.2, 1.2), ("wait", 60.0)])],
        finish=dict(noise=1.2),
    ),
    "van-parks": _scene(20, [WALKER, dict(PARKING_CAR, id="van", kind="van", colour=(0.62, 0.62, 0.60))], finish=dict(noise=1.2)),
}
