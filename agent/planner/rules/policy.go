package rules

// dodges says whether one segment tells us to leave a safeguard out: a word
// for leaving out, and a word for what guards. The policy file alone says what
// is checked and who approves, so such a message is not for us, whatever else
// it asks. An order to approve is one of these: approvals are given by buttons.
func dodges(items []item) bool {
	leaves, changes, guard, limits := false, false, false, false
	for i, it := range items {
		leaves = leaves || it.cls == clsNeg // "approvals are not needed"
		switch it.key {
		case "ignore", "forget", "skip", "bypass", "disable", "override", "overrule", "drop", "lift", "waive", "remove", "relax", "circumvent", "suspend",
			"avoid", "omit", "disregard", "forgo", "evade", "dodge", "turn off", "deactivate", "cancel", "unfreeze", "lower", "weaken", "no", "without",
			"ignoring", "skipping", "bypassing", "disabling", "overriding", "uberspring", "uberspringe", "omite", "pule", "saute":
			leaves = true
		case "approval", "approvals", "approver", "approvers", "policy", "policies", "rules", "rule", "instructions", "freeze", "review", "reviews", "gate",
			"gates", "quorum", "safety", "guardrails", "guards", "restrictions", "limits", "permission", "permissions", "sign-off", "signoff", "safeguards",
			"requester", "requesters", "admin", "admins", "viewer", "viewers", "protections", "confirmation", "freigabe", "genehmigung", "approbation", "aprobacion", "aprovacao", "pending approvals", "freezes", "code freeze":
			guard = true
		case "set", "change", "reduce", "raise", "increase", "decrease", "edit", "modify", "update", "put", "make", "add", "give":
			changes = true
		case "required approvals", "required":
			limits = true
		case "approve":
			if i == 0 || small().with(setOf(clsReq, clsAnd, clsThen)).has(items[i-1].cls) {
				return true
			}
		}
	}
	return leaves && guard || changes && (limits || guard && !classesOf(items).meets(setOf(clsDeploy, clsRollback, clsVersion)))
}
