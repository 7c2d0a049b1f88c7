// The order of an agenda, by buttons and by dragging, on top of a form that works without this.
"use strict";

(() => {
  const announce = (words) => {
    const line = document.getElementById("announcer");
    if (line) line.textContent = words;
  };

  const rows = (list) => [...list.querySelectorAll(":scope > [data-item]")];
  const title = (row) => row.querySelector("[data-title]").textContent.trim();
  const mayPass = (one, other) => Boolean(other) && one.dataset.round !== other.dataset.round;

  const draw = (list) => {
    const prefix = list.dataset.track === "short" ? "S" : "";
    const found = rows(list);
    found.forEach((row, at) => {
      row.querySelector("[data-number]").textContent = prefix + (at + 1);
      row.querySelector("[data-up]").disabled = !mayPass(row, found[at - 1]);
      row.querySelector("[data-down]").disabled = !mayPass(row, found[at + 1]);
    });
  };

  const say = (form, row, list, template) => {
    announce(template
      .replace("{title}", title(row))
      .replace("{number}", row.querySelector("[data-number]").textContent)
      .replace("{count}", rows(list).length));
  };

  const step = (form, list, row, by) => {
    const found = rows(list);
    const other = found[found.indexOf(row) + by];
    if (!mayPass(row, other)) return false;
    if (by < 0) other.before(row);
    else other.after(row);
    return true;
  };

  // A row is carried over others one by one, so that it stops where a decided order would be broken.
  const carry = (form, list, row, target) => {
    const found = rows(list);
    const by = Math.sign(found.indexOf(target) - found.indexOf(row));
    let steps = Math.abs(found.indexOf(target) - found.indexOf(row));
    while (steps > 0 && step(form, list, row, by)) steps -= 1;
    draw(list);
    return steps === 0;
  };

  const arrange = (form) => {
    for (const list of form.querySelectorAll("[data-track]")) {
      let dragged = null;
      for (const row of rows(list)) {
        const move = (by, button) => {
          if (!step(form, list, row, by)) return;
          draw(list);
          say(form, row, list, form.dataset.moved);
          const next = button.disabled ? row.querySelector(by < 0 ? "[data-down]" : "[data-up]") : button;
          next.focus();
        };
        for (const [name, by] of [["[data-up]", -1], ["[data-down]", 1]]) {
          const button = row.querySelector(name);
          button.addEventListener("click", (event) => {
            event.preventDefault();
            move(by, button);
          });
          button.addEventListener("keydown", (event) => {
            const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (!way) return;
            event.preventDefault();
            move(way, button);
          });
        }
        row.draggable = true;
        row.addEventListener("dragstart", (event) => {
          dragged = row;
          event.dataTransfer.effectAllowed = "move";
          row.classList.add("arrange-dragged");
        });
        row.addEventListener("dragend", () => {
          row.classList.remove("arrange-dragged");
          dragged = null;
        });
        row.addEventListener("dragover", (event) => {
          if (dragged && dragged !== row) event.preventDefault();
        });
        row.addEventListener("drop", (event) => {
          if (!dragged || dragged === row) return;
          event.preventDefault();
          const whole = carry(form, list, dragged, row);
          say(form, dragged, list, whole ? form.dataset.moved : form.dataset.kept);
        });
      }
      draw(list);
    }
    for (const place of form.querySelectorAll("input[name=place]")) place.disabled = true;
  };

  document.querySelectorAll("form[data-arrange]").forEach(arrange);
})();
