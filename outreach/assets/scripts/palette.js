// Ctrl-K: pages, schools, people, bookings and references by a few letters (a combobox, as the ARIA patterns say).
// Without JavaScript, and where nothing is chosen, the search page finds the same.
const palette = document.querySelector("#palette");
if (palette) {
  const box = palette.querySelector("[role=combobox]");
  const list = palette.querySelector("[role=listbox]");
  const said = palette.querySelector("[role=status]");
  let chosen = -1;
  let waits = 0;
  let asked = new AbortController();

  const choose = (n) => {
    chosen = n;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === n)));
    const option = list.children[n];
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  };
  const show = (html) => {
    list.innerHTML = html;
    const n = list.children.length;
    list.hidden = n === 0;
    box.setAttribute("aria-expanded", String(n > 0));
    choose(n > 0 ? 0 : -1);
    if (n === 0) said.textContent = box.value.trim() ? "Nothing found." : "";
    else said.textContent = n === 1 ? "1 found." : `${n} found.`;
  };
  const look = async () => {
    asked.abort();
    asked = new AbortController();
    if (!box.value.trim()) return show("");
    const address = `${palette.dataset.options}?q=${encodeURIComponent(box.value)}`;
    try {
      const answer = await fetch(address, { signal: asked.signal });
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = "Press Enter to search.";
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!palette.open) palette.showModal();
    box.select();
  });
  box.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(look, 120);
  });
  box.addEventListener("keydown", (event) => {
    const n = list.children.length;
    const steps = { ArrowDown: (chosen + 1) % n, ArrowUp: (chosen - 1 + n) % n };
    if (n && event.key in steps) {
      event.preventDefault();
      choose(steps[event.key]);
    } else if (event.key === "Enter" && list.children[chosen]) {
      event.preventDefault();
      location.assign(list.children[chosen].dataset.address);
    }
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.address);
  });
}
