"""The JSON Schema of a policy file, made from the same tables of keys that reading uses.

An editor completes and checks a file with it. It knows the form only: who exists, and whether
anyone could decide a stage, is what `policy check` finds out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.calendars.text import WEEKDAYS
from core.policy import keys as policy_keys
from core.policy.keys import Key
from core.route import Category, OnReject, OnTimeout

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def _text(pattern: str | None = None, **more: Any) -> Schema:
    return {"type": "string", **({"pattern": pattern} if pattern else {"minLength": 1}), **more}


def _whole(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _one_or_more(shape: str) -> Schema:
    return {"anyOf": [_shape(shape), _several(_shape(shape))]}


def _several(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def _by_name(table: str) -> Schema:
    return {"type": "object", "additionalProperties": _table_ref(table)}


def _shape(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _table_ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}_keys"}


_DURATION = r"^[1-9][0-9]{0,5}[smhd]$"
_REFERENCE = r"^\s*(group:|on_call:|manager_of:).+$|^[^\s@:]+@[^\s@:]+$"

_OFF: Schema = {"const": "off"}

SHAPES: Mapping[str, Schema] = MappingProxyType(
    {
        "addresses": _several(_text("@")),
        "alert_escalations": {"anyOf": [_OFF, _table_ref("alert_escalations")]},
        "alert_rejections": {"anyOf": [_OFF, _table_ref("alert_rejections")]},
        "alerts": _table_ref("alerts"),
        "amount": {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _text(r"^[0-9.]+$")]},
        "approvers": {
            "anyOf": [
                _shape("reference"),
                _several({"anyOf": [_shape("reference"), _table_ref("approver")]}),
            ]
        },
        "ask": {"enum": ["all", "in_order"]},
        "assign": {"const": "balanced"},
        "attempts": _whole(1, 20),
        "break_glass": _table_ref("break_glass"),
        "calendar_name": _text(examples=["office", "approver", "none"]),
        "calendars": _by_name("calendar"),
        "category": {"enum": list(Category)},
        "channel": _text(r"^(slack|teams):\S+$"),
        "channels": _one_or_more("channel"),
        "condition": _text(maxLength=2000, description="CEL: https://cel.dev"),
        "conflicts": _several(_table_ref("conflict"), 0),
        "confirm": {"anyOf": [_whole(0, 100), {"enum": ["always", "never"]}]},
        "currency": _text(r"^[A-Z]{3}$"),
        "date": _text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        "dates": _one_or_more("date"),
        "decide_in": {"const": "web"},
        "defaults": _table_ref("defaults"),
        "digest": {"const": "daily"},
        "duration": _text(_DURATION, examples=["90s", "15m", "4h", "2d"]),
        "editable": _one_or_more("path"),
        "fallback": _table_ref("fallback"),
        "flag": {"type": "boolean"},
        "hours": _text(r"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$", examples=["09:00-17:00"]),
        "level": _one_or_more("reference"),
        "levels": {"anyOf": [_shape("reference"), {**_several(_shape("level")), "maxItems": 10}]},
        "local_time": _text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"),
        "model": _table_ref("model"),
        "name": _text(maxLength=80),
        "on_call": _by_name("rotation"),
        "on_reject": {"enum": list(OnReject)},
        "on_timeout": {"enum": list(OnTimeout)},
        "one": {"const": 1},
        "outside_hours": {"anyOf": [{"const": "wait"}, _shape("reference")]},
        "overloaded": {"anyOf": [_OFF, _whole(1, 10_000)]},
        "path": _text(r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$"),
        "percent": _whole(0, 100),
        "period": {"anyOf": [{"enum": ["daily", "weekly"]}, _shape("duration")]},
        "quorum": {"anyOf": [_whole(1, 100), {"const": "all"}]},
        "rate": _whole(1, 99),
        "rationale": {"enum": ["model", "rules"]},
        "reference": _text(_REFERENCE, examples=["group:finance", "manager_of:requester"]),
        "references": _one_or_more("reference"),
        "reminder": {"anyOf": [_text(r"^[0-9]{1,3}%$"), _shape("duration")]},
        "reminders": {"anyOf": [_shape("reminder"), _several(_shape("reminder"), 0)]},
        "retention": {"anyOf": [{"const": "forever"}, _shape("duration")]},
        "rounds": _whole(1, 10),
        "rules": _several(_table_ref("rule"), 0),
        "seats": _whole(1, 100),
        "stages": _several(_table_ref("stage")),
        "text": _text(),
        "timezone": _text(examples=["Europe/Berlin"]),
        "times": _whole(1, 1_000),
        "told": _one_or_more("told_one"),
        "told_one": {"anyOf": [_shape("reference"), _shape("channel")]},
        "unique": _whole(1, 20),
        "weekdays": {**_several({"enum": list(WEEKDAYS)}), "uniqueItems": True},
        "window": {"anyOf": [_OFF, _shape("duration")]},
    }
)


def schema() -> Schema:
    """The schema as a JSON document."""
    tables = {f"{name}_keys": _table(table) for name, table in policy_keys.TABLES.items()}
    tables["approver_keys"]["oneOf"] = [{"required": [key]} for key in ("group", "approver")]
    for name in ("rule_keys", "fallback_keys"):
        tables[name].update(_by_category(policy_keys.FALLBACK))
    return {
        "$schema": DIALECT,
        "title": "Countersign policy",
        **_table_ref("policy"),
        "$defs": {**SHAPES, **tables},
    }


def _table(table: Mapping[str, Key]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {**_shape(key.shape), "description": key.says} for name, key in table.items()
        },
        "required": [name for name, key in table.items() if key.needed],
    }


def _by_category(keys: Mapping[str, Key]) -> Schema:
    """Stages where people review, and nothing that only reviewers would read elsewhere."""
    review = {"properties": {"category": {"const": Category.REVIEW.value}}}
    idle = [{"required": [key]} for key in policy_keys.REVIEW_ONLY if key in keys]
    return {"if": review, "then": {"required": ["stages"]}, "else": {"not": {"anyOf": idle}}}
