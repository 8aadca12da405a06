// Shows one camera as the box sees it: the redacted picture, and over it what was found, where rules hold, and where somebody
// was found in a walk test. Looks only while the page is in sight. Without this script the page shows one picture.
"use strict";

(() => {
    const root = document.getElementById("live");
    if (!root || !("EventSource" in window)) return;
    const part = (id) => document.getElementById(id);
    const words = JSON.parse(root.dataset.words);
    let picture = part("live-picture");
    const drawing = part("live-drawing");
    const SVG = "http://www.w3.org/2000/svg";
    // The drawing has as many units in height as in width; lines keep their width, texts lie beside the picture.
    const SIDE = 1000;
    const AGAIN_MS = 10000;
    let stream = null;
    let again = null;
    // The view whose picture is fetched next: the newest, one at a time.
    let wanted = null;
    let isFetching = false;
    // The newest view has a picture: without one none is shown, nor one that was on its way.
    let isShown = false;
    let wasWalking = false;

    const element = (name, attributes, ...children) => {
        const made = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        made.append(...children);
        return made;
    };
    const points = (list) => list.map(([x, y]) => `${x * SIDE},${y * SIDE}`).join(" ");

    const say = (text) => {
        const word = part("live-word");
        // It is read aloud when it changes.
        if (word.textContent !== text) word.textContent = text;
    };

    const list = (id, texts, none) => {
        const items = (texts.length > 0 ? texts : [none]).map((text) => {
            const item = document.createElement("li");
            item.append(text);
            return item;
        });
        part(id).replaceChildren(...items);
    };

    const drawWalk = (walk) => {
        const [width, height] = [SIDE / walk.columns, SIDE / walk.rows];
        const place = (cell) => [(cell % walk.columns) * width, Math.floor(cell / walk.columns) * height];
        const found = walk.found.map(([cell, percent]) => {
            const [x, y] = place(cell);
            return element("rect", { class: "found", x, y, width, height, "fill-opacity": 0.15 + percent / 300 });
        });
        const lost = walk.lost.map((cell) => {
            const [x, y] = place(cell);
            return element("g", { class: "lost" }, element("rect", { x, y, width, height }),
                element("path", { d: `M${x} ${y + height}L${x + width} ${y}` }));
        });
        return [...found, ...lost];
    };

    const draw = (view) => {
        const shapes = [];
        if (view.walk) shapes.push(...drawWalk(view.walk));
        for (const zone of view.zones) {
            shapes.push(element("polygon", { class: zone.is_lit ? "zone lit" : "zone", points: points(zone.corners) }));
        }
        for (const line of view.lines) {
            shapes.push(element("polyline", { class: line.is_lit ? "line lit" : "line", points: points(line.ends) }));
        }
        for (const one of view.boxes) {
            const [x0, y0, x1, y1] = one.box.map((at) => at * SIDE);
            const at = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
            shapes.push(element("polyline", { class: "trail", points: points(one.trail) }));
            shapes.push(element("rect", { class: "halo", ...at }), element("rect", { class: "edge", ...at }));
        }
        drawing.replaceChildren(...shapes);
    };

    // A belief, and below it who made it so, each with its part of the bar.
    const belief = (one) => {
        const item = document.createElement("li");
        item.className = "belief";
        const name = document.createElement("span");
        const grid = document.createElement("span");
        grid.className = "quiet";
        grid.textContent = one.grid;
        name.append(`${one.title} `, grid);
        const bar = element("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
            element("rect", { class: "all", width: 100, height: 8 }));
        let from = 0;
        one.parts.forEach((share, number) => {
            const width = share * Number(one.percent);
            bar.append(element("rect", { class: number % 2 ? "part other" : "part", x: from, width, height: 8 }));
            from += width;
        });
        const who = document.createElement("span");
        who.textContent = [one.belief, ...one.shares].join(" · ");
        item.append(name, bar, who);
        return item;
    };

    const show = (view) => {
        part("live-facts").hidden = false;
        list("live-found", view.found, words.nothing);
        part("live-holds").textContent = view.holds.join(" · ");
        if (view.beliefs.length > 0) {
            part("live-signals").replaceChildren(...view.beliefs.map(belief));
        } else {
            list("live-signals", [], words.none);
        }
        part("live-time").textContent = view.time;
        part("live-cost").textContent = view.cost;
        say(view.why ?? "");
        const word = part("walk-word");
        if (word && view.walk) word.textContent = view.walk.word;
        // It ended, by itself or by somebody else: the result is on the page.
        if (wasWalking && !view.walk) location.reload();
        wasWalking = Boolean(view.walk);
    };

    // The boxes belong to this very picture: both change together.
    const fetchPicture = () => {
        if (isFetching || !wanted) return;
        const view = wanted;
        wanted = null;
        isFetching = true;
        const next = new Image(view.width, view.height);
        const end = (isThere) => {
            isFetching = false;
            if (isThere && stream && isShown) {
                [next.id, next.alt] = [picture.id, picture.alt];
                picture.replaceWith(next);
                picture = next;
                draw(view);
            }
            fetchPicture();
        };
        next.onload = () => end(true);
        next.onerror = () => end(false);
        next.src = `${root.dataset.stream}/${view.number}.jpg`;
    };

    const take = (view) => {
        show(view);
        isShown = view.has_picture;
        wanted = isShown ? view : null;
        if (isShown) {
            fetchPicture();
        } else {
            picture.removeAttribute("src");
            picture.hidden = true;
            draw(view);
        }
    };

    // No sign of a broken picture: what the page says is why there is none.
    const first = picture;
    const hideFirst = () => { first.hidden = true; };
    if (first.getAttribute("src") && first.complete && first.naturalWidth === 0) hideFirst();
    first.addEventListener("error", hideFirst);

    const close = () => {
        stream?.close();
        [stream, wanted] = [null, null];
    };

    const listenLater = () => {
        again ??= setTimeout(() => {
            again = null;
            listen();
        }, AGAIN_MS);
    };

    // Whoever is logged out sees the login, not a picture that never changes.
    const leaveIfLoggedOut = async () => {
        try {
            const answer = await fetch(location.href, { headers: { "x-lookout-refresh": "1" }, redirect: "manual" });
            if (answer.status === 401) location.reload();
        } catch {
            // The box is away: it is asked again later.
        }
    };

    const listen = () => {
        if (stream || document.hidden) return;
        const own = new EventSource(root.dataset.stream);
        stream = own;
        own.addEventListener("view", (event) => take(JSON.parse(event.data)));
        own.addEventListener("waiting", (event) => {
            say(JSON.parse(event.data).why ?? words.waiting);
            drawing.replaceChildren();
        });
        own.addEventListener("refused", (event) => {
            say(JSON.parse(event.data).why);
            drawing.replaceChildren();
            close();
            listenLater();
        });
        own.addEventListener("error", () => {
            say(words.lost);
            drawing.replaceChildren();
            // A browser tries again by itself, unless the box said no.
            if (own.readyState !== EventSource.CLOSED || stream !== own) return;
            close();
            leaveIfLoggedOut();
            listenLater();
        });
    };

    document.addEventListener("visibilitychange", () => (document.hidden ? close() : listen()));
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", listen);
    listen();
})();
