"""Runs inside Blender: builds a scene, renders what moved in each frame, writes where everything is.

    blender -b -P studio.py -- JOB.json

The job names the scene, the folder for the results and the frames wanted. Results:
    still-KEY.png        the picture without anything that moves (KEY: what stands parked, how the camera looks)
    still-KEY-low.png    the same at the quality of the moving parts, to tell what has changed
    part-FRAME-N.png     the part of a frame around something that moves, shadow included
    frame-FRAME.json     the parts and their place, and the truth: one entry per visible thing
Files appear under their final name only when they are complete, so a run may be stopped at any time.
"""

import hashlib
import json
import math
import os
import sys

import bpy
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import layout
import look
import people
import place
import scenes
import vehicles
from camera import Camera
from mesh import Mesh
from motion import Path, still
from smoke import Smoke

AWAY = (0.0, 0.0, -200.0)  # where things wait that are not in the frame
CLASS_OF = {"person": "person", "car": "car", "van": "truck", "e-bike": "two_wheeler", "bag": "bag"}
MIN_VISIBLE = 0.35  # a box is published when at least this part of the thing can be seen
MIN_HEIGHT_PX = 10
MIN_FACE_PX = 6


def new_object(name, mesh, materials, smooth):
    data = bpy.data.meshes.new(name)
    data.from_pydata(mesh.all_points().tolist(), [], mesh.faces)
    data.polygons.foreach_set("material_index", mesh.materials)
    for material in materials:
        data.materials.append(material)
    if smooth:
        data.polygons.foreach_set("use_smooth", [True] * len(data.polygons))
        data.use_auto_smooth = smooth != "all"
        data.auto_smooth_angle = math.radians(38)
    data.update()
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def matrix_of(x, y, heading, z=0.0):
    return Matrix.Translation((x, y, z)) @ Matrix.Rotation(heading, 4, "Z")


def moved(points, matrix):
    m = np.array(matrix)
    return points @ m[:3, :3].T + m[:3, 3]


class Figure:
    """A person, on foot or on a saddle."""

    kind = "person"

    def __init__(self, spec, path, carrier=None):
        self.id, self.spec, self.path, self.carrier = spec["id"], spec, path, carrier
        wanted = spec.get("look", 0)
        self.person = people.wardrobe(wanted) if isinstance(wanted, int) else people.Person(**wanted)
        p = self.person
        mesh = people.figure(p, people.Pose())
        dark = look.plain(self.id + " dark", (0.015, 0.012, 0.012), 0.4)
        trim = look.cloth(self.id + " trim", tuple(min(0.8, c * 0.5 + 0.28) for c in p.top))
        sole = look.cloth(self.id + " bag", p.bag or (0.1, 0.1, 0.1))
        materials = [
            look.skin(self.id + " skin", p.skin), look.hair(self.id + " hair", p.hair), look.cloth(self.id + " top", p.top), look.cloth(self.id + " bottom", p.bottom),
            look.plain(self.id + " shoes", p.shoes, 0.6), sole, dark, look.plain(self.id + " lips", (p.skin[0] * 0.72, p.skin[1] * 0.45, p.skin[2] * 0.45), 0.5), trim,
        ]
        self.thing = new_object(self.id, mesh, materials, "all")
        self.faces, self.face_points = mesh.faces, mesh.faces_of_face

    def present(self, t):
        return self.path.present(t)

    def parked(self, t):
        return None

    def pose(self, t):
        spec = self.spec
        return people.pose_of(self.person, self.path, t, spec.get("habit", "wait"), spec.get("fall_at"), spec.get("gaze"))

    def update(self, t):
        pose = self.pose(t)
        self.fallen = pose.fall
        points = people.settle(people.figure(self.person, pose).all_points(), pose)
        x, y, heading, self.speed, _ = self.path.at(t)
        if pose.seat is not None:
            points[:, 1] -= 0.30
        self.ground = (x, y)
        self.thing.data.vertices.foreach_set("co", points.ravel())
        self.thing.data.update()
        matrix = matrix_of(x, y, heading - math.pi / 2)
        self.thing.matrix_world = matrix
        self.world = moved(points, matrix)
        self.looks = np.array([math.cos(heading + pose.head_yaw * -1), math.sin(heading + pose.head_yaw * -1)])

    def hide(self):
        self.thing.matrix_world = Matrix.Translation(AWAY)


