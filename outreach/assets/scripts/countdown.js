// Letters that go in a moment: how long they can still be taken back. Nothing is said aloud but the end.
for (const form of document.querySelectorAll("[data-countdown]")) {
  const until = performance.now() + Number(form.dataset.countdown) * 1000;
  const words = form.querySelector("[data-words]");
  const beat = setInterval(() => {
    const left = Math.ceil((until - performance.now()) / 1000);
    if (left > 0) {
      words.textContent = `The letters go in ${left} ${left === 1 ? "second" : "seconds"}.`;
      return;
    }
    clearInterval(beat);
    form.setAttribute("role", "status");
    form.replaceChildren(document.createElement("p"));
    form.firstChild.textContent = "The letters are going out.";
  }, 1000);
}
