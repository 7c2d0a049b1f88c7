// Ballots: an order made by dragging or by keyboard, the minutes bar, and a receipt file read into its field.
"use strict";

(() => {
  const made = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  };

  const announce = (words) => {
    const line = document.getElementById("announcer");
    if (line) line.textContent = words;
  };

  const ranking = (set) => {
    const words = set.dataset;
    const ranked = set.querySelector("[data-ranked]");
    const unranked = set.querySelector("[data-unranked]");
    const empty = set.querySelector("[data-empty]");
    const none = set.querySelector("[data-none]");
    const order = () => [...ranked.children];

    const rowOf = (source) => {
      const input = source.querySelector("input[data-place]");
      const title = source.querySelector(".ballot-title");
      const text = title.lastElementChild.textContent;
      const row = made("li", "rank-row");
      const handle = made("button", "rank-handle");
      const body = made("div", "rank-body");
      const shown = title.cloneNode(true);
      const buttons = made("p", "rank-buttons small");
      const button = (name, act) => {
        const each = made("button", "link", words[name]);
        each.type = "button";
        each.setAttribute("aria-label", words.label.replace("{action}", words[name]).replace("{title}", text));
        each.addEventListener("click", () => act(each));
        buttons.append(each);
        return each;
      };
      handle.type = "button";
      row.input = input;
      row.dataset.number = parseInt(title.querySelector("bdi").textContent, 10);
      row.title = text;
      row.level = false;
      row.handle = handle;
      row.up = button("up", (each) => move(row, -1, each));
      row.down = button("down", (each) => move(row, 1, each));
      row.top = button("top", (each) => moveTo(row, 0, each));
      row.levelled = button("level", () => {
        row.level = !row.level;
        settle(row, row.levelled);
      });
      row.add = button("add", () => moveTo(row, order().length, row.handle));
      row.out = button("out", () => takeOut(row));
      body.append(shown, ...[source.querySelector(".goals")?.cloneNode(true)].filter(Boolean), buttons);
      const more = source.querySelector(".ballot-more a")?.cloneNode(true);
      if (more) buttons.append(more);
      row.append(handle, body);
      handle.addEventListener("keydown", (event) => onKey(event, row));
      handle.addEventListener("pointerdown", (event) => drag(event, row));
      source.hidden = true;
      return row;
    };

    const places = () => {
      let place = 0;
      return order().map((row, at) => (at > 0 && row.level ? place : (place += 1)));
    };

    const settle = (moved, focused) => {
      const rows = order();
      if (rows[0]) rows[0].level = false;
      const at = places();
      rows.forEach((row, index) => {
        row.input.value = at[index];
        row.handle.textContent = at[index];
        row.up.hidden = row.top.hidden = index === 0;
        row.down.hidden = index === rows.length - 1;
        row.levelled.hidden = index === 0;
        row.levelled.setAttribute("aria-pressed", row.level);
        row.add.hidden = true;
        row.out.hidden = false;
        row.classList.toggle("rank-level", row.level);
        row.handle.setAttribute("aria-label", words.handle.replace("{title}", row.title).replace("{place}", at[index]));
      });
      for (const row of unranked.children) {
        row.input.value = "";
        row.level = false;
        row.handle.textContent = "–";
        row.handle.setAttribute("aria-label", words.handleOut.replace("{title}", row.title));
        for (const each of [row.up, row.down, row.top, row.levelled, row.out]) each.hidden = true;
        row.add.hidden = false;
        row.classList.remove("rank-level");
      }
      empty.hidden = rows.length > 0;
      none.hidden = unranked.children.length > 0;
      if (!moved) return;
      const place = rows.indexOf(moved);
      const told = place < 0 ? words.toldOut : words.told;
      announce(told.replace("{title}", moved.title).replace("{place}", at[place]).replace("{all}", rows.length));
      const target = focused && !focused.hidden ? focused : moved.handle;
      target.focus({ preventScroll: true });
      moved.scrollIntoView({ block: "nearest" });
    };

    const moveTo = (row, index, focused) => {
      row.remove();
      row.level = false;
      ranked.insertBefore(row, order()[index] ?? null);
      settle(row, focused);
    };
    const move = (row, by, focused) => {
      const index = order().indexOf(row) + by;
      if (index >= 0 && index < order().length) moveTo(row, index, focused);
    };
    const takeOut = (row) => {
      unranked.append(row);
      settle(row, row.add);
    };

    const onKey = (event, row) => {
      const isRanked = row.parentElement === ranked;
      const last = order().length - 1;
      const acts = {
        ArrowUp: () => (isRanked ? move(row, -1, row.handle) : moveTo(row, last + 1, row.handle)),
        ArrowDown: () => isRanked && move(row, 1, row.handle),
        Home: () => moveTo(row, 0, row.handle),
        End: () => moveTo(row, isRanked ? last : last + 1, row.handle),
        Delete: () => isRanked && takeOut(row),
      };
      if (!acts[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      acts[event.key]();
    };

    const placeAt = (row, y) => {
      const others = order().filter((each) => each !== row);
      const next = others.find((each) => {
        const box = each.getBoundingClientRect();
        return y < box.top + box.height / 2;
      });
      const isBelow = y > unranked.getBoundingClientRect().top;
      if (next) {
        if (row.nextElementSibling !== next || row.parentElement !== ranked) ranked.insertBefore(row, next);
      } else if (isBelow && row.wasOut) unranked.append(row);
      else if (isBelow && y > unranked.getBoundingClientRect().top + 24) unranked.append(row);
      else if (row.parentElement !== ranked || row.nextElementSibling) ranked.append(row);
    };

    const drag = (event, row) => {
      if (event.button !== 0) return;
      event.preventDefault();
      row.handle.focus({ preventScroll: true });
      row.wasOut = row.parentElement === unranked;
      row.classList.add("rank-dragged");
      let hasMoved = false;
      const onMove = (to) => {
        hasMoved = true;
        if (to.clientY < 60) scrollBy(0, -12);
        if (to.clientY > innerHeight - 60) scrollBy(0, 12);
        placeAt(row, to.clientY);
      };
      const onEnd = () => {
        removeEventListener("pointermove", onMove);
        removeEventListener("pointerup", onEnd);
        removeEventListener("pointercancel", onEnd);
        row.classList.remove("rank-dragged");
        if (hasMoved) row.level = false;
        settle(hasMoved ? row : null, row.handle);
      };
      addEventListener("pointermove", onMove);
      addEventListener("pointerup", onEnd);
      addEventListener("pointercancel", onEnd);
    };

    const rows = [...set.querySelectorAll(".ballot-row-place")].map(rowOf);
    const placed = rows.filter((row) => /^[1-9]\d{0,2}$/.test(row.input.value.trim()));
    placed.sort((a, b) => Number(a.input.value) - Number(b.input.value));
    placed.forEach((row, at) => {
      row.level = at > 0 && Number(placed[at - 1].input.value) === Number(row.input.value);
    });
    ranked.append(...placed);
    unranked.append(...rows.filter((row) => !placed.includes(row)));
    settle(null);
  };

  const minutes = (form) => {
    const panel = form.querySelector(".minutes-live");
    const capacity = Number(form.dataset.capacity);
    const [sum, state, track, axis] = ["sum", "state", "track", "axis"].map((n) => panel.querySelector(`[data-${n}]`));
    const isRtl = document.documentElement.dir === "rtl";
    const boxes = [...form.querySelectorAll("input[name=approves]")];
    const drawn = (tag, name, from, width = 0) => {
      const piece = document.createElementNS("http://www.w3.org/2000/svg", tag);
      piece.setAttribute("class", name);
      piece.setAttribute("x", `${isRtl ? 100 - from - width : from}%`);
      return piece;
    };
    const rect = (name, from, width) => {
      const piece = drawn("rect", name, from, width);
      piece.setAttribute("width", `${Math.max(0.2, width)}%`);
      piece.setAttribute("height", "100%");
      return piece;
    };
    const text = (name, at, words, y) => {
      const piece = drawn("text", name, at);
      piece.setAttribute("y", y);
      piece.textContent = words;
      return piece;
    };
    const draw = () => {
      const chosen = boxes.filter((box) => box.checked);
      const used = chosen.reduce((total, box) => total + Number(box.dataset.minutes), 0);
      const scale = 100 / Math.max(capacity, used, 1);
      const pieces = [];
      let at = 0;
      for (const box of chosen) {
        const width = Number(box.dataset.minutes) * scale;
        pieces.push(rect("piece", at, width - 0.6));
        if (width > 5) pieces.push(text("piece-label", at + width / 2, box.dataset.number, "64%"));
        at += width;
      }
      if (used > capacity) {
        pieces.push(rect("over-ground", capacity * scale, 100 - capacity * scale));
        const hatched = rect("", capacity * scale, 100 - capacity * scale);
        hatched.setAttribute("fill", "url(#over-hatch)");
        pieces.push(hatched, rect("mark", capacity * scale, 0.8));
      }
      track.querySelector("g").replaceChildren(...pieces);
      const ticks = [];
      for (let each = 0; each < capacity; each += 60) {
        if (each === 0 || (capacity - each) * scale > 18) ticks.push(text(each ? "tick" : "tick tick-first", each * scale, each, "75%"));
      }
      ticks.push(text(used > capacity ? "tick" : "tick tick-last", capacity * scale, axis.dataset.last, "75%"));
      axis.replaceChildren(...ticks);
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

  const receipt = (form) => {
    const field = form.elements.receipt;
    form.querySelector("[data-file]").addEventListener("change", async (event) => {
      const file = event.target.files[0];
      if (file) field.value = (await file.slice(0, 600_000).text()).trim();
    });
  };

  document.querySelectorAll("[data-ranking]").forEach(ranking);
  document.querySelectorAll("form[data-capacity]").forEach(minutes);
  document.querySelectorAll("form[data-receipt]").forEach(receipt);
})();
