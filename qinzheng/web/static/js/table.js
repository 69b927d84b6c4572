// Keys of a worklist: j and k walk the rows, o opens, a selects, r reloads, / searches.
// They can be switched off (WCAG 2.1.4): speech input would set them off by accident.
const OFF = "keys-off";
const rows = () => [...document.querySelectorAll("[data-table] [data-row]")];
let current = -1;

function walk(step) {
  const all = rows();
  if (!all.length) return;
  all[current]?.classList.remove("current");
  current = Math.min(Math.max(current + step, 0), all.length - 1);
  const row = all[current];
  row.classList.add("current");
  (row.querySelector("[data-open]") ?? row.querySelector("a, input"))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

const ACTS = {
  j: () => walk(1),
  k: () => walk(-1),
  o: () => rows()[current]?.querySelector("[data-open]")?.click(),
  a: () => rows()[current]?.querySelector("input[type=checkbox]")?.click(),
  r: () => location.reload(),
  "/": () => document.querySelector("[data-search]")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]")) return;
  if (localStorage.getItem(OFF) || !rows().length) return;
  const act = ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  const all = rows();
  all[current]?.classList.remove("current");
  current = all.indexOf(row);
  row.classList.add("current");
});

for (const button of document.querySelectorAll("[data-keys-switch]")) {
  const show = () => button.setAttribute("aria-pressed", localStorage.getItem(OFF) ? "false" : "true");
  button.hidden = false;
  button.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
  show();
}
