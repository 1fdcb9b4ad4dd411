// A place pointed at on the map, by a click or by the arrow keys and Enter: its grid reference is put into the box
// above, and the service says what is near. Without JavaScript the place is typed.
import { mapView, placeNamed } from "./map_view.js";

for (const details of document.querySelectorAll(".placemap")) {
  const box = document.getElementById(details.dataset.box);
  const said = document.getElementById("place-said");
  const back = details.querySelector("[data-back]");
  const before = { value: box.value, said: said.textContent };
  let waits = 0;
  let asked = new AbortController();

  const name = async (x, y, takes) => {
    clearTimeout(waits);
    asked.abort();
    asked = new AbortController();
    const at = map.metresOf(x, y).join(", ");
    if (takes) {
      box.value = at;
      back.hidden = false;
    }
    try {
      const place = await placeNamed(details.dataset.near, at, asked.signal);
      if (place === null) throw new Error();
      if (takes) box.value = place.reference;
      said.textContent = takes ? `${place.said}. It is kept when you save.` : place.said;
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = takes ? "Put into the box. It is kept when you save." : "";
    }
  };
  const map = mapView(details, {
    taken: (x, y) => name(x, y, true),
    looked: (x, y) => {
      clearTimeout(waits);
      waits = setTimeout(name, 300, x, y, false);
    },
  });
  details.hidden = false;
  back.addEventListener("click", () => {
    asked.abort();
    box.value = before.value;
    said.textContent = before.said;
    back.hidden = true;
    box.focus();
  });
}
