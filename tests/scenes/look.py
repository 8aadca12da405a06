"""Materials and light, all procedural: no picture is read from disk."""

import math

import bpy


class Shader:
    """A thin hand on Blender's shader nodes."""

    def __init__(self, name):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.nodes = self.material.node_tree.nodes
        self.links = self.material.node_tree.links
        self.surface = self.nodes["Principled BSDF"]

    def node(self, kind, **values):
        node = self.nodes.new(kind)
        for key, value in values.items():
            if key in node.inputs:
                node.inputs[key].default_value = value
            else:
                setattr(node, key, value)
        return node

    def link(self, a, b):
        self.links.new(a, b)

    def place(self, space="Object", scale=(1, 1, 1), turn=(0, 0, 0)):
        coordinates = self.node("ShaderNodeTexCoord")
        mapping = self.node("ShaderNodeMapping")
        mapping.inputs["Scale"].default_value = scale
        mapping.inputs["Rotation"].default_value = turn
        self.link(coordinates.outputs[space], mapping.inputs["Vector"])
        return mapping.outputs["Vector"]

    def noise(self, at, scale, detail=4.0, roughness=0.55):
        node = self.node("ShaderNodeTexNoise", Scale=scale, Detail=detail, Roughness=roughness)
        self.link(at, node.inputs["Vector"])
        return node.outputs["Fac"]

    def ramp(self, value, stops):
        node = self.node("ShaderNodeValToRGB")
        elements = node.color_ramp.elements
        while len(elements) > len(stops):
            elements.remove(elements[-1])
        while len(elements) < len(stops):
            elements.new(1.0)
        for element, (at, colour) in zip(elements, stops):
            element.position = at
            element.color = (*colour, 1.0) if len(colour) == 3 else colour
        self.link(value, node.inputs["Fac"])
        return node.outputs["Color"]

    def mix(self, amount, a, b, blend="MIX"):
        node = self.node("ShaderNodeMixRGB", blend_type=blend)
        for value, socket in ((amount, node.inputs[0]), (a, node.inputs[1]), (b, node.inputs[2])):
            if isinstance(value, (int, float)):
                socket.default_value = value
            elif isinstance(value, tuple):
                socket.default_value = (*value, 1.0)
            else:
                self.link(value, socket)
        return node.outputs["Color"]

    def colour(self, value):
        if isinstance(value, tuple):
            self.surface.inputs["Base Color"].default_value = (*value, 1.0)
        else:
            self.link(value, self.surface.inputs["Base Color"])

    def bump(self, height, strength, distance=0.02):
        node = self.node("ShaderNodeBump", Strength=strength, Distance=distance)
        self.link(height, node.inputs["Height"])
        self.link(node.outputs["Normal"], self.surface.inputs["Normal"])

    def set(self, **values):
        for key, value in values.items():
            self.surface.inputs[key.replace("_", " ")].default_value = value


def plain(name, colour, roughness=0.8, **values):
    shader = Shader(name)
    shader.colour(tuple(colour))
    shader.set(Roughness=roughness, **values)
    return shader.material


def cloth(name, colour):
    shader = Shader(name)
    at = shader.place(scale=(1, 1, 1))
    folds = shader.noise(at, 9.0, 2.0)
    dark, light = tuple(c * 0.72 for c in colour), tuple(min(1.0, c * 1.22 + 0.006) for c in colour)
    shader.colour(shader.ramp(folds, [(0.32, dark), (0.68, light)]))
    shader.bump(folds, 0.55, 0.03)
    shader.set(Roughness=0.9, Specular=0.2, Sheen=0.2)
    return shader.material


def skin(name, colour):
    shader = Shader(name)
    at = shader.place()
    tone = shader.noise(at, 14.0, 2.0)
    shader.colour(shader.ramp(tone, [(0.3, (colour[0] * 0.93, colour[1] * 0.86, colour[2] * 0.84)), (0.7, tuple(colour))]))
    shader.set(Roughness=0.55, Specular=0.35)
    return shader.material


def hair(name, colour):
    shader = Shader(name)
    strands = shader.noise(shader.place(scale=(60, 60, 8)), 1.0, 2.0)
    shader.colour(shader.ramp(strands, [(0.3, tuple(c * 0.6 for c in colour)), (0.7, tuple(c * 1.6 for c in colour))]))
    shader.set(Roughness=0.45)
    return shader.material