class Vehicle:
    """A car, van, e-bike or bag: a stiff body whose wheels turn."""

    def __init__(self, spec, path, carrier=None):
        self.id, self.kind, self.spec, self.path, self.carrier = spec["id"], spec["kind"], spec, path, carrier
        body, wheels = {"car": vehicles.car, "van": vehicles.van, "e-bike": vehicles.e_bike, "bag": vehicles.bag}[self.kind]()
        night = spec.get("lamps", False)
        materials = [
            look.paint(self.id + " paint", spec.get("colour", (0.5, 0.5, 0.5))) if self.kind != "bag" else look.cloth(self.id + " cloth", spec.get("colour", (0.3, 0.05, 0.05))),
            look.glass(self.id + " glass"), look.plain(self.id + " tyre", (0.016, 0.016, 0.017), 0.85), look.plain(self.id + " rim", (0.45, 0.46, 0.47), 0.3, Metallic=0.8),
            look.lamp(self.id + " lamp", (0.92, 0.93, 0.90), 25.0 if night else 0.25), look.lamp(self.id + " tail", (0.45, 0.01, 0.01), 6.0 if night else 0.15),
            look.plain(self.id + " black", (0.012, 0.012, 0.013), 0.55), look.plain(self.id + " chrome", (0.55, 0.55, 0.55), 0.2, Metallic=0.9),
        ]
        self.body = new_object(self.id, body, materials, True)
        self.wheels = [(new_object(f"{self.id} wheel {i}", wheel, materials, True), centre) for i, (wheel, centre) in enumerate(wheels)]
        points, faces = [body.all_points()], list(body.faces)
        count = body.count
        for wheel, centre in wheels:
            points.append(wheel.all_points() + centre)
            faces += [tuple(i + count for i in face) for face in wheel.faces]
            count += wheel.count
        self.points, self.faces, self.face_points = np.concatenate(points), faces, None
        self.fallen = 0.0
        if night and self.kind != "bag":
            for sy in (-0.6, 0.6) if self.kind != "e-bike" else (0.0,):
                beam = bpy.data.lights.new(self.id + " beam", "SPOT")
                beam.energy, beam.spot_size, beam.spot_blend, beam.shadow_soft_size = 500.0, math.radians(65), 0.6, 0.08
                holder = bpy.data.objects.new(self.id + " beam", beam)
                bpy.context.scene.collection.objects.link(holder)
                holder.parent = self.body
                holder.location = (2.25 if self.kind != "e-bike" else 0.75, sy, 0.65)
                holder.rotation_euler = (math.radians(82), 0, math.radians(-90))

    def present(self, t):
        return self.path.present(t)

    def _carried(self, t):
        drop = self.spec.get("drop_at")
        return self.carrier is not None and (drop is None or t < drop + 0.5)

    def parked(self, t):
        if self._carried(t) or not still(self.path, t):
            return None if self.carrier is None or self._carried(t) else self._key(t)
        return self._key(t)

    def _key(self, t):
        x, y, heading, _ = self.where(t)
        return f"{self.id}@{x:.2f},{y:.2f},{heading:.2f}"

    def where(self, t):
        if self.carrier is None:
            x, y, heading, _, _ = self.path.at(t)
            return x, y, heading, 0.0
        drop = self.spec.get("drop_at", math.inf)
        held = min(t, drop)
        x, y, heading, _, _ = self.carrier.at(held)
        side = 0.30
        x, y = x + math.sin(heading) * side, y - math.cos(heading) * side
        return x, y, heading, 0.27 * (1 - min(1.0, max(0.0, (t - drop) / 0.5)))

    def update(self, t):
        x, y, heading, z = self.where(t)
        _, _, _, self.speed, travelled = (self.carrier or self.path).at(t if not self.carrier or self._carried(t) else 1e9)
        self.ground = (x, y)
        self.body.matrix_world = matrix = matrix_of(x, y, heading, z)
        for wheel, centre in self.wheels:
            turn = Matrix.Rotation(travelled / centre[2], 4, "Y")
            wheel.matrix_world = matrix @ Matrix.Translation(centre) @ turn
        self.world = moved(self.points, matrix)

    def hide(self):
        for thing in [self.body] + [wheel for wheel, _ in self.wheels]:
            thing.matrix_world = Matrix.Translation(AWAY)


