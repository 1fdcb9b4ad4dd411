// The county as a map that is pointed at: a cross that goes where one clicks, or by the arrow keys with Enter; closer and
// farther away, and dragged about where it is closer. place.js and water.js say what is done with the place.
export const mapView = (holder, { taken, looked = () => {} }) => {
  const view = holder.querySelector(".placeview");
  const svg = view.querySelector("svg");
  const cross = svg.querySelector(".cross");
  const [wide, high] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const { easting, northing, metres } = holder.dataset;
  let [x, y] = [Number(cross.dataset.x), Number(cross.dataset.y)];
  let [middleX, middleY] = [x, y];
  let closer = 1;
  let drag = null;

  const box = () => {
    const [w, h] = [wide / closer, high / closer];
    const left = Math.min(Math.max(middleX - w / 2, 0), wide - w);
    const top = Math.min(Math.max(middleY - h / 2, 0), high - h);
    return { left, top, w, h };
  };
  const draw = () => {
    const { left, top, w, h } = box();
    [middleX, middleY] = [left + w / 2, top + h / 2];
    svg.setAttribute("viewBox", `${left} ${top} ${w} ${h}`);
    view.dataset.closer = closer;
    cross.setAttribute("transform", `translate(${x} ${y}) scale(${1 / closer})`);
  };
  const inside = (share) => {
    const { w, h } = box();
    return Math.abs(x - middleX) <= w * share && Math.abs(y - middleY) <= h * share;
  };
  const go = (toX, toY) => {
    x = Math.min(Math.max(toX, 0), wide);
    y = Math.min(Math.max(toY, 0), high);
    cross.classList.remove("idle");
    if (!inside(0.35)) [middleX, middleY] = [x, y];
    draw();
  };
  const zoom = (by) => {
    if (inside(0.5)) [middleX, middleY] = [x, y];
    closer = Math.min(Math.max(closer * by, 1), 8);
    draw();
  };
  const under = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());

  svg.addEventListener("click", (event) => {
    if (drag?.far) return;
    const at = under(event);
    const { left, top, w, h } = box();
    if (at.x < left || at.x > left + w || at.y < top || at.y > top + h) return; // beside the picture
    go(at.x, at.y);
    taken(x, y);
  });
  svg.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, fromX: middleX, fromY: middleY, far: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drag || !event.buttons || closer === 1) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.far ||= Math.hypot(dx, dy) > 8;
    if (!drag.far) return;
    svg.setPointerCapture(event.pointerId);
    const scale = svg.getScreenCTM().a;
    [middleX, middleY] = [drag.fromX - dx / scale, drag.fromY - dy / scale];
    draw();
  });
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = steps[event.key];
    if (step) {
      const far = (event.shiftKey ? 1 : 8) / closer;
      go(x + step[0] * far, y + step[1] * far);
      looked(x, y);
    } else if (event.key === "Enter" || event.key === " ") {
      cross.classList.remove("idle");
      taken(x, y);
    } else if (event.key === "+" || event.key === "=") zoom(2);
    else if (event.key === "-") zoom(0.5);
    else return;
    event.preventDefault();
  });
  holder.querySelector("[data-closer]").addEventListener("click", () => zoom(2));
  holder.querySelector("[data-farther]").addEventListener("click", () => zoom(0.5));
  draw();

  return {
    view,
    svg,
    // Easting and northing in whole metres of a point of the picture, and the way back.
    metresOf: (px, py) => [Math.round(Number(easting) + px * metres), Math.round(Number(northing) - py * metres)],
    pixelOf: (e, n) => [(e - easting) / metres, (northing - n) / metres],
    // How many units of the picture some pixels of the screen are, just now.
    unitsOf: (pixels) => pixels / svg.getScreenCTM().a,
  };
};

// What is near a place, however it is typed, as the service says it; null where it is no place or nobody answers.
export const placeNamed = async (address, at, signal) => {
  const answer = await fetch(`${address}?at=${encodeURIComponent(at)}`, { signal });
  return answer.ok && !answer.redirected ? answer.json() : null;
};
