// The screen of a hall looks again every few seconds, and speaks new calls where somebody asked it to.
const EVERY_MS = 3_000;
const place = document.querySelector("[data-calls]");
const speak = document.querySelector("[data-speak]");
let heard = new Set(calls(place).map((each) => each.dataset.call));

function calls(within) {
  return [...within.querySelectorAll("[data-call]")];
}

function say(words) {
  const voice = new SpeechSynthesisUtterance(words);
  voice.lang = document.documentElement.lang;
  window.speechSynthesis.speak(voice);
}

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-calls]");
    if (!fresh || fresh.innerHTML === place.innerHTML) return;
    place.replaceChildren(...fresh.childNodes);
    const now = calls(place);
    if (speak.getAttribute("aria-pressed") === "true") {
      for (const each of now.filter((one) => !heard.has(one.dataset.call)).reverse()) say(each.dataset.voice);
    }
    heard = new Set(now.map((each) => each.dataset.call));
  } catch {
    // The network is away for a moment: the screen keeps what it shows and looks again.
  }
}

if ("speechSynthesis" in window) {
  speak.hidden = false;
  speak.addEventListener("click", () => speak.setAttribute("aria-pressed", String(speak.getAttribute("aria-pressed") !== "true")));
}
setInterval(look, EVERY_MS);