class Plume:
    """Smoke: cards that face the camera."""

    kind = "smoke"

    def __init__(self, spec, camera):
        self.id, self.spec, self.camera = spec["id"], spec, camera
        self.smoke = Smoke(spec["at"], spec["start"], spec.get("seed", 1), spec.get("stop", math.inf), spec.get("height", 3.8))
        self.fallen, self.speed = 0.0, 0.0
        material = look.smoke(self.id)
        self.cards = []
        for i in range(self.smoke.count):
            mesh = Mesh()
            mesh.quad([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], 0)
            self.cards.append(new_object(f"{self.id} {i}", mesh, [material], False))
        self.ground = tuple(spec["at"][:2])

    def present(self, t):
        return t >= self.spec["start"]

    def parked(self, t):
        return None

    def update(self, t):
        c = self.camera
        points, dense = [], []
        for thing, (centre, radius, turn, density) in zip(self.cards, self.smoke.cards(t)):
            if density <= 0.01:
                thing.matrix_world = Matrix.Translation(AWAY)
                continue
            towards = Vector(c.position - centre).normalized()
            thing.matrix_world = Matrix.Translation(centre) @ towards.to_track_quat("Z", "Y").to_matrix().to_4x4() @ Matrix.Rotation(turn, 4, "Z") @ Matrix.Scale(radius, 4)
            thing.color = (density, density, density, 1.0)
            for k in range(12):
                a = k / 12 * 2 * math.pi
                rim = centre + (c.right * math.cos(a) + c.up * math.sin(a)) * radius
                points.append(rim)
                if density > 0.25:
                    dense.append(centre + (c.right * math.cos(a) + c.up * math.sin(a)) * radius * 0.62)
        self.world = np.array(points) if points else np.zeros((0, 3))
        self.dense = np.array(dense) if dense else np.zeros((0, 3))

    def hide(self):
        for thing in self.cards:
            thing.matrix_world = Matrix.Translation(AWAY)


def build_cast(scene, camera):
    cast, paths = [], {}
    for spec in scene["cast"]:
        if spec["kind"] == "smoke":
            cast.append(Plume(spec, camera))
            continue
        carrier = paths.get(spec.get("carried_by"))
        if carrier is not None:
            path = carrier
        else:
            stiff = spec["kind"] in ("car", "van", "e-bike")
            path = Path(spec["steps"], spec.get("start", 0.0), spec.get("leaves", False), 0.8 if stiff else 0.25, 0.25)
        paths[spec["id"]] = path
        if spec["kind"] == "person":
            cast.append(Figure(spec, path))
            continue
        cast.append(Vehicle(spec, path, carrier))
        if "rider" in spec:
            cast.append(Figure({"id": spec["id"] + "-rider", "look": spec["rider"], "habit": "ride"}, path))
    return cast


def set_camera(thing, camera):
    thing.location = camera.position
    thing.rotation_euler = Matrix((camera.right, camera.up, -camera.forward)).transposed().to_euler()
    thing.data.angle = math.radians(camera.width_deg)


def turn_at(scene, t):
    turn = scene.get("turn")
    if turn is None:
        return 0.0
    u = min(1.0, max(0.0, (t - turn["at"]) / turn["over_secs"]))
    return round(turn["deg"] * u * u * (3 - 2 * u), 3)


