// A company's pages in halls without signal: what is filled in is kept on the phone until it is sent, never twice. The
// worker keeps the pages; reports wait in IndexedDB, which all tabs share and which holds no link: a report is kept under
// the link's number, and sent by the page that is opened by the link.

const KEPT = "outreach-kept-1";
const LET_GO = "Outreach-Let-Go";
const OFF = "outreach-nothing-kept";
const OWN = ["csrf_token", "key", "opened"];
const FRESH = 10 * 60_000;
const AGAIN = 20_000;
const PATIENCE = 30_000;

const band = () => document.querySelector("[data-kept]");
const whose = location.pathname.match(/^\/t\/\w+/)[0];
const able = "serviceWorker" in navigator && "caches" in window && "indexedDB" in window;
const off = () => localStorage.getItem(OFF) !== null;

const opened = able && !off() ? open() : null;
opened?.catch(() => {});

let lost = [];

// Somebody is on the way to another page: to fetch this one anew now would keep them here.
let leaving = false;

async function begin() {
  byTheClock();
  setInterval(byTheClock, 30_000);
  keeping();
  if (off()) return;
  addEventListener("online", signal);
  addEventListener("beforeunload", () => (leaving = true));
  document.addEventListener("visibilitychange", sendAll);
  lost = await overdue();
  await fillIn();
  await tell();
  // A press may come before this: then the form goes as any form goes.
  document.addEventListener("submit", pressed);
  setInterval(() => (isCopy() && !document.querySelector("form[data-show]") ? signal() : sendAll()), AGAIN);
  await sendAll();
  await keepPages(false);
}

// A phone says that it has signal a little before it can use it.
async function signal() {
  for (const wait of [0, 1000, 4000]) {
    await new Promise((done) => setTimeout(done, wait));
    await sendAll();
    if (!(await keepPages(true))) continue;
    await sendAll();
    if (isCopy() && !leaving && !document.querySelector("form[data-show]")) location.reload();
    return;
  }
}

// What is to be seen from a moment on, in a page that may have been kept since before it.
function byTheClock() {
  for (const part of document.querySelectorAll("[data-from]"))
    if (Date.parse(part.dataset.from) <= Date.now()) {
      if (part.content) part.replaceWith(part.content);
      else part.hidden = false;
    }
  for (const part of document.querySelectorAll("[data-till]"))
    if (Date.parse(part.dataset.till) <= Date.now()) part.remove();
}

// Reports

