package slacklocal_test

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/slacklocal"
)

// A person asks, an app answers over slack-go, and the thread is shown as people see it.
func Example() {
	ws := slacklocal.New(slacklocal.Config{})
	defer ws.Close()
	base, err := ws.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.AddUser(slacklocal.User{ID: "U0ANN", Name: "ann"})
	ws.AddChannel("C0REL", "releases", "U0ANN")
	ts := ws.Post("U0ANN", "C0REL", "@releasebot deploy shop 1.4.2 to production", "")

	app := slack.New("xoxb-any", slack.OptionAPIURL(base+"/slack/api/"))
	text := slack.NewTextBlockObject(slack.MarkdownType, "*shop 1.4.2* waits for approval, asked for by <@U0ANN>", false, false)
	words := slack.NewTextBlockObject(slack.PlainTextType, "Approve", false, false)
	_, _, err = app.PostMessage("C0REL", slack.MsgOptionTS(ts), slack.MsgOptionText("waiting for approval", false),
		slack.MsgOptionBlocks(slack.NewSectionBlock(text, nil, nil),
			slack.NewActionBlock("decide", slack.NewButtonBlockElement("approve", "v1", words))))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ws.RenderThread("C0REL", ts))
	fmt.Println(len(ws.Pinged()), "pinged:", ws.Pinged()[0].Target)
	// Output:
	// @ann
	//   @releasebot deploy shop 1.4.2 to production
	//   @releasebot
	//     shop 1.4.2 waits for approval, asked for by @ann
	//     [Approve]
	// 1 pinged: U0ANN
}