class Studio:
    def __init__(self, job):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.job, self.scene, self.out = job, scenes.SCENES[job["scene"]], job["out"]
        self.size = job["size"]
        settings = bpy.context.scene
        settings.render.engine = "CYCLES"
        settings.render.resolution_x, settings.render.resolution_y = self.size
        settings.render.resolution_percentage = 100
        settings.render.image_settings.file_format = "PNG"
        settings.render.image_settings.color_mode = "RGB"
        settings.render.image_settings.compression = 30
        settings.render.use_persistent_data = True
        settings.render.threads_mode, settings.render.threads = "FIXED", 2
        cycles = settings.cycles
        cycles.device, cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = "CPU", True, 0.03, 6
        cycles.use_denoising = False
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transmission_bounces = 2, 1, 1, 0
        cycles.transparent_max_bounces = 24
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect = 3.0
        cycles.seed = self.scene["seed"]
        self.towards_sun = np.array(look.light(self.scene["light"]))
        night = self.scene["light"] == "night"
        self.static_points, self.static_faces = [], []
        count = 0

        def add(name, mesh, materials, smooth):
            nonlocal count
            new_object(name, mesh, materials, smooth)
            self.static_points.append(mesh.all_points())
            self.static_faces.extend(tuple(i + count for i in face) for face in mesh.faces)
            count += mesh.count

        place.build(add, night)
        if night:
            place.lamps(self.add_light)
        self.static = BVHTree.FromPolygons(np.concatenate(self.static_points).tolist(), self.static_faces)
        holder = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        holder.data.sensor_fit = "HORIZONTAL"
        settings.collection.objects.link(holder)
        settings.camera = self.camera_thing = holder
        self.camera = Camera(size=self.size, **layout.CAMERA)
        self.cast = build_cast(self.scene, self.camera)
        for actor in self.cast:
            actor.hide()

    def add_light(self, kind, position, energy, colour, spread_deg=120.0):
        data = bpy.data.lights.new("lamp", kind)
        data.energy, data.color, data.shadow_soft_size = energy, colour, 0.15
        if kind == "SPOT":
            data.spot_size, data.spot_blend = math.radians(spread_deg), 0.5
        thing = bpy.data.objects.new("lamp", data)
        thing.location = position
        bpy.context.scene.collection.objects.link(thing)

    # Pictures

    def shoot(self, name, samples, rectangle=None):
        """Renders the picture, or the pixels `rectangle` = (x0, y0, x1, y1) of it."""
        settings = bpy.context.scene
        settings.cycles.samples = samples
        render = settings.render
        render.use_border = render.use_crop_to_border = rectangle is not None
        if rectangle is not None:
            w, h = self.size
            x0, y0, x1, y1 = rectangle
            render.border_min_x, render.border_max_x = x0 / w, x1 / w
            render.border_min_y, render.border_max_y = 1 - y1 / h, 1 - y0 / h
        part = os.path.join(self.out, "unfinished.png")
        render.filepath = part
        bpy.ops.render.render(write_still=True)
        os.replace(part, os.path.join(self.out, name))

    def rectangles(self, movers):
        """Pixel rectangles around what moves and its shadow, merged where that is cheaper."""
        w, h = self.size
        found = []
        for actor in movers:
            points = actor.world
            if len(points) == 0:
                continue
            if self.scene["light"] == "day" or actor.kind == "smoke":
                shadow = points - self.towards_sun * (points[:, 2:] / self.towards_sun[2])
                points = np.concatenate([points, shadow])
            elif self.scene["light"] == "night":
                # Lamps throw shadows all around the feet.
                x, y = actor.ground
                points = np.concatenate([points, [(x + dx, y + dy, 0) for dx in (-1.2, 1.2) for dy in (-1.2, 1.2)]])
                if actor.spec.get("lamps"):
                    return [(0, 0, w, h)]
            uv, depth = self.camera.project(points)
            uv = uv[depth > 0.3]
            if len(uv) == 0:
                continue
            x0, y0 = np.floor(uv.min(0) * (w, h)).astype(int) - 7
            x1, y1 = np.ceil(uv.max(0) * (w, h)).astype(int) + 7
            x0, y0, x1, y1 = max(0, x0), max(0, y0), min(w, x1), min(h, y1)
            if x1 - x0 > 7 and y1 - y0 > 7:
                found.append((int(x0), int(y0), int(x1), int(y1)))
        merged = True
        while merged:
            merged = False
            for i in range(len(found)):
                for j in range(i + 1, len(found)):
                    a, b = found[i], found[j]
                    both = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    area = lambda r: (r[2] - r[0]) * (r[3] - r[1])
                    if area(both) < area(a) + area(b) + 1500:
                        found = [r for k, r in enumerate(found) if k not in (i, j)] + [both]
                        merged = True
                        break
                if merged:
                    break
        return found

    # Truth

    def visible_part(self, actor, others, points=None, faces_of=None):
        """(box, share of the thing that can be seen), by exact projection and a grid of rays; None if out of the picture."""
        w, h = self.size
        uv, depth = self.camera.project(actor.world if points is None else actor.world[points])
        if depth.max() < 0.3:
            return None
        uv = uv[depth > 0.3]
        low, high = uv.min(0), uv.max(0)
        if high[0] <= 0 or high[1] <= 0 or low[0] >= 1 or low[1] >= 1:
            return None
        tree = self.trees[actor.id]
        columns = int(np.clip((high[0] - low[0]) * w / 2, 6, 26))
        rows = int(np.clip((high[1] - low[1]) * h / 2, 6, 44))
        origin = Vector(self.camera.position)
        total, seen = 0, []
        near = [self.trees[o.id] for o in others if self.overlap(o, low, high)]
        for j in range(rows):
            v = low[1] + (high[1] - low[1]) * (j + 0.5) / rows
            for i in range(columns):
                u = low[0] + (high[0] - low[0]) * (i + 0.5) / columns
                direction = Vector(self.camera.ray(u, v)).normalized()
                distance = tree.ray_cast(origin, direction)[3]
                if distance is None:
                    continue
                total += 1
                if not (0 <= u <= 1 and 0 <= v <= 1):
                    continue
                blocked = self.static.ray_cast(origin, direction, distance - 0.02)[0] is not None
                if not blocked:
                    blocked = any(t.ray_cast(origin, direction, distance - 0.01)[0] is not None for t in near)
                if not blocked:
                    seen.append((u, v))
        if total == 0 or not seen:
            return None
        share = len(seen) / total
        low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
        if share < 0.97:
            seen = np.array(seen)
            half = (uv.max(0) - uv.min(0)) / (columns, rows) * 0.75
            low, high = np.maximum(low, seen.min(0) - half), np.minimum(high, seen.max(0) + half)
        return [round(float(x), 4) for x in (*low, *high)], share

    def overlap(self, other, low, high):
        a, b = self.extents[other.id]
        return a[0] < high[0] and low[0] < b[0] and a[1] < high[1] and low[1] < b[1]

    def truth(self, t, actors):
        w, h = self.size
        self.trees, self.extents, entries = {}, {}, []
        solid = [a for a in actors if a.kind != "smoke"]
        for actor in solid:
            self.trees[actor.id] = BVHTree.FromPolygons(actor.world.tolist(), actor.faces)
            uv, _ = self.camera.project(actor.world)
            self.extents[actor.id] = (uv.min(0), uv.max(0))
        for actor in actors:
            entry = dict(id=actor.id, kind=actor.kind, ground=[round(g, 3) for g in actor.ground], speed=round(actor.speed, 3), fallen=round(actor.fallen, 2))
            entries.append(entry)
            if actor.kind == "smoke":
                uv, _ = self.camera.project(actor.dense) if len(actor.dense) else (np.zeros((0, 2)), 0)
                if len(uv):
                    low, high = np.clip(uv.min(0), 0, 1), np.clip(uv.max(0), 0, 1)
                    if (high[1] - low[1]) * h >= 14:
                        entry["box"] = [round(float(x), 4) for x in (*low, *high)]
                        entry["class"], entry["visible"] = "smoke", 1.0
                continue
            others = [o for o in solid if o is not actor]
            found = self.visible_part(actor, others)
            if found is None:
                continue
            box, share = found
            entry["visible"] = round(share, 2)
            if share >= MIN_VISIBLE and (box[3] - box[1]) * h >= MIN_HEIGHT_PX:
                entry["class"], entry["box"] = CLASS_OF[actor.kind], box
            if actor.kind == "person" and share > 0.1:
                towards = self.camera.position[:2] - actor.ground
                towards /= np.linalg.norm(towards)
                if float(towards @ actor.looks) > 0.25 and actor.fallen < 0.5:
                    face = self.face_of(actor, others)
                    if face is not None:
                        entry["face"] = face
        return entries

    def face_of(self, actor, others):
        """The box of the face where most of it can be seen, else None."""
        w, h = self.size
        points = actor.world[actor.face_points]
        uv, _ = self.camera.project(points)
        low, high = uv.min(0), uv.max(0)
        if low.min() < 0 or high.max() > 1 or (high[0] - low[0]) * w < MIN_FACE_PX:
            return None
        origin = Vector(self.camera.position)
        near = [self.trees[o.id] for o in others if self.overlap(o, low, high)]
        clear = 0
        sample = points[:: max(1, len(points) // 24)]
        for point in sample:
            direction = Vector(point) - origin
            distance = direction.length - 0.25
            direction.normalize()
            if self.static.ray_cast(origin, direction, distance)[0] is None and all(t.ray_cast(origin, direction, distance)[0] is None for t in near):
                clear += 1
        return [round(float(x), 4) for x in (*low, *high)] if clear >= 0.7 * len(sample) else None

    # The run

    def run(self):
        fps = self.scene["fps"]
        for frame in self.job["frames"]:
            note = os.path.join(self.out, f"frame-{frame:04d}.json")
            if os.path.exists(note):
                continue
            t = frame / fps
            turn = turn_at(self.scene, t)
            turning = self.scene.get("turn") is not None and turn != turn_at(self.scene, t + 1 / fps)
            self.camera = Camera(size=self.size, turn_deg=turn, **layout.CAMERA)
            set_camera(self.camera_thing, self.camera)
            actors = [a for a in self.cast if a.present(t)]
            for actor in self.cast:
                if hasattr(actor, "camera"):
                    actor.camera = self.camera
                if actor in actors:
                    actor.update(t)
                else:
                    actor.hide()
            parked = [a for a in actors if a.parked(t)]
            movers = [a for a in actors if a not in parked]
            key = hashlib.sha256("|".join([f"turn {turn}"] + sorted(a.parked(t) for a in parked)).encode()).hexdigest()[:10]
            parts = []
            if self.job["render"]:
                if turning:
                    self.shoot(f"part-{frame:04d}-0.png", self.job["samples"])
                    parts.append(dict(file=f"part-{frame:04d}-0.png", at=[0, 0, *self.size]))
                    key = None
                else:
                    wide = [f"still-{key}.png", f"still-{key}-low.png"]
                    if not all(os.path.exists(os.path.join(self.out, name)) for name in wide):
                        for actor in movers:
                            actor.hide()
                        self.shoot(wide[0], self.job["still_samples"])
                        self.shoot(wide[1], self.job["samples"])
                        for actor in movers:
                            actor.update(t)
                    for n, rectangle in enumerate(self.rectangles(movers)):
                        name = f"part-{frame:04d}-{n}.png"
                        self.shoot(name, self.job["samples"], rectangle)
                        parts.append(dict(file=name, at=list(rectangle)))
            entries = self.truth(t, actors)
            with open(note + ".unfinished", "w") as f:
                json.dump(dict(frame=frame, still=key, parts=parts, things=entries), f)
            os.replace(note + ".unfinished", note)
            print(f"finished frame {frame}", flush=True)


if __name__ == "__main__":
    with open(sys.argv[sys.argv.index("--") + 1]) as f:
        Studio(json.load(f)).run()
