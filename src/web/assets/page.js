// Keeps an open page up to date: when the box says that something changed, the page is fetched again and its live parts
// are replaced; while the box gives no answer, the page says since when. Without this script a page shows what was so when it
// was opened.
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
    // A part may show several things that change.
    const kinds = (part) => part.dataset.live.split(",");
    if (parts().length === 0 || !("EventSource" in window)) return;

    // Whether the box answers. Its stream says a word every 15 s; without one it is asked, and so it is when the stream breaks.
    const QUIET_MS = 25 * SOONEST_MS;
    const ASK_EVERY_MS = 2 * SOONEST_MS;
    const ANSWERS_WITHIN_MS = 5 * SOONEST_MS;
    let heardAt = Date.now();
    let unanswered = 0;
    let asking = null;

    const heard = () => {
        heardAt = Date.now();
        unanswered = 0;
        clearTimeout(asking);
        asking = null;
        const banner = document.getElementById("no-answer");
        if (!banner || banner.textContent === "") return;
        banner.replaceChildren();
        parts().forEach((part) => kinds(part).forEach((kind) => wanted.add(kind)));
        refresh();
        listen();
    };

    const missed = () => {
        unanswered += 1;
        const banner = document.getElementById("no-answer");
        // One may be lost, as when somebody leaves the page.
        if (!banner || unanswered < 2 || banner.textContent !== "") return;
        const two = (number) => String(number).padStart(2, "0");
        const at = new Date(heardAt);
        const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
        banner.textContent = banner.dataset.words.replace("{time}", time);
    };

    const ask = async () => {
        const given = new AbortController();
        const over = setTimeout(() => given.abort(), ANSWERS_WITHIN_MS);
        try {
            await fetch("/assets/icon.svg", { cache: "no-store", signal: given.signal });
            heard();
        } catch {
            missed();
            asking = setTimeout(ask, ASK_EVERY_MS);
        } finally {
            clearTimeout(over);
        }
    };

    const askNow = () => { asking ??= setTimeout(ask, 0); };
    setInterval(() => {
        if (!document.hidden && Date.now() - heardAt > QUIET_MS) askNow();
    }, 5 * SOONEST_MS);

    // What somebody typed and did not send.
    const isTouched = () => [...document.querySelectorAll("form input, form select, form textarea")].some((field) => {
        if (field.type === "hidden") return false;
        if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
        if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
        const usual = [...field.options].findIndex((option) => option.defaultSelected);
        return field.selectedIndex !== Math.max(usual, 0);
    });

    // Whoever is logged out sees the login; who typed something keeps it and logs in beside it.
    const loggedOut = () => {
        const banner = document.getElementById("no-answer");
        if (!banner || !isTouched()) {
            location.reload();
            return;
        }
        parts().forEach((part) => kinds(part).forEach((kind) => wanted.add(kind)));
        if (banner.querySelector("a")) return;
        const link = document.createElement("a");
        [link.href, link.target, link.textContent] = ["/login", "_blank", banner.dataset.logIn];
        banner.replaceChildren(`${banner.dataset.out} `, link);
    };

    // Somebody logged in beside this page: its forms are of that session from here on.
    const renewForms = (page) => {
        const fresh = page.querySelector("form input[name='token']")?.value;
        if (!fresh) return;
        for (const token of document.querySelectorAll("form input[name='token']")) token.value = fresh;
    };

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
            const answer = await fetch(location.href, { headers: { "x-lookout-refresh": "1" }, redirect: "manual" });
            if (answer.status === 401) {
                loggedOut();
                return;
            }
            heard();
            if (!answer.ok) throw new Error(String(answer.status));
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            document.title = page.title;
            renewForms(page);
            for (const part of parts()) {
                const fresh = part.id && page.getElementById(part.id);
                if (!fresh || !kinds(part).some((kind) => now.has(kind))) continue;
                if (isBusy(part)) {
                    kinds(part).forEach((kind) => putOff.add(kind));
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
            if (wanted.size > 0) later(document.querySelector("#no-answer a") ? 10 * SOONEST_MS : SOONEST_MS);
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
        own.addEventListener("open", heard);
        own.addEventListener("word", heard);
        own.addEventListener("change", (event) => {
            heard();
            const versions = JSON.parse(event.data);
            for (const [part, version] of Object.entries(versions)) {
                // Of what no part of this page shows nothing is fetched.
                const isShown = parts().some((one) => kinds(one).includes(part));
                if (seen && seen[part] !== version && isShown) wanted.add(part);
            }
            seen = versions;
            refresh();
        });
        own.addEventListener("error", () => {
            if (stream === own) askNow();
            // A browser tries again by itself, unless the box said no.
            if (own.readyState !== EventSource.CLOSED || stream !== own) return;
            parts().forEach((part) => kinds(part).forEach((kind) => wanted.add(kind)));
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
            // Nothing was heard because nobody listened.
            if (unanswered === 0) heardAt = Date.now();
            refresh();
            listen();
        }
    });
    listen();
})();
