// Renews what changes while something still runs; without it the page's refresh does.
"use strict";

const PAUSE = 2000;
const BOXES = ".log, .scroll";
const FOCUSABLE = "a, summary, [tabindex]";

async function renew() {
  // Nobody's selection is taken away, and no hidden tab keeps the service busy.
  if (document.hidden || !getSelection().isCollapsed) return true;
  const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!reply.ok) return false;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const parts = [...document.querySelectorAll("[data-part]")];
  if (page.querySelectorAll("[data-part]").length !== parts.length) location.reload();
  for (const part of parts) {
    const now = page.getElementById(part.id);
    if (now !== null && !now.isEqualNode(part)) replace(part, now);
  }
  return page.querySelector("main[data-live]") !== null;
}

// The reader stays where they are: in each box that scrolls, and with the keyboard.
function replace(part, now) {
  const places = [...part.querySelectorAll(BOXES)].map((box) => [box.scrollLeft, box.scrollTop]);
  const focused = [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  part.replaceWith(now);
  now.querySelectorAll(BOXES).forEach((box, at) => box.scrollTo(...(places[at] ?? [0, 0])));
  if (focused >= 0) now.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
}

async function follow() {
  try {
    if (!(await renew())) return;
  } catch {
    // The service is away for a moment.
  }
  setTimeout(follow, PAUSE);
}

setTimeout(follow, PAUSE);
