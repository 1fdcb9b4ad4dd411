// A plan that is drawn up, or a file that is read: its progress is put in its place every two seconds; at its end the
// page is read anew.
const place = document.querySelector("[data-progress]");
const look = async () => {
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = read.querySelector("[data-far]");
    const before = place.querySelector("[data-far]");
    if (!now || read.querySelector("[data-ended]")) return location.reload();
    if (before && now.textContent !== before.textContent) before.replaceWith(now);
  } catch {
    // The service cannot be reached just now: look again.
  }
  setTimeout(look, 2000);
};
if (place) setTimeout(look, 2000);
