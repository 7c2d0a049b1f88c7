// Small helps on top of pages that work without them: live parts, suggestions while typing, printing.
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

  for (const element of document.querySelectorAll(".js-only")) element.hidden = false;
  for (const element of document.querySelectorAll(".no-js")) element.hidden = true;
  document.querySelectorAll("[data-live]").forEach(listen);
  document.querySelectorAll("form[data-suggest]").forEach(suggest);
  document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
  const problem = document.querySelector("[data-focus]");
  if (problem) problem.focus();
})();
