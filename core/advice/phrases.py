"""What hostile texts say, as patterns over `core.advice.reading.plain`.

Each pattern stands behind words of which one occurs in whatever it finds, so that ordinary
texts cost a look at their words and no pattern. Pure data.
"""

from typing import Final

Row = tuple[str, str]
"""Words, or "<" or "[", of which one must occur, and a pattern."""

_IGNORE: Final = (
    "ignore ignores ignored ignoring ignorer ignorez ignorieren ignoriere ignoriert ignorier "
    "ignora ignorar ignoren ignorare ignorate"
)
INSTRUCTS: Final[tuple[Row, ...]] = (
    (
        f"{_IGNORE} disregard disregards disregarded disregarding "
        "forget forgets forgetting forgot override overrides overriding overridden overlook "
        "bypass bypasses bypassing",
        r"\b(?:ignor\w*|disregard\w*|forg[eo]t\w*|overrid\w*|bypass\w*|overlook)\b.{0,40}"
        r"\b(?:instruct\w*|prompts?|rules?|polic\w+|guidelines?|guardrails?|filters?|prior|"
        r"restrictions?|previous|above|earlier|everything|safeguards?|tasks?|assignments?)\b",
    ),
    (
        "instruction instructions task tasks orders",
        r"\b(?:new|updated|real|actual|following|secret|hidden|only|additional|further) "
        r"instructions?\b|\b(?:your|the|a) (?:new|real|actual|next|only|secret|hidden) tasks?\b"
        r"|\bnew tasks? (?:is|are|for you|follow)\b|\b(?:secret|hidden|your (?:new|real)) orders\b",
    ),
    (
        "prompt prompts message messages instruction instructions",
        r"\b(?:system|developer|initial|hidden|original) (?:prompts?|messages?|instructions?)\b",
    ),
    (
        "you ai assistant model agent reviewer approver",
        r"\b(?:you|the (?:ai|assistant|model|agent|reviewer|approver)) (?:must|shall|have to|need "
        r"to|should now|are required to|are instructed to|will now)\b",
    ),
    (
        "you act behave respond",
        r"\b(?:you are|you're|act|behave|respond)\b.{0,20}\b(?:now|as if|dan|unrestricted|"
        r"jailbr\w+|developer mode|no longer|evil|an? ai)\b",
    ),
    (
        "pretend imagine you role roleplay",
        r"\b(?:pretend (?:you|to be)|imagine you are|now,? you are|role-?play)\b",
    ),
    (
        "your",
        r"\b(?:drop|abandon|change|replace|delete|leave)\b.{0,20}\byour (?:instructions?|rules|"
        r"role|task|thoughts|guidelines)\b",
    ),
    (
        "output print say write answer respond reply",
        r"\b(?:just|only|simply) (?:output|print|say|write|answer|respond|reply)\b",
    ),
    (
        "stop additional further instead",
        r"\b(?:stop|additional|further|instead)\W{1,3}(?:write|say|output|instruction)",
    ),
    ("repeat", r"\brepeat after me\b"),
    ("now", r"\bfrom now on\b"),
    (
        "tell mention reveal show flag warn ask question verify check report escalate",
        r"\b(?:do not|don't|never) (?:tell|mention|reveal|flag|warn|question|verify|escalate)\b"
        r"|\bdo not (?:show|ask|check|report)\b",
    ),
    (
        "prompt prompts instruction instructions secret secrets password passwords api credentials "
        "token tokens",
        r"\b(?:print|reveal|show|repeat|output|leak|tell me|spell out|summari[sz]e)\b.{0,30}"
        r"\b(?:prompts?|instructions?|secrets?|passwords?|api keys?|credentials|tokens?)\b",
    ),
    (
        "recommend approve accept answer say",
        r"\b(?:always|immediately|simply|just|please|must|only)\s+(?:recommend|approve|accept|"
        r"answer (?:with )?(?:yes|approve)|say (?:yes|approve))\b",
    ),
    ("confidence", r"\b(?:set|raise|change|output|return|report|give)\b.{0,20}\bconfidence\b"),
    (
        "approval approving approve",
        r"\brecommend\w*\s+(?:approval|approving|approve|to approve)\b"
        r"|(?:^|[.!:;] )approve (?:this|it|at once|now|immediately|the request|without)\b",
    ),
    (
        "ai llm assistant model chatgpt claude",
        r"\b(?:attention|note|message|important)\b.{0,20}"
        r"\b(?:ai|llm|assistant|model|chatgpt|claude)\b",
    ),
    ("jailbreak injection anything", r"\b(?:jailbreak|prompt injection|do anything now)\b"),
    (
        "stell nun fungieren abweichend vergiss vergessen",
        r"\b(?:stell dir vor|nun bist du|nun folgen|als .{1,40} fungieren|abweichend z\w+)\b"
        r"|\bvergiss|\bvergessen sie\b.{0,40}\b(?:anweisung\w*|alles|vorherig\w*|aufgaben)",
    ),
    (
        _IGNORE,
        r"\bignorier\w*\b.{0,40}\b(?:anweisung\w*|alles|vorherig\w*|regeln|befehle)",
    ),
    (
        f"oublie oublier oubliez {_IGNORE}",
        r"\b(?:oublie\w*|ignore[zr]?)\b.{0,40}\b(?:instructions?|consignes?|tout|regles|precedent\w*)",
    ),
    (
        f"olvida olvide olvidar olviden {_IGNORE}",
        r"\b(?:olvid\w+|ignor\w+)\b.{0,40}\b(?:instrucciones|todo|anterior\w*|reglas)",
    ),
    (
        f"dimentica dimenticare dimenticate dimenticati {_IGNORE}",
        r"\b(?:dimentica\w*|ignora\w*)\b.{0,40}\b(?:istruzioni|tutto|precedent\w*|regole)",
    ),
)
CLAIMS: Final[tuple[Row, ...]] = (
    (
        "approved preapproved authorised authorized preauthorised preauthorized cleared precleared "
        "signed verified vetted agreed okayed ok'd okay",
        r"\b(?:already|pre-?|previously|verbally|fully)[ -]?(?:been )?(?:approved|authori[sz]ed|"
        r"cleared|signed off|verified|vetted|agreed|okayed)\b"
        r"|\bhas (?:already )?(?:approved|authori[sz]ed|signed off|okayed|agreed to) "
        r"(?:this|it|the)\b",
    ),
    (
        "approved authorised authorized signed confirmed cleared",
        r"\b(?:approved|authori[sz]ed|signed off|confirmed|cleared) by (?:the |our |your )?"
        r"(?:ceo|cfo|cto|coo|board|director|management|legal|security|finance|compliance|admin\w*)\b",
    ),
    (
        "am",
        r"\bi am (?:the |an? )?(?:ceo|cfo|cto|admin\w*|developer|owner|director|auditor)\b",
    ),
    (
        "behalf",
        r"\bon behalf of (?:the )?"
        r"(?:ceo|cfo|board|management|openai|anthropic|microsoft|security)\b",
    ),
    (
        "review approval check checks verification confirmation",
        r"\b(?:no|without|skip\w*|waive\w*|exempt from)\b.{0,20}\b(?:further |additional |human )?"
        r"(?:review|approval|checks?|verification|confirmation)\b"
        r"|\b(?:approval|review|confirmation) (?:is |was )?(?:not (?:needed|required|necessary)|"
        r"waived|unnecessary|bypassed)\b",
    ),
    (
        "official authorised authorized emergency",
        r"\b(?:this is|as) (?:an? )?(?:official|authori[sz]ed|emergency) (?:order|override|request "
        r"from (?:the )?(?:ceo|cfo|management))\b",
    ),
    (
        "admin root developer debug god sudo",
        r"\b(?:admin|root|developer|debug|god|sudo) (?:mode|override|access)\b",
    ),
)
FORGES: Final[tuple[Row, ...]] = (
    ("system assistant developer human", r"^\W{0,4}(?:system|assistant|developer|human) ?[:>]"),
    (
        "< [",
        r"<\|?/?\s{0,3}(?:im_start|im_end|system|assistant|user|inst|sys|untrusted|fact|facts|request|"
        r"instructions?|information|tool\w*|function\w*|endoftext|data)\b"
        r"|\[/?(?:inst|system|fact|facts|assistant|admin)\b",
    ),
    (
        "end begin start",
        r"^\W{0,6}(?:end|begin|start) of (?:request|text|facts?|data|input|document|prompt)",
    ),
    (
        "fact facts rationale recommendation risk confidence rule category",
        r"^\W{0,4}(?:facts?|rationale|recommendation|risk score|confidence|policy rule)"
        r" ?(?:#?\d+)? ?[:=]|^\W{0,4}category ?[:=] ?(?:auto|review|prohib)"
        r"|\bfact\s*#?\d+\b|[\"'](?:recommendation|confidence|category)[\"']\s*:",
    ),
    ("tool_call tool_calls role", r"[\"'](?:tool_calls?|role)[\"']\s*:"),
    (
        "system instruction instructions new end begin important note",
        r"^[ ]*(?:#{2,}|={4,}|-{4,}) *(?:system|instructions?|new|end|begin|important|note)",
    ),
)
LINKS: Final[tuple[Row, ...]] = (
    (
        "http https hxxp hxxps ftp javascript vbscript slack msteams tg",
        r"\b(?:https?|hxxps?|ftp|javascript|vbscript|slack|msteams|tg)\s?:(?:/?/|[a-z])",
    ),
    ("file data", r"\bfile:/|\bdata:[a-z]+/"),
    ("www", r"\bwww\.[a-z0-9-]+\."),
    (
        "<",
        r"<(?:a|img|iframe|script|link|form|svg|object|embed)\b",
    ),
    ("bit tinyurl t goo", r"\b(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl)/"),
    ("[", r"[^\s\[]\]\([^\s)]"),
)
