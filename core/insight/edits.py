"""Small changes of a policy's text: everything else stays as it was written, comments too.

The text is changed where its nodes stand. What cannot be changed like that, such as a list of
rules on one line, is left to people, with a sentence that says why.
"""

import re
from collections.abc import Iterator, Sequence

from core.source import Kind, Node
from core.value import Value

FALLBACK = "fallback"
_ITEM = re.compile(r"( *)- +")


class CannotEdit(Exception):
    """The text is written in a way that this change has no place in; the sentence says which."""


class NewRule(Value, tag=True, frozen=True):
    """A rule is put right before another, or behind all where that is the fallback. `keys` are its
    keys with their values as YAML, on one line each."""

    before: str
    keys: tuple[tuple[str, str], ...]


class NewCategory(Value, tag=True, frozen=True):
    """A rule is of category review from now on, with one stage that asks these."""

    rule: str
    approvers: tuple[str, ...]


class NewKey(Value, tag=True, frozen=True):
    """A rule, or one stage of it, gets one more key; `value` is YAML on one line."""

    rule: str
    stage: str | None
    key: str
    value: str


Edit = NewRule | NewCategory | NewKey


def edited(text: str, root: Node, edit: Edit) -> str:
    """The text with this change; `root` is the text's own document. Raises CannotEdit."""
    lines = text.split("\n")
    if any("\r" in line.removesuffix("\r") for line in lines):
        # To YAML that is the end of a line, so its lines would be counted otherwise than here.
        raise CannotEdit("its lines end in more than one way")
    match edit:
        case NewRule():
            _add_rule(lines, root, edit)
        case NewCategory():
            rule = _rule(root, edit.rule)
            asked = f"[{{name: Review, approvers: {quoted_list(edit.approvers)}}}]"
            _replace(lines, _need(rule, "category"), "auto_approve", "review")
            _add_key(lines, rule, "category", "stages", asked)
        case NewKey():
            rule = _rule(root, edit.rule)
            node = rule if edit.stage is None else _stage(rule, edit.stage)
            anchor = "category" if edit.rule == FALLBACK and edit.stage is None else "name"
            _add_key(lines, node, anchor, edit.key, edit.value)
    return "\n".join(lines)


def quoted(text: str) -> str:
    """A text of one line as YAML, in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def quoted_list(texts: Sequence[str]) -> str:
    """Texts as a YAML list on one line."""
    return f"[{', '.join(map(quoted, texts))}]"


def _add_rule(lines: list[str], root: Node, edit: NewRule) -> None:
    rules = _need(root, "rules")
    if not rules.items:
        key = next(k for k, v in root.entries if v is rules)
        _replace(lines, rules, "[]", "")
        lines[key.line - 1] = lines[key.line - 1].rstrip()
        lines[key.line : key.line] = _written(edit, "  ")
        return
    named = [item for item in rules.items if _said(item, "name") == edit.before]
    item = named[0] if named else rules.items[-1]
    found = _ITEM.fullmatch(lines[item.line - 1][: item.column - 1])
    if found is None:
        raise CannotEdit("its rules are not written as a list with a line for each")
    at = item.line - 1 if named else _end(lines, root, rules)
    lines[_above(lines, at) : _above(lines, at)] = _written(edit, found[1])


def _written(edit: NewRule, indent: str) -> list[str]:
    (first, value), *others = edit.keys
    return [f"{indent}- {first}: {value}", *(f"{indent}  {key}: {value}" for key, value in others)]


def _end(lines: Sequence[str], root: Node, rules: Node) -> int:
    """The index of the line behind the last rule, where the next key of the document stands."""
    after = [key.line - 1 for key, _ in root.entries if key.line > rules.items[-1].line]
    if after:
        return min(after)
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _above(lines: Sequence[str], at: int) -> int:
    """Above the comments and empty lines that belong to what stands in this line."""
    while at and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    return at


def _add_key(lines: list[str], node: Node, anchor: str, key: str, value: str) -> None:
    """Behind the key `anchor` of this mapping."""
    if _entry(node, key) is not None:
        raise CannotEdit(f"'{key}' stands there already")
    name, said = _entry(node, anchor) or (None, None)
    if name is None or said is None:
        raise CannotEdit(f"it has no '{anchor}' to put '{key}' behind")
    line = lines[said.line - 1]
    if _is_flow(lines, node):
        end = _scalar_end(line, said.column - 1)
        lines[said.line - 1] = f"{line[:end]}, {key}: {value}{line[end:]}"
        return
    if said.line != name.line:
        raise CannotEdit(f"the value of '{anchor}' stands on another line")
    lines[said.line : said.line] = [f"{' ' * (name.column - 1)}{key}: {value}"]


def _is_flow(lines: Sequence[str], node: Node) -> bool:
    return lines[node.line - 1][node.column - 1 : node.column] == "{"


def _scalar_end(line: str, start: int) -> int:
    """The index behind the scalar that starts here, inside of { and }."""
    quote = line[start : start + 1]
    if quote in ("'", '"'):
        pattern = r"'(?:[^']|'')*'" if quote == "'" else r'"(?:[^"\\]|\\.)*"'
        found = re.compile(pattern).match(line, start)
        if found is None:
            raise CannotEdit("a text in quotes does not end on its line")
        return found.end()
    found = re.compile(r"[^,}]*[^,}\s]").match(line, start)
    return start if found is None else found.end()


def _replace(lines: list[str], node: Node, old: str, new: str) -> None:
    line, start = lines[node.line - 1], node.column - 1
    if line[start : start + 1] in ("'", '"'):
        start += 1
    if not line.startswith(old, start):
        raise CannotEdit(f"'{old}' is not written where it was read")
    lines[node.line - 1] = line[:start] + new + line[start + len(old) :]


def _rule(root: Node, name: str) -> Node:
    if name == FALLBACK:
        return _need(root, FALLBACK)
    return _named(_need(root, "rules").items, name, "rule")


def _stage(rule: Node, name: str) -> Node:
    return _named(_need(rule, "stages").items, name, "stage")


def _named(items: Sequence[Node], name: str, what: str) -> Node:
    for item in items:
        if _said(item, "name") == name:
            return item
    raise CannotEdit(f"there is no {what} {name}")


def _need(node: Node, key: str) -> Node:
    found = _entry(node, key)
    if found is None:
        raise CannotEdit(f"there is no '{key}'")
    return found[1]


def _entry(node: Node, key: str) -> tuple[Node, Node] | None:
    return next(_entries(node, key), None)


def _entries(node: Node, key: str) -> Iterator[tuple[Node, Node]]:
    return ((k, v) for k, v in node.entries if k.kind is Kind.TEXT and k.value == key)


def _said(node: Node, key: str) -> str | None:
    found = _entry(node, key)
    return None if found is None else str(found[1].value).strip()
