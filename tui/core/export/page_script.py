"""The script of the HTML export: which token is looked at, and what stands in the panel.

Keeps true: it reads the page's own data and nothing else, and writes text nodes only, never markup.
"""

from typing import Final

SCRIPT: Final = r"""
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const reply = document.getElementById("reply"), panel = document.getElementById("panel");
const tokens = reply.children, texts = data.texts;
let at = -1, pinned = -1;

const make = (name, cls, text) => {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
};
const percent = p => {
  if (p === null) return "–";
  const v = 100 * p;
  return v > 0 && v < 0.005 ? "<0.01" : v.toFixed(2);
};
const bits = b => b === null ? "–" : b.toFixed(2);
const row = (cells, cls) => {
  const tr = make("tr", cls);
  for (const c of cells) tr.append(c instanceof Node ? c : make("td", "", c));
  return tr;
};
const head = names => row(names.map(n => make("th", "", n)));
const bar = share => {
  const td = make("td", "b"), inner = make("span");
  inner.style.width = (100 * Math.min(1, share)).toFixed(1) + "%";
  td.append(inner);
  return td;
};
const word = text => make("td", "w", text);

function candidates(step) {
  const table = make("table");
  table.append(head(["token", "id", "rank", "raw %", "final %", ""]));
  let n = 0;
  for (const [text, id, rank, raw, final, why] of step[7]) {
    const cls = (id === step[1] ? "taken " : "") + (texts[why] ? "cut" : "");
    table.append(row([word(texts[text]), String(id), rank ? String(rank) : "", percent(raw),
      texts[why] ? "" : percent(final), bar(texts[why] ? raw : final)], cls));
    // One reason under all neighbours that it removed.
    const next = step[7][++n];
    if (texts[why] && !(next && next[5] === why)) {
      const td = make("td", "why", texts[why]);
      td.colSpan = 6;
      table.append(row([td], "cut"));
    }
  }
  const [left, raw, final] = step[8];
  if (left) table.append(row(["others", "", String(left), percent(raw), percent(final), ""], "cut"));
  return table;
}

function stages(step) {
  const table = make("table");
  table.append(head(["stage", "left", "mass %", "bits"]));
  table.append(row(["model", String(step[10]), "100.00", bits(step[5])]));
  for (const [name, kept, mass, entropy, changed] of step[9])
    table.append(row([texts[name], String(kept), percent(mass), bits(entropy)], changed ? "" : "idle"));
  return table;
}

function show(n) {
  const step = data.steps[n];
  if (!step || n === at) return;
  if (tokens[at]) tokens[at].classList.remove("on");
  at = n;
  tokens[n].classList.add("on");
  const surprise = step[3] > 0 ? (0 - Math.log2(step[3])).toFixed(2) + " bit surprise" : "";
  const said = [percent(step[3]) + " % raw", percent(step[4]) + " % final", "rank " + step[2], surprise,
    "entropy " + bits(step[5]) + " bit", step[6] === null ? "no draw" : "u " + step[6].toFixed(4)];
  const marks = { by_hand: "taken by hand", resampled: "drawn again for the grammar" };
  for (const mark of step[11]) said.push(marks[mark]);
  panel.replaceChildren(
    make("h3", "", "‹" + texts[step[0]] + "›"),
    make("p", "quiet", "token " + (n + 1) + " of " + data.steps.length + ", id " + step[1]
      + (pinned === n ? ", kept (Esc lets go)" : "")),
    make("p", "", said.filter(Boolean).join(" · ")),
    step[7].length ? candidates(step) : make("p", "quiet", "No candidates were recorded for this token."),
    stages(step));
}
const number = target => {
  const token = target instanceof Element ? target.closest(".t") : null;
  return token ? Number(token.id.slice(1)) : -1;
};
function go(n) {
  n = Math.max(0, Math.min(tokens.length - 1, n));
  for (const k of [at, home]) if (tokens[k]) tokens[k].tabIndex = -1;
  home = n;
  tokens[n].tabIndex = 0;
  tokens[n].focus();
}
let home = 0;
function beside(n, by) {
  const from = tokens[n].getBoundingClientRect(), x = from.left + from.width / 2;
  let best = n, line = null, near = Infinity;
  for (let k = n + by; tokens[k]; k += by) {
    for (const r of tokens[k].getClientRects()) {
      if (by > 0 ? r.top < from.bottom - 2 : r.bottom > from.top + 2) continue;
      if (line === null) line = r.top;
      if (Math.abs(r.top - line) > r.height / 2) return best;
      const far = Math.abs(r.left + r.width / 2 - x);
      if (far < near) { near = far; best = k; }
    }
  }
  return best;
}

reply.addEventListener("mouseover", e => {
  const n = number(e.target);
  if (n >= 0 && pinned < 0) show(n);
});
reply.addEventListener("focusin", e => { const n = number(e.target); if (n >= 0) { if (pinned >= 0) pinned = n; show(n); } });
reply.addEventListener("click", e => {
  const n = number(e.target);
  if (n < 0) return;
  pinned = pinned === n ? -1 : n;
  at = -1;
  for (const t of reply.querySelectorAll(".on")) t.classList.remove("on");
  go(n);
  show(n);
});
reply.addEventListener("keydown", e => {
  const n = number(e.target);
  if (n < 0 || e.ctrlKey || e.altKey || e.metaKey) return;
  const to = { ArrowLeft: n - 1, ArrowRight: n + 1, Home: 0, End: tokens.length - 1 }[e.key];
  if (to !== undefined) go(to);
  else if (e.key === "ArrowUp") go(beside(n, -1));
  else if (e.key === "ArrowDown") go(beside(n, 1));
  else if (e.key === "Escape") pinned = -1;
  else return;
  e.preventDefault();
});
document.addEventListener("keydown", e => { if (e.key === "Escape") pinned = -1; });

const tints = document.getElementById("tints");
const buttons = ["probability", "surprise", "entropy", "rank"].map(name => {
  const b = make("button", "", name);
  b.type = "button";
  b.addEventListener("click", () => tint(name));
  return b;
});
function tint(name) {
  document.body.dataset.tint = name;
  for (const b of buttons) b.setAttribute("aria-pressed", String(b.textContent === name));
}
tints.prepend(...buttons);
tint(document.body.dataset.tint);
if (tokens[0]) {
  for (const t of tokens) t.tabIndex = -1;
  tokens[0].tabIndex = 0;
}
const asked = /^#t(\d+)$/.exec(location.hash);
if (asked && tokens[Number(asked[1])]) { pinned = Number(asked[1]); go(pinned); show(pinned); }
})();
"""
"""The page's only script; its hash is the page's policy."""
