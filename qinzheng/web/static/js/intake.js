// The fast intake: one key marks a paper and goes on; papers that the situation does not ask for are put away.
// Without this script every paper is shown, and the server knows which of them count.
const form = document.querySelector("[data-intake]");
const papers = [...form.querySelectorAll("[data-paper]")];

function chosen(question) {
  return [...form.querySelectorAll(`[data-situation="${question}"] input:checked`)].map((each) => each.value);
}

function wanted(paper) {
  return paper.dataset.when
    .split(";")
    .filter(Boolean)
    .every((each) => {
      const [question, answers] = each.split("=");
      return answers.split(",").some((answer) => chosen(question).includes(answer));
    });
}

function show() {
  for (const paper of papers) paper.hidden = !wanted(paper);
}

function onwards(paper) {
  const left = papers.slice(papers.indexOf(paper) + 1).find((each) => !each.hidden && !each.querySelector("[data-mark]:checked"));
  (left?.querySelector("[data-mark]") ?? form.querySelector("button[value=accept]")).focus();
}

for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
form.addEventListener("change", (event) => event.target.closest("[data-situation]") && show());
form.addEventListener("keydown", (event) => {
  const paper = event.target.closest("[data-paper]");
  if (!paper || event.target.matches("[data-note]") || event.ctrlKey || event.altKey || event.metaKey) return;
  const mark = paper.querySelector(`[data-mark="${event.key}"]`);
  if (!mark) return;
  event.preventDefault();
  mark.checked = true;
  if (["2", "3"].includes(event.key)) paper.querySelector("[data-note]").focus();
  else onwards(paper);
});
show();
