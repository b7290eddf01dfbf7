// Puts the page together: follows the state, knows who is chosen, draws the parts.
import { follow } from "./api.js";
import { faultPanel } from "./faults.js";
import { seat } from "./avatar.js";
import { MailPane } from "./mail.js";
import { drawPeople, watchEdges } from "./people.js";
import { SlackPane } from "./slack.js";
import { lettersOf, summary } from "./seen.js";
import { TeamsPane } from "./teams.js";

const node = (id) => document.getElementById(id);
const panes = node("panes");
const slack = new SlackPane(node("slack"));
const teams = new TeamsPane(node("teams"));
const mail = new MailPane(node("mail"));
const faults = faultPanel(node("faults"), node("faults-button"));
let state = null;
let shown = null;

// The e-mail address in `#as=...`, or null.
function asked() {
  const found = /^#as=(.+)$/.exec(location.hash);
  try {
    return found && decodeURIComponent(found[1]);
  } catch {
    return null;
  }
}

const hashFor = (email) => `#as=${encodeURIComponent(email).replaceAll("%40", "@")}`;

// Without a choice: who has something to decide, else the first.
function chosen() {
  const person = state.people.find((one) => one.email === asked());
  return person ?? state.people.find((one) => summary(state, one).pending > 0) ?? state.people[0];
}

function choose(email) {
  location.hash = hashFor(email);
}

function openTab(name) {
  panes.dataset.tab = name;
  for (const tab of document.querySelectorAll("[data-tab][role=tab]"))
    tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
  if (state) draw();
}

// On a narrow screen, a newly chosen person is shown where something waits for them.
function bestTab(person) {
  const waits = summary(state, person);
  if (!person.slack_user || (waits.pendingTeams && !waits.pendingSlack)) return "teams";
  return !person.teams_oid || waits.pendingSlack ? "slack" : panes.dataset.tab;
}

function drawTabs(person) {
  const waits = summary(state, person);
  const letters = lettersOf(state, person).length;
  node("tab-mail").hidden = !letters;
  if (!letters && panes.dataset.tab === "mail") openTab("slack");
  const label = (name, count) => (count ? `${name} (${count})` : name);
  node("tab-slack").textContent = label("Slack", waits.pendingSlack);
  node("tab-teams").textContent = label("Teams", waits.pendingTeams);
  node("tab-mail").textContent = label("Mail", letters);
}

function draw() {
  if (!state.people.length) return;
  const person = chosen();
  if (asked() === null) history.replaceState(null, "", hashFor(person.email));
  if (person.email !== shown) {
    shown = person.email;
    const best = bestTab(person);
    if (best !== panes.dataset.tab) return openTab(best);
  }
  for (const place of document.querySelectorAll(".pane-person")) place.textContent = person.name;
  slack.update(state, person);
  teams.update(state, person);
  mail.update(state, person);
  drawPeople(node("people"), state, person, choose);
  drawTabs(person);
}

function onState(next) {
  state = next;
  seat(next.people);
  node("company").textContent = next.company;
  document.title = `${next.company} · playground`;
  draw();
  faults(next);
}

function onLine(line) {
  node("line").textContent = line ? "Live" : "Reconnecting…";
  node("line").classList.toggle("off", !line);
}

for (const tab of document.querySelectorAll("[data-tab][role=tab]"))
  tab.addEventListener("click", () => openTab(tab.dataset.tab));
window.addEventListener("hashchange", () => {
  if (state) draw();
});
watchEdges(node("people"));
follow(onState, onLine);
