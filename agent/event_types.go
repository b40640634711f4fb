package agent

func (*Trigger) eventType() string               { return "trigger" }
func (*Message) eventType() string               { return "message" }
func (*PlannerDecision) eventType() string       { return "planner_decision" }
func (*ReleaseContext) eventType() string        { return "release_context" }
func (*Plan) eventType() string                  { return "plan" }
func (*PolicyRefused) eventType() string         { return "policy_refused" }
func (*ApprovalRequested) eventType() string     { return "approval_requested" }
func (*ApprovalReminded) eventType() string      { return "approval_reminded" }
func (*DecisionReceived) eventType() string      { return "decision_received" }
func (*DecisionRefused) eventType() string       { return "decision_refused" }
func (*ApprovalResponse) eventType() string      { return "approval_response" }
func (*ApprovalExpired) eventType() string       { return "approval_expired" }
func (*ApprovalSuperseded) eventType() string    { return "approval_superseded" }
func (*HumanInputRequested) eventType() string   { return "human_input_requested" }
func (*HumanInputResponse) eventType() string    { return "human_input_response" }
func (*LockRequested) eventType() string         { return "lock_requested" }
func (*LockAcquired) eventType() string          { return "lock_acquired" }
func (*LockReleased) eventType() string          { return "lock_released" }
func (*DeployStarted) eventType() string         { return "deploy_started" }
func (*DeployProgress) eventType() string        { return "deploy_progress" }
func (*DeployResult) eventType() string          { return "deploy_result" }
func (*VerifyStarted) eventType() string         { return "verify_started" }
func (*PostDeployCheckResult) eventType() string { return "post_deploy_check_result" }
func (*RollbackProposed) eventType() string      { return "rollback_proposed" }
func (*PageSent) eventType() string              { return "page_sent" }
func (*ErrorEvent) eventType() string            { return "error" }
func (*TimerSet) eventType() string              { return "timer_set" }
func (*Summary) eventType() string               { return "summary" }
func (*Answered) eventType() string              { return "answered" }
func (*Posted) eventType() string                { return "posted" }
func (*Held) eventType() string                  { return "held" }
func (*Resumed) eventType() string               { return "resumed" }
func (*CancelRequested) eventType() string       { return "cancel_requested" }
func (*Canceled) eventType() string              { return "canceled" }
func (*Done) eventType() string                  { return "done" }

// newPayload returns an empty payload of the named type, nil for an unknown one.
func newPayload(typ string) Payload {
	switch typ {
	case "trigger":
		return new(Trigger)
	case "message":
		return new(Message)
	case "planner_decision":
		return new(PlannerDecision)
	case "release_context":
		return new(ReleaseContext)
	case "plan":
		return new(Plan)
	case "policy_refused":
		return new(PolicyRefused)
	case "approval_requested":
		return new(ApprovalRequested)
	case "approval_reminded":
		return new(ApprovalReminded)
	case "decision_received":
		return new(DecisionReceived)
	case "decision_refused":
		return new(DecisionRefused)
	case "approval_response":
		return new(ApprovalResponse)
	case "approval_expired":
		return new(ApprovalExpired)
	case "approval_superseded":
		return new(ApprovalSuperseded)
	case "human_input_requested":
		return new(HumanInputRequested)
	case "human_input_response":
		return new(HumanInputResponse)
	case "lock_requested":
		return new(LockRequested)
	case "lock_acquired":
		return new(LockAcquired)
	case "lock_released":
		return new(LockReleased)
	case "deploy_started":
		return new(DeployStarted)
	case "deploy_progress":
		return new(DeployProgress)
	case "deploy_result":
		return new(DeployResult)
	case "verify_started":
		return new(VerifyStarted)
	case "post_deploy_check_result":
		return new(PostDeployCheckResult)
	case "rollback_proposed":
		return new(RollbackProposed)
	case "page_sent":
		return new(PageSent)
	case "error":
		return new(ErrorEvent)
	case "timer_set":
		return new(TimerSet)
	case "summary":
		return new(Summary)
	case "answered":
		return new(Answered)
	case "posted":
		return new(Posted)
	case "held":
		return new(Held)
	case "resumed":
		return new(Resumed)
	case "cancel_requested":
		return new(CancelRequested)
	case "canceled":
		return new(Canceled)
	case "done":
		return new(Done)
	}
	return newCarePayload(typ)
}
