// Completes the search for a school as people type: an ARIA combobox with a list box. Without it the form just sends.
const form = document.querySelector("[data-suggest]");
if (form) complete(form, form.querySelector("input"));

function complete(form, input) {
  const list = document.createElement("ul");
  const said = document.createElement("div");
  let current = -1,
    waiting = 0,
    asking = null;

  Object.assign(list, { id: "q-list", className: "combolist", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Schools");
  said.className = "vh";
  said.setAttribute("role", "status");
  input.after(list);
  form.append(said);
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-controls", "q-list"],
    ["aria-expanded", "false"],
  ])
    input.setAttribute(name, value);

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
  input.addEventListener("blur", () => close());
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && last >= 0) {
      open();
      mark(current < last ? current + 1 : 0);
      event.preventDefault();
    } else if (event.key === "ArrowUp" && last >= 0) {
      open();
      mark(current > 0 ? current - 1 : last);
      event.preventDefault();
    } else if (event.key === "Enter" && !list.hidden && current >= 0) {
      go(list.children[current]);
      event.preventDefault();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) go(option);
  });

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const typed = input.value.trim();
    if (typed.length < 2) {
      show([]);
      said.textContent = "";
      return;
    }
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, {
        signal: asking.signal,
      });
      if (!answer.ok) return close();
      const schools = await answer.json();
      show(schools);
      said.textContent = schools.length
        ? `${schools.length} ${schools.length === 1 ? "school" : "schools"}. Use the arrow keys.`
        : "No school found yet.";
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function show(schools) {
    list.replaceChildren(
      ...schools.map((school, number) => {
        const option = document.createElement("li"),
          where = document.createElement("span");
        option.id = `q-option-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.url = school.url;
        option.append(school.name + " ", where);
        where.textContent = school.where;
        return option;
      }),
    );
    current = -1;
    input.removeAttribute("aria-activedescendant");
    if (schools.length && document.activeElement === input) open();
    else close();
  }

  function mark(number) {
    current = number;
    [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === number)));
    input.setAttribute("aria-activedescendant", `q-option-${number}`);
    list.children[number].scrollIntoView({ block: "nearest" });
  }

  function open() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    list.hidden = true;
    current = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function go(option) {
    location.assign(option.dataset.url);
  }
}
