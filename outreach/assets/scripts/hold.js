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
  const say = (sentence) => {
    if (aloud.textContent !== sentence) aloud.textContent = sentence;
  };
  const tell = () => {
    const left = Math.max(0, (until - performance.now()) / 1000);
    const minutes = Math.ceil(left / 60);
    bar.value = left;
    bar.textContent = minutes === 1 ? "1 minute" : `${minutes} minutes`;
    words.textContent = left
      ? `${minutes} ${minutes === 1 ? "minute" : "minutes"} left`
      : "No longer kept. Keep it again if nobody else has taken it.";
    if (!left) {
      say("The time we kept for you is over.");
      clearInterval(beat);
    } else if (left < 120) say("Less than 2 minutes are left. You can keep the time for longer.");
  };
  const beat = setInterval(tell, 5000);
  tell();
}
