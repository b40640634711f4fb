package slacklocal

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// User is a person (or the bot) of the workspace.
type User struct {
	ID       string // begins with U or W
	Name     string // the handle, without @
	RealName string // defaults to Name
	TeamID   string // defaults to the workspace's; another one makes a person of a shared channel
	Guest    bool   // a multi-channel guest (is_restricted)
	Single   bool   // a single-channel guest (is_ultra_restricted)
	Deleted  bool   // deactivated
	Bot      bool
	TZ       string // defaults to Europe/London
}

// Group is a user group.
type Group struct {
	ID       string // begins with S
	Handle   string // without @
	Members  []string
	Disabled bool
}

// Channel is a copy of what is known of a channel or direct message.
type Channel struct {
	ID, Name string
	Private  bool
	IM       string // of a direct message: the person
	Archived bool
	Members  []string // user ids, with the bot where it is a member
}

type channel struct {
	Channel
	messages []*Message // by ts; deleted ones stay for their history
}

func (c *channel) kind() string {
	switch {
	case c.IM != "":
		return "im"
	case c.Private:
		return "group"
	}
	return "channel"
}

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

// AddUser adds a person, or replaces the one of the same id (to deactivate somebody,
// add them again with Deleted set).
func (ws *Workspace) AddUser(u User) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if u.ID == "" {
		panic("slacklocal: AddUser: a user needs an ID")
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if u.TeamID == "" {
		u.TeamID = ws.cfg.TeamID
	}
	if u.TZ == "" {
		u.TZ = "Europe/London"
	}
	ws.users[u.ID] = &u
	ws.change(Change{Kind: PlaceChanged, User: u.ID})
}

// AddChannel adds a public channel with these members and the bot.
func (ws *Workspace) AddChannel(id, name string, members ...string) {
	ws.addChannel(Channel{ID: id, Name: name, Members: members})
}

// AddPrivateChannel adds a private channel with these members and the bot.
func (ws *Workspace) AddPrivateChannel(id, name string, members ...string) {
	ws.addChannel(Channel{ID: id, Name: name, Members: members, Private: true})
}

func (ws *Workspace) addChannel(c Channel) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c.Members = append(slices.Clone(c.Members), ws.cfg.BotUserID)
	ws.channels[c.ID] = &channel{Channel: c}
	ws.change(Change{Kind: PlaceChanged, Channel: c.ID})
}

// AddGroup adds a user group, or replaces the one of the same id.
func (ws *Workspace) AddGroup(id, handle string, members ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.groups[id] = &Group{ID: id, Handle: handle, Members: slices.Clone(members)}
	ws.change(Change{Kind: PlaceChanged})
}

// Archive archives a channel: posts to it answer is_archived.
func (ws *Workspace) Archive(id string) {
	ws.editChannel(id, func(c *channel) { c.Archived = true })
}

// RemoveBot takes the bot out of a channel: it hears nothing from there, and posts
// answer not_in_channel (channel_not_found in a private one).
func (ws *Workspace) RemoveBot(id string) { ws.RemoveMember(id, ws.cfg.BotUserID) }

// InviteBot takes the bot into a channel again.
func (ws *Workspace) InviteBot(id string) { ws.AddMember(id, ws.cfg.BotUserID) }

// AddMember takes somebody into a channel.
func (ws *Workspace) AddMember(id, user string) {
	ws.editChannel(id, func(c *channel) {
		if !c.has(user) {
			c.Members = append(slices.Clone(c.Members), user)
		}
	})
}

// RemoveMember takes somebody out of a channel.
func (ws *Workspace) RemoveMember(id, user string) {
	ws.editChannel(id, func(c *channel) {
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m string) bool { return m == user })
	})
}

func (ws *Workspace) editChannel(id string, edit func(*channel)) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := ws.channels[id]
	if c == nil {
		panic(fmt.Sprintf("slacklocal: no channel %q; AddChannel comes first", id))
	}
	edit(c)
	ws.change(Change{Kind: PlaceChanged, Channel: id})
}

// DM returns the id of the direct message channel between a person and the app, and
// opens it where there is none yet.
func (ws *Workspace) DM(user string) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.users[user] == nil {
		panic(fmt.Sprintf("slacklocal: no user %q; AddUser comes first", user))
	}
	return ws.dm(user).ID
}

func (ws *Workspace) dm(user string) *channel {
	id := "D" + strings.TrimLeft(user, "UW")
	if c := ws.channels[id]; c != nil {
		return c
	}
	c := &channel{Channel: Channel{ID: id, IM: user, Members: []string{user, ws.cfg.BotUserID}}}
	ws.channels[id] = c
	return c
}

// Users returns everybody, the bot included, by id.
func (ws *Workspace) Users() []User {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []User
	for _, u := range ws.users {
		out = append(out, *u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Channels returns all channels and direct messages, by id.
func (ws *Workspace) Channels() []Channel {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []Channel
	for _, c := range ws.sortedChannels() {
		cc := c.Channel
		cc.Members = slices.Clone(cc.Members)
		out = append(out, cc)
	}
	return out
}

func (ws *Workspace) sortedChannels() []*channel {
	var out []*channel
	for _, c := range ws.channels {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}
