// What pages do better with JavaScript; each of them works without.
import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";
document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// The band of a kept time: its words stay true while the page is open. Nothing ticks aloud; one polite
// word when two minutes are left, and one when the time is over.
for (const band of document.querySelectorAll(".hold[data-left]")) {
  const until = performance.now() + Number(band.dataset.left) * 1000;
  const words = band.querySelector("[data-words]");
  const bar = band.querySelector("progress");
  const aloud = document.createElement("p");
  aloud.className = "vh";
  aloud.setAttribute("role", "status");
  band.append(aloud);
  const say = (sentence) => { if (aloud.textContent !== sentence) aloud.textContent = sentence; };
  const tell = () => {
    const left = Math.max(0, (until - performance.now()) / 1000);
    const minutes = Math.ceil(left / 60);
    bar.value = left;
    bar.textContent = minutes === 1 ? "1 minute" : `${minutes} minutes`;
    words.textContent = left ? `Kept for you for ${minutes} more ${minutes === 1 ? "minute" : "minutes"}`
      : "The time we kept this for is over. Keep it again if nobody else has taken it.";
    if (!left) { say("The time we kept for you is over."); clearInterval(beat); }
    else if (left < 120) say("Less than 2 minutes are left. You can keep the time for longer.");
  };
  const beat = setInterval(tell, 5000);
}

// An address to copy: a button beside the box that holds it. Without JavaScript the box is there to be copied by hand.
for (const field of document.querySelectorAll("[data-copy]")) {
  const box = field.querySelector("input");
  const row = document.createElement("div");
  const button = document.createElement("button");
  const said = document.createElement("span");
  row.className = "copyrow";
  button.type = "button";
  button.className = "btn q";
  button.textContent = "Copy";
  button.setAttribute("aria-describedby", box.id);
  said.className = "vh";
  said.setAttribute("role", "status");
  box.after(row);
  row.append(box, button, said);
  box.addEventListener("focus", () => box.select());
  button.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(box.value);
      done = true;
    } catch {
      box.select();
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Copy";
    const what = field.dataset.copy || "address";
    said.textContent = done ? `The ${what} is copied.` : `Copy the ${what} from the box.`;
  });
}

// A page that is made to be printed.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Schools on a map: one stop of the Tab key, then the arrows go to the next school in that direction. Without
// JavaScript each is a link of its own. The name of whichever is reached or pointed at stands under the map.
for (const figure of document.querySelectorAll("[data-points]")) {
  const name = figure.querySelector(".pointname");
  const said = name ? name.textContent : "";
  for (const group of figure.querySelectorAll(".points")) {
    const points = [...group.querySelectorAll("a")];
    const places = points.map((a) => { const u = a.firstElementChild; return [Number(u.getAttribute("x")), Number(u.getAttribute("y"))]; });
    points.forEach((a, n) => a.setAttribute("tabindex", n ? "-1" : "0"));
    const go = (n) => { points.forEach((a, m) => a.setAttribute("tabindex", m === n ? "0" : "-1")); points[n].focus(); };
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    group.addEventListener("keydown", (event) => {
      const at = points.indexOf(event.target.closest("a"));
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      let to = event.key === "Home" ? 0 : event.key === "End" ? points.length - 1 : -1;
      const way = ways[event.key];
      if (way) {
        let best = Infinity;
        places.forEach(([x, y], n) => {
          const dx = x - places[at][0], dy = y - places[at][1];
          const ahead = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
          if (n !== at && ahead > 0 && aside <= 2 * ahead && ahead + 2 * aside < best) { best = ahead + 2 * aside; to = n; }
        });
      }
      if (to < 0) { if (way) event.preventDefault(); return; }
      event.preventDefault();
      go(to);
    });
    if (name) for (const a of points) {
      for (const kind of ["focus", "pointerenter"]) a.addEventListener(kind, () => { name.textContent = a.getAttribute("aria-label"); });
      for (const kind of ["blur", "pointerleave"]) a.addEventListener(kind, () => { name.textContent = said; });
    }
  }
}

// A long filter is folded up where there is no room beside the list.
if (matchMedia("(max-width: 999px)").matches) for (const part of document.querySelectorAll("[data-narrow-closed]")) part.open = false;

// A list with ticks: one box ticks the page, and the bar below says how many that makes. Without JavaScript the bar's
// words hold for whatever is ticked.
for (const list of document.querySelectorAll("form[data-ticks]")) {
  const all = list.querySelector("[data-tick-all]");
  const whole = list.querySelector("[name=whole]");
  const boxes = [...list.querySelectorAll("tbody input[type=checkbox]")];
  const elsewhere = Number(list.dataset.elsewhere), matching = Number(list.dataset.matching);
  const words = list.querySelector("[data-ticked]");
  const write = list.querySelector("[data-counted]");
  const schools = (n) => `${n.toLocaleString("en-GB")} ${n === 1 ? "school" : "schools"}`;
  const count = () => {
    const here = boxes.filter((box) => box.checked).length;
    const n = whole.checked ? matching : here + elsewhere;
    all.checked = here === boxes.length;
    all.indeterminate = here > 0 && here < boxes.length;
    words.textContent = !n ? "No school ticked" : `${schools(n)} ticked` + (elsewhere && !whole.checked ? `: ${here} here, ${elsewhere} on other pages` : "");
    write.textContent = n ? `${write.dataset.counted} ${schools(n)}…` : "Write…";
  };
  all.hidden = false;
  words.setAttribute("role", "status");
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; count(); });
  list.addEventListener("change", count);
  count();
}
