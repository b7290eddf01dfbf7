"""Why a command is refused: one closed set of reasons, each with one sentence for the person.

A refusal is expected and says what to do. Anything else that goes wrong is a bug and is
not caught here.
"""

from core.reasons import Reason as Reason

SENTENCES: dict[Reason, str] = {
    Reason.UNKNOWN_REQUEST: "There is no request {request} that you may see. Check the id.",
    Reason.UNKNOWN_ACCOUNT: (
        "This {platform} account is not linked to anyone in the directory, so it cannot act. "
        "Ask an administrator to add it to your entry."
    ),
    Reason.FOREIGN_ACCOUNT: (
        "This {platform} account belongs to another organisation, so it cannot act here. "
        "Nothing was changed. Ask whoever shared this with you to decide, or an administrator "
        "to add your account to the directory."
    ),
    Reason.ACCOUNT_LINKED: (
        "This {platform} account is linked to {person} already. Nothing was changed. "
        "An administrator can end that link first."
    ),
    Reason.PERSON_LINKED: (
        "{person} is linked to another {platform} account there already. Nothing was changed. "
        "An administrator can end that link first."
    ),
    Reason.NOT_LINKED: (
        "No account of {person} was linked there. Nothing was changed. "
        "See 'countersign people list'."
    ),
    Reason.WRONG_CODE: (
        "This code is not valid: it is mistyped, was used, or is over. Nothing was changed. "
        "Ask for a new one."
    ),
    Reason.LINK_TOO_OFTEN: (
        "This was tried too often. Try again in {wait}, or ask an administrator."
    ),
    Reason.NOT_AN_APPROVER: (
        "You are not one of the people asked at stage {stage}. It waits for {waiting_for}."
    ),
    Reason.NO_LONGER_QUALIFIED: (
        "Stage {stage} needs {needs}, which the directory does not show for you today. "
        "Ask an administrator to check your entry."
    ),
    Reason.SELF_APPROVAL: (
        "You asked for this yourself or own the agent that did, so someone else must approve it."
    ),
    Reason.APPROVED_EARLIER_STAGE: (
        "You already approved stage {stage}; another person must approve this one."
    ),
    Reason.STALE_CARD: (
        "This card is out of date: the request has moved on since it was shown. "
        "Nothing was changed. Please decide on the present card."
    ),
    Reason.WRONG_STAGE: (
        "Stage {stage} cannot be decided now{decided}; the request is at stage {current}. "
        "Nothing was changed."
    ),
    Reason.FINISHED: "This request is already {status}{by}. Nothing was changed.",
    Reason.REASON_REQUIRED: "Please say why: a rejection needs a reason.",
    Reason.TEXT_TOO_LONG: "The text has {length} characters; at most {limit} are possible.",
    Reason.NOT_ALLOWED_TO_CANCEL: (
        "Only the agent that asked, the requester or an administrator may cancel this request."
    ),
    Reason.INVALID_FIELD: "{field}: {problem}. {remedy}",
    Reason.UNKNOWN_REQUESTER: (
        "requester: {requester} is not in the directory. "
        "Use the e-mail address of a person in the directory file."
    ),
    Reason.REQUESTER_NOT_ALLOWED: (
        "requester: this key may not ask for {requester}. "
        "Use a key made with --for {requester} or one of that person's groups."
    ),
    Reason.CONDITION_FAILED: (
        "The condition of policy rule {rule} could not be evaluated for this request ({problem}). "
        "Nothing was stored. Add the missing field, or have the rule mended."
    ),
    Reason.NOBODY_TO_ASK: (
        "Policy rule {rule} leads to nobody: stage {stage} has no person who may decide, "
        "and last_resort has none either. Nothing was stored. Have the policy or directory mended."
    ),
    Reason.IDEMPOTENCY_MISMATCH: (
        "This Idempotency-Key was used before with another body. Use a new key for a new request."
    ),
    Reason.KEY_MISSING: "No API key given. Send it as 'Authorization: Bearer <key>'.",
    Reason.KEY_UNKNOWN: "This API key is not known. Make one with 'countersign keys create'.",
    Reason.KEY_EXPIRED: "This API key has expired. Make a new one with 'countersign keys create'.",
    Reason.KEY_REVOKED: "This API key was revoked. Make a new one with 'countersign keys create'.",
    Reason.QUOTA_USED: (
        "This API key may make {limit} requests a day, and has. Nothing was stored. Send it again "
        "when the day is over (UTC), or have 'countersign keys limit' allow more."
    ),
    Reason.SCOPE_MISSING: (
        "This API key lacks the scope '{scope}'. Make one with 'countersign keys create "
        "--name NAME --scope {scope}' (for decide also --person EMAIL)."
    ),
    Reason.NO_PERSON: (
        "This API key stands for nobody, so it cannot decide. Make one with "
        "'countersign keys create --name NAME --scope decide --person EMAIL'."
    ),
    Reason.PERSON_LEFT: (
        "The directory does not have {person}, for whom this API key stands, so nothing can be "
        "done as them. Ask an administrator to check the entry."
    ),
    Reason.NO_DEPARTMENT: (
        "The policy wants approvers from different departments, and the directory shows none "
        "for {person}. Ask an administrator to add it."
    ),
    Reason.DEPARTMENT_APPROVED: (
        "Somebody of the same department approved an earlier stage; the policy wants another "
        "department for this one."
    ),
    Reason.CONFLICT_OF_INTEREST: (
        "A conflict of interest is declared for {person} in this matter, so another person must "
        "approve it."
    ),
    Reason.TOO_FEW_APPROVERS: (
        "You approved stage {stage} already, and this request needs more different approvers "
        "than would be left. Another person must approve this one."
    ),
    Reason.SEAT_DECIDED: (
        "{person} has voted already, and together you have one vote. Nothing was changed."
    ),
    Reason.NO_VOTE: "You have no vote at stage {stage} to take back. Nothing was changed.",
    Reason.DECIDE_ELSEWHERE: (
        "The policy wants requests of this kind decided {place}, not here. Nothing was changed."
    ),
    Reason.COMPANY_SIGN_IN: (
        "Requests of this kind are decided by who signed in with the company account. A link from "
        "chat or a letter is not enough. Nothing was changed."
    ),
    Reason.NOT_IN_BATCH: (
        "Policy rule {rule} wants each request decided by itself, not together with others. "
        "Nothing was changed. Open it to decide."
    ),
    Reason.WAITING_FOR_REVISION: (
        "Changes were asked for, and the request waits for a new revision. Nothing was changed."
    ),
    Reason.NOT_ALLOWED_TO_REVISE: "Only the agent that asked or the requester may revise this.",
    Reason.STALE_REVISION: (
        "This was made from revision {base}, but the request is at revision {current}. "
        "Nothing was changed. Look at the present one and try again."
    ),
    Reason.REVISION_UNCHANGED: (
        "The revision is the same as the one before. Change what was asked for, or cancel."
    ),
    Reason.TOO_MANY_ATTEMPTS: (
        "The policy allows {limit} attempts, and this is the last. Approve, reject or cancel."
    ),
    Reason.ALREADY_FOLLOWED: (
        "previous_request_id: request {previous} was followed by {follower} already. "
        "Name that one instead."
    ),
    Reason.CANNOT_FOLLOW: (
        "previous_request_id: request {previous} is {status}; only one of yours that was "
        "rejected, has expired or was cancelled can be followed."
    ),
    Reason.REJECTED_BEFORE: (
        "This very action was rejected in request {request}. Nothing was changed. To ask for it "
        "again, cancel this and submit it with previous_request_id {request}."
    ),
    Reason.NOT_EDITABLE: (
        "The policy does not let approvers change {fields}; they may change: {editable}."
    ),
    Reason.EDIT_WITHOUT_APPROVAL: (
        "Edits come with an approval. To have something changed by the agent, request changes."
    ),
    Reason.UNKNOWN_PERSON: (
        "{person} is not in the directory. Use the e-mail address of somebody who is."
    ),
    Reason.NOTHING_TO_DELEGATE: (
        "You are not asked for this request, so there is nothing to hand on. "
        "Stage {stage} waits for {waiting_for}."
    ),
    Reason.DELEGATION_CYCLE: (
        "{person} stands in for you already, directly or through others; that would be a circle. "
        "Choose somebody else."
    ),
    Reason.DELEGATION_TOO_DEEP: (
        "This was handed on {limit} times already. Decide it, or ask for an escalation."
    ),
    Reason.DELEGATE_NOT_QUALIFIED: (
        "{person} cannot act for you: stage {stage} needs {needs}. Choose somebody who has it."
    ),
    Reason.DELEGATE_BARRED: "{person} cannot act here: {why}",
    Reason.ALREADY_ASKED: "{person} is asked at stage {stage} already. Choose somebody else.",
    Reason.NOT_ASKED: "{person} is not asked at stage {stage}; it waits for {waiting_for}.",
    Reason.UNKNOWN_ABSENCE: (
        "There is no out-of-office delegation {id} that you may end. List them and check the id."
    ),
    Reason.ABSENCE_EXISTS: (
        "{person} already may act for {giver} in that time, by the delegation {id}. "
        "End that one first to change it."
    ),
    Reason.TOO_MANY_ABSENCES: (
        "There are {limit} out-of-office delegations of {giver} that are not over; more are not "
        "kept. End one first."
    ),
    Reason.NOT_CONCERNED: (
        "Only those who asked for this, or who are asked to decide it, may do that."
    ),
    Reason.NUDGED_RECENTLY: ("They were nudged less than four hours ago. Try again in {wait}."),
    Reason.NOBODY_LEFT_TO_ASK: (
        "Everyone whom stage {stage} may be escalated to is asked already. "
        "An administrator can reassign it."
    ),
    Reason.ONLY_ADMIN_ESCALATES: (
        "Only an administrator can escalate stage {stage} from here. It waits for {waiting_for}; "
        "ask an administrator if they do not answer."
    ),
    Reason.OWN_REQUEST: (
        "You asked for this yourself or own the agent that did, so another administrator must "
        "choose who decides it."
    ),
    Reason.TOO_MANY_DELEGATIONS: (
        "This request was handed on {limit} times, and more is not possible. "
        "Decide it, or ask for an escalation."
    ),
    Reason.TOO_MANY_VOTES: (
        "You changed your vote {limit} times at stage {stage}, and more is not possible. You can "
        "still take it back; an administrator can then put somebody in your place."
    ),
    Reason.TOO_MANY_EDITS: (
        "Approvers changed this request {limit} times, and more is not possible. "
        "Approve it as it is, or reject it."
    ),
    Reason.TOO_MANY_COMMENTS: "This request has {limit} comments, and more are not kept.",
    Reason.NOT_RECORDED: "Your reply was not recorded. {why}",
    Reason.ONLY_A_COMMENT: (
        "Your reply was recorded as a comment; it decides nothing. Whoever is asked decides with "
        "the buttons on the card: what is shown there is what is approved."
    ),
    Reason.NO_BREAK_GLASS: "Policy rule {rule} has no break-glass.",
    Reason.BREAK_GLASS_ROLE: "Break-glass needs the role {role}, which you do not have today.",
    Reason.FROZEN: (
        "Approvals are frozen by an administrator: nothing is approved or redeemed until "
        "'countersign unfreeze'. Rejecting is possible. Nothing was changed."
    ),
    Reason.NOT_APPROVED: "The request is {status}, not approved, so there is nothing to use.",
    Reason.TOKEN_INVALID: "This is not a valid approval token: {problem}.",
    Reason.TOKEN_EXPIRED: "This approval token has expired. Ask for a new approval.",
    Reason.TOKEN_USED: "This approval was used already. Ask for a new approval.",
    Reason.TOKEN_REVOKED: "This approval was revoked by an administrator. Ask for a new one.",
    Reason.OTHER_ACTION: (
        "The action given is not the one that was approved. Run exactly the approved action."
    ),
    Reason.NOT_THE_AGENT: "Only the key that asked may report how the action went.",
    Reason.TOO_MANY_INCIDENTS: "This request has {limit} incidents, and more are not kept.",
    Reason.EXECUTION_REPORTED: "The outcome was reported already as {outcome}; it stands.",
    Reason.POLICY_FROM_FILE: (
        "The policy comes from the file that COUNTERSIGN_POLICY names. Change that file, or "
        "unset COUNTERSIGN_POLICY to keep the policy in the database."
    ),
    Reason.POLICY_INVALID: "The policy has mistakes. Nothing was changed. {mistakes}",
    Reason.UNKNOWN_POLICY: (
        "There is no policy version {version}. See 'countersign policy history'."
    ),
    Reason.UNKNOWN_FINDING: "There is no finding {finding} from which a change follows.",
    Reason.STALE_FINDING: (
        "The policy changed since this was worked out. Nothing was proposed. Wait a few minutes "
        "until it is worked out anew."
    ),
    Reason.PROPOSED_BEFORE: "This is proposed already, with request {request}.",
    Reason.NOT_ADMIN: "Only an administrator may do that.",
    Reason.CONTENT_NEEDED: (
        "Request {request} is still open, so its content is needed. Cancel it first."
    ),
}


