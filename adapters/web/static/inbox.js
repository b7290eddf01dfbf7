// What the pages of the inbox do with a script: they say when something changed, and bring the list
// up to date without taking away what somebody ticked or is about to press.
"use strict";

const said = document.querySelector("main .told, main [data-focus]");
if (said && !document.querySelector("main [aria-invalid='true']") && !location.hash) {
  said.tabIndex = -1;
  said.focus();
}

const live = document.getElementById("live");
const about = live ? live.dataset.about || "" : "";
const HIDDEN = 20000; // milliseconds after which a tab that nobody sees lets its line go
const NOW_AND_THEN = 240000; // milliseconds: "Due in 3 h" grows old
let source = null;
let tries = 0;
let waits = 0;
let letting = 0;

if (live && "EventSource" in window) {
  follow();
  // A browser has six lines to a server: tabs in the background must not take them all.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(letting);
    if (document.visibilityState === "hidden") letting = setTimeout(letGo, HIDDEN);
    else if (source === null) follow();
  });
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // A word may be lost between servers too: a list asks by itself, unless somebody is in it.
  setInterval(() => {
    const queue = document.getElementById("queue");
    if (queue && !inUse(queue) && document.visibilityState === "visible") renew(false);
  }, NOW_AND_THEN * (1 + Math.random() / 2));
}

function letGo() {
  if (source) source.close();
  source = null;
}

function follow() {
  source = new EventSource("/inbox/stream" + (about ? "?about=" + encodeURIComponent(about) : ""));
  source.addEventListener("changed", changed);
  source.addEventListener("over", () => {
    source.close();
    say("You are not signed in any more.", "Sign in");
  });
  // Something may have changed before the line was there. Of a request the server says how it
  // stands; a list is asked for again.
  source.addEventListener("now", (event) => {
    if (JSON.parse(event.data).version > Number(live.dataset.version)) outdated();
  });
  source.addEventListener("open", () => {
    if (document.getElementById("queue")) changed();
    tries = 0;
  });
  source.addEventListener("error", () => {
    // A browser gives up where anything but a stream answers, such as a proxy during an upgrade.
    if (source && source.readyState === EventSource.CLOSED && tries < 10) {
      tries += 1;
      letGo();
      setTimeout(() => { if (source === null) follow(); }, 15000 * tries);
    }
  });
}

// Many pages hear of one change: they do not all ask in the same moment.
function changed() {
  clearTimeout(waits);
  waits = setTimeout(about ? outdated : () => renew(false), 150 + Math.random() * 850);
}

function say(text, button) {
  live.textContent = text;
  const pressed = document.createElement("button");
  pressed.type = "button";
  pressed.textContent = button;
  pressed.addEventListener("click", () => (button === "Show" ? renew(true) : location.reload()));
  live.append(" ", pressed);
}

function outdated() {
  say("This request has changed since you opened it.", "Load it again");
}

// Whether a new list would take something away: a box that is ticked, or the place of the keyboard.
function inUse(queue) {
  return queue.contains(document.activeElement) || queue.querySelector("input:checked") !== null;
}

function renew(now) {
  const queue = document.getElementById("queue");
  if (!queue) return say("Something changed.", "Load the page again");
  fetch("/inbox/part" + location.search, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("queue");
      if (!fresh) return;
      const other = listed(fresh) !== listed(queue);
      if (now || !inUse(queue)) put(fresh, queue, other);
      else if (other) say("The list has changed.", "Show");
    })
    .catch(() => say("The list may have changed.", "Load the page again"));
}

// What a list is about, without how long ago or how soon that is.
function listed(queue) {
  const parts = [...queue.querySelectorAll("h3 a, input[name=bound]")];
  return [queue.dataset.waiting, ...parts.map((each) => each.href || each.value)].join("\n");
}

function put(fresh, queue, other) {
  queue.replaceWith(document.adoptNode(fresh));
  for (const [id, text] of [["as-of", fresh.dataset.asOf], ["waiting", fresh.dataset.waiting]]) {
    const shown = document.getElementById(id);
    if (shown) shown.textContent = text;
  }
  live.textContent = other ? "The list has changed. " + fresh.dataset.waiting + "." : "";
}
