// SPDX-License-Identifier: Apache-2.0

// What the keyboard adds to pages that are whole without it: a palette that goes
// to any page, jumps from row to row, and a list of the keys. It asks the server
// for nothing but the places that this reader may go to, writes no markup, and
// keeps two things in the browser: whether single keys are wanted, and the last
// pages of this tab.
(() => {
  "use strict";

  const keysWanted = "demarc.keys";
  const recentKept = "demarc.recent";
  const recentMost = 8;
  const shownMost = 30;
  const jumpWithin = 1500; // milliseconds between g and the second key

  const opener = document.querySelector("a.goto");
  const who = document.querySelector(".who")?.textContent.trim() ?? "";

  /** make builds an element; a text is text and never markup. */
  function make(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.append(...children);
    return e;
  }

  // A browser that lets nothing be kept still works.
  function read(store, key) {
    try { return JSON.parse(store().getItem(key)); } catch { return null; }
  }
  function keep(store, key, value) {
    try { store().setItem(key, JSON.stringify(value)); } catch { /* nothing is kept */ }
  }
  const tab = () => sessionStorage;
  const browser = () => localStorage;

  // ── where one can go ──

  /** menu gives the pages of the menu, as they stand in the page. */
  function menu() {
    const seen = new Set();
    const out = [];
    for (const a of document.querySelectorAll("nav[aria-label='Pages'] a")) {
      if (seen.has(a.pathname + a.search)) continue;
      seen.add(a.pathname + a.search);
      out.push({ kind: "page", name: a.textContent.trim(), path: a.pathname + a.search, key: a.dataset.key });
    }
    return out;
  }

  /** recent gives the last pages of this tab, if the same person was on them. */
  function recent() {
    const kept = read(tab, recentKept);
    return kept?.who === who && Array.isArray(kept.pages) ? kept.pages : [];
  }

  function remember() {
    const name = document.querySelector("h1")?.textContent.trim();
    if (!name || !location.pathname.startsWith("/o/") || location.pathname.endsWith("/go")) return;
    const here = { kind: "recent", name, path: location.pathname + location.search };
    keep(tab, recentKept, { who, pages: [here, ...recent().filter((p) => p.path !== here.path)].slice(0, recentMost) });
  }

  let asked;
  /** places asks the server once for all else: services, controls, duties, checks. */
  function places() {
    asked ??= fetch(opener.href.replace(/\/go$/, "/go.json"), { credentials: "same-origin" })
      .then((r) => (r.ok ? r.json() : []))
      .catch(() => []);
    return asked;
  }

  /** weigh tells how well a place fits the words; 0 leaves it out. */
  function weigh(place, words) {
    const name = place.name.toLowerCase();
    const all = name + " " + place.kind + " " + (place.hint ?? "").toLowerCase();
    let sum = 0;
    for (const w of words) {
      const at = all.indexOf(w);
      if (at < 0) return 0;
      sum += name.startsWith(w) ? 8 : at === 0 || !/[\p{L}\p{N}]/u.test(all[at - 1]) ? 4 : 1;
      if (name.split(/[\s,·]+/).includes(w)) sum += 6;
    }
    return sum + (place.kind === "page" ? 3 : place.kind === "control" ? 2 : 0) - name.length / 1000;
  }

  // ── the palette ──

  let palette;

  function openPalette() {
    if (!opener) return;
    palette ??= buildPalette();
    if (palette.dialog.open) return;
    palette.input.value = "";
    palette.dialog.showModal();
    palette.show();
    places().then((more) => { palette.more = more; palette.show(); });
  }

  function buildPalette() {
    const input = make("input", { type: "text", id: "goto-text", role: "combobox", "aria-expanded": "true", "aria-controls": "goto-list", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: "A page, a service, a control or duty by its number…" });
    const list = make("ul", { id: "goto-list", role: "listbox", "aria-label": "Places" });
    const status = make("p", { class: "fine", role: "status" });
    const dialog = make("dialog", { class: "palette", "aria-label": "Go to" },
      make("label", { for: "goto-text", class: "fine" }, "Go to"), input, list, status);
    document.body.append(dialog);
    const p = { dialog, input, more: [], show };
    let rows = [];
    let chosen = 0;

    function show() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found;
      if (words.length === 0) {
        found = [...recent().filter((r) => r.path !== location.pathname + location.search), ...menu()];
      } else {
        found = [...menu(), ...p.more].map((place) => [weigh(place, words), place]).filter(([n]) => n > 0)
          .sort((a, b) => b[0] - a[0]).map(([, place]) => place);
      }
      const all = found.length;
      found = found.slice(0, shownMost);
      if (words.length > 0) {
        const q = new URLSearchParams({ q: input.value.trim() });
        found.push({ kind: "search", name: "Search the catalogue for “" + input.value.trim() + "”", hint: "knows numbers that are often cited wrongly", path: opener.pathname.replace(/\/go$/, "/catalogue?") + q });
      }
      rows = found.map((place, i) => row(place, i));
      list.replaceChildren(...rows);
      status.textContent = words.length === 0 ? "Enter opens, ↑ and ↓ choose, Esc closes." : all === 0 ? "No place is called that." : all === 1 ? "1 place" : all > shownMost ? all + " places, the best " + shownMost + " are shown" : all + " places";
      choose(0);
    }

    function row(place, i) {
      const link = make("a", { href: place.path, tabindex: "-1" }, make("span", { class: "kind" }, place.kind), " ", make("span", { class: "name" }, place.name));
      if (place.hint) link.append(" ", make("span", { class: "fine" }, place.hint));
      if (place.key) link.append(" ", make("kbd", {}, "g " + place.key));
      return make("li", { role: "option", id: "goto-" + i, "aria-selected": "false" }, link);
    }

    function choose(n) {
      if (rows.length === 0) { input.removeAttribute("aria-activedescendant"); return; }
      rows[chosen]?.setAttribute("aria-selected", "false");
      chosen = (n + rows.length) % rows.length;
      rows[chosen].setAttribute("aria-selected", "true");
      rows[chosen].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", rows[chosen].id);
    }

    input.addEventListener("input", show);
    input.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown") choose(chosen + 1);
      else if (e.key === "ArrowUp") choose(chosen - 1);
      else if (e.key === "Enter" && rows[chosen]) {
        const a = rows[chosen].querySelector("a");
        if (e.ctrlKey || e.metaKey) window.open(a.href, "_blank", "noopener");
        else location.assign(a.href);
        dialog.close();
      } else return;
      e.preventDefault();
    });
    list.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    return p;
  }

  // ── the list of keys ──

  let help;

  function openHelp() {
    help ??= buildHelp();
    if (!help.open) help.showModal();
  }

  function buildHelp() {
    const line = (keys, says) => make("div", {}, make("dt", {}, ...keys.flatMap((k, i) => (i ? [" ", make("kbd", {}, k)] : [make("kbd", {}, k)]))), make("dd", {}, says));
    const box = make("input", { type: "checkbox" });
    box.checked = single();
    box.addEventListener("change", () => keep(browser, keysWanted, box.checked));
    const dialog = make("dialog", { class: "keys", "aria-labelledby": "keys-title" },
      make("h2", { id: "keys-title" }, "Keys"),
      make("dl", {},
        line(["Ctrl", "K"], "go to any page, service, control or duty"),
        line(["/"], "the same"),
        line(["j", "k"], "next and previous row of a list or table; Enter opens it"),
        line(["↓", "↑"], "the same, once a row is chosen; in a heat map with ← and → from cell to cell"),
        line(["]", "["], "later and earlier page of a long list"),
        line(["?"], "this list"),
        ...menu().filter((m) => m.key).map((m) => line(["g", m.key], m.name))),
      make("label", { class: "tick" }, box, " Single keys work; without, Ctrl K still does"),
      make("form", { method: "dialog" }, make("button", { class: "quiet" }, "Close")));
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    document.body.append(dialog);
    return dialog;
  }

  // ── rows ──

  const rowsOf = "main .scroll tbody tr, main ul.rows > li, main ol.rows > li, main details.group";

  /** step chooses the row after or before the chosen one. */
  function step(by) {
    const rows = [...document.querySelectorAll(rowsOf)].filter((r) => r.querySelector("a[href], summary, input") && r.checkVisibility());
    if (rows.length === 0) return false;
    const here = rows.findIndex((r) => r.contains(document.activeElement));
    const at = here < 0 ? (by > 0 ? rows.findIndex((r) => r.getBoundingClientRect().bottom > 0) : rows.length - 1) : here + by;
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    row.querySelector("a[href], summary, input").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** neighbour goes from one cell of a heat map to the next in a direction. */
  function neighbour(key) {
    const here = document.activeElement?.closest?.("svg.heat a");
    if (!here) return false;
    const place = (a) => { const r = a.getBoundingClientRect(); return [Math.round(r.x), Math.round(r.y)]; };
    const across = key === "ArrowLeft" || key === "ArrowRight" ? 0 : 1;
    const after = key === "ArrowRight" || key === "ArrowDown";
    const at = place(here);
    const line = [...here.ownerSVGElement.querySelectorAll("a")].filter((a) => place(a)[1 - across] === at[1 - across]);
    const next = line[line.indexOf(here) + (after ? 1 : -1)];
    next?.focus();
    return true;
  }

  function follow(rel) {
    const a = document.querySelector("main a[rel='" + rel + "']");
    a?.click();
    return Boolean(a);
  }

  // ── keys ──

  function single() { return read(browser, keysWanted) !== false; }

  let jump = 0; // when g was pressed

  function onKey(e) {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k") {
      e.preventDefault();
      openPalette();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || !single() || document.querySelector("dialog[open]")) return;
    if (e.target.closest?.("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]")) return;
    if (plain(e)) e.preventDefault();
  }

  /** plain answers a key by itself, and tells whether it meant something. */
  function plain(e) {
    if (jump && e.timeStamp - jump < jumpWithin) {
      jump = 0;
      const to = menu().find((m) => m.key === e.key);
      if (to) location.assign(to.path);
      return Boolean(to);
    }
    jump = 0;
    switch (e.key) {
      case "g": jump = e.timeStamp; return true;
      case "/": openPalette(); return true;
      case "?": openHelp(); return true;
      case "j": return step(1);
      case "k": return step(-1);
      case "ArrowLeft": case "ArrowRight": return neighbour(e.key);
      case "ArrowDown": case "ArrowUp":
        return neighbour(e.key) || Boolean(document.activeElement?.closest("main .scroll tbody tr, main .rows > li")) && step(e.key === "ArrowDown" ? 1 : -1);
      case "]": return follow("next");
      case "[": return follow("prev");
    }
    return false;
  }

  document.addEventListener("keydown", onKey);
  opener?.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    openPalette();
  });
  document.querySelector("button.keys-open")?.addEventListener("click", openHelp);
  document.documentElement.classList.add("scripted");
  remember();
})();
