// A list with ticks: one box ticks the page, and the bar below says how many that makes. Without JavaScript the bar's
// words hold for whatever is ticked. Its number is read out from outside the bar, which is not there while nothing is
// ticked.
for (const list of document.querySelectorAll("form[data-ticks]")) {
  const all = list.querySelector("[data-tick-all]");
  const whole = list.querySelector("[name=whole]");
  const boxes = [...list.querySelectorAll("tbody input[type=checkbox]")];
  const elsewhere = Number(list.dataset.elsewhere),
    matching = Number(list.dataset.matching);
  const words = list.querySelector("[data-ticked]");
  const said = list.querySelector("[data-ticked-said]");
  const write = list.querySelector("[data-counted]");
  const { one, many } = list.dataset;
  const counted = (n) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
  const count = () => {
    const here = boxes.filter((box) => box.checked).length;
    const n = whole.checked ? matching : here + elsewhere;
    all.checked = here === boxes.length;
    all.indeterminate = here > 0 && here < boxes.length;
    words.textContent = !n
      ? `No ${one} ticked`
      : `${counted(n)} ticked` +
        (elsewhere && !whole.checked ? `: ${here} here, ${elsewhere} on other pages` : "");
    write.textContent = n ? `${write.dataset.counted} ${counted(n)}…` : "Write…";
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  list.addEventListener("change", () => {
    count();
    said.textContent = words.textContent;
  });
  count();
}
