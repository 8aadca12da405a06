// Draws zones, lines, masks and the horizon on a camera's picture, with a finger, mouse, pen or keyboard. What is drawn goes
// as JSON into one field of the form. Whether it makes sense the box says, by the rules of `lookout check`. Without this
// script the form shows the same as numbers.
"use strict";

(() => {
    const NAMESPACE = "http://www.w3.org/2000/svg";
    // The drawing is so wide in its own units; its height follows the picture.
    const WIDE = 1000;
    // CSS pixels: what a finger needs around a corner, a corner as it is seen, how far a tap may slip, what counts as the
    // edge of the picture, and how long an edge must be to have a handle of its own.
    const [TOUCH, DOT, TAP, EDGE, LONG] = [22, 7, 8, 10, 66];
    // Parts of the picture: how fine numbers are kept, and how far an arrow key moves, without Shift and with it.
    const [PARTS, STEP, FINE_STEP] = [1000, 0.01, 0.001];
    // Fewer corners are no area and no line.
    const LEAST = { zone: 3, mask: 3, line: 2, horizon: 2 };
    const ZOOMS = [1, 2, 4];
    const CHECK_AFTER_MS = 400;
    // Steps of one kind within this time are one step back.
    const SAME_STEP_MS = 1000;
    const MOST_STEPS = 200;
    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    const root = document.getElementById("shapes");
    if (!root) return;
    const part = (id) => document.getElementById(id);
    const say = JSON.parse(root.dataset.words);
    const about = JSON.parse(root.dataset.about);
    const [stage, sheet, picture, drawing] = ["stage", "sheet", "picture", "drawing"].map(part);
    const [form, field, list, said] = ["shapes-form", "shapes-field", "shape-list", "said"].map(part);
    const mayEdit = Boolean(form);

    const element = (name, attributes, ...children) => {
        const made = document.createElementNS(NAMESPACE, name);
        set(made, attributes);
        made.append(...children);
        return made;
    };
    const set = (one, attributes) => {
        for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    };
    // What stands in the file, or is typed, is between backticks.
    const coded = (text) => text.split("`").map((part, at) => {
        if (at % 2 === 0) return part;
        const code = document.createElement("code");
        code.textContent = part;
        return code;
    });
    const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    const layer = (name) => drawing.appendChild(element("g", { class: name }));
    drawing.replaceChildren();
    const [areas, found, sketch, handles] = ["areas", "found", "sketch", "handles"].map(layer);

    // ---- what is drawn
    let chosen = null;
    // What is being drawn: its kind, its corners so far, where the crosshair is, whether keys move it.
    let pen = null;
    let boxes = [];
    let faults = [];
    let high = (WIDE * 9) / 16;
    let zoom = 0;
    let ids = 0;

    const shape = (kind, values) => ({
        id: ids++, kind, name: "", was: null, points: [], count: false, classes: "", metres: null, layer: null, ...values,
    });
    const read = ({ zones, lines, masks, horizon }) => [
        ...zones.map((one) => shape("zone", { ...one, was: one.name })),
        ...lines.map((one) => shape("line", { ...one, was: one.name })),
        ...masks.map((one) => shape("mask", { ...one, classes: one.classes.join(", ") })),
        ...(horizon ? [shape("horizon", horizon)] : []),
    ];
    let shapes = read(about.shapes);
    const model = () => {
        const own = (kind) => shapes.filter((one) => one.kind === kind);
        const [horizon] = own("horizon");
        return {
            zones: own("zone").map(({ name, was, points, count }) => ({ name, was, points, count })),
            lines: own("line").map(({ name, was, points }) => ({ name, was, points })),
            masks: own("mask").map(({ points, classes }) => ({ points, classes: classes.split(/[\s,，、]+/).filter(Boolean) })),
            horizon: horizon ? { points: horizon.points, metres: horizon.metres } : null,
        };
    };
    const current = () => shapes.find((one) => one.id === chosen) ?? null;
    // A camera cannot be without what its type says; of masks all count together, so none can be another.
    const isFixed = (one) => !mayEdit || (one.kind === "mask" && one.layer !== null);
    const isClosed = (kind) => kind === "zone" || kind === "mask";
    // The number among its like, from 1, as `check` counts them.
    const numberOf = (one) => shapes.filter((other) => other.kind === one.kind).indexOf(one) + 1;
    const titleOf = (one) => {
        const name = one.kind === "mask" ? String(numberOf(one)) : one.name;
        return one.kind === "horizon" ? say.horizon : `${say[one.kind]} ${name}`.trim();
    };
    const faultsOf = (one) => faults.filter((fault) => fault.kind === one.kind
        && (one.kind === "horizon" || fault.name === one.name || fault.number === numberOf(one)));

    // ---- steps back and forward
    let past = [];
    let future = [];
    let last = { step: null, at: 0 };
    const snapshot = () => JSON.stringify(shapes);
    const restore = (text) => {
        shapes = JSON.parse(text);
        if (!current()) chosen = null;
    };
    const keep = (before) => {
        past.push(before);
        if (past.length > MOST_STEPS) past.shift();
        future = [];
    };
    const change = (step, act) => {
        const now = Date.now();
        const isSame = step !== null && step === last.step && now - last.at < SAME_STEP_MS;
        const before = snapshot();
        act();
        if (snapshot() === before) return;
        if (!isSame) keep(before);
        last = { step, at: now };
        show();
    };
    const step = (from, to) => {
        if (pen) {
            if (from === past) takeBack();
            return;
        }
        if (from.length === 0) return;
        to.push(snapshot());
        restore(from.pop());
        last = { step: null, at: 0 };
        show();
    };
    const undo = () => step(past, future);
    const redo = () => step(future, past);

    // ---- places
    const frame = () => drawing.getBoundingClientRect();
    // Units of the drawing in a CSS pixel.
    const unit = () => WIDE / Math.max(1, frame().width);
    const toDrawing = ([x, y]) => [x * WIDE, y * high];
    const placeOf = (event) => {
        const { left, top, width, height } = frame();
        return [(event.clientX - left) / width, (event.clientY - top) / height];
    };
    const rounded = (value) => Math.round(value * PARTS) / PARTS;
    const kept = (kind, value, pixels, isFree) => {
        const near = isFree ? 0 : EDGE / pixels;
        // A horizon may lie outside the picture.
        const inside = kind === "horizon" ? value : Math.min(1, Math.max(0, value));
        if (Math.abs(inside) <= near) return 0;
        if (Math.abs(inside - 1) <= near) return 1;
        return rounded(inside);
    };
    const keptPoint = (kind, [x, y], isFree) => {
        const { width, height } = frame();
        return [kept(kind, x, width, isFree), kept(kind, y, height, isFree)];
    };
    const pixelsBetween = ([ax, ay], [bx, by]) => {
        const { width, height } = frame();
        return Math.hypot((ax - bx) * width, (ay - by) * height);
    };
    const middle = (points) => [
        points.reduce((sum, [x]) => sum + x, 0) / points.length,
        points.reduce((sum, [, y]) => sum + y, 0) / points.length,
    ];
    const areaOf = ({ kind, points }) => {
        if (!isClosed(kind)) return 0;
        const cross = ([ax, ay], [bx, by]) => ax * by - bx * ay;
        return Math.abs(points.reduce((sum, one, i) => sum + cross(one, points[(i + 1) % points.length]), 0));
    };
    const percent = (value) => fill(say.percent, { number: Math.round(value * PARTS) / (PARTS / 100) });

    // ---- the picture and what lies on it
    const line = (points) => points.map((one) => toDrawing(one).join(",")).join(" ");
    const areaElement = (one) => {
        const points = line(one.points);
        const outline = isClosed(one.kind) ? "polygon" : "polyline";
        const classes = ["drawn", one.kind, one.id === chosen && "chosen", one.layer !== null && "of-layer",
            faultsOf(one).some((fault) => fault.isError) && "wrong"];
        const group = element("g", { class: classes.filter(Boolean).join(" "), "data-shape": one.id },
            element(outline, { class: "touch", points }),
            element(outline, { class: "halo", points }),
            element(outline, { class: "edge", points }));
        if (one.kind === "line") group.append(...arrow(one.points, one.id === chosen));
        const [x, y] = toDrawing(isClosed(one.kind) ? middle(one.points) : one.points[0]);
        const [up, anchor] = isClosed(one.kind) ? [0, "middle"] : [12 * unit(), "start"];
        // Where the handle of the whole is, there is no room for a name.
        if (one.id !== chosen || !isClosed(one.kind)) group.append(label(one.name || titleOf(one), x, y - up, anchor));
        return group;
    };
    const label = (text, x, y, anchor) => {
        const attributes = { x, y, "text-anchor": anchor, "font-size": 13 * unit(), "stroke-width": 3 * unit() };
        const made = element("text", attributes);
        made.textContent = text;
        return made;
    };
    // The head of a line, and which side is left and which right of somebody who walks along it.
    const arrow = ([from, to], hasSides) => {
        const [[ax, ay], [bx, by]] = [toDrawing(from), toDrawing(to)];
        const length = Math.hypot(bx - ax, by - ay) || 1;
        const [dx, dy] = [((bx - ax) / length) * unit(), ((by - ay) / length) * unit()];
        const head = [[bx - 14 * dx - 8 * dy, by - 14 * dy + 8 * dx], [bx, by], [bx - 14 * dx + 8 * dy, by - 14 * dy - 8 * dx]];
        const [mx, my] = [(ax + bx) / 2, (ay + by) / 2 + 4 * unit()];
        // Beside a steep line a text begins or ends there, above and below a flat one it is in the middle.
        const isSteep = Math.abs(dy) > 0.5 * unit();
        const side = (text, way) => {
            const anchor = isSteep ? (way * dy < 0 ? "start" : "end") : "middle";
            return label(text, mx - way * 18 * dy, my + way * 18 * dx, anchor);
        };
        const points = head.map((one) => one.join(",")).join(" ");
        return [
            element("polyline", { class: "halo", points }),
            element("polyline", { class: "edge", points }),
            ...(hasSides ? [side(say.left, -1), side(say.right, 1)] : []),
        ];
    };
    const drawAreas = () => {
        // The smaller ones on top, so that each can be tapped.
        const all = shapes.filter((one) => one.points.length > 0);
        all.sort((a, b) => areaOf(b) - areaOf(a));
        areas.replaceChildren(...all.map(areaElement));
    };
    // A model's own class is called as the model calls it.
    const classOf = (one) => say.classes[one.class] ?? one.class.replaceAll("_", " ");
    const drawFound = () => {
        found.replaceChildren(...boxes.map((one) => {
            const [left, top, right, bottom] = one.box;
            const [x, y] = toDrawing([left, top]);
            const [width, height] = [(right - left) * WIDE, (bottom - top) * high];
            const text = `${classOf(one)} ${one.score.toFixed(2)} · ${percent(one.height)}`;
            return element("g", {}, element("rect", { class: "halo", x, y, width, height }),
                element("rect", { class: "edge", x, y, width, height }),
                label(text, x, Math.max(14 * unit(), y - 5 * unit()), "start"));
        }));
    };

    // ---- handles: each corner, the middle of each long edge, the whole
    const partsOf = (one) => {
        const { points, kind } = one;
        const name = titleOf(one);
        const corner = ([x, y], at) => ({
            what: "corner", at, place: [x, y],
            label: fill(say.corner, { number: at + 1, name, x: percent(x), y: percent(y) }),
        });
        const parts = points.map(corner);
        if (kind !== "line") {
            const edges = points.map((from, at) => [from, points[(at + 1) % points.length], at]);
            const drawn = isClosed(kind) ? edges : edges.slice(0, -1);
            for (const [from, to, at] of drawn) {
                if (pixelsBetween(from, to) < LONG) continue;
                parts.push({ what: "between", at, place: middle([from, to]), label: fill(say.between, { number: at + 1, name }) });
            }
        }
        parts.push({ what: "whole", at: 0, place: middle(points), label: fill(say.whole, { name }) });
        return parts;
    };
    const newHandle = () => element("g", { tabindex: "0", role: "button" },
        element("circle", { class: "touch" }), element("circle", { class: "dot" }), element("path", { class: "cross" }));
    // What each handle is for.
    const spots = new WeakMap();
    const putHandle = (one, { what, at, place, label: text }) => {
        const [x, y] = toDrawing(place);
        const size = unit();
        const [touch, dot, cross] = one.children;
        const arm = (what === "between" ? DOT - 3 : DOT + 1) * size;
        const tip = 3 * size;
        const plus = `M${-arm} 0H${arm}M0 ${-arm}V${arm}`;
        const tips = [[-1, 0], [1, 0], [0, -1], [0, 1]].map(([ax, ay]) => {
            const [px, py] = [ax * arm, ay * arm];
            const back = (way) => `${px - ax * tip + ay * way * tip} ${py - ay * tip + ax * way * tip}`;
            return `M${back(1)}L${px} ${py}L${back(-1)}`;
        });
        set(one, { class: `handle ${what}`, "data-handle": `${what}-${at}`, transform: `translate(${x} ${y})`, "aria-label": text });
        set(touch, { r: TOUCH * size });
        set(dot, { r: (what === "between" ? DOT - 2 : DOT + (what === "whole" ? 6 : 0)) * size });
        set(cross, { d: { corner: "", between: plus, whole: plus + tips.join("") }[what] });
        spots.set(one, { what, at, place });
    };
    const drawHandles = () => {
        const one = current();
        const parts = one && !isFixed(one) && !pen ? partsOf(one) : [];
        // They are used again, so that none loses the focus or the finger on it.
        while (handles.children.length > parts.length) handles.lastChild.remove();
        while (handles.children.length < parts.length) handles.append(newHandle());
        parts.forEach((each, index) => putHandle(handles.children[index], each));
    };
    const focusHandle = (what, at) => handles.querySelector(`[data-handle="${what}-${at}"]`)?.focus({ preventScroll: true });
    const nearestPart = (event) => {
        const here = placeOf(event);
        const weighed = [...handles.children].map((handle) => {
            const one = spots.get(handle);
            const away = pixelsBetween(one.place, here);
            return { one, away, rank: one.what === "corner" ? away : away * 1.5 };
        });
        const near = weighed.filter(({ away }) => away <= TOUCH).sort((a, b) => a.rank - b.rank);
        return near[0]?.one ?? null;
    };

    // ---- moving
    const insertCorner = (one, after) => {
        const next = one.points[(after + 1) % one.points.length];
        one.points.splice(after + 1, 0, middle([one.points[after], next]).map(rounded));
    };
    const moveWhole = (one, from, [dx, dy], isFree) => {
        const { width, height } = frame();
        const along = (axis, by, pixels) => {
            const values = from.map((point) => point[axis]);
            const [least, most] = [Math.min(...values), Math.max(...values)];
            if (one.kind === "horizon") return by;
            // The edge that comes first to that of the picture stops it there.
            const low = kept(one.kind, Math.max(0, least + by), pixels, isFree);
            if (low === 0 || least + by < 0) return -least;
            const top = kept(one.kind, Math.min(1, most + by), pixels, isFree);
            return top === 1 ? 1 - most : by;
        };
        const by = [along(0, dx, width), along(1, dy, height)];
        one.points = from.map(([x, y]) => [rounded(x + by[0]), rounded(y + by[1])]);
    };
    const removeCorner = (one, at) => {
        if (one.points.length <= LEAST[one.kind]) {
            tell(fill(say.least, { count: LEAST[one.kind] }));
            return;
        }
        change(null, () => one.points.splice(at, 1));
        focusHandle("corner", Math.min(at, one.points.length - 1));
    };
    const tellCorner = (one, at) => {
        const [x, y] = one.points[at];
        tell(fill(say.corner, { number: at + 1, name: titleOf(one), x: percent(x), y: percent(y) }));
    };
    const onHandleKey = (event, { what, at }) => {
        const one = current();
        const arrow = ARROWS[event.key];
        if (arrow) {
            const by = arrow.map((way) => way * (event.shiftKey ? FINE_STEP : STEP));
            change(`move ${one.id} ${what} ${at}`, () => {
                if (what === "corner") {
                    const [x, y] = one.points[at];
                    one.points[at] = keptPoint(one.kind, [x + by[0], y + by[1]], true);
                } else if (what === "whole") {
                    moveWhole(one, one.points, by, true);
                }
            });
            if (what === "corner") tellCorner(one, at);
        } else if ((event.key === "Delete" || event.key === "Backspace") && what === "corner") {
            removeCorner(one, at);
        } else if ((event.key === "Enter" || event.key === " ") && what === "between") {
            change(null, () => insertCorner(one, at));
            focusHandle("corner", at + 1);
        } else if (event.key === "Escape") {
            rows.get(one.id)?.querySelector(".pick").focus();
        } else {
            return;
        }
        event.preventDefault();
    };

    // What a pointer that is down does: moves a handle, or may become a tap.
    let grip = null;
    const beginMove = (event, { what, at, place }) => {
        const one = current();
        const [x, y] = placeOf(event);
        grip = { pointer: event.pointerId, what, at, before: snapshot(), from: [event.clientX, event.clientY], hasMoved: false };
        grip.offset = [place[0] - x, place[1] - y];
        grip.points = one.points.map((point) => [...point]);
        drawing.setPointerCapture(event.pointerId);
        focusHandle(what, at);
    };
    const goOnMoving = (event) => {
        const one = current();
        if (!one) return;
        const [x, y] = placeOf(event);
        if (!grip.hasMoved) {
            if (Math.hypot(event.clientX - grip.from[0], event.clientY - grip.from[1]) < 3) return;
            grip.hasMoved = true;
            if (grip.what === "between") {
                insertCorner(one, grip.at);
                [grip.what, grip.at] = ["corner", grip.at + 1];
            }
        }
        const place = [x + grip.offset[0], y + grip.offset[1]];
        if (grip.what === "whole") {
            const [cx, cy] = middle(grip.points);
            moveWhole(one, grip.points, [place[0] - cx, place[1] - cy], event.altKey);
        } else {
            one.points[grip.at] = keptPoint(one.kind, place, event.altKey);
        }
        drawAreas();
        drawHandles();
    };
    const endMove = () => {
        const { what, at, hasMoved, before } = grip;
        const one = current();
        grip = null;
        if (!one) return;
        if (!hasMoved && what === "between") insertCorner(one, at);
        if (snapshot() !== before) keep(before);
        last = { step: null, at: 0 };
        show();
        if (what === "between") focusHandle("corner", at + 1);
        else focusHandle(what, at);
        if (hasMoved && what === "corner") tellCorner(one, at);
    };

    // ---- drawing something new
    const begin = (kind, byKeys) => {
        if (kind === "horizon" && shapes.some((one) => one.kind === "horizon")) {
            choose(shapes.find((one) => one.kind === "horizon").id, byKeys);
            return;
        }
        pen = { kind, points: [], cursor: [0.5, 0.5], byKeys };
        chosen = null;
        show();
        tell(byKeys ? say.draw_by_keys : fill(say.draw[kind], { count: LEAST[kind] }));
        if (byKeys) sketch.querySelector(".cursor")?.focus({ preventScroll: true });
        stage.scrollIntoView({ block: "nearest" });
    };
    const addCorner = (place, near) => {
        const { kind, points } = pen;
        if (isClosed(kind) && points.length >= LEAST[kind] && pixelsBetween(points[0], place) <= near) {
            finish();
            return;
        }
        // A finger that trembles makes no second corner at the same place.
        if (points.length > 0 && points.at(-1).every((value, axis) => value === place[axis])) return;
        points.push(place);
        if (kind === "line" && points.length === 2) finish();
        else showPen();
    };
    const takeBack = () => {
        if (pen.points.length === 0) cancel();
        else pen.points.pop();
        showPen();
    };
    const freeName = (kind) => {
        for (let number = 1; ; number++) {
            const name = `${kind}-${number}`;
            if (!shapes.some((one) => one.kind === kind && one.name === name)) return name;
        }
    };
    const finish = () => {
        const { kind, points, byKeys } = pen;
        if (points.length < LEAST[kind]) {
            tell(fill(say.least, { count: LEAST[kind] }));
            return;
        }
        pen = null;
        const name = kind === "zone" || kind === "line" ? freeName(kind) : "";
        const fresh = shape(kind, { name, points });
        change(null, () => shapes.push(fresh));
        choose(fresh.id, byKeys);
        tell(say.drawn);
    };
    const cancel = () => {
        const { kind, byKeys } = pen;
        pen = null;
        show();
        if (byKeys) document.querySelector(`[data-add="${kind}"]`)?.focus();
    };
    const onPenKey = (event) => {
        const arrow = ARROWS[event.key];
        if (arrow) {
            const size = event.shiftKey ? FINE_STEP : STEP;
            const [x, y] = pen.cursor;
            pen.cursor = keptPoint(pen.kind, [x + arrow[0] * size, y + arrow[1] * size], true);
            showPen();
            tell(fill(say.crosshair, { x: percent(pen.cursor[0]), y: percent(pen.cursor[1]) }));
        } else if (event.key === "Enter" || event.key === " ") {
            addCorner([...pen.cursor], 1);
        } else if (event.key === "Backspace" || event.key === "Delete") {
            takeBack();
        } else if (event.key === "Escape") {
            cancel();
        } else {
            return;
        }
        event.preventDefault();
    };
    const showPen = () => {
        part("pen").hidden = !pen;
        if (!pen) {
            sketch.replaceChildren();
            return;
        }
        part("finish").disabled = pen.points.length < LEAST[pen.kind];
        const size = unit();
        const points = line([...pen.points, pen.cursor]);
        let cursor = sketch.querySelector(".cursor");
        cursor ??= element("g", { class: "cursor", tabindex: "0", role: "button" }, element("path", {}), element("path", {}));
        const [x, y] = toDrawing(pen.cursor);
        const arm = 16 * size;
        const place = { x: percent(pen.cursor[0]), y: percent(pen.cursor[1]) };
        set(cursor, { transform: `translate(${x} ${y})`, "aria-label": fill(say.crosshair, place) });
        const cross = `M${-arm} 0H${arm}M0 ${-arm}V${arm}`;
        set(cursor.children[0], { class: "halo", d: cross });
        set(cursor.children[1], { class: "edge", d: cross });
        const dots = pen.points.map((one) => {
            const [cx, cy] = toDrawing(one);
            return element("circle", { class: "dot", cx, cy, r: DOT * size });
        });
        for (const old of [...sketch.children]) if (old !== cursor) old.remove();
        sketch.prepend(element("polyline", { class: "halo", points }), element("polyline", { class: "edge", points }), ...dots);
        if (!cursor.parentNode) sketch.append(cursor);
    };

    // ---- the list beside the picture
    const rows = new Map();
    const choose = (id, isToName) => {
        chosen = id;
        show();
        if (!isToName) return;
        const first = rows.get(id)?.querySelector(".body input, .body button");
        first?.focus();
        first?.select?.();
    };
    const newRow = (one) => {
        const row = part("shape-row").content.firstElementChild.cloneNode(true);
        row.querySelector(".pick").addEventListener("click", () => choose(chosen === one.id ? null : one.id, false));
        for (const kind of ["zone", "line", "mask", "horizon"]) {
            if (kind !== one.kind) row.querySelectorAll(`.of-${kind}:not(.of-${one.kind})`).forEach((other) => other.remove());
        }
        const on = (selector, event, act) => row.querySelector(selector)?.addEventListener(event, (happened) => {
            // What is drawn is read anew by each step back.
            const own = shapes.find((other) => other.id === one.id);
            if (own) act(own, happened.target);
        });
        on(".name", "input", (own, input) => change(`name ${own.id}`, () => { own.name = input.value.trim(); }));
        on(".counted", "change", (own, input) => change(null, () => { own.count = input.checked; }));
        on(".classes", "input", (own, input) => change(`classes ${own.id}`, () => { own.classes = input.value; }));
        on(".metres", "input", (own, input) => change(`metres ${own.id}`, () => {
            own.metres = input.value === "" ? null : Number(input.value);
        }));
        on(".numbers", "change", (own, input) => {
            const values = (input.value.match(/-?(?:\d+\.?\d*|\.\d+)/g) ?? []).map(Number);
            const points = values.flatMap((value, at) => (at % 2 === 0 && at + 1 < values.length ? [[value, values[at + 1]]] : []));
            if (points.length < LEAST[own.kind] || values.length % 2 === 1) tell(say.no_numbers);
            else change(null, () => { own.points = points; });
            input.value = numbersOf(own);
        });
        on(".turn", "click", (own) => change(null, () => own.points.reverse()));
        on(".delete", "click", (own) => {
            change(null, () => {
                shapes = shapes.filter((other) => other.id !== own.id);
                chosen = null;
            });
            tell(fill(say.deleted, { name: titleOf(own) }));
            part("undo").focus();
        });
        return row;
    };
    const numbersOf = (one) => one.points.map((point) => point.join(" ")).join("\n");
    // A rule of this camera alone follows a new name; one of several cameras keeps to the old one, whatever has it now.
    const rulesOf = (one) => {
        const alike = shapes.filter((other) => other.kind === one.kind);
        const isOf = ({ name, follows }) => (follows && alike.some((other) => other.was === name) ? one.was : one.name) === name;
        return about.uses[one.kind].filter(isOf).map(({ rule }) => rule);
    };
    const showRow = (one) => {
        const row = rows.get(one.id);
        const isChosen = one.id === chosen;
        row.querySelector(".title").textContent = titleOf(one);
        const uses = row.querySelector(".uses");
        if (uses) {
            const rules = rulesOf(one);
            const all = () => rules.reduce((some, rule) => fill(say.rule_more, { rules: some, rule }));
            uses.textContent = rules.length === 0 ? say.unused : fill(say.used_by, { rules: all() });
        }
        const pick = row.querySelector(".pick");
        set(pick, { "aria-expanded": isChosen });
        row.querySelector(".body").hidden = !isChosen || isFixed(one);
        const note = row.querySelector(".note");
        note.hidden = one.layer === null;
        note.textContent = one.layer === null ? "" : fill(say.from_a_layer, { layer: one.layer });
        row.querySelector(".delete").hidden = one.layer !== null;
        row.classList.toggle("wrong", faultsOf(one).some((fault) => fault.isError));
        const values = {
            ".name": one.name, ".classes": one.classes, ".metres": one.metres ?? "",
            ".numbers": numbersOf(one),
        };
        for (const [selector, value] of Object.entries(values)) {
            const input = row.querySelector(selector);
            // Nobody's typing is overwritten.
            if (input && input !== document.activeElement) input.value = value;
        }
        const counted = row.querySelector(".counted");
        if (counted) counted.checked = one.count;
    };
    const showList = () => {
        for (const [id, row] of rows) {
            if (shapes.some((one) => one.id === id)) continue;
            row.remove();
            rows.delete(id);
        }
        shapes.forEach((one, index) => {
            if (!rows.has(one.id)) rows.set(one.id, newRow(one));
            const row = rows.get(one.id);
            // Moving a row takes the focus from it.
            if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
            showRow(one);
        });
        part("nothing-drawn").hidden = shapes.length > 0;
    };

    const tell = (text) => { said.textContent = text; };

    const show = () => {
        drawAreas();
        drawHandles();
        showList();
        if (!mayEdit) return;
        showPen();
        part("undo").disabled = past.length === 0 && !pen;
        part("redo").disabled = future.length === 0 || Boolean(pen);
        const value = JSON.stringify(model());
        if (value !== field.value) {
            field.value = value;
            checkSoon();
        }
    };

    // ---- what the box says of it
    let checkTimer = null;
    let checks = 0;
    const checkSoon = () => {
        clearTimeout(checkTimer);
        checkTimer = setTimeout(check, CHECK_AFTER_MS);
    };
    const check = async () => {
        const own = ++checks;
        const body = new URLSearchParams({ token: form.elements.token.value, shapes: field.value });
        let problems;
        try {
            const answer = await fetch(root.dataset.check, { method: "POST", body, redirect: "error" });
            if (!answer.ok) throw new Error(String(answer.status));
            ({ problems } = await answer.json());
        } catch {
            problems = [{ isError: true, text: say.not_checked, hint: null, kind: null }];
        }
        // Another one has begun since.
        if (own !== checks) return;
        faults = problems;
        const told = problems.map((problem) => {
            const item = document.createElement("li");
            const what = document.createElement(problem.isError ? "strong" : "span");
            what.append(...coded(problem.text));
            item.append(what);
            if (problem.hint) {
                const hint = document.createElement("p");
                hint.className = "hint";
                hint.append(...coded(problem.hint));
                item.append(hint);
            }
            return item;
        });
        part("problems").replaceChildren(...told);
        drawAreas();
        shapes.forEach(showRow);
    };

    // ---- the stage: size, picture, what is found now
    const setZoom = (next) => {
        const before = { x: (stage.scrollLeft + stage.clientWidth / 2) / sheet.offsetWidth, y: (stage.scrollTop + stage.clientHeight / 2) / sheet.offsetHeight };
        zoom = Math.min(ZOOMS.length - 1, Math.max(0, next));
        ZOOMS.forEach((each, index) => sheet.classList.toggle(`zoom-${each}`, index === zoom));
        stage.scrollLeft = before.x * sheet.offsetWidth - stage.clientWidth / 2;
        stage.scrollTop = before.y * sheet.offsetHeight - stage.clientHeight / 2;
        part("nearer").disabled = zoom === ZOOMS.length - 1;
        part("farther").disabled = zoom === 0;
        resize();
    };
    const resize = () => {
        drawing.setAttribute("viewBox", `0 0 ${WIDE} ${high}`);
        drawAreas();
        drawFound();
        drawHandles();
        if (mayEdit) showPen();
    };
    const hasPicture = () => {
        const isThere = picture.complete && picture.naturalWidth > 0;
        if (isThere) high = (WIDE * picture.naturalHeight) / picture.naturalWidth;
        stage.classList.toggle("without", picture.complete && !isThere);
        part("no-picture").hidden = !picture.complete || isThere;
        resize();
    };

    let stream = null;
    const listen = () => {
        const isWanted = part("show-found").checked && !document.hidden;
        if (!isWanted) {
            stream?.close();
            stream = null;
            showFound([], []);
            return;
        }
        if (stream) return;
        const own = new EventSource(root.dataset.boxes);
        stream = own;
        own.addEventListener("view", (event) => {
            const view = JSON.parse(event.data);
            showFound(view.boxes, view.found);
        });
        own.addEventListener("error", () => {
            // A browser tries again by itself, unless the box said no.
            if (own.readyState !== EventSource.CLOSED || stream !== own) return;
            part("show-found").checked = false;
            listen();
            tell(say.not_live);
        });
    };
    const showFound = (nowBoxes, words) => {
        boxes = nowBoxes;
        drawFound();
        part("found-now").replaceChildren(...words.map((word) => {
            const item = document.createElement("li");
            item.textContent = word;
            return item;
        }));
    };

    // ---- what people do
    let tap = null;
    drawing.addEventListener("pointerdown", (event) => {
        if (!event.isPrimary || event.button !== 0) {
            tap = null;
            return;
        }
        const near = !pen && event.target.closest(".handle") ? nearestPart(event) : null;
        if (near) {
            beginMove(event, near);
            event.preventDefault();
            return;
        }
        tap = { pointer: event.pointerId, from: [event.clientX, event.clientY] };
    });
    // A browser gives the focus to what is pressed; handles take it themselves.
    drawing.addEventListener("mousedown", (event) => event.preventDefault());
    drawing.addEventListener("pointermove", (event) => {
        if (grip && event.pointerId === grip.pointer) {
            goOnMoving(event);
        } else if (pen && event.pointerType !== "touch") {
            pen.cursor = keptPoint(pen.kind, placeOf(event), event.altKey);
            showPen();
        }
    });
    drawing.addEventListener("pointerup", (event) => {
        if (grip && event.pointerId === grip.pointer) {
            endMove();
            return;
        }
        const isTap = tap?.pointer === event.pointerId
            && Math.hypot(event.clientX - tap.from[0], event.clientY - tap.from[1]) <= TAP;
        tap = null;
        if (!isTap) return;
        if (pen) {
            const place = keptPoint(pen.kind, placeOf(event), event.altKey);
            pen.cursor = place;
            addCorner(place, event.pointerType === "touch" ? TOUCH : TAP + 4);
        } else {
            const under = event.target.closest("[data-shape]");
            choose(under ? Number(under.dataset.shape) : null, false);
        }
    });
    const letGo = () => {
        tap = null;
        if (!grip) return;
        restore(grip.before);
        grip = null;
        show();
    };
    drawing.addEventListener("pointercancel", letGo);
    // A finger on a handle does not scroll. (`touch-action` counts for the whole drawing, not for parts of it.) Two fingers
    // make the picture larger: what one of them moved meanwhile goes back.
    drawing.addEventListener("touchstart", (event) => {
        if (event.touches.length > 1) letGo();
    }, { passive: true });
    drawing.addEventListener("touchmove", (event) => {
        if (grip) event.preventDefault();
    }, { passive: false });
    handles.addEventListener("keydown", (event) => {
        const one = event.target.closest(".handle");
        if (one && current()) onHandleKey(event, spots.get(one));
    });
    sketch.addEventListener("keydown", (event) => { if (pen) onPenKey(event); });

    part("nearer").addEventListener("click", () => setZoom(zoom + 1));
    part("farther").addEventListener("click", () => setZoom(zoom - 1));
    part("new-picture").addEventListener("click", () => {
        picture.src = `${picture.dataset.src}?at=${Date.now()}`;
    });
    part("show-found").addEventListener("change", listen);
    document.addEventListener("visibilitychange", listen);
    picture.addEventListener("load", hasPicture);
    picture.addEventListener("error", hasPicture);
    new ResizeObserver(resize).observe(sheet);

    if (mayEdit) {
        for (const button of document.querySelectorAll("[data-add]")) {
            // A click without a pointer is one by the keyboard.
            button.addEventListener("click", (event) => begin(button.dataset.add, event.detail === 0));
        }
        part("undo").addEventListener("click", undo);
        part("redo").addEventListener("click", redo);
        part("finish").addEventListener("click", finish);
        part("cancel").addEventListener("click", cancel);
        document.addEventListener("keydown", (event) => {
            if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea, select")) return;
            const key = event.key.toLowerCase();
            if (key === "z" && !event.shiftKey) undo();
            else if (key === "y" || key === "z") redo();
            else return;
            event.preventDefault();
        });
        let isSent = false;
        form.addEventListener("submit", (event) => {
            if (pen) {
                event.preventDefault();
                tell(say.finish_first);
                part("finish").focus();
                return;
            }
            isSent = true;
        });
        const first = JSON.stringify(model());
        window.addEventListener("beforeunload", (event) => {
            if (!isSent && field.value !== first) event.preventDefault();
        });
        window.addEventListener("pageshow", () => { isSent = false; });
        // Fields that are not shown are not sent.
        part("numbers").disabled = true;
        part("numbers").hidden = true;
        part("tools").hidden = false;
    }
    part("list").hidden = false;
    part("views").hidden = false;
    hasPicture();
    setZoom(0);
    show();
})();
