// A long filter is folded up where there is no room beside the list.
if (matchMedia("(max-width: 999px)").matches)
  for (const part of document.querySelectorAll("[data-narrow-closed]")) part.open = false;
