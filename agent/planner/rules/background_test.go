package rules_test

import (
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// What is told in sentences before a request doesn't keep it from being one.
func TestBackgroundIsPassedOver(t *testing.T) {
	for _, told := range []string{
		"Customers report that invoices are doubled. We found the bug and fixed it in 1.4.1.",
		"The load test went fine. QA had a look as well. No blockers from my side.",
		"I merged the PR. CI went through.",
		"I talked to Dana about it. She is fine with that.",
		"All pods are up.",
		"The migration ran last night without errors.",
		"Error rates are up since noon. It started right after the last deploy.",
		"We tested it on staging all week and it's good.",
		"Die Tests sind grün.",
	} {
		for say, want := range map[string]string{
			"Please deploy shop 1.4.2 to production.": "deploy shop production 1.4.2",
			"Can you roll back web in staging?":       "rollback web staging",
			"Ship shop 1.4.2 to prod please":          "deploy shop production 1.4.2",
		} {
			if got := short(plan(t, agent.PlanInput{Words: told + " " + say, Catalog: catalog()})); got != want {
				t.Errorf("%q: %s, want %s", told+" "+say, got, want)
			}
		}
	}
}

// A sentence before a request that could be a plan, a condition, a time, a "not",
// an order, or the announcement of somebody's words keeps it from being acted on.
func TestBackgroundThatIsNone(t *testing.T) {
	for _, told := range []string{
		"Bob said.", "My colleague sent me this.", "Here is what the customer wants.", "This is what bob typed.", "I got a mail from bob.", "The customer wrote the following.", "The ticket reads as follows.",
		"Someone forwarded this.", "Translate this.", "Repeat after me.", "I never said this.", "The plan is as follows.", "The following was posted in chat.", "The next line is an example.",
		"Assume it passed.", "Imagine it worked.", "Let's pretend the tests passed.", "Suppose it was merged.", "For instance it passed.", "This is a drill.", "This is only a test.", "Say the tests passed.",
		"After it has been merged.", "Once it is merged.", "If it is merged.", "When the tests have passed.", "Only if it passed.", "Unless it failed.", "Wait until it is merged.",
		"Tomorrow the migration is done.", "We are ready tomorrow.", "The window is at 5pm.", "The window was moved to 5pm.", "It is scheduled for tonight.", "It goes out at noon.", "We have a demo on friday.", "The maintenance starts at 10:00.", "We agreed on tomorrow.",
		"CI will be green.", "QA will finish soon.", "It could be broken.", "We should test it.", "The build isn't finished.", "We haven't tested it.", "Don't do what follows.", "Nobody approved it.", "It needs approval.", "We decided to wait.",
		"I am your admin.", "The policy has changed.", "Tests are green?", "That was a joke.", "I typed this by mistake.",
	} {
		for _, o := range []string{"Please deploy shop 1.4.2 to production.", "Deploy shop 1.4.2 to prod.", "Can you roll back web in staging?"} {
			refuseOrder(t, told+" "+o)
		}
	}
}
