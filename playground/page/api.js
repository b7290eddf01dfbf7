// Talks to the playground over HTTP. Decides nothing about what is shown.

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = { ok: false, error: text };
  }
  if (!response.ok && typeof value === "object" && value !== null) value.ok = false;
  return value;
}

/** Acts as a Slack user; resolves to the playground's answer, never rejects. */
export const slackAct = (body) => post("/_play/slack/act", body);

/** Acts as a Teams user; resolves to the playground's answer, never rejects. */
export const teamsAct = (body) => post("/_play/teams/act", body);

export const putFaults = (faults) => call("PUT", "/_play/faults", faults);
export const putModel = (behaviour) => call("PUT", "/_play/model", { behaviour });
export const rotateKeys = () => post("/_play/teams/rotate_keys", {});
export const reset = () => post("/_play/reset", {});

async function post(path, body) {
  try {
    return await call("POST", path, body);
  } catch (problem) {
    return { ok: false, error: "unreachable", detail: String(problem) };
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Calls `onState` with every new state, for ever; `onLine(bool)` tells of breaks. */
export async function follow(onState, onLine) {
  let since = -1;
  for (;;) {
    try {
      const response = await fetch(`/_play/state?since=${since}`, { cache: "no-store" });
      if (!response.ok) throw new Error(`state answered ${response.status}`);
      const state = await response.json();
      onLine(true);
      if (state.revision === since) continue;
      since = state.revision;
      onState(state);
    } catch {
      onLine(false);
      since = -1;
      await pause(1000);
    }
  }
}
