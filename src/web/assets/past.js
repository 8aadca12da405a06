// Makes a slider of the list of values, and says what each makes. Without this script the list itself does.
"use strict";

(() => {
    const begin = () => {
        const place = document.querySelector("[data-slider]");
        const list = place?.querySelector("select");
        if (!list || document.getElementById("slide")) return;
        const says = document.getElementById("value-makes");
        const bars = [...document.querySelectorAll("svg.curve .bar")];

        const range = document.createElement("input");
        [range.type, range.min, range.max, range.step] = ["range", "0", String(list.options.length - 1), "1"];
        range.id = "slide";
        range.value = String(Math.max(list.selectedIndex, 0));
        range.autocomplete = "off";
        range.setAttribute("aria-label", place.dataset.slider);
        list.before(range);

        const show = (at) => {
            const words = list.options[at]?.dataset.words ?? "";
            says.textContent = words;
            range.setAttribute("aria-valuetext", words);
            bars.forEach((bar) => bar.classList.toggle("chosen", bar.dataset.at === String(at)));
        };
        range.addEventListener("input", () => {
            list.selectedIndex = Number(range.value);
            show(list.selectedIndex);
        });
        list.addEventListener("change", () => {
            range.value = String(list.selectedIndex);
            show(list.selectedIndex);
        });
        show(list.selectedIndex);
    };
    begin();
    // It comes later where somebody waits for it.
    const part = document.querySelector("main");
    if (part) new MutationObserver(begin).observe(part, { childList: true, subtree: true });
})();