function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("outreach", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("reports", { keyPath: ["link", "show"] });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function within(deed) {
  const going = (await opened).transaction("reports", "readwrite", { durability: "strict" });
  const asked = deed(going.objectStore("reports"));
  return new Promise((done, failed) => {
    going.oncomplete = () => done(asked?.result);
    going.onabort = going.onerror = () => failed(going.error);
  });
}

const all = () => within((reports) => reports.getAll());
const link = () => Number(band().dataset.kept);
const ours = async () => (await all()).filter((one) => one.link === link());
const isCopy = () => "keptCopy" in document.documentElement.dataset;
const unsent = (one) => one.state !== "sent";

// What has come of a report, unless other answers were put in its place meanwhile. Once sent, none of them stay.
function became(report, change) {
  return within((reports) => {
    const asked = reports.get([report.link, report.show]);
    asked.onsuccess = () => {
      if (asked.result?.key === report.key) reports.put({ ...asked.result, ...change });
    };
  });
}

async function overdue() {
  const over = (await all()).filter((one) => Date.parse(one.until) <= Date.now());
  for (const one of over) await within((reports) => reports.delete([one.link, one.show]));
  return over.filter((one) => one.link === link() && unsent(one));
}

async function pressed(event) {
  const form = event.target;
  if (!form.dataset.until) return;
  event.preventDefault();
  const button = form.querySelector(".btn");
  button.disabled = true;
  let report;
  try {
    report = await keep(form);
  } catch {
    form.submit();
    return;
  }
  const page = await send(report);
  button.disabled = false;
  const now = (await ours()).find((one) => one.show === report.show);
  if (now?.state === "sent") return location.replace(location.pathname);
  if (page) putIn(page);
  else {
    document.querySelector(".govuk-error-summary")?.remove();
    const { needs, needsWords } = form.dataset;
    if (now?.state === "waiting" && !form.elements[needs].value) await no(report, [[`#${needs}`, needsWords]]);
    await showWhy();
  }
  await tell();
  const said = document.querySelector(".govuk-error-summary") ?? band();
  said.tabIndex = -1;
  said.focus();
}

// Other answers than those that may be on their way are another form, with another key.
async function keep(form) {
  const answers = [...new FormData(form)].filter(([name]) => !OWN.includes(name));
  const { show, about, until } = form.dataset;
  const before = (await ours()).find((one) => one.show === show);
  const same = before && JSON.stringify(before.answers) === JSON.stringify(answers);
  const key = !before ? form.elements.key.value : same ? before.key : crypto.randomUUID();
  const at = new Date().toISOString();
  const report = { link: link(), show, about, until, key, answers, state: "waiting", at };
  await within((reports) => reports.put(report));
  return report;
}

async function sendAll() {
  if (document.visibilityState === "hidden") return;
  for (const report of await ours()) if (report.state === "waiting") await send(report);
  await tell();
}

// One at a time, among all tabs. The form is asked for first: its token is new, and it may have changed. What comes back
// is the page that says why not.
function send(report) {
  return navigator.locks.request("outreach-reports", async () => {
    const there = (await ours()).find((one) => one.show === report.show);
    if (there?.key !== report.key || there.state === "sent") return null;
    const at = `${whose}/shows/${report.show}/report`;
    try {
      const fresh = await asked(at);
      const form = fresh && formIn(fresh.page);
      if (!form) return await refused(report, fresh);
      const names = new Set([...form.elements].map((field) => field.name));
      if (report.answers.some(([name, said]) => said && !names.has(name)))
        return await no(report, [["", "The form has changed since you filled it in. Check it and send it again."]]);
      const body = new URLSearchParams(report.answers);
      body.set("csrf_token", form.elements.csrf_token.value);
      body.set("key", report.key);
      body.set("waited", Math.max(0, Math.floor((Date.now() - Date.parse(report.at)) / 1000)));
      const answer = await asked(at, { method: "POST", body, headers: { Accept: "application/json, text/html;q=0.5" } });
      if (!answer?.sent) return await refused(report, answer);
      await became(report, { state: "sent", at: answer.sent, newer: answer.newer, answers: [] });
    } catch {
      // No signal, or it went on the way: it waits, and is sent again with the same key.
    }
    return null;
  });
}

// An answer of the service's own: nothing else that a network may put in its place is taken for one.
async function asked(address, more = {}) {
  const answer = await fetch(address, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE), ...more });
  if (answer.status >= 500 || [408, 425, 429].includes(answer.status)) throw new Error("later");
  const words = await answer.text();
  if (answer.headers.get("Content-Type").startsWith("application/json"))
    return { status: answer.status, ...JSON.parse(words) };
  const page = new DOMParser().parseFromString(words, "text/html");
  if (!page.querySelector("header.top .brand")) throw new Error("not the service");
  return { status: answer.status, page };
}

function formIn(page) {
  const parts = [page, ...[...page.querySelectorAll("template")].map((part) => part.content)];
  return parts.map((part) => part.querySelector("form[data-show]")).find(Boolean);
}

async function refused(report, { status, page }) {
  if (status === 410) return location.replace(whose);
  if (status === 422) {
    const links = [...page.querySelectorAll(".govuk-error-summary__list a")];
    await no(report, links.map((one) => [one.getAttribute("href"), one.textContent]));
    return page;
  }
  const why = status === 404 ? "This show is not in your tour any more." : `It was not taken (${status}).`;
  return no(report, [["", why]]);
}

async function no(report, why) {
  await became(report, { state: "refused", why });
  return null;
}

// Pages

