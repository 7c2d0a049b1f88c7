// What is typed into a form marked data-draft is kept on the node, and in this browser while the node doesn't answer.
"use strict";

(() => {
  const QUIET_MS = 1000;
  const RETRY_MS = 10000;
  const OURS = new Set(["csrf", "once", "draft_form", "draft_version", "draft_tab", "action", "mandate"]);
  const clock = (date) => `${date.toISOString().slice(11, 16)} UTC`;
  const taken = () => document.cookie.split("; ").find((pair) => pair.startsWith("comitia_taken="))?.slice(14);

  const browserCopy = (place) => ({
    read() {
      try {
        return JSON.parse(localStorage.getItem(place));
      } catch {
        return null;
      }
    },
    write(value) {
      try {
        localStorage.setItem(place, JSON.stringify(value));
      } catch {
        return;
      }
    },
    drop() {
      try {
        localStorage.removeItem(place);
      } catch {
        return;
      }
    },
  });

  const keeping = (form) => {
    const state = form.querySelector("[data-draft-state]");
    const found = form.querySelector("[data-draft-found]");
    const words = state.dataset;
    const field = (name) => form.elements[name];
    const copy = browserCopy(`comitia-draft:${words.owner}:${field("draft_form").value}`);
    let answered = new Date();
    let timer = 0;
    let isDirty = false;
    let isBusy = false;
    let isSending = false;
    let isOutdated = false;

    const typed = () => [...new FormData(form)].filter(([name, value]) => !OURS.has(name) && typeof value === "string");
    const version = () => Number(field("draft_version").value);
    const say = (text, ...more) => state.replaceChildren(text, ...more.flatMap((each) => [" ", each]));
    const button = (text, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "link";
      made.textContent = text;
      made.addEventListener("click", act);
      return made;
    };
    const note = (text, ...more) => {
      const line = document.createElement("p");
      line.className = "notice";
      line.append(text, ...more.flatMap((each) => [" ", each]));
      found.replaceChildren(line);
    };
    const keepHere = (more = {}) =>
      copy.write({ fields: typed(), base: version(), once: field("once").value, when: new Date().toISOString(), ...more });
    const later = (delay) => {
      clearTimeout(timer);
      timer = setTimeout(save, delay);
    };

    const onAnswer = async (response) => {
      answered = new Date();
      const kind = response.headers.get("Content-Type") ?? "";
      const answer = kind.includes("json") ? await response.json() : {};
      if (response.ok && answer.taken) return copy.drop();
      if (response.ok && answer.version) {
        field("draft_version").value = answer.version;
        form.querySelector("[data-draft-discard]").hidden = false;
        say(words.saved.replace("{when}", answer.saved));
        if (isDirty) return later(QUIET_MS);
        return copy.drop();
      }
      if (response.status === 409 && answer.version) {
        isOutdated = true;
        say(
          words.newer.replace("{when}", answer.saved),
          button(words.show, () => {
            isDirty = false;
            location.reload();
          }),
          button(words.instead, () => {
            field("draft_version").value = answer.version;
            isOutdated = false;
            save();
          }),
        );
        return undefined;
      }
      if (response.status === 401 || response.status === 403) say(words.signedOut);
      else if (answer.refused) say(`${words.refused} ${answer.refused}`);
      else silent();
      return undefined;
    };

    const silent = () => {
      say(words.silent.replace("{when}", clock(answered)));
      later(RETRY_MS);
    };

    const save = async () => {
      clearTimeout(timer);
      keepHere();
      if (isBusy || isOutdated || isSending) return;
      isBusy = true;
      isDirty = false;
      const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      try {
        const headers = { Accept: "application/json" };
        await onAnswer(await fetch(words.save, { method: "POST", body, headers, redirect: "error" }));
      } catch {
        silent();
      } finally {
        isBusy = false;
      }
    };

    const fill = (fields) => {
      const values = new Map();
      for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
      for (const control of form.elements) {
        if (!control.name || OURS.has(control.name)) continue;
        const given = values.get(control.name) ?? [];
        if (control.type === "checkbox" || control.type === "radio") control.checked = given.includes(control.value);
        else if (given.length && control.type !== "hidden") control.value = given[0];
      }
      form.dispatchEvent(new Event("input", { bubbles: true }));
      for (const name of ["title", "body"]) field(name)?.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const takeUp = (held) => {
      field("once").value = held.once;
      fill(held.fields);
    };

    const wasTaken = async (held) => {
      if (taken() === held.once) return { location: true };
      try {
        const response = await fetch(`${words.sent}?once=${encodeURIComponent(held.once)}`, { redirect: "error" });
        return response.ok ? await response.json() : {};
      } catch {
        return {};
      }
    };

    const restore = async () => {
      const held = copy.read();
      if (!held?.fields) return;
      const outcome = held.sending ? await wasTaken(held) : {};
      if (outcome.location) {
        copy.drop();
        if (outcome.location === true) return;
        const link = document.createElement("a");
        link.href = outcome.location;
        link.textContent = words.see;
        note(words.taken, link);
        return;
      }
      if (JSON.stringify(held.fields) === JSON.stringify(typed())) {
        copy.drop();
        return;
      }
      const when = clock(new Date(held.when));
      if (held.base === version()) {
        takeUp(held);
        note(words.restored.replace("{when}", when));
        return;
      }
      const forget = () => {
        copy.drop();
        found.replaceChildren();
      };
      const use = () => {
        fill(held.fields);
        found.replaceChildren();
      };
      note(words.other.replace("{when}", when), button(words.fill, use), button(words.drop, forget));
    };

    form.addEventListener("input", () => {
      isDirty = true;
      later(QUIET_MS);
    });
    form.addEventListener("submit", (event) => {
      const by = event.submitter;
      if (by?.matches("[data-draft-keep]")) {
        event.preventDefault();
        save();
        return;
      }
      clearTimeout(timer);
      isSending = true;
      isDirty = false;
      if (by?.matches("[data-draft-discard]")) copy.drop();
      else keepHere({ sending: true });
    });
    addEventListener("pagehide", () => {
      if (isDirty) keepHere();
    });
    addEventListener("pageshow", (event) => {
      isSending = false;
      if (event.persisted && taken() === field("once").value) location.reload();
    });
    addEventListener("online", () => {
      if (copy.read() && !isOutdated) save();
    });
    restore();
  };

  document.querySelectorAll("form[data-draft]").forEach(keeping);
})();
