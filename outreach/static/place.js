// A place pointed at on the map, by a click or by the arrow keys and Enter: its grid reference is put into the box
// above, and the service says what is near. Without JavaScript the place is typed.
for (const details of document.querySelectorAll(".placemap")) {
  const box = document.getElementById(details.dataset.box);
  const said = document.getElementById("place-said");
  const view = details.querySelector(".placeview");
  const svg = view.querySelector("svg");
  const cross = svg.querySelector(".cross");
  const back = details.querySelector("[data-back]");
  const [wide, high] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const before = { value: box.value, said: said.textContent };
  let [x, y] = [Number(cross.dataset.x), Number(cross.dataset.y)];
  let closer = 1;
  let waits = 0;
  let asked = new AbortController();

  const draw = () => {
    const [w, h] = [wide / closer, high / closer];
    const left = Math.min(Math.max(x - w / 2, 0), wide - w);
    const top = Math.min(Math.max(y - h / 2, 0), high - h);
    svg.setAttribute("viewBox", `${left} ${top} ${w} ${h}`);
    view.dataset.closer = closer;
    cross.setAttribute("transform", `translate(${x} ${y}) scale(${1 / closer})`);
  };
  const go = (toX, toY) => {
    x = Math.min(Math.max(toX, 0), wide);
    y = Math.min(Math.max(toY, 0), high);
    cross.classList.remove("idle");
    draw();
  };
  const name = async (takes) => {
    clearTimeout(waits);
    asked.abort();
    asked = new AbortController();
    const easting = Math.round(Number(details.dataset.easting) + x * Number(details.dataset.metres));
    const northing = Math.round(Number(details.dataset.northing) - y * Number(details.dataset.metres));
    if (takes) {
      box.value = `${easting}, ${northing}`;
      back.hidden = false;
    }
    try {
      const answer = await fetch(`${details.dataset.near}?at=${easting},${northing}`, { signal: asked.signal });
      if (!answer.ok || answer.redirected) throw new Error();
      const place = await answer.json();
      if (takes) box.value = place.reference;
      said.textContent = takes ? `${place.said}. It is kept when you save.` : place.said;
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = takes ? "Put into the box. It is kept when you save." : "";
    }
  };
  const zoom = (by) => {
    closer = Math.min(Math.max(closer * by, 1), 8);
    draw();
  };

  details.hidden = false;
  draw();
  svg.addEventListener("click", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    go(at.x, at.y);
    name(true);
  });
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = steps[event.key];
    if (step) {
      const far = (event.shiftKey ? 1 : 8) / closer;
      go(x + step[0] * far, y + step[1] * far);
      clearTimeout(waits);
      waits = setTimeout(name, 300, false);
    } else if (event.key === "Enter" || event.key === " ") {
      cross.classList.remove("idle");
      name(true);
    } else if (event.key === "+" || event.key === "=") zoom(2);
    else if (event.key === "-") zoom(0.5);
    else return;
    event.preventDefault();
  });
  details.querySelector("[data-closer]").addEventListener("click", () => zoom(2));
  details.querySelector("[data-farther]").addEventListener("click", () => zoom(0.5));
  back.addEventListener("click", () => {
    asked.abort();
    box.value = before.value;
    said.textContent = before.said;
    back.hidden = true;
    box.focus();
  });
}
