// The theme switch without a reload: the same links and the same cookie as without this script.
const MEDIA = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };
const YEAR_S = 365 * 24 * 3600;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-theme-choice]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const theme = link.dataset.themeChoice;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax${secure}`;
  document.documentElement.dataset.theme = theme;
  document.querySelector("link[data-dark]").media = MEDIA[theme];
  for (const each of document.querySelectorAll("[data-theme-choice]")) {
    if (each === link) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
});
