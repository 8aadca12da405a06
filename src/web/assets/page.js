// Keeps an open page up to date: when the box says that something changed, the page is fetched again and its live parts
// are replaced. Without this script a page shows what was so when it was opened.
"use strict";

(() => {
    const SOONEST_MS = 1000;
    // What was so before this page was made: it may have changed before the stream begins.
    let seen = JSON.parse(document.body.dataset.seen ?? "null");
    let wanted = new Set();
    // What changed in parts that somebody types in or touches: it is fetched when they are done.
    const putOff = new Set();
    let isFetching = false;
    let lastFetch = 0;
    let timer = null;
    let stream = null;

    const parts = () => [...document.querySelectorAll("[data-live]")];
    if (parts().length === 0 || !("EventSource" in window)) return;

    // What is under a finger stays until it is lifted.
    let pressed = null;
    document.addEventListener("pointerdown", (event) => { pressed = event.target; });
    for (const end of ["pointerup", "pointercancel"]) {
        document.addEventListener(end, () => setTimeout(() => { pressed = null; }, 0));
    }

    const isBusy = (part) => {
        if (pressed && part.contains(pressed)) return true;
        const active = document.activeElement;
        return active && part.contains(active) && active.matches("input, select, textarea");
    };

    // What somebody opened stays open, and what had the focus has it again.
    const replace = (old, fresh) => {
        const active = document.activeElement;
        const within = active && old.contains(active) ? active : null;
        const place = within && (within.id ? `#${CSS.escape(within.id)}` : within.getAttribute("href") && `a[href="${CSS.escape(within.getAttribute("href"))}"]`);
        for (const details of old.querySelectorAll("details[id]")) {
            const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
            if (same) same.open = details.open;
        }
        // A picture that is there already does not flicker.
        for (const image of fresh.querySelectorAll("img")) {
            const same = [...old.querySelectorAll("img")].find((one) => one.src === image.src && one.complete);
            if (same) image.replaceWith(same);
        }
        old.replaceWith(fresh);
        if (place) fresh.querySelector(place)?.focus({ preventScroll: true });
    };

    // One timer for whatever comes next.
    const later = (wait) => {
        timer ??= setTimeout(() => {
            timer = null;
            refresh();
        }, wait);
    };

    const refresh = async () => {
        if (isFetching || wanted.size === 0 || document.hidden) return;
        const wait = lastFetch + SOONEST_MS - Date.now();
        if (wait > 0) {
            later(wait);
            return;
        }
        isFetching = true;
        lastFetch = Date.now();
        const now = wanted;
        wanted = new Set();
        try {
            const answer = await fetch(location.href, { headers: { "x-lookout-refresh": "1" }, redirect: "error" });
            if (answer.status === 401) {
                location.reload();
                return;
            }
            if (!answer.ok) throw new Error(String(answer.status));
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            document.title = page.title;
            for (const part of parts()) {
                const fresh = part.id && page.getElementById(part.id);
                if (!fresh || !now.has(part.dataset.live)) continue;
                if (isBusy(part)) {
                    putOff.add(part.dataset.live);
                } else {
                    replace(part, document.adoptNode(fresh));
                }
            }
        } catch {
            // The box is restarting, or the network is away: the stream says when it is back.
            now.forEach((one) => wanted.add(one));
            later(5 * SOONEST_MS);
        } finally {
            isFetching = false;
            if (wanted.size > 0) later(SOONEST_MS);
        }
    };

    const takeUp = () => setTimeout(() => {
        putOff.forEach((part) => wanted.add(part));
        putOff.clear();
        refresh();
    }, 0);
    for (const end of ["focusout", "pointerup", "pointercancel"]) document.addEventListener(end, takeUp);

    // Only while somebody looks: a browser has few connections to one address, and each stream takes one.
    const listen = () => {
        if (stream || document.hidden) return;
        const own = new EventSource("/live");
        stream = own;
        own.addEventListener("change", (event) => {
            const versions = JSON.parse(event.data);
            for (const [part, version] of Object.entries(versions)) {
                if (seen && seen[part] !== version) wanted.add(part);
            }
            seen = versions;
            refresh();
        });
        own.addEventListener("error", () => {
            // A browser tries again by itself, unless the box said no.
            if (own.readyState !== EventSource.CLOSED || stream !== own) return;
            parts().forEach((part) => wanted.add(part.dataset.live));
            // Its place is free again when the timer runs.
            setTimeout(() => {
                if (stream === own) stream = null;
                refresh();
                listen();
            }, 10 * SOONEST_MS);
        });
    };

    document.addEventListener("visibilitychange", () => {
        if (document.hidden) {
            stream?.close();
            stream = null;
        } else {
            refresh();
            listen();
        }
    });
    listen();
})();
