"""The outside worlds: one folder for each, importing `core` only and never one another.

How to write a chat channel. A channel is a folder of seven files with the same names
everywhere, so that who knows one knows them all:

- `app`       `build(...)` makes the platform from arguments and builds nothing at import. The
              platform has `routes` (what the HTTP server mounts), `channel` (a
              `core.ports.Channel`), and `start()` / `stop()` around its client.
- `handlers`  one short function for each thing a person can do: parse, ask
              `core.chat.port.Conversations`, answer. What may raise comes before the answer.
- `render`    `core.card.Card` to the platform's layout: pure, escaping everything from
              outside, within the platform's limits, saying so where it cut.
- `actions`   names of buttons and forms, and the codec that carries a `Binding` in them;
              reading is defensive, since old cards keep their buttons for ever.
- `deliver`   the `Channel`: show a card (post, edit, post again), tell a notice.
- `errors`    the platform's error codes as one table to `Delivered`, `RetryAt` or `Dead`, each
              dead one with its remedy.
- `identity`  the authenticated account behind a payload, as `core.directory.people.Identity`.

Rules a channel keeps: a click is committed before it is acknowledged; nobody is left
without an answer; who may do what is the core's decision, whatever the platform says; time,
ids and settings come in as arguments; the vendor's packages are imported here only.
"""
