"""The docs page's script: buttons that copy, a filter for the routes, this server's address."""

import base64
import hashlib
from typing import Final

SCRIPT: Final = """
const $ = (query) => [...document.querySelectorAll(query)];
for (const pre of $("pre")) {
  const block = pre.firstChild, button = document.createElement("button");
  if (block.textContent.startsWith("URL=") && location.origin.startsWith("http")) {
    block.textContent = block.textContent.replace(/^URL=.*/, "URL=" + location.origin);
  }
  button.type = "button"; button.className = "copy"; button.textContent = "Copy";
  button.onclick = async () => {
    try { await navigator.clipboard.writeText(block.textContent); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(block); button.textContent = "Selected"; }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  const frame = document.createElement("div");
  frame.className = "frame"; pre.replaceWith(frame); frame.append(pre, button);
}
const filter = document.getElementById("filter");
filter.hidden = false;
const hits = () => $("nav li[data-words]:not([hidden]) a");
filter.oninput = () => {
  const words = filter.value.toLowerCase().split(/\\s+/);
  for (const item of $("nav li[data-words]")) {
    const all = item.dataset.words + " " + item.textContent.toLowerCase();
    item.hidden = !words.every((word) => all.includes(word));
  }
  for (const list of $("nav h2 + ul")) {
    const empty = !list.querySelector("li:not([hidden])");
    list.hidden = list.previousSibling.hidden = empty;
  }
};
filter.onkeydown = (event) => { if (event.key === "Enter" && filter.value) hits()[0]?.click(); };
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) {
    event.preventDefault(); filter.focus();
  } else if (event.key === "Escape" && filter.value) {
    filter.value = ""; filter.oninput(); filter.blur();
  }
});
"""

SCRIPT_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
"""What lets this script run, and no other (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
