// A day in a box: a calendar beside it, in a dialog (a pattern of the ARIA practices). Without
// JavaScript the day is typed.
const MONTHS =
  "January February March April May June July August September October November December".split(" ");
const WEEK_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");
const DAY = 86400000;
const said = (day) => `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
const weekday = (day) => (day.getUTCDay() + 6) % 7;
const on = (year, month, day) => new Date(Date.UTC(year, month, day));
const same = (day, other) => day.getTime() === other.getTime();
const later = (day, days) => new Date(day.getTime() + days * DAY);

// The same day of another month, or its last where it has none.
function monthsLater(day, months) {
  const last = on(day.getUTCFullYear(), day.getUTCMonth() + months + 1, 0);
  return on(
    last.getUTCFullYear(),
    last.getUTCMonth(),
    Math.min(day.getUTCDate(), last.getUTCDate()),
  );
}

// What stands in the box, as far as this script or the service wrote it; all else is read by the service.
function written(text) {
  const found = /^(\d{1,2}) ([A-Za-z]+) (\d{4})$/.exec(text.trim());
  const month = found ? MONTHS.indexOf(found[2]) : -1;
  return month < 0 ? null : on(Number(found[3]), month, Number(found[1]));
}

function made(tag, attributes, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inside);
  return node;
}

for (const box of document.querySelectorAll("input[data-calendar]")) {
  const label = box.labels[0] ? box.labels[0].textContent.trim() : "";
  const today = new Date(`${box.dataset.calendar}T00:00Z`);
  const month = made("h2", { id: `${box.id}-month`, "aria-live": "polite" });
  const weeks = made("tbody", {});
  const turn = (name, sign) => made("button", { type: "button", class: "btn q s", "aria-label": name }, sign);
  const back = turn("Previous month", "‹");
  const forth = turn("Next month", "›");
  const close = made("button", { type: "button", class: "lk" }, "Close");
  const heads = WEEK_DAYS.map((name) => {
    const short = made("span", { "aria-hidden": "true" }, name.slice(0, 2));
    return made("th", { scope: "col" }, short, made("span", { class: "vh" }, name));
  });
  const grid = made(
    "table",
    { role: "grid", "aria-labelledby": month.id, "aria-describedby": `${box.id}-keys` },
    made("thead", {}, made("tr", {}, ...heads)),
    weeks,
  );
  const dialog = made(
    "dialog",
    { class: "cal noprint", "aria-label": "Choose a day" },
    made("div", { class: "cal-head" }, back, month, forth),
    grid,
    made(
      "p",
      { class: "vh", id: `${box.id}-keys` },
      "Arrow keys move by a day or a week, Page Up and Page Down by a month.",
    ),
    close,
  );
  const open = made(
    "button",
    { type: "button", class: "btn q", "aria-haspopup": "dialog" },
    "Calendar",
    made("span", { class: "vh" }, ` for ${label}`),
  );
  const row = made("div", { class: "dayrow" });
  box.after(row);
  row.append(box, open, dialog);

  let here = today;
  const show = (day, focus) => {
    here = day;
    month.textContent = `${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
    const first = on(day.getUTCFullYear(), day.getUTCMonth(), 1);
    const chosen = written(box.value);
    weeks.replaceChildren();
    const end = monthsLater(first, 1);
    for (let start = later(first, -weekday(first)); start < end; start = later(start, 7)) {
      const week = made("tr", {});
      for (let n = 0; n < 7; n += 1) {
        const one = later(start, n);
        const cell = made("td", {});
        week.append(cell);
        if (one.getUTCMonth() !== day.getUTCMonth()) continue;
        const name = `${WEEK_DAYS[n]} ${said(one)}`;
        const pick = made("button", { type: "button", "aria-label": name }, String(one.getUTCDate()));
        pick.tabIndex = same(one, day) ? 0 : -1;
        pick.dataset.time = one.getTime();
        if (same(one, today)) pick.setAttribute("aria-current", "date");
        cell.setAttribute("aria-selected", String(chosen !== null && same(one, chosen)));
        cell.append(pick);
      }
      weeks.append(week);
    }
    if (focus) weeks.querySelector('[tabindex="0"]').focus();
  };
  const choose = (day) => {
    box.value = said(day);
    dialog.close();
    for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, { bubbles: true }));
  };
  open.addEventListener("click", () => {
    dialog.showModal();
    show(written(box.value) ?? today, true);
    const by = open.getBoundingClientRect();
    const left = Math.min(by.left, innerWidth - dialog.offsetWidth - 8);
    const top = Math.min(by.bottom + 4, innerHeight - dialog.offsetHeight - 8);
    dialog.style.left = `${Math.max(8, left)}px`;
    dialog.style.top = `${Math.max(8, top)}px`;
  });
  back.addEventListener("click", () => show(monthsLater(here, -1), false));
  forth.addEventListener("click", () => show(monthsLater(here, 1), false));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-time]");
    if (pick) choose(new Date(Number(pick.dataset.time)));
    else if (event.target === dialog) dialog.close();
  });
  weeks.addEventListener("keydown", (event) => {
    const years = event.shiftKey ? 12 : 1;
    const to = {
      ArrowLeft: () => later(here, -1),
      ArrowRight: () => later(here, 1),
      ArrowUp: () => later(here, -7),
      ArrowDown: () => later(here, 7),
      Home: () => later(here, -weekday(here)),
      End: () => later(here, 6 - weekday(here)),
      PageUp: () => monthsLater(here, -years),
      PageDown: () => monthsLater(here, years),
    }[event.key];
    if (!to || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    show(to(), true);
  });
}