function putIn(page) {
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  byTheClock();
  keeping();
}

// The form as it was filled in, and why it was not taken.
async function fillIn() {
  const form = document.querySelector("form[data-show]");
  const report = form && (await ours()).find((one) => one.show === form.dataset.show);
  if (!report || !unsent(report) || document.querySelector(".govuk-error-summary")) return;
  for (const field of form.elements) {
    const said = report.answers.filter(([name]) => name === field.name).map(([, value]) => value);
    if (OWN.includes(field.name)) continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = said.includes(field.value);
    else if (said.length) field.value = said[0];
  }
  await showWhy();
}

async function showWhy() {
  const here = document.querySelector("form[data-show]").dataset.show;
  const report = (await ours()).find((one) => one.show === here);
  if (report?.state === "refused") band().after(summary(report.why));
}

function summary(why) {
  const box = made("div", "govuk-error-summary");
  const alert = made("div");
  alert.setAttribute("role", "alert");
  const list = made("ul", "govuk-list govuk-error-summary__list");
  for (const [href, words] of why) {
    const line = made("li");
    const to = href && document.querySelector(href) ? made("a", "", words) : made("span", "", words);
    if (to.tagName === "A") to.href = href;
    line.append(to);
    list.append(line);
  }
  const body = made("div", "govuk-error-summary__body");
  body.append(list);
  alert.append(made("h2", "govuk-error-summary__title", "Could not be sent because:"), body);
  box.append(alert);
  return box;
}

let told = "";

async function tell() {
  const reports = await ours();
  const copy = isCopy() && !navigator.onLine;
  const said = JSON.stringify([reports, lost, copy]);
  const status = band().querySelector("[role=status]");
  if (said === told && status.children.length) return;
  told = said;
  const waiting = reports.filter((one) => one.state === "waiting");
  const here = document.querySelector("form[data-show]")?.dataset.show;
  const parts = [];
  const stood = `This page is as it stood on ${band().dataset.stood}.`;
  if (waiting.length) {
    const wait = waiting.length === 1 ? "1 report waits" : `${waiting.length} reports wait`;
    const by = "by itself, once there is signal and this page is open.";
    parts.push(message("confirm", "Kept on this phone, not sent yet", `${wait}, and ${waiting.length === 1 ? "goes" : "go"} ${by}`));
    if (copy) parts[0].append(made("p", "", stood));
  } else if (copy) parts.push(message("confirm", "No signal", stood));
  for (const one of reports.filter((one) => one.state === "refused" && one.show !== here))
    parts.push(message("stop", one.about, `Could not be sent because: ${one.why.map(([, words]) => words).join(" ")}`));
  for (const one of lost)
    parts.push(message("stop", `${one.about}: never sent`, "A week has gone by, so it was removed from this phone. Ring with the numbers."));
  for (const one of reports.filter((one) => one.state === "sent" && (one.show === here || sameDay(one.at))))
    parts.push(
      one.newer
        ? message("confirm", `Sent ${clock(one.at)}, but a newer report stands`, `${one.about}: ${one.newer}`)
        : message("done", `Sent ${clock(one.at)}`, one.about),
    );
  status.replaceChildren(...parts);
  band().querySelector("ul")?.remove();
  const open = reports.filter((one) => one.state === "waiting" || (one.state === "refused" && one.show !== here));
  if (open.length) band().append(list(open, here));
}

function message(kind, title, words) {
  const box = made("div", `msg ${kind}`);
  box.append(made("b", "", title), made("p", "", words));
  return box;
}

// What is not sent, each with the way to its form.
function list(reports, here) {
  const found = made("ul", "picks");
  for (const one of reports) {
    const line = made("li");
    const ways = made("p", "row gap");
    if (one.show !== here) {
      const way = made("a", "btn q", one.state === "waiting" ? "Correct" : "Open the form");
      way.href = `${whose}/shows/${one.show}/report`;
      way.append(made("span", "vh", `: ${one.about}`));
      ways.append(way);
      line.append(made("b", "", one.about));
    }
    if (one.state === "waiting") {
      line.append(made("span", "", `Typed at ${clock(one.at)}`));
      const now = made("button", "btn q", "Try to send now");
      now.type = "button";
      now.addEventListener("click", sendAll);
      ways.append(now);
    }
    line.append(ways);
    found.append(line);
  }
  return found;
}

