// The operator's live parts: what changed is put in place without moving what one reads; the log grows at its end.
"use strict";

(() => {
  const announce = (words) => {
    const line = document.getElementById("announcer");
    if (line && words) line.textContent = words;
  };

  const parsed = (markup) => new DOMParser().parseFromString(markup, "text/html");

  const isHeld = (part) => {
    const selection = getSelection();
    const isSelected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
    return isSelected || (part.contains(document.activeElement) && document.activeElement !== document.body);
  };

  const anchor = (box) => {
    const parts = [...box.querySelectorAll("[data-part]")];
    const part = parts.find((each) => each.getBoundingClientRect().bottom > 0);
    return part ? { id: part.id, top: part.getBoundingClientRect().top } : null;
  };

  const put = (box, fresh) => {
    const old = document.getElementById(fresh.id);
    if (!old || old.outerHTML === fresh.outerHTML || isHeld(old)) return;
    const scrolled = [...old.querySelectorAll(".table-region")].map((region) => region.scrollLeft);
    if (fresh.dataset.sentence !== old.dataset.sentence) announce(fresh.dataset.sentence);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".table-region").forEach((region, at) => { region.scrollLeft = scrolled[at] ?? 0; });
  };

  const glance = (box) => {
    const source = new EventSource(box.dataset.parts);
    source.addEventListener("part", (event) => {
      const before = anchor(box);
      for (const fresh of parsed(event.data).querySelectorAll("[data-part]")) put(box, fresh);
      const now = before && document.getElementById(before.id);
      if (now) scrollBy(0, now.getBoundingClientRect().top - before.top);
    });
    addEventListener("pagehide", () => source.close());
  };

  const LINES_MAX = 500;

  const log = (region) => {
    const list = region.querySelector("ol");
    const empty = document.querySelector("[data-log-empty]");
    const last = () => Number(list.lastElementChild?.dataset.number ?? 0);
    const isAtEnd = () => region.scrollHeight - region.scrollTop - region.clientHeight < 40;
    const toEnd = () => { region.scrollTop = region.scrollHeight; };
    const source = new EventSource(region.dataset.log);
    source.addEventListener("part", (event) => {
      const follows = isAtEnd();
      const height = region.scrollHeight;
      const seen = last();
      const fresh = [...parsed(event.data).querySelectorAll("li")].filter((line) => Number(line.dataset.number) > seen);
      list.append(...fresh);
      if (list.children.length > LINES_MAX && (follows || isHeld(region))) {
        while (list.children.length > LINES_MAX) list.firstElementChild.remove();
      }
      if (empty) empty.hidden = list.children.length > 0;
      if (follows && region.scrollHeight !== height) toEnd();
    });
    addEventListener("pagehide", () => source.close());
    toEnd();
  };

  document.querySelectorAll("[data-parts]").forEach(glance);
  document.querySelectorAll("[data-log]").forEach(log);
})();
