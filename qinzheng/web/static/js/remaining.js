// Counts down the last hour before a due moment, and the first hour after it. Working days are counted by
// the server only: the page's own clock knows no calendar.
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EVERY_MS = 10_000;

function count() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-due]")) {
    const left = Number(time.dataset.due) - now;
    if (Math.abs(left) > HOUR_MS) continue;
    const minutes = Math.max(1, Math.ceil(Math.abs(left) / MINUTE_MS));
    time.textContent = (left >= 0 ? time.dataset.ahead : time.dataset.late).replace("{n}", minutes);
    time.className = `remaining ${left < 0 ? "late" : "soon"}`;
  }
}

count();
setInterval(count, EVERY_MS);
