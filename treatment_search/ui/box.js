// What Streamlit cannot say of the question box: that it is the search, what it may suggest, and,
// before anything is asked, that it has the focus, unless that would open a phone's keyboard.
(() => {
  const fitOut = (box) => {
    box.closest(".st-key-ask").setAttribute("role", "search");
    const suggest = () => box.setAttribute("list", "ts-suggestions");
    suggest();
    box.addEventListener("input", suggest);
    // Else the list stays open over the answer: no form is sent, and no page is left.
    box.addEventListener("keydown", ({ key }) => key === "Enter" && box.removeAttribute("list"));
    const hasAsked = ["q", "like"].some((name) => new URLSearchParams(location.search).has(name));
    const isFree = document.activeElement === document.body;
    const hasMouse = matchMedia("(hover: hover) and (pointer: fine)").matches;
    if (!hasAsked && isFree && hasMouse) box.focus({ preventScroll: true });
  };
  // Streamlit adds a step to the history for each address. When a question is to be kept out of
  // it, the step that holds the question is replaced instead.
  if (!Object.hasOwn(history, "pushState"))
    history.pushState = (state, title, url) => {
      const to = new URL(url, location.href);
      const isKeptOut = to.pathname === location.pathname && to.search === "?private=1";
      const step = isKeptOut ? "replaceState" : "pushState";
      History.prototype[step].call(history, state, title, url);
    };
  const find = () => document.querySelector(".st-key-ask input[type=search]");
  const box = find();
  if (box) return fitOut(box);
  // Streamlit fetches what draws a box when it meets the first one, so it may come after this.
  new MutationObserver((_, observer) => {
    const box = find();
    if (!box) return;
    observer.disconnect();
    fitOut(box);
  }).observe(document.body, { childList: true, subtree: true });
})();
