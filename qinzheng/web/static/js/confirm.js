// Asks before a form with data-confirm is sent. Without this script the form is sent at once,
// and the server asks where it must.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || form.dataset.confirmed) return;
  event.preventDefault();
  const zh = document.documentElement.lang.startsWith("zh");
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const text = document.createElement("p");
  text.id = "dialog-question";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  const buttons = document.createElement("form");
  buttons.method = "dialog";
  for (const [value, word, look] of [["yes", zh ? "确定" : "Yes", "primary"], ["no", zh ? "再想想" : "Not now", "quiet"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = `button ${look}`;
    button.textContent = word;
    buttons.append(button);
  }
  dialog.append(text, buttons);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") return event.submitter?.focus();
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter);
  });
  document.body.append(dialog);
  dialog.showModal();
});
