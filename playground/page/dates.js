// Slack's localised dates (https://docs.slack.dev/messaging/formatting-message-text
// #date-formatting) and the clock shown beside messages.

const MONTH = new Intl.DateTimeFormat("en", { month: "long" });
const SHORT = new Intl.DateTimeFormat("en", { month: "short" });
const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "long" });
const two = (number) => String(number).padStart(2, "0");

function ordinal(day) {
  if (day % 100 >= 11 && day % 100 <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function pretty(at, now, otherwise) {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise;
}

const numeric = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const full = (at) => `${MONTH.format(at)} ${ordinal(at.getDate())}, ${at.getFullYear()}`;
const brief = (at) => `${SHORT.format(at)} ${at.getDate()}, ${at.getFullYear()}`;
const long = (at) => `${WEEKDAY.format(at)}, ${full(at)}`;

/** Hours and minutes of a Date, in the reader's time zone. */
export const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;

function ago(at, now) {
  const minutes = Math.round((now - at) / 60_000);
  const size = Math.abs(minutes);
  const words =
    size < 60
      ? `${size} minutes`
      : size < 2880
        ? `${Math.round(size / 60)} hours`
        : `${Math.round(size / 1440)} days`;
  return minutes >= 0 ? `${words} ago` : `in ${words}`;
}

const TOKENS = {
  date_num: (at) => numeric(at),
  date: (at) => full(at),
  date_short: (at) => brief(at),
  date_long: (at) => long(at),
  date_pretty: (at, now) => pretty(at, now, full(at)),
  date_short_pretty: (at, now) => pretty(at, now, brief(at)),
  date_long_pretty: (at, now) => pretty(at, now, long(at)),
  time: (at) => clock(at),
  time_secs: (at) => `${clock(at)}:${two(at.getSeconds())}`,
  ago: (at, now) => ago(at, now),
};

/** The text of `<!date^seconds^format|fallback>`; a bad time or token gives the fallback. */
export function slackDate(seconds, format, fallback, now = new Date()) {
  const at = new Date(Number(seconds) * 1000);
  if (!/^\d+$/.test(seconds) || Number.isNaN(at.getTime())) return fallback;
  const names = [...format.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]);
  if (!names.length || names.some((name) => !Object.hasOwn(TOKENS, name))) return fallback;
  return format.replace(/\{([^{}]*)\}/g, (_, name) => TOKENS[name](at, now));
}

/** Seconds as a datetime-local field writes them. */
export function localTime(seconds) {
  const at = new Date(seconds * 1000);
  return `${numeric(at)}T${clock(at)}`;
}

/** Reads what the state calls a time: seconds, a Slack ts, or an RFC 3339 text. */
export function moment(value) {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  const at = new Date(Number.isFinite(number) ? number * 1000 : value);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** Adaptive Cards' `{{DATE(...)}}` and `{{TIME(...)}}`
 *  (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features). */
export function cardDates(text) {
  return text.replace(
    /\{\{(DATE|TIME)\(([^,()]+)(?:,\s*(COMPACT|SHORT|LONG))?\)\}\}/g,
    (whole, kind, iso, style) => {
      const at = new Date(iso.trim());
      if (Number.isNaN(at.getTime())) return whole;
      if (kind === "TIME") return clock(at);
      if (style === "LONG") return long(at);
      return style === "SHORT" ? `${WEEKDAY.format(at).slice(0, 3)}, ${brief(at)}` : numeric(at);
    },
  );
}