def paint(name, colour):
    shader = Shader(name)
    shader.colour(tuple(colour))
    shader.set(Roughness=0.28, Metallic=0.25, Clearcoat=1.0, Clearcoat_Roughness=0.05)
    return shader.material


def glass(name):
    shader = Shader(name)
    shader.colour((0.012, 0.016, 0.018))
    shader.set(Roughness=0.04, Specular=0.75)
    return shader.material


def lamp(name, colour, strength):
    shader = Shader(name)
    shader.colour(tuple(colour))
    shader.surface.inputs["Emission"].default_value = (*colour, 1.0)
    shader.set(Emission_Strength=strength, Roughness=0.15)
    return shader.material


def asphalt():
    shader = Shader("asphalt")
    at = shader.place()
    grain, patches, stains = shader.noise(at, 85.0, 1.0), shader.noise(at, 0.55, 3.0), shader.noise(at, 2.3, 2.0, 0.65)
    base = shader.ramp(grain, [(0.3, (0.075, 0.075, 0.078)), (0.72, (0.165, 0.162, 0.158))])
    base = shader.mix(0.8, base, shader.ramp(patches, [(0.38, (0.60, 0.60, 0.61)), (0.50, (0.85, 0.85, 0.85)), (0.64, (1.1, 1.09, 1.06))]), "MULTIPLY")
    base = shader.mix(0.6, base, shader.ramp(stains, [(0.30, (0.45, 0.45, 0.45)), (0.42, (1, 1, 1))]), "MULTIPLY")
    shader.colour(base)
    shader.set(Roughness=0.92, Specular=0.25)
    return shader.material


def bricks(name, colours, mortar, width, height, turn=(0, 0, 0), worn=0.35, offset=0.5, mortar_size=0.012):
    """Brick or paving: `width` and `height` of one stone in metres."""
    shader = Shader(name)
    at = shader.place(turn=turn)
    node = shader.node("ShaderNodeTexBrick", Scale=1.0, offset=offset)
    node.inputs["Color1"].default_value = (*colours[0], 1)
    node.inputs["Color2"].default_value = (*colours[1], 1)
    node.inputs["Mortar"].default_value = (*mortar, 1)
    node.inputs["Mortar Size"].default_value = mortar_size
    node.inputs["Brick Width"].default_value = width
    node.inputs["Row Height"].default_value = height
    shader.link(at, node.inputs["Vector"])
    stains = shader.noise(shader.place(), 0.9, 2.0, 0.6)
    base = shader.mix(worn, node.outputs["Color"], shader.ramp(stains, [(0.3, (0.4, 0.39, 0.36)), (0.7, (1.05, 1.03, 1.0))]), "MULTIPLY")
    shader.colour(base)
    shader.bump(node.outputs["Fac"], -0.6, 0.01)
    shader.set(Roughness=0.85, Specular=0.3)
    return shader.material


def plaster(name, colour, streaks=0.45):
    shader = Shader(name)
    at = shader.place()
    fine = shader.noise(at, 30.0, 1.0)
    rain = shader.noise(shader.place(scale=(2.2, 2.2, 0.25)), 1.0, 2.0, 0.6)
    base = shader.mix(streaks, tuple(colour), shader.ramp(rain, [(0.34, (0.50, 0.48, 0.44)), (0.62, (1.0, 1.0, 1.0))]), "MULTIPLY")
    shader.colour(base)
    shader.bump(fine, 0.25)
    shader.set(Roughness=0.93, Specular=0.2)
    return shader.material


def road_paint(name, colour):
    """Paint worn through to the asphalt here and there."""
    shader = Shader(name)
    at = shader.place()
    wear = shader.noise(at, 7.0, 3.0, 0.7)
    shader.colour(shader.ramp(shader.noise(at, 2.0), [(0.3, tuple(c * 0.75 for c in colour)), (0.7, tuple(colour))]))
    shader.link(shader.ramp(wear, [(0.26, (0, 0, 0)), (0.34, (1, 1, 1))]), shader.surface.inputs["Alpha"])
    shader.set(Roughness=0.75)
    return shader.material


def foliage(name, colour):
    shader = Shader(name)
    info = shader.node("ShaderNodeObjectInfo")
    tone = shader.noise(shader.place(), 3.5, 3.0)
    shader.colour(shader.ramp(tone, [(0.3, tuple(c * 0.55 for c in colour)), (0.7, tuple(c * 1.35 for c in colour))]))
    shader.set(Roughness=0.6, Specular=0.25)
    del info
    return shader.material