VARIANTS: dict[tuple[Reason, str], str] = {
    (Reason.UNKNOWN_ACCOUNT, "link"): (
        "This {platform} account is not linked to anyone in the directory, so it cannot act. "
        "Write {command} you@company, with your own address, or ask an administrator."
    ),
    (Reason.ACCOUNT_LINKED, "file"): (
        "The directory file gives this {platform} account to {person}, and it counts first. "
        "Nothing was changed. An administrator can correct it there."
    ),
    (Reason.PERSON_LINKED, "file"): (
        "The directory file names another {platform} account for {person}, and it counts first. "
        "Nothing was changed. An administrator can correct it there."
    ),
    (Reason.KEY_EXPIRED, "rotated"): (
        "This secret of the API key has ended: a newer one took its place. Use that one."
    ),
    (Reason.NOT_IN_BATCH, "many"): (
        "At most {limit} requests are approved in one click. Nothing was changed for this one."
    ),
    (Reason.NOT_IN_BATCH, "risk"): (
        "This one is asked about once more because of its risk, so it is not approved together "
        "with others. Nothing was changed. Open it to decide."
    ),
    (Reason.NOT_RECORDED, "elsewhere"): (
        "This was not recorded: it answers no message that is known to be about a request. Reply "
        "in the thread of a card, or of a notice about a request; if you did, write it again in a "
        "moment.{help}"
    ),
    (Reason.NOT_RECORDED, "unseen"): (
        "Your reply was not recorded: only those whom this request concerns can comment on it. "
        "Ask somebody who was asked, or an administrator."
    ),
    (Reason.NOT_RECORDED, "empty"): (
        "Your reply was not recorded: it has no text, and files are not kept. Write it in words."
    ),
    (Reason.NOT_RECORDED, "long"): (
        "Your reply was not recorded: it has {length} characters, and at most {limit} are kept. "
        "Write it shorter, or in several replies."
    ),
    (Reason.ONLY_A_COMMENT, "files"): (
        "Your words were recorded as a comment. The files with them were not: only text is kept."
    ),
    (Reason.NOT_CONCERNED, "nudge"): (
        "Only the requester, the agent or an administrator may nudge."
    ),
    (Reason.PROPOSED_BEFORE, "rejected"): (
        "This was proposed with request {request} and rejected less than 90 days ago."
    ),
    (Reason.NOT_CONCERNED, "incident"): (
        "Only the agent that asked, a person concerned or an administrator may report an incident."
    ),
    (Reason.TOO_MANY_INCIDENTS, "agent"): (
        "This request has {limit} incidents or more, and only people may report another."
    ),
    (Reason.NOT_APPROVED, "incident"): (
        "The request is {status}, not approved, so no approval of it can have been wrong."
    ),
    (Reason.DELEGATION_CYCLE, "self"): ("You cannot stand in for yourself. Choose somebody else."),
    (Reason.SELF_APPROVAL, "other"): (
        "they asked for this or own the agent that did. Choose somebody else."
    ),
    (Reason.APPROVED_EARLIER_STAGE, "other"): (
        "they already approved stage {stage}. Choose somebody else."
    ),
    (Reason.ABSENCE_EXISTS, "again"): (
        "This was set already, and stands as the list shows it. Set it again if it has ended since."
    ),
    (Reason.TOO_FEW_APPROVERS, "other"): (
        "they already approved stage {stage}, and this request needs more different approvers "
        "than would be left. Choose somebody else."
    ),
}
"""The sentence of a reason in one `case` of it: "other" speaks of somebody else than the reader,
after "cannot act here", "again" of what was delivered twice."""


class Refused(Exception):
    """An expected no. `reason` is one of the closed set; `details` fill its sentence, and the
    detail `case` chooses another of its sentences."""

    def __init__(self, reason: Reason, **details: str) -> None:
        self.reason = reason
        self.details = details
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The one sentence a person reads."""
        case = self.details.get("case", "")
        sentence = VARIANTS.get((self.reason, case), SENTENCES[self.reason])
        return sentence.format_map(_Blank(self.details))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def invalid(field: str, problem: str, remedy: str) -> Refused:
    """A refusal that names the field, what is wrong with it and how to mend it."""
    return Refused(Reason.INVALID_FIELD, field=field, problem=problem, remedy=remedy)
