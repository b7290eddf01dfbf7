"""The first part of the docs page: from nothing to an approved action."""

from typing import Final

from adapters.webhook.docs_words import code, text

_STEPS: Final = (
    (
        "A key",
        "Whoever runs the server makes it; it is printed once. Each route names the scopes of "
        "which a key needs one.",
        "URL=http://localhost:8080\n"
        "KEY=$(countersign keys create --name my-agent \\\n"
        "  --scope submit --scope read --scope redeem | tail -n 1)",
    ),
    (
        "Ask",
        "The answer is `201` with the request: it is stored, and the right people have been "
        "chosen. Send an `Idempotency-Key` with it: then the same call can be sent again when an "
        "answer was lost, and still makes one request.",
        'curl "$URL/v1/requests" \\\n'
        '  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n'
        '  -H "Idempotency-Key: laptop-1" -d \'{\n'
        '    "title": "New laptop", "requester": "alice@example.com",\n'
        '    "action": {"type": "purchase_order", "params": {"amount": 1800}}}\'',
    ),
    (
        "Wait",
        "`wait` holds the answer until the request is no longer `pending`, or the seconds have "
        "passed: then ask again. With `changes_requested`, `feedback` says what somebody wants: "
        "[send a revision](#reviseRequest).",
        'ID=...   # the "id" of the answer\n'
        'curl "$URL/v1/requests/$ID?wait=30" -H "Authorization: Bearer $KEY"',
    ),
    (
        "Use the approval, then act",
        "Once it is `approved`, the request has a `token`. Redeem it right before you act, with "
        "the `action` of the request, which may have been edited: `200` says that this very "
        "action was approved and not used before. Whatever else comes: do not act.",
        'TOKEN=...   # the "token" of the request\n'
        'curl "$URL/v1/tokens/redeem" \\\n'
        '  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n'
        '  -H "Idempotency-Key: run-laptop-1" -d \'{\n'
        '    "token": "\'"$TOKEN"\'",\n'
        '    "action": {"type": "purchase_order", "params": {"amount": 1800}}}\'',
    ),
)
_NOTES: Final = (
    "Times are RFC 3339 in UTC. Amounts are answered as decimals in strings, so that nobody "
    "rounds them; send a number, or a string where a number would not be exact.",
    "Bodies are JSON in UTF-8 of at most 256 KB. A name that stands twice, a field that is not "
    "known, and an integer beyond 2^53-1 are refused, and the answer says where.",
    "Every list is `items` with `next_cursor`: send that as `cursor` for the next page; null "
    "says that there is none.",
    "Every answer has an `X-Request-Id`, your own if you send one. Quote it when you ask the "
    "operator of the server.",
)


def _linked(said: str) -> str:
    words, _, rest = text(said).partition("[send a revision](#reviseRequest)")
    return f'{words}<a href="#reviseRequest">send a revision</a>{rest}' if rest else words


START: Final = (
    '<section id="start"><h2>Getting started</h2><ol class="steps">'
    + "".join(
        f"<li><h3>{title}</h3><p>{_linked(about)}</p>{code(call)}</li>"
        for title, about, call in _STEPS
    )
    + "</ol><ul>"
    + "".join(f"<li>{text(note)}</li>" for note in _NOTES)
    + "</ul></section>"
)
