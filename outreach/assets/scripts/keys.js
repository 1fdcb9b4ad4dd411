// Single keys on lists, for whoever has switched them on: the page then has their dialog. They never act in a field, nor
// with Ctrl, Alt or Meta, nor while a dialog is open.
const keys = document.querySelector("#keys");
if (keys) {
  const links = () =>
    [...document.querySelectorAll("main tbody tr, main .act > li, main .hits > li")]
      .map((row) => row.querySelector("th a[href], a[href]"))
      .filter((link) => link && link.offsetParent);
  const rowOf = (link) => link.closest("tr, li");
  const step = (by) => {
    const all = links();
    const at = all.findIndex((link) => rowOf(link).contains(document.activeElement));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next]?.focus();
  };
  const tick = () => {
    const row = document.activeElement.closest("main tr, main li");
    row?.querySelector("input[type=checkbox]:not(:disabled)")?.click();
  };
  const deeds = { j: () => step(1), k: () => step(-1), x: tick, "?": () => keys.showModal() };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || !(event.key in deeds)) return;
    const at = event.target;
    const types = at.matches("textarea, select, [contenteditable], [role=combobox]");
    const isField = at.matches("input:not([type=checkbox])");
    if (types || isField || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    deeds[event.key]();
  });
}
