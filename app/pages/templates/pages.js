// The pages without a reload: clocks, the parts that the server sends anew, and the log. Each page is whole without it.
"use strict";

const main = document.getElementById("main");
const beat = document.getElementById("beat");
const say = document.getElementById("say");
const lines = document.getElementById("lines");
const follow = document.getElementById("follow");
// How far this clock is from the server's, in seconds.
const apart = Date.now() / 1000 - Number(main.dataset.now || Date.now() / 1000);
const BLOCK = 5000;
// The lines of a chunk whose place is kept while it is out of sight; what is shorter is simply there.
const WHOLE = 500;

function now() {
  return Date.now() / 1000 - apart;
}

function ago(then) {
  const away = now() - then, size = Math.abs(away);
  if (size < 60) return away >= 0 ? "just now" : "in a moment";
  const [length, unit] = size >= 86400 ? [86400, "day"] : size >= 3600 ? [3600, "h"] : [60, "min"];
  const count = Math.floor(size / length), words = `${count} ${unit}${unit === "day" && count > 1 ? "s" : ""}`;
  return away > 0 ? `${words} ago` : `in ${words}`;
}

function clock(since) {
  const whole = Math.max(0, Math.floor(now() - since)), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60, rest = two(whole % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  for (const each of document.querySelectorAll("time[data-ago]")) write(each, ago(Date.parse(each.dateTime) / 1000));
  for (const each of document.querySelectorAll("[data-since]")) write(each, clock(Number(each.dataset.since)));
}

// Parts: what has the focus keeps it, and a part that was read is not read out again; the one line that speaks is #say.
function replacePart({ id, html }) {
  const part = document.querySelector(`[data-part="${id}"]`);
  if (!part || part.dataset.html === html) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const before = part.querySelector(".state")?.textContent;
  part.innerHTML = html;
  part.dataset.html = html;
  if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const state = part.querySelector(".outcome");
  if (state && part.querySelector(".state").textContent !== before) say.textContent = state.textContent.replace(/\s+/g, " ");
  tick();
}

// Lines as the server writes them for the page itself, escaped.
function linesOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

function chunkOf(some) {
  const chunk = document.createElement("div");
  chunk.className = some.length === WHOLE ? "chunk whole" : "chunk";
  chunk.append(...some);
  return chunk;
}

// At once, and again when what was only reckoned while it was out of sight has its own height.
function showEnd(frames = 2) {
  lines.scrollTop = lines.scrollHeight;
  if (frames) requestAnimationFrame(() => showEnd(frames - 1));
}

function appendLines({ last, html }) {
  const sent = linesOf(html), shown = Number(lines.dataset.last), first = last - sent.length + 1;
  if (last <= shown || first > shown + 1) return;
  const fresh = sent.slice(shown + 1 - first), open = lines.lastElementChild;
  if (open && open.childElementCount + fresh.length <= WHOLE) open.append(...fresh);
  else lines.append(chunkOf(fresh));
  lines.dataset.last = last;
  document.getElementById("log-count").textContent = last;
  document.getElementById("no-lines")?.remove();
  if (follow.checked) showEnd();
}

function listen(address) {
  const source = new EventSource(address);
  source.onopen = () => write(beat, "Updates as it happens");
  source.onerror = () => write(beat, source.readyState === EventSource.CLOSED ? "Not live any more: reload" : "Reconnecting");
  source.addEventListener("part", (event) => replacePart(JSON.parse(event.data)));
  source.addEventListener("log", (event) => appendLines(JSON.parse(event.data)));
  source.addEventListener("over", () => {
    source.close();
    write(beat, "Ended");
  });
}

// All of a log: what is above, newest block first.
async function loadAll(button) {
  button.disabled = true;
  while (Number(lines.dataset.first) > 1) {
    const last = Number(lines.dataset.first) - 1, first = Math.max(1, last - BLOCK + 1);
    const answer = await fetch(`${lines.dataset.more}?from=${first}&lines=${last - first + 1}`);
    if (!answer.ok) break;
    const sent = linesOf(await answer.text());
    if (sent.length !== last - first + 1) break;
    const fromEnd = lines.scrollHeight - lines.scrollTop;
    for (let end = sent.length; end > 0; end -= WHOLE) lines.prepend(chunkOf(sent.slice(Math.max(0, end - WHOLE), end)));
    lines.dataset.first = first;
    lines.scrollTop = lines.scrollHeight - fromEnd;
  }
  if (lines.dataset.first === "1") button.closest("p").remove();
  else button.disabled = false;
}

function goToHash() {
  const match = /^#L(\d+)$/.exec(location.hash);
  if (!match || document.getElementById(`L${match[1]}`)) return;
  const number = Number(match[1]);
  const asked = new URLSearchParams(location.search).get("at");
  if (number >= 1 && number <= Number(lines.dataset.count) && asked !== match[1]) location.replace(`?at=${number}#L${number}`);
}

function openLog() {
  const all = document.getElementById("all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => loadAll(all));
  }
  if (main.dataset.live) document.getElementById("follow-label").hidden = false;
  else follow.checked = false;
  lines.addEventListener("wheel", (event) => { if (event.deltaY < 0) follow.checked = false; }, { passive: true });
  follow.addEventListener("change", () => { if (follow.checked) showEnd(); });
  addEventListener("hashchange", goToHash);
  goToHash();
  const error = lines.querySelector(".error");
  if (location.hash) return;
  if (error && !main.dataset.live) lines.scrollTop = error.offsetTop - 100;
  else showEnd();
}

// A button is pressed once; whoever comes back to the page may press again.
addEventListener("submit", (event) => {
  if (event.target.method === "post" && event.submitter) event.submitter.disabled = true;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const each of document.querySelectorAll("form[method=post] button")) each.disabled = false;
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});
tick();
setInterval(tick, 1000);
if (lines) openLog();
if (main.dataset.live) listen(main.dataset.live);