function made(tag, kind = "", words = "") {
  const found = document.createElement(tag);
  if (kind) found.className = kind;
  found.textContent = words;
  return found;
}

function clock(at) {
  const words = new Date(at).toLocaleTimeString("en-GB", { timeZone: "Europe/London", hour: "numeric", minute: "2-digit", hour12: true });
  return words.replace(/\s/g, "");
}

const sameDay = (at) => new Date(at).toDateString() === new Date().toDateString();

// The worker, and the pages that are kept beside this one.
async function keepPages(anew) {
  try {
    const cache = await caches.open(KEPT);
    await navigator.serviceWorker.register("/t/worker.js", { scope: "/t/", updateViaCache: "none" });
    if (!navigator.serviceWorker.controller)
      await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    // A page on top of which something was said once is not kept as it came: it is fetched once more.
    const once = document.querySelector("main > .msg") !== null;
    for (const address of [location.pathname, ...band().dataset.beside.split(" ")].filter(Boolean)) {
      const copy = await cache.match(address, { ignoreVary: true });
      const own = address === location.pathname;
      if (!anew && !(own && once) && copy && Date.now() - Date.parse(copy.headers.get("Date")) < FRESH) continue;
      const answer = await fetch(address, { cache: "no-store" });
      if (answer.status === 410 && !answer.headers.has(LET_GO)) location.replace(whose);
    }
    return true;
  } catch {
    return false; // No signal: what is kept stays as it is.
  }
}

// What is said of what is kept, and letting go of it.
function keeping() {
  const part = document.querySelector("[data-keeping]");
  if (!part) return;
  const show = (when) => {
    for (const one of part.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== when;
  };
  const deeds = {
    async remove() {
      const waiting = (await all()).filter(unsent).length;
      if (!waiting) return deeds.removed();
      part.querySelector("[data-unsent]").textContent = waiting === 1 ? "1 report is not sent yet." : `${waiting} reports are not sent yet.`;
      show("sure");
    },
    async removed() {
      localStorage.setItem(OFF, "");
      await within((reports) => reports.clear());
      await forgetPages(() => true);
      location.reload();
    },
    leave: () => show("on"),
    keep() {
      localStorage.removeItem(OFF);
      location.reload();
    },
  };
  for (const button of part.querySelectorAll("[data-deed]")) button.onclick = deeds[button.dataset.deed];
  show(off() ? "off" : "on");
  part.hidden = false;
}

// Those pages go; with the last of them all that draws them, and the worker.
async function forgetPages(which) {
  const cache = await caches.open(KEPT);
  const pages = (await cache.keys()).filter(({ url }) => new URL(url).pathname.startsWith("/t/"));
  const go = pages.filter(({ url }) => which(new URL(url).pathname));
  for (const page of go) await cache.delete(page, { ignoreVary: true });
  if (go.length < pages.length) return;
  const worker = await navigator.serviceWorker.getRegistration("/t/");
  await worker?.unregister();
  await caches.delete(KEPT);
}

// The link was taken back, or is over: what it has left here goes.
async function ended(part) {
  if (!able) return;
  await forgetPages((address) => address === whose || address.startsWith(`${whose}/`));
  if (off()) return;
  const theirs = (await all()).filter((one) => one.link === Number(part.dataset.ended));
  for (const one of theirs) await within((reports) => reports.delete([one.link, one.show]));
  for (const one of theirs.filter(unsent))
    part.querySelector("[role=status]").append(message("stop", `${one.about}: never sent`, "It was removed from this phone with the link. Ring with the numbers."));
}

if (document.querySelector("[data-ended]")) ended(document.querySelector("[data-ended]"));
else if (band() && able) begin();
