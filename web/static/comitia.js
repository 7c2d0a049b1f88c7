// Small helps on top of pages that work without them: live parts, suggestions while typing, the minutes bar, printing.
"use strict";

(() => {
  const announce = (words) => {
    const line = document.getElementById("announcer");
    if (line && words) line.textContent = words;
  };

  const parsed = (markup) => new DOMParser().parseFromString(markup, "text/html");

  const listen = (box) => {
    const source = new EventSource(box.dataset.live);
    source.addEventListener("part", (event) => {
      const old = box.querySelector("#live");
      const fresh = parsed(event.data).getElementById("live");
      if (!old || !fresh) return;
      if (fresh.dataset.sentence !== old.dataset.sentence) announce(fresh.dataset.sentence);
      old.replaceWith(fresh);
    });
    addEventListener("pagehide", () => source.close());
  };

  const suggest = (form) => {
    const aside = document.getElementById("suggestions");
    let timer = 0;
    let running = null;
    let isStale = false;
    const sentence = (part) => part.querySelector("[data-sentence]")?.dataset.sentence ?? "";
    const show = (fresh) => {
      const words = sentence(fresh);
      const before = sentence(aside);
      const isNew = words !== before;
      const wasOpen = before && aside.querySelector("details")?.open;
      aside.replaceChildren(...fresh.body.childNodes);
      const others = aside.querySelector("details");
      if (others && wasOpen) others.open = true;
      if (isNew) announce(words);
    };
    const ask = async () => {
      running?.abort();
      const mine = running = new AbortController();
      isStale = false;
      const fields = new URLSearchParams(new FormData(form));
      try {
        const response = await fetch(form.dataset.suggest, { method: "POST", body: fields, signal: mine.signal });
        if (!response.ok) return;
        const fresh = parsed(await response.text());
        if (mine.signal.aborted) return;
        if (aside.contains(document.activeElement)) isStale = true;
        else show(fresh);
      } catch {
        return;
      }
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 500);
    };
    for (const name of ["title", "body", "lang"]) form.elements[name].addEventListener("input", later);
    aside.addEventListener("change", () => {
      running?.abort();
      isStale = true;
    });
    aside.addEventListener("focusout", (event) => {
      if (isStale && !aside.contains(event.relatedTarget)) later();
    });
  };

  const minutes = (form) => {
    const panel = form.querySelector(".minutes-live");
    const capacity = Number(form.dataset.capacity);
    const sum = panel.querySelector("[data-sum]");
    const state = panel.querySelector("[data-state]");
    const track = panel.querySelector("[data-track]");
    const isRtl = document.documentElement.dir === "rtl";
    const boxes = [...form.querySelectorAll("input[name=approves]")];
    const rect = (x, width) => {
      const piece = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      piece.setAttribute("class", "piece");
      piece.setAttribute("x", isRtl ? 300 - x - width : x);
      piece.setAttribute("width", Math.max(1, width - 2));
      piece.setAttribute("height", 30);
      return piece;
    };
    const draw = () => {
      const chosen = boxes.filter((box) => box.checked);
      const used = chosen.reduce((total, box) => total + Number(box.dataset.minutes), 0);
      const scale = 300 / Math.max(capacity, used, 1);
      let x = 0;
      track.replaceChildren(...chosen.map((box) => {
        const width = Number(box.dataset.minutes) * scale;
        const piece = rect(x, width);
        x += width;
        return piece;
      }));
      if (used > capacity) {
        const mark = rect(capacity * scale, 4);
        mark.setAttribute("class", "mark");
        track.append(mark);
      }
      sum.textContent = used;
      const words = used > capacity ? state.dataset.over : state.dataset.left;
      state.textContent = words
        .replace("{count}", chosen.length)
        .replace("{all}", boxes.length)
        .replace("{minutes}", Math.abs(capacity - used));
    };
    form.addEventListener("change", draw);
    draw();
  };

  const ranking = (panel) => {
    const form = panel.closest("form");
    const order = panel.querySelector("[data-order]");
    const empty = panel.querySelector("[data-empty]");
    const rows = [...form.querySelectorAll("input[data-place]")].map((input) => ({ input, row: input.parentElement }));
    const places = () => {
      const tiers = new Map();
      for (const { input, row } of rows) {
        const place = Number(input.value);
        if (!Number.isInteger(place) || place < 1) continue;
        tiers.set(place, [...(tiers.get(place) ?? []), row.querySelector(".ballot-title")]);
      }
      return tiers;
    };
    const line = (titles) => {
      const item = document.createElement("li");
      item.append(...titles.map((title) => {
        const copy = title.cloneNode(true);
        copy.className = "block";
        copy.querySelector("bdi").remove();
        return copy;
      }));
      return item;
    };
    const draw = () => {
      const tiers = places();
      const sorted = [...tiers.keys()].sort((a, b) => a - b);
      order.replaceChildren(...sorted.map((place) => line(tiers.get(place))));
      empty.hidden = sorted.length > 0;
    };
    for (const { input, row } of rows) {
      row.querySelector("[data-next]").addEventListener("click", () => {
        input.value = "";
        input.value = Math.max(0, ...places().keys()) + 1;
        draw();
        input.focus();
      });
    }
    form.addEventListener("input", draw);
    draw();
  };

  for (const element of document.querySelectorAll(".js-only")) element.hidden = false;
  for (const element of document.querySelectorAll(".no-js")) element.hidden = true;
  document.querySelectorAll("[data-live]").forEach(listen);
  document.querySelectorAll("form[data-suggest]").forEach(suggest);
  document.querySelectorAll("form[data-capacity]").forEach(minutes);
  document.querySelectorAll(".ranking-live").forEach(ranking);
  document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
  const problem = document.querySelector("[data-focus]");
  if (problem) problem.focus();
})();
