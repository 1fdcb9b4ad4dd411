// Schools on a map: one stop of the Tab key, then the arrows go to the next school in that direction. Without
// JavaScript each is a link of its own. The name of whichever is reached or pointed at stands under the map.
for (const figure of document.querySelectorAll("[data-points]")) {
  const name = figure.querySelector(".pointname");
  const said = name ? name.textContent : "";
  for (const group of figure.querySelectorAll(".points")) {
    const points = [...group.querySelectorAll("a")];
    const places = points.map((a) => {
      const u = a.firstElementChild;
      return [Number(u.getAttribute("x")), Number(u.getAttribute("y"))];
    });
    points.forEach((a, n) => a.setAttribute("tabindex", n ? "-1" : "0"));
    const go = (n) => {
      points.forEach((a, m) => a.setAttribute("tabindex", m === n ? "0" : "-1"));
      points[n].focus();
    };
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    group.addEventListener("keydown", (event) => {
      const at = points.indexOf(event.target.closest("a"));
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      let to = event.key === "Home" ? 0 : event.key === "End" ? points.length - 1 : -1;
      const way = ways[event.key];
      if (way) {
        let best = Infinity;
        places.forEach(([x, y], n) => {
          const dx = x - places[at][0],
            dy = y - places[at][1];
          const ahead = dx * way[0] + dy * way[1],
            aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
          if (n !== at && ahead > 0 && aside <= 2 * ahead && ahead + 2 * aside < best) {
            best = ahead + 2 * aside;
            to = n;
          }
        });
      }
      if (to < 0) {
        if (way) event.preventDefault();
        return;
      }
      event.preventDefault();
      go(to);
    });
    if (name)
      for (const a of points) {
        for (const kind of ["focus", "pointerenter"])
          a.addEventListener(kind, () => {
            name.textContent = a.getAttribute("aria-label");
          });
        for (const kind of ["blur", "pointerleave"])
          a.addEventListener(kind, () => {
            name.textContent = said;
          });
      }
  }
}
