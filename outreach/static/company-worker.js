// Hands a company's pages out where there is no signal. It stands over /t/ alone, keeps what the service says may be
// kept (its header says until when) with the files that it is drawn by, each page under its own address, and nothing
// else. What it keeps is kept by company.js's leave: without the cache that this opens, nothing is put down.

const KEPT = "outreach-kept-1";
const UNTIL = "Outreach-Keep-Until";
const LET_GO = "Outreach-Let-Go";
const PAGE = /^\/t\/[0-9a-f]{48}(?:\/days\/\d+|\/week|\/weeks\/\d{4}-\d\d-\d\d|\/shows\/\d+\/report)?$/;
const FILE = /^\/static\/[\w./-]+$/;
const NAMED = /(?:href|src)="(\/static\/[^"]+)"/g;
const PATIENCE = 6000;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(begin()));

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (PAGE.test(address.pathname) && !address.search) event.respondWith(page(event));
  else if (FILE.test(address.pathname)) event.respondWith(file(event.request));
});

// One after the other: no file goes while the page that names it is being put down.
let last = Promise.resolve();
const inTurn = (deed) => (last = last.then(deed, deed));

// What an older release kept under another name goes; what is kept stays, with the files that it was drawn by.
async function begin() {
  for (const name of await caches.keys())
    if (name.startsWith("outreach-kept") && name !== KEPT) await caches.delete(name);
  await inTurn(sweep);
  await self.clients.claim();
}

// The service's own answer, where it comes in time; to somebody who goes to a page, else the copy.
async function page(event) {
  const { request } = event;
  const coming = answer(event);
  event.waitUntil(coming.catch(() => {}));
  if (request.mode !== "navigate") return coming;
  const copy = await standing(request.url);
  if (!copy) return coming.catch(noSignal);
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const first = await Promise.race([coming.catch(() => {}), late]);
  return first && first.status < 500 ? first : shown(copy);
}

async function answer(event) {
  const { request } = event;
  const response = await fetch(request);
  const cache = (await caches.has(KEPT)) && (await caches.open(KEPT));
  if (!cache) return response;
  const { pathname } = new URL(request.url);
  let storing;
  // A day that was taken back is gone alone; a link that has ended takes all of its pages along.
  if (response.status === 404 || response.headers.has(LET_GO)) storing = cache.delete(request.url, { ignoreVary: true });
  else if (response.status === 410) storing = inTurn(() => forget(cache, pathname.slice(0, "/t/".length + 48)));
  else if (response.ok && !response.redirected && response.headers.has(UNTIL)) storing = kept(cache, request, response.clone());
  // Nobody who goes to a page waits for it to be put down; the script that fetches pages to be kept does.
  if (request.mode === "navigate") event.waitUntil(storing);
  else await storing;
  return response;
}

async function kept(cache, request, response) {
  await inTurn(() => keep(cache, request.url, response));
  if (request.mode === "navigate") inTurn(sweep);
}

async function keep(cache, address, response) {
  const words = await response.clone().text();
  for (const name of namedIn(words))
    if (!(await cache.match(name, { ignoreVary: true }))) await cache.add(name);
  await cache.put(address, response);
}

// A copy that may still be shown; one whose time is over is not kept any longer.
async function standing(address) {
  if (!(await caches.has(KEPT))) return undefined;
  const cache = await caches.open(KEPT);
  const copy = await cache.match(address, { ignoreVary: true });
  if (!copy || Date.parse(copy.headers.get(UNTIL)) > Date.now()) return copy;
  await inTurn(sweep);
  return undefined;
}

async function shown(copy) {
  const words = (await copy.text()).replace("<html ", "<html data-kept-copy ");
  return new Response(words, { headers: copy.headers });
}

async function file(request) {
  const cache = (await caches.has(KEPT)) && (await caches.open(KEPT));
  return (cache && (await cache.match(request.url, { ignoreVary: true }))) || fetch(request);
}

async function forget(cache, whose) {
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    if (pathname === whose || pathname.startsWith(`${whose}/`)) await cache.delete(url, { ignoreVary: true });
  }
  await sweep();
}

// Pages whose time is over go, and then the files that no page names any more.
async function sweep() {
  if (!(await caches.has(KEPT))) return;
  const cache = await caches.open(KEPT);
  const named = new Set();
  const files = [];
  for (const { url } of await cache.keys()) {
    if (new URL(url).pathname.startsWith("/static/")) {
      files.push(url);
      continue;
    }
    const copy = await cache.match(url, { ignoreVary: true });
    if (Date.parse(copy.headers.get(UNTIL)) > Date.now())
      for (const name of namedIn(await copy.text())) named.add(new URL(name, location).href);
    else await cache.delete(url, { ignoreVary: true });
  }
  for (const url of files) if (!named.has(url)) await cache.delete(url, { ignoreVary: true });
}

function namedIn(words) {
  return [...words.matchAll(NAMED)].map((found) => found[1].replaceAll("&amp;", "&"));
}

function noSignal() {
  const words = `<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>No signal – Outreach</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>No signal</h1>
<p>This page is not kept on this phone. Open it again where there is signal.</p></main></body></html>`;
  return new Response(words, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
