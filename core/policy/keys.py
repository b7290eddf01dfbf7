"""The keys of a policy document: what each holds and says.

The reader takes its known keys from these tables and `core.policy.schema` its JSON Schema, so
that the two cannot differ. `shape` names one of `core.policy.schema.SHAPES`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Key(NamedTuple):
    """What a key holds, and one sentence about it. `needed`: it must be written."""

    shape: str
    says: str
    needed: bool = False


def _table(**keys: Key) -> Mapping[str, Key]:
    return MappingProxyType({name.rstrip("_"): key for name, key in keys.items()})


POLICY = _table(
    version=Key("one", "The version of this format: 1.", needed=True),
    defaults=Key("defaults", "What holds where a rule or stage says nothing."),
    calendars=Key("calendars", "Working hours by name."),
    on_call=Key("on_call", "People who take turns, by name; referred to as on_call:NAME."),
    conflicts=Key("conflicts", "Who may not approve which requests."),
    rules=Key("rules", "The rules; prohibited ones are judged first, then from the top.", True),
    fallback=Key("fallback", "Who reviews what no rule names.", needed=True),
    last_resort=Key("references", "Who is asked when nobody else can decide.", needed=True),
    alerts=Key("alerts", "What is told to those who look after the approvals."),
)

ALERTS = _table(
    tell=Key("told", "The people and channels that are told.", needed=True),
    stuck=Key("window", "How long past its deadline a stage may be; 2h unless given, or off."),
    rejections=Key("alert_rejections", "A stage at which many are rejected."),
    overloaded=Key("overloaded", "How many open requests one person may have; 25, or off."),
    escalations=Key("alert_escalations", "A stage that is escalated again and again."),
    unknown_actions=Key("flag", "Actions that no rule names; on unless false."),
    trouble=Key("flag", "What is wrong with the server's own work; on unless false."),
)

ALERT_REJECTIONS = _table(
    over=Key("rate", "Above how many percent; 50 unless given."),
    of=Key("times", "Of how many decisions at least; 20 unless given."),
    in_=Key("duration", "Within which time, from 1h to 30d; 7d unless given."),
)

ALERT_ESCALATIONS = _table(
    over=Key("times", "Above how many; 5 unless given."),
    in_=Key("duration", "Within which time, from 1h to 30d; 1d unless given."),
)

DEFAULTS = _table(
    expires_in=Key("duration", "When an undecided request ends."),
    sla=Key("duration", "The time a stage has to decide."),
    remind_at=Key("reminders", "When those who have not answered are reminded."),
    calendar=Key("calendar_name", "In whose hours the time of a stage counts."),
    on_timeout=Key("on_timeout", "What a stage does whose time has run out."),
    retention=Key("retention", "How long texts and params are kept once a request is over."),
)

CALENDAR = _table(
    timezone=Key("timezone", "A name of the IANA database.", needed=True),
    hours=Key("hours", "From when to when work is done.", needed=True),
    weekdays=Key("weekdays", "The working days; Monday to Friday unless given."),
    holidays=Key("text", "A country, or a country and its part: US, DE-BE."),
    closed=Key("dates", "Further days off."),
)

ROTATION = _table(
    people=Key("addresses", "Who takes turns, in this order.", needed=True),
    rotate=Key("period", "How often: daily, weekly or a duration.", needed=True),
    from_=Key("local_time", "The local time at which the first person's turn began.", True),
    timezone=Key("timezone", "Whose local time; else the default calendar's, else UTC."),
)

CONFLICT = _table(
    people=Key("references", "Who may not approve.", needed=True),
    when=Key("condition", "The requests that are meant.", needed=True),
    because=Key("text", "Why, for those who read the policy."),
)

RULE = _table(
    name=Key("name", "The rule's name.", needed=True),
    when=Key("condition", "The requests it takes.", needed=True),
    category=Key("category", "What becomes of them.", needed=True),
    because=Key("text", "The sentence people read about it."),
    stages=Key("stages", "Who is asked, one stage after the other."),
    channel=Key("channels", "Chat channels that get a copy of the card."),
    confirm=Key("confirm", "The risk score above which Approve asks once more."),
    amount_from=Key("path", "Where in the params the amount lies."),
    expires_in=Key("duration", "When an undecided request ends."),
    block_self_approval=Key("flag", "Who asks may not approve; on unless false."),
    different_approvers=Key("flag", "One person approves one stage only; on unless false."),
    different_departments=Key("flag", "No two stages are approved from one department."),
    minimum_unique_approvers=Key("unique", "How many different people must approve in all."),
    on_reject=Key("on_reject", "What a rejection leads to."),
    max_rounds=Key("rounds", "How often a stage may open again; 3 unless given."),
    max_attempts=Key("attempts", "How often an agent may try; 5 unless given."),
    editable=Key("editable", "What an approver may change before approving."),
    keep_approvals=Key("flag", "Earlier approvals stand after a change of the same route."),
    model=Key("model", "What the model may approve by itself."),
    break_glass=Key("break_glass", "Who may pass a request alone in an emergency."),
    token_expires_in=Key("duration", "How long an approval may be used; 24h unless given."),
    repeat_window=Key("window", "How long a rejection answers the same action again."),
    decide_in=Key("decide_in", "Where alone they are decided: web, signed in with OIDC."),
    batch=Key("flag", "May be approved together with others in one click; off unless true."),
    digest=Key("digest", "Its cards wait for each approver's daily digest."),
    retention=Key("retention", "How long texts and params are kept once a request is over."),
    rationale=Key("rationale", "Whose advice cards show: a model's where one is set, or rules'."),
)

FALLBACK = MappingProxyType(
    {name: key for name, key in RULE.items() if name not in ("name", "when")}
)

ANY_CATEGORY = (
    *("name", "when", "category", "because", "amount_from", "expires_in"),
    "retention",
)

NOT_PROHIBITED = ("token_expires_in",)
"""What a rule needs whose requests may be approved, with or without people."""

REVIEW_ONLY = tuple(key for key in RULE if key not in (*ANY_CATEGORY, *NOT_PROHIBITED))
"""What would silently do nothing in a rule that asks nobody."""

MODEL = _table(
    confidence=Key("percent", "From which confidence on.", needed=True),
    amount_up_to=Key("amount", "Up to which amount; a request without one is not meant.", True),
    currency=Key("currency", "In which currency alone."),
)

BREAK_GLASS = _table(
    role=Key("name", "Who has this role may do it.", needed=True),
    tell=Key("told", "The people and channels that hear of it.", needed=True),
)

STAGE = _table(
    name=Key("name", "The stage's name.", needed=True),
    when=Key("condition", "Whether the stage is wanted at all."),
    approvers=Key("approvers", "Who decides.", needed=True),
    quorum=Key("quorum", "How many different people must approve; 1 unless given."),
    reject_quorum=Key("seats", "How many rejections reject the stage; 1 unless given."),
    required_role=Key("name", "What an approver must have."),
    required_department=Key("name", "Where an approver must be."),
    ask=Key("ask", "All approvers at once, or one after the other."),
    assign=Key("assign", "The people of its groups one after the other, the least busy first."),
    sla=Key("duration", "The time the stage has to decide."),
    remind_at=Key("reminders", "When those who have not answered are reminded."),
    calendar=Key("calendar_name", "In whose hours that time counts."),
    outside_hours=Key("outside_hours", "What happens outside those hours."),
    escalate_to=Key("levels", "Who helps out, one level after the other."),
    on_timeout=Key("on_timeout", "What the stage does whose time has run out."),
    auto_approve_when=Key("condition", "When the stage passes by itself."),
    auto_reject_when=Key("condition", "When the stage refuses by itself."),
)

APPROVER = _table(
    group=Key("name", "A group's name."),
    approver=Key("reference", "An address, manager_of:... or on_call:NAME."),
    seats=Key("seats", "How many votes of the group count; 1 unless given."),
    silent=Key("flag", "May decide and is not told."),
)

TABLES = MappingProxyType(
    {
        "policy": POLICY,
        "defaults": DEFAULTS,
        "calendar": CALENDAR,
        "rotation": ROTATION,
        "conflict": CONFLICT,
        "rule": RULE,
        "fallback": FALLBACK,
        "model": MODEL,
        "break_glass": BREAK_GLASS,
        "stage": STAGE,
        "approver": APPROVER,
        "alerts": ALERTS,
        "alert_rejections": ALERT_REJECTIONS,
        "alert_escalations": ALERT_ESCALATIONS,
    }
)
