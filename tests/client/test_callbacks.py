"""A receiver's check of callbacks: the published vector of Standard Webhooks, the reference
library in both directions, and everything that must not be believed."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from countersign_client import Action
from countersign_client.callbacks import CallbackProblem, Receiver, sign
from countersign_client.outcomes import outcome_of
from countersign_client.request import read_request

# https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries, in all their tests
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
PAYLOAD = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = json.dumps(
    {
        "type": "request.approved",
        "timestamp": "2026-01-05T08:00:00.123Z",
        "schema": 1,
        "data": {
            "id": "r1",
            "status": "approved",
            "revision": 2,
            "sequence": 7,
            "path": "/v1/requests/r1",
        },
    }
).encode()


def headers(signed: bytes = BODY, /, **changed: str) -> dict[str, str]:
    given = {
        "webhook-id": ID,
        "webhook-timestamp": str(AT),
        "webhook-signature": sign(SECRET, ID, AT, signed),
    }
    return given | {f"webhook-{name}": value for name, value in changed.items()}


def kind(given: dict[str, str], body: bytes = BODY, now: float = AT, **more: Any) -> str:
    with pytest.raises(CallbackProblem) as caught:
        Receiver(SECRET, **more).read(given, body, now)
    assert SECRET[6:] not in str(caught.value)
    return caught.value.kind


def test_the_published_vector_is_signed_and_verified() -> None:
    assert sign(SECRET, ID, AT, PAYLOAD) == SIGNATURE
    # Its signature is believed; that its payload is no callback is said only then.
    assert kind(headers(signature=SIGNATURE), PAYLOAD) == "malformed"
    assert kind(headers(signature=SIGNATURE), PAYLOAD + b" ") == "bad_signature"


def test_the_reference_library_signs_what_we_believe_and_believes_what_we_sign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = Webhook(SECRET).sign(ID, datetime.fromtimestamp(AT, UTC), BODY.decode())
    told = Receiver(SECRET).read(headers(signature=theirs), BODY, AT)
    assert (told.type, told.request_id, told.status) == ("request.approved", "r1", "approved")
    assert (told.revision, told.sequence, told.is_final) == (2, 7, True)
    assert told.at == datetime(2026, 1, 5, 8, 0, 0, 123000, UTC)
    now = int(datetime.now(UTC).timestamp())
    ours = headers(timestamp=str(now), signature=sign(SECRET, ID, now, BODY))
    assert Webhook(SECRET).verify(BODY, ours) == told.raw


def test_during_an_exchange_either_secret_is_believed() -> None:
    both = f"{sign(OTHER, ID, AT, BODY)} {sign(SECRET, ID, AT, BODY)}"
    for known in (SECRET, OTHER, [OTHER, SECRET], [SECRET.removeprefix("whsec_")]):
        assert Receiver(known).read(headers(signature=both), BODY, AT).id == ID
    assert Receiver([OTHER, SECRET]).read(headers(), BODY, AT).id == ID


def test_names_of_headers_come_in_any_case() -> None:
    given = {name.title(): value for name, value in headers().items()}
    assert Receiver(SECRET).read(given, BODY, AT).id == ID


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "msg_2"},
        {"timestamp": str(AT + 1)},
        {"signature": ""},
        {"signature": "v1,"},
        {"signature": "v1a,x"},
        {"signature": "v1,ä"},
        {"signature": SIGNATURE.replace("v1,", "v2,")},
        {"signature": sign(OTHER, ID, AT, BODY)},
        {"signature": " ".join(["v1,x"] * 100_000) + " " + sign(SECRET, ID, AT, BODY)},
    ],
)
def test_what_nobody_signed_is_not_believed(changed: dict[str, str]) -> None:
    assert kind(headers(**changed)) == "bad_signature"


@pytest.mark.parametrize(
    "changed",
    [{"id": ""}, {"timestamp": ""}, {"timestamp": "1e9"}, {"timestamp": "9" * 5000}],
)
def test_headers_that_are_none_are_malformed(changed: dict[str, str]) -> None:
    assert kind(headers(**changed)) == "malformed"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, BODY.replace(b"7", b'"x"')],
)
def test_what_is_signed_and_no_callback_is_malformed(body: bytes) -> None:
    assert kind(headers(body), body) == "malformed"


def test_what_is_too_old_or_too_new_may_be_a_replay() -> None:
    assert Receiver(SECRET).read(headers(), BODY, AT + 300).id == ID
    assert Receiver(SECRET).read(headers(), BODY, AT - 300).id == ID
    assert kind(headers(), now=AT + 301) == "too_old"
    assert kind(headers(), now=AT - 301) == "too_new"
    assert kind(headers(), now=AT + 11, tolerance=10) == "too_old"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ä", "whsec_a b", []])
def test_what_is_no_secret_is_refused_without_repeating_it(secret: Any) -> None:
    with pytest.raises(ValueError, match="whsec_") as caught:
        Receiver(secret)
    assert "ä" not in str(caught.value)
    assert SECRET[6:] not in repr(Receiver(SECRET))


def test_the_example_on_the_page_runs_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "callbacks.md"
    [block] = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("COUNTERSIGN_KEY", "cs_1")
    monkeypatch.setenv("CALLBACK_SECRET", SECRET)
    names: dict[str, Any] = {}
    exec(block, names)
    read = {"status": "approved", "token": "t", "id": "r1", "revision": {"number": 1}}
    action = {"type": "a", "params": {"b": 1}}
    outcome = outcome_of(read_request({**read, "action": action}))
    used: list[object] = []

    class Server:
        def wait(self, request: str, *, timeout: float) -> object:
            used.append((request, timeout))
            return outcome

        def redeem(self, token: str, action: Action) -> None:
            used.append((token, action))

    names["countersign"] = Server()
    now = int(time.time())
    given = headers(timestamp=str(now), signature=sign(SECRET, ID, now, BODY))
    names["called"](given, BODY)
    assert used == [("r1", 0), ("t", Action("a", {"b": 1}))]
