// What is typed, as the letter has it: a moment after the last key the form goes to its preview, in a frame that is new
// each time, so that the way back leads out of the page and not through previews. Without JavaScript its button does it.
for (const button of document.querySelectorAll("button[data-live-preview]")) {
  let wait;
  button.form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      const frame = document.querySelector(`iframe[name="${button.formTarget}"]`);
      const fresh = frame.cloneNode();
      fresh.removeAttribute("src");
      frame.replaceWith(fresh);
      button.form.requestSubmit(button);
    }, 600);
  });
}
