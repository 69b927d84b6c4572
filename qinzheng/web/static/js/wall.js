// The wall alive: parts of HTML come by server-sent events and take the place of the old ones. Where no stream
// is to be had, the same parts are asked for every five seconds. A dot moves only when an event moved its case.
const ASK_MS = 5000, AGAIN_MS = 20000, SILENT_MS = 30000, LEAVES_MS = 1200;
const screen = document.querySelector("[data-wall]");
const alive = document.querySelector("[data-alive]");
let heard = Date.now(), asking = 0;

function say(state) {
  if (alive && alive.dataset.alive !== state) alive.dataset.alive = state;
}

const place = (name) => screen.querySelector(`[data-part="${name}"]`);
const keyed = (part) => new Map([...part.querySelectorAll("[data-key]")].map((each) => [each.dataset.key, each]));

function apply(html) {
  const came = new DOMParser().parseFromString(html, "text/html");
  for (const part of came.querySelectorAll("[data-part]")) {
    const old = place(part.dataset.part);
    if (!old) continue;
    if (part.dataset.part === "dots") move(part);
    else {
      if (part.dataset.part !== "river") mark(keyed(old), keyed(part));
      old.replaceWith(document.adoptNode(part));
    }
  }
}

// What is new, or says something else than before, is marked once.
function mark(old, fresh) {
  if (!old.size) return;
  for (const [key, each] of fresh) {
    const before = old.get(key);
    if (!before || before.dataset.says !== each.dataset.says) each.classList.add("fresh");
  }
}

function move(part) {
  const water = place("river")?.querySelector("[data-dots]");
  if (!water) return;
  const known = keyed(water);
  for (const [key, dot] of keyed(part)) {
    const old = known.get(key);
    if (!old) { water.append(document.adoptNode(dot)); continue; }
    old.setAttribute("class", `${dot.getAttribute("class")} moved`);
    for (const name of ["cx", "cy", "r"]) old.setAttribute(name, dot.getAttribute(name));
  }
  for (const key of part.dataset.gone.split(" ")) {
    const old = known.get(key);
    if (!old) continue;
    old.classList.add("leaving");
    setTimeout(() => old.remove(), LEAVES_MS);
  }
}

function listen() {
  const source = new EventSource(screen.dataset.stream);
  const hear = () => { heard = Date.now(); };
  source.addEventListener("parts", (event) => { hear(); quiet(); say("live"); apply(event.data); });
  source.addEventListener("beat", hear);
  source.addEventListener("end", () => { source.close(); location.reload(); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) { ask(); setTimeout(listen, AGAIN_MS); }
  });
}

function quiet() { clearInterval(asking); asking = 0; }

function ask() {
  if (asking) return;
  asking = setInterval(async () => {
    try {
      const answer = await fetch(screen.dataset.now, { headers: { "X-Requested-With": "wall" } });
      if (answer.status === 404) location.reload();
      if (!answer.ok || answer.redirected) return;
      heard = Date.now();
      say("asking");
      apply(await answer.text());
    } catch { /* the next one may come through; meanwhile the silence is shown */ }
  }, ASK_MS);
}

if (screen) {
  listen();
  setInterval(() => { if (Date.now() - heard > SILENT_MS) say("broken"); }, 1000);
}

// t goes to the twin and back; switched off together with the keys of the worklist.
document.addEventListener("keydown", (event) => {
  const twin = document.querySelector("[data-twin]");
  if (!twin || event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea, dialog, [contenteditable]") || localStorage.getItem("keys-off")) return;
  location.assign(twin.dataset.twin);
});
