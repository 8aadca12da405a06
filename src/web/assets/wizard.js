// Waits for what goes on while a camera is added: shows how far it is, and opens what comes after it. Without this script the
// page is loaded anew every second.
"use strict";

(() => {
    const EVERY_MS = 500;
    const wait = document.querySelector("#wizard-wait");
    if (!wait) return;

    const look = async () => {
        try {
            const answer = await fetch(location.href, { headers: { "x-lookout-refresh": "1" } });
            if (answer.status === 401) {
                location.reload();
                return;
            }
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.querySelector("#wizard-wait progress");
            if (!fresh || answer.redirected) {
                location.replace(answer.url);
                return;
            }
            wait.querySelector("progress").value = fresh.value;
        } catch {
            // The box is restarting, or the network is away: it is asked again.
        }
        setTimeout(look, EVERY_MS);
    };
    setTimeout(look, EVERY_MS);
})();
