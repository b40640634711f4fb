package blocks

import "fmt"

// What an approver sees, as text.
func ExampleThread() {
	views := Thread(proposed().s, Options{})
	fmt.Print(Plain(views[1]))
	// Output:
	// Approve? Deploy shop v1.4.2 to production
	// Ships: v1.4.2, commit abc1234d
	// CI: ✅ passed (https://ci.example.com/acme/shop/runs/411)
	// Replaces: v1.4.1 since 2026-11-17 14:00 UTC, healthy
	// Last release there: ✅ deploy of v1.4.1: done, healthy, 2026-11-17 14:00 UTC by @U0BOB
	// If it fails: a rollback to v1.4.1 is proposed, and asked about
	// Asked for by: @U0ALICE, 2026-11-20 14:00 UTC
	// Checked afterwards: health and smoke
	// Changes: 14 commits by Ann Lee, Bo Ek and Chi Ono
	// • abc12345 checkout: keep the basket over a reload – Ann Lee
	// • abcd38ae api: time out slow carriers – Bo Ek
	// • abd94e17 fix: rounding of VAT – Chi Ono
	// • abe56380 docs: how to run it – Ann Lee
	// • abf178e9 search: drop the old index – Bo Ek
	// • abfd8e52 basket: count each item once – Chi Ono
	// • ac09a3bb ci: cache modules – Ann Lee
	// • ac15b924 payments: log the provider's answer – Bo Ek
	// • ac21ce8d mail: one footer for all – Chi Ono
	// • ac2de3f6 checkout: say why a card is refused – Ann Lee
	// … and 4 more
	// Why approval: The policy of production asks for the approval of 2 people.
	// Who may approve: @S0ONCALL or @U0BOB, but not @U0ALICE, who asked for it
	// Approved so far: nobody yet; 2 different people have to approve
	// Expires: 2026-11-20 15:00 UTC
	//   id k3m9x2q7p4ab-1 · /release approve k3m9x2q7p4ab-1 does the same
	// [Approve] [Reject] [Change…]
}
