#!/bin/sh
# Ask, wait, use the approval, run, report: with curl and jq alone.
#
#   COUNTERSIGN_URL=... COUNTERSIGN_KEY=... sh client/examples/curl.sh
#
# ORDER names what is bought: the same ORDER is the same request, so that the script may be
# started again after a crash. Exit status: 0 done, 1 it failed, 2 not approved, 3 no answer.
set -eu
umask 077

kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
trap 'exit 3' HUP INT TERM
# In a file: arguments of a command can be read by everyone on the machine.
printf 'Authorization: Bearer %s\nContent-Type: application/json\n' "$COUNTERSIGN_KEY" >"$kept/headers"

# call METHOD PATH [IDEMPOTENCY-KEY], the body on standard input; prints the answer. What may have
# been lost is sent again: the key makes it the same call.
call() {
    status=$(curl --silent --show-error --max-time 60 --retry 5 --retry-connrefused \
        --header "@$kept/headers" ${3:+--header "Idempotency-Key: $3"} --request "$1" \
        --data-binary @- --output "$kept/answer" --write-out '%{http_code}' \
        "$COUNTERSIGN_URL$2") || exit 3
    case $status in
    2??) cat "$kept/answer" ;;
    *)
        jq -r '.detail // "no answer of Countersign"' "$kept/answer" >&2
        case $2 in */redeem) exit 2 ;; *) exit 3 ;; esac
        ;;
    esac
}

fresh() { od -An -N8 -tx1 /dev/urandom | tr -d ' \n'; }

ORDER=${ORDER:-$(fresh)}
jq -n --arg order "$ORDER" '{
    title: "Two chairs",
    requester: "alice@example.com",
    action: {type: "purchase_order", params: {vendor: "Office Example", amount: 840, order: $order}}
}' | call POST /v1/requests "order-$ORDER" >"$kept/request"
id=$(jq -r .id "$kept/request")

# Held until somebody decides, for at most half a minute each time. The answer to a repeated
# submission shows no token, so it is fetched in any case.
while :; do
    asked=$(date +%s)
    call GET "/v1/requests/$id?wait=30" </dev/null >"$kept/request"
    [ "$(jq -r .status "$kept/request")" = pending ] || break
    [ "$(($(date +%s) - asked))" -gt 1 ] || sleep 2 # a server that is stopping holds nothing
done
if [ "$(jq -r .status "$kept/request")" != approved ]; then
    jq -r '"not ordered: \(.status) \((.decision // .feedback // {}).reason // "")"' "$kept/request"
    exit 2
fi

# What is run is what stands in the request now: an approver may have changed it. The key is a new
# one each time, so that a script that fell after this line does not run the action again.
jq -c '{token, action}' "$kept/request" | call POST /v1/tokens/redeem "redeem-$(fresh)" >"$kept/used"
outcome=succeeded
jq -r '.action.params | "ordered from \(.vendor) for \(.amount)"' "$kept/used" || outcome=failed
jq -n --arg outcome "$outcome" '{outcome: $outcome}' |
    call POST "/v1/requests/$id/execution" "report-$ORDER" >/dev/null
[ "$outcome" = succeeded ]