def smoke(name):
    """A soft puff: alpha falls off from the middle of its card, broken up by noise; an attribute of the object sets density."""
    shader = Shader(name)
    coordinates = shader.node("ShaderNodeTexCoord")
    info = shader.node("ShaderNodeObjectInfo")
    length = shader.node("ShaderNodeVectorMath", operation="LENGTH")
    shader.link(coordinates.outputs["Object"], length.inputs[0])
    noise = shader.node("ShaderNodeTexNoise", Scale=2.2, Detail=3.0, Roughness=0.6, noise_dimensions="4D")
    shader.link(coordinates.outputs["Object"], noise.inputs["Vector"])
    times = shader.node("ShaderNodeMath", operation="MULTIPLY")
    times.inputs[1].default_value = 37.0
    shader.link(info.outputs["Random"], times.inputs[0])
    shader.link(times.outputs[0], noise.inputs["W"])
    add = shader.node("ShaderNodeMath", operation="MULTIPLY_ADD")
    shader.link(noise.outputs["Fac"], add.inputs[0])
    add.inputs[1].default_value = -1.15
    add.inputs[2].default_value = 1.70
    soft = shader.node("ShaderNodeMath", operation="SUBTRACT")
    shader.link(add.outputs[0], soft.inputs[0])
    shader.link(length.outputs["Value"], soft.inputs[1])
    ramp = shader.node("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
    shader.link(soft.outputs[0], ramp.inputs["Value"])
    ramp.inputs["From Min"].default_value = 0.02
    ramp.inputs["From Max"].default_value = 0.75
    alpha = shader.node("ShaderNodeMath", operation="MULTIPLY")
    shader.link(ramp.outputs["Result"], alpha.inputs[0])
    separate = shader.node("ShaderNodeSeparateXYZ")
    shader.link(info.outputs["Color"], separate.inputs[0])
    shader.link(separate.outputs["X"], alpha.inputs[1])
    shader.link(alpha.outputs[0], shader.surface.inputs["Alpha"])
    tone = shader.ramp(noise.outputs["Fac"], [(0.35, (0.09, 0.09, 0.094)), (0.65, (0.27, 0.27, 0.275))])
    shader.colour(tone)
    shader.surface.inputs["Emission"].default_value = (0.16, 0.16, 0.165, 1)
    shader.set(Roughness=1.0, Specular=0.0, Emission_Strength=0.22)
    return shader.material


LIGHTS = {
    # sun direction is where the light comes from: azimuth in degrees from +x, elevation above the ground
    "day": dict(azimuth=212.0, elevation=44.0, sun=5.6, sky=0.17, lamps=0.0, exposure=0.25),
    "overcast": dict(azimuth=212.0, elevation=60.0, sun=0.5, sky=0.55, lamps=0.0, exposure=0.35, soft_deg=40.0),
    "night": dict(azimuth=212.0, elevation=44.0, sun=0.012, sky=0.006, lamps=1.0, exposure=1.1),
}


def light(name):
    """Sets sky and sun; returns the direction towards the sun."""
    look = LIGHTS[name]
    az, el = math.radians(look["azimuth"]), math.radians(look["elevation"])
    towards = (math.cos(az) * math.cos(el), math.sin(az) * math.cos(el), math.sin(el))
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    bpy.context.scene.world = world
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type = "NISHITA"
    sky.sun_disc = False
    sky.sun_elevation = el
    sky.sun_rotation = math.pi / 2 - az
    background = world.node_tree.nodes["Background"]
    background.inputs["Strength"].default_value = look["sky"]
    if name == "overcast":
        background.inputs["Color"].default_value = (0.75, 0.80, 0.86, 1)
        background.inputs["Strength"].default_value = 1.1
    else:
        world.node_tree.links.new(sky.outputs["Color"], background.inputs["Color"])
    lamp_data = bpy.data.lights.new("sun", "SUN")
    lamp_data.energy = look["sun"]
    lamp_data.angle = math.radians(look.get("soft_deg", 0.6))
    lamp_data.color = (1.0, 0.95, 0.88)
    lamp_object = bpy.data.objects.new("sun", lamp_data)
    bpy.context.scene.collection.objects.link(lamp_object)
    from mathutils import Vector

    lamp_object.rotation_euler = Vector(towards).to_track_quat("Z", "Y").to_euler()
    view = bpy.context.scene.view_settings
    view.view_transform = "Filmic"
    view.look = "Medium High Contrast"
    view.exposure = look["exposure"]
    return towards
