// An address to copy: a button beside the box that holds it. Without JavaScript the box is there to be copied by hand.
for (const field of document.querySelectorAll("[data-copy]")) {
  const box = field.querySelector("input, textarea");
  const row = document.createElement("div");
  const button = document.createElement("button");
  const said = document.createElement("span");
  row.className = "copyrow";
  button.type = "button";
  button.className = "btn q";
  button.textContent = "Copy";
  button.setAttribute("aria-describedby", box.id);
  said.className = "vh";
  said.setAttribute("role", "status");
  box.after(row);
  row.append(box, button, said);
  box.addEventListener("focus", () => box.select());
  button.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(box.value);
      done = true;
    } catch {
      box.select();
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Copy";
    const what = field.dataset.copy || "address";
    said.textContent = done ? `The ${what} is copied.` : `Copy the ${what} from the box.`;
  });
}

// A link to a page on which an address is pasted takes it along.
for (const link of document.querySelectorAll("a[data-copies]")) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(document.getElementById(link.dataset.copies).value);
    } finally {
      location.assign(link.href);
    }
  });
}
