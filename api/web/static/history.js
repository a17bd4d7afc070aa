// The slider over time: each step asks the server for the state as of then, and puts it in place.
// Without this file the form's button does the same by loading the page.
"use strict";
(function () {
  const form = document.querySelector("form[data-history]");
  if (!form) return;
  const slider = form.querySelector("input[type=range]");
  const shown = form.querySelector("output");
  const steps = Array.from(document.querySelectorAll(".happened a[data-step]"));
  const PAUSE_MS = 90; // while a hand still moves, only the words follow
  let waiting = 0;
  let asking = null;

  document.documentElement.classList.add("live");

  function words(step) {
    const line = steps.find((one) => Number(one.dataset.step) === step);
    return line ? line.dataset.words : slider.dataset.before;
  }

  function mark(step) {
    slider.setAttribute("aria-valuetext", words(step));
    shown.textContent = words(step);
    for (const line of steps) {
      const place = Number(line.dataset.step);
      line.classList.toggle("later", place > step);
      if (place === step) {
        line.setAttribute("aria-current", "step");
        uncover(line);
      } else line.removeAttribute("aria-current");
    }
    for (const [name, to] of [["earlier", step - 1], ["later", step + 1]]) {
      const button = form.querySelector("[data-go=" + name + "]");
      const inside = to >= Number(slider.min) && to <= Number(slider.max);
      if (inside) button.setAttribute("href", address(to));
      else button.removeAttribute("href");
      button.setAttribute("aria-disabled", String(!inside));
    }
  }

  function uncover(line) {
    // Within its own list only: the page must not jump while the slider moves.
    const list = line.closest("ol");
    const above = line.offsetTop - list.offsetTop;
    if (above < list.scrollTop) list.scrollTop = above;
    const below = above + line.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
  }

  // A step's address names a position of the log: it means the same for ever.
  function address(step) {
    const line = steps.find((one) => Number(one.dataset.step) === step);
    return line ? line.getAttribute("href") : slider.dataset.start;
  }

  async function show(step) {
    if (asking) asking.abort();
    asking = new AbortController();
    const now = document.getElementById("then");
    now.classList.add("busy");
    try {
      const answer = await fetch(address(step), {
        signal: asking.signal,
        headers: { "x-part": "then" },
      });
      // Signed out meanwhile, or the service is away: a whole page says so.
      if (!answer.ok || answer.redirected) return location.assign(address(step));
      now.innerHTML = await answer.text(); // our own template, escaped on the server
      now.classList.remove("busy");
      history.replaceState(null, "", address(step));
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address(step));
    }
  }

  function go(step) {
    slider.value = String(step);
    mark(step);
    clearTimeout(waiting);
    waiting = setTimeout(() => show(step), PAUSE_MS);
  }

  slider.addEventListener("input", () => go(Number(slider.value)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(Number(slider.value));
  });
  for (const name of ["earlier", "later"]) {
    form.querySelector("[data-go=" + name + "]").addEventListener("click", (event) => {
      event.preventDefault();
      const to = Number(slider.value) + (name === "later" ? 1 : -1);
      if (to >= Number(slider.min) && to <= Number(slider.max)) go(to);
    });
  }
  for (const line of steps) {
    line.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go(Number(line.dataset.step));
    });
  }
  mark(Number(slider.value));
})();
