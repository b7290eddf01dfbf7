"""The policy of the storms: each kind of request keeps other people, platforms and clocks busy."""

RULES = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: either
    when: request.action.type == "either"
    category: review
    channel: slack:C0APPROVALS
    stages:
      - {name: Review, approvers: [ada@example.com, ivan@example.com], sla: 60m}
  - name: in_turn
    when: request.action.type == "in_turn"
    category: review
    stages:
      - {name: Manager, approvers: [mara@example.com], sla: 60m}
      - {name: Finance, approvers: [finn@example.com, faye@example.com], sla: 60m}
  - name: together
    when: request.action.type == "together"
    category: review
    stages:
      - {name: Both, approvers: [dana@example.com, dev@example.com], quorum: all, sla: 60m}
  - name: hurry
    when: request.action.type == "hurry"
    category: review
    expires_in: 4s
    stages:
      - {name: Soon, approvers: [finn@example.com, dev@example.com], sla: 2s, remind_at: [1s],
         escalate_to: [dana@example.com]}
  - name: called
    when: request.action.type == "called"
    category: review
    stages:
      - {name: Call, approvers: [olga@example.com], sla: 60m}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""

KINDS = (
    *("either", "in_turn", "together", "called", "either"),
    *("in_turn", "hurry", "together", "called"),
)
"""Asked for one after the other. What hurries makes many messages, and the product looks for a card
that it may have posted among the newest hundred."""

IN_CHAT = {
    "ada@example.com": "slack",
    "mara@example.com": "slack",
    "faye@example.com": "slack",
    "dev@example.com": "slack",
    "ivan@example.com": "teams",
    "finn@example.com": "teams",
    "dana@example.com": "teams",
}
"""Who decides in chat, and where they have their cards."""

CALLER = "olga@example.com"
"""Who decides over the API; her card is in Teams."""

ASKS = "alice@example.com"
"""Who asks, and is told the result in Slack."""
