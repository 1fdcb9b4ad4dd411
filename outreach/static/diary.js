// The diary with a mouse: a show is dragged to another place, or a school that is missing from the list beside it to its
// first. While it is in the air the places that fit are lit and the others say why not; both come from the page that works
// without this, so that all three ways end at the same preview.
const diary = document.querySelector("[data-diary]");
const leave = document.querySelector("[data-leave]");
if (leave)
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") location.assign(leave.dataset.leave);
  });
if (diary && matchMedia("(min-width: 800px)").matches)
  for (const block of document.querySelectorAll("[data-move], [data-place]")) dragged(block);

const STEP = 5;

// Another page as a document. Its style element is another page's: our policy would refuse it.
async function read(address) {
  const page = await (await fetch(address)).text();
  return new DOMParser().parseFromString(page.replace(/<style[^>]*>[^<]*<\/style>/, ""), "text/html");
}

// Places a thing from another page by the numbers that its class names.
function put(copy) {
  const [placed] = copy.className.match(/\bat(-[a-z]+\d+)+/);
  for (const [, name, number] of placed.matchAll(/-([a-z]+)(\d+)/g))
    copy.style.setProperty(`--${name}`, number);
}

function dragged(block) {
  const drop = document.querySelector("[data-drop]");
  let page = null,
    lit = [],
    air = false,
    grabbed = 0;
  block.draggable = true;
  // Asked for when the pointer comes near, so that it is there when the show is in the air.
  const { move, place } = block.dataset;
  const ask = () => (page ??= read(`${diary.dataset.address}&${move ? `move=${move}` : `place=${place}`}`));
  block.addEventListener(
    "pointerenter",
    () => {
      ask();
    },
    { once: true },
  );
  for (const link of block.querySelectorAll("a")) link.draggable = false;

  block.addEventListener("dragstart", (event) => {
    air = true;
    // A show is as long as it is drawn; of a school in the list the pointer is the start.
    grabbed = move ? event.clientX - block.getBoundingClientRect().left : 0;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", block.dataset.name);
    block.classList.add("drag");
    ask().then(light);
  });
  document.addEventListener("dragover", (event) => {
    if (!air) return;
    const at = event.target.closest("[data-starts]");
    for (const place of lit) if (place !== at) place.classList.remove("over");
    if (!at) drop.hidden = true;
  });
  block.addEventListener("dragend", () => {
    air = false;
    block.classList.remove("drag");
    for (const place of lit) place.remove();
    lit = [];
    diary.classList.remove("lit");
    for (const free of diary.querySelectorAll(".fr.free")) free.hidden = false;
    drop.hidden = true;
  });

  function light(from) {
    if (!air || lit.length) return;
    for (const free of diary.querySelectorAll(".fr.free")) free.hidden = true;
    for (const row of from.querySelectorAll("[data-row]")) {
      const here = diary.querySelector(`[data-row="${row.dataset.row}"] .tk`);
      if (here)
        for (const place of row.querySelectorAll(".fr")) {
          const copy = document.importNode(place, true);
          put(copy);
          here.append(copy);
          lit.push(copy);
          if (copy.dataset.day) aim(copy);
        }
    }
    diary.classList.add("lit");
  }

  function aim(place) {
    const line = place.closest(".tk");
    // The start that a drop here would mean: where the block's own start comes to lie, on the step, within the place.
    const start = (event) => {
      const box = line.getBoundingClientRect();
      const steps = Number(getComputedStyle(diary).getPropertyValue("--n"));
      const minute =
        Number(diary.dataset.opens) +
        ((event.clientX - grabbed - box.left) / box.width) * steps * STEP +
        Number(block.dataset.in);
      const starts = place.dataset.starts.split(" ").map(Number);
      return starts.reduce((best, at) => (Math.abs(at - minute) < Math.abs(best - minute) ? at : best));
    };
    const words = (at) => {
      const hour = Math.floor(at / 60),
        minutes = String(at % 60).padStart(2, "0");
      return at === 720 ? "midday" : `${hour % 12 || 12}:${minutes}${hour < 12 ? "am" : "pm"}`;
    };
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      place.classList.add("over");
      const day = place.closest(".dy").querySelector("h2").childNodes;
      drop.hidden = false;
      drop.querySelector("[data-where]").textContent =
        `${day[0].textContent.trim()} ${day[1].textContent}, ${words(start(event))}, ${place.closest(".ln").querySelector("h3").textContent.split(",")[0].trim()}`;
      drop.querySelector("[data-road]").textContent = place.dataset.says;
    });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      const at = start(event);
      const slot = `${place.dataset.day}-${String(Math.floor(at / 60)).padStart(2, "0")}${String(at % 60).padStart(2, "0")}`;
      const address = new URL(place.querySelector("a").href);
      address.searchParams.set("slot", slot);
      location.assign(address);
    });
  }
}
