// A water drawn on the map, one point after the other, or a crossing pointed at on its line: what is drawn goes into the
// box of the form, where it can be typed as well. Without JavaScript it is typed.
import { mapView, placeNamed } from "./map_view.js";

const SVG = "http://www.w3.org/2000/svg";
const PAIR = /^(\d{5,6})\s*[ ,;/]\s*(\d{5,7})$/;
const NEAR = 24; // pixels of the screen that a finger may be beside a line

const holder = document.querySelector(".watermap");
if (holder) {
  const takesLine = holder.dataset.takes === "line";
  const box = document.getElementById(takesLine ? "points" : "place");
  const said = document.getElementById("water-said");
  const drawn = holder.querySelector(".drawn");
  const undo = holder.querySelector("[data-undo]");
  const finish = holder.querySelector("[data-finish]");
  const known = new Map(); // what was typed -> [easting, northing], or null where it is no place
  let asked = new AbortController();

  const lines = () => box.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const placed = (line) => {
    const pair = PAIR.exec(line);
    return pair ? [Number(pair[1]), Number(pair[2])] : known.get(line);
  };
  const show = () => {
    const points = (takesLine ? lines() : [box.value.trim()]).map(placed).filter(Boolean).map((at) => map.pixelOf(...at));
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points.map((at) => at.join(",")).join(" "));
    const dots = points.map(([x, y]) => {
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
      return dot;
    });
    drawn.replaceChildren(line, ...dots);
    if (undo) undo.disabled = !lines().length;
    if (finish) finish.disabled = lines().length < 2;
  };
  // Whatever is typed and is no easting and northing: the service knows where it is.
  const look = async () => {
    const strange = (takesLine ? lines() : [box.value.trim()]).filter((line) => line && placed(line) === undefined);
    for (const line of strange.slice(0, 60)) {
      const place = await placeNamed(holder.dataset.near, line).catch(() => undefined);
      if (place !== undefined) known.set(line, place && [place.easting, place.northing]);
    }
    show();
  };
  const tell = async (words, [easting, northing]) => {
    asked.abort();
    asked = new AbortController();
    try {
      const place = await placeNamed(holder.dataset.near, `${easting}, ${northing}`, asked.signal);
      said.textContent = place ? words(place.said) : words(`${easting}, ${northing}`);
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = words(`${easting}, ${northing}`);
    }
  };
  const howFar = () => {
    const points = lines().map(placed).filter(Boolean);
    let far = 0;
    for (let n = 1; n < points.length; n++)
      far += Math.hypot(points[n][0] - points[n - 1][0], points[n][1] - points[n - 1][1]);
    return `${(far / 1000).toFixed(1)} km`;
  };
  const addPoint = (x, y) => {
    const at = map.metresOf(x, y);
    box.value = [...lines(), at.join(", ")].join("\n");
    show();
    const n = lines().length;
    tell((where) => `Point ${n}: ${where}.${n > 1 ? ` The line is ${howFar()} long.` : ""}`, at);
  };
  const takeLast = () => {
    if (!lines().length) return;
    asked.abort();
    box.value = lines().slice(0, -1).join("\n");
    show();
    const n = lines().length;
    said.textContent = n ? `The last point is gone; ${n} ${n === 1 ? "stands" : "stand"}.` : "No point stands.";
  };
  // The point of a water's line that is nearest to one of the picture.
  const onWater = (x, y) => {
    let best = [Infinity, 0, 0];
    for (const path of holder.querySelectorAll("path.water")) {
      for (const part of path.getAttribute("d").split("M").filter(Boolean)) {
        const ends = part.split("L").map((at) => at.split(" ").map(Number));
        for (let n = 1; n < ends.length; n++) {
          const [[ax, ay], [bx, by]] = [ends[n - 1], ends[n]];
          const square = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
          const along = Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square, 0), 1);
          const [px, py] = [ax + along * (bx - ax), ay + along * (by - ay)];
          const away = Math.hypot(px - x, py - y);
          if (away < best[0]) best = [away, px, py];
        }
      }
    }
    return best;
  };
  const cross = (x, y) => {
    const [away, px, py] = onWater(x, y);
    if (away > map.unitsOf(NEAR)) {
      said.textContent = "No water is there. Click on a blue line, where the road crosses it.";
      return;
    }
    const at = map.metresOf(px, py);
    box.value = at.join(", ");
    show();
    tell((where) => `The crossing is at ${where}. Say what it is called, and how long it takes.`, at);
  };

  const map = mapView(holder, { taken: takesLine ? addPoint : cross });
  for (const part of holder.querySelectorAll("[hidden]")) part.removeAttribute("hidden");
  holder.classList.add("draws");
  map.view.tabIndex = 0;
  for (const [name, value] of Object.entries({
    role: "application",
    "aria-roledescription": "map",
    "aria-label": "Map of the county",
    "aria-describedby": "water-how",
  }))
    map.view.setAttribute(name, value);
  map.view.addEventListener("keydown", (event) => {
    if (!takesLine || event.key !== "Backspace") return;
    event.preventDefault();
    takeLast();
  });
  undo?.addEventListener("click", takeLast);
  finish?.addEventListener("click", () => {
    const name = document.getElementById("name");
    const next = name.value.trim() ? box.form.querySelector("button.btn") : name;
    said.textContent = `The line has ${lines().length} points and is ${howFar()} long.`;
    next.scrollIntoView({ block: "center" });
    next.focus();
  });
  box.addEventListener("input", show);
  box.addEventListener("change", look);
  look();
}
