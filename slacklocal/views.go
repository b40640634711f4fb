package slacklocal

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

const (
	maxViews    = 3       // modals on top of each other
	maxViewSize = 250_000 // bytes
)

// View is a modal or a home tab.
type View struct {
	ID, Type, CallbackID, ExternalID string
	User                             string // who sees it
	Title, Submit, Close             string
	PrivateMetadata                  string
	Hash                             string
	Blocks                           []Block
	Root, Previous                   string // ids, of stacked modals

	raw map[string]any // as the app gave it
}

func (v *View) copy() *View { c := *v; return &c }

// Buttons returns the buttons among the view's blocks.
func (v View) Buttons() []Button { return Buttons(v.Blocks) }

// Views returns the modals that stand open before a person, the topmost last.
func (ws *Workspace) Views(user string) []View {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []View
	for _, v := range ws.stacks[user] {
		out = append(out, *v.copy())
	}
	return out
}

// Home returns what the app's home tab shows to a person; ok is false while nothing
// was published.
func (ws *Workspace) Home(user string) (v View, ok bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	h := ws.homes[user]
	if h == nil {
		return View{}, false
	}
	return *h.copy(), true
}

// trigger is what a person's action allows an app to open: once, within 3 seconds.
type trigger struct {
	user  string
	view  string // the modal it came from, or ""
	until time.Time
	used  bool
}

func (ws *Workspace) newTrigger(user, view string) string {
	id := "1.2." + ws.nextID("")
	ws.triggers[id] = &trigger{user: user, view: view, until: ws.now().Add(ws.cfg.TriggerWithin)}
	return id
}

func (ws *Workspace) exchange(id string) (*trigger, error) {
	t := ws.triggers[id]
	switch {
	case t == nil:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case !ws.now().Before(t.until):
		return nil, fail("expired_trigger_id")
	}
	return t, nil
}

// readView decodes and checks the view of a call.
func (ws *Workspace) readView(raw any, kind string) (*View, error) {
	a := args{values: map[string]any{"view": raw}}
	var given map[string]any
	if !a.json("view", &given) || given == nil {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"must be a valid view [json-pointer:/view]"}}
	}
	if size, err := json.Marshal(given); err != nil || len(size) > maxViewSize {
		return nil, fail("view_too_large")
	}
	if err := checkView(given, kind); err != nil {
		return nil, err
	}
	v := &View{raw: given}
	for _, b := range objects(given, "blocks") {
		v.Blocks = append(v.Blocks, Block(b))
	}
	ws.nameBlocks(v.Blocks)
	v.Type, v.CallbackID, v.ExternalID = kind, str(given, "callback_id"), str(given, "external_id")
	v.PrivateMetadata = str(given, "private_metadata")
	v.Title = str(object(given, "title"), "text")
	v.Submit = str(object(given, "submit"), "text")
	v.Close = str(object(given, "close"), "text")
	return v, nil
}

// unique refuses an external_id that another living view has.
func (ws *Workspace) unique(v *View, instead string) error {
	for _, o := range ws.views {
		if v.ExternalID != "" && o.ExternalID == v.ExternalID && o.ID != instead {
			return fail("duplicate_external_id")
		}
	}
	return nil
}

func (ws *Workspace) viewJSON(v *View) map[string]any {
	out := maps.Clone(v.raw)
	out["id"], out["team_id"], out["app_id"], out["bot_id"] = v.ID, ws.cfg.TeamID, ws.cfg.AppID, ws.cfg.BotID
	out["app_installed_team_id"], out["hash"], out["root_view_id"] = ws.cfg.TeamID, v.Hash, v.Root
	out["previous_view_id"] = nil
	if v.Previous != "" {
		out["previous_view_id"] = v.Previous
	}
	for k, preset := range map[string]any{
		"private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": false,
		"notify_on_close": false, "close": nil, "submit": nil,
		"state": map[string]any{"values": map[string]any{}},
	} {
		if _, ok := out[k]; !ok {
			out[k] = preset
		}
	}
	return out
}

// place puts a checked modal before a person. ws.mu is held.
func (ws *Workspace) stack(v *View, user string) {
	v.ID, v.User = ws.nextID("V"), user
	v.Hash = ws.newHash()
	v.Root = v.ID
	if below := ws.stacks[user]; len(below) > 0 {
		v.Root, v.Previous = below[0].ID, below[len(below)-1].ID
	}
	ws.views[v.ID] = v
	ws.stacks[user] = append(ws.stacks[user], v)
	ws.change(Change{Kind: ViewOpened, User: user, View: v.copy()})
}

func (ws *Workspace) newHash() string {
	return formatTS(ws.now().UnixMicro())[:10] + "." + ws.nextID("")
}

func viewsOpen(ws *Workspace, a args) (map[string]any, error) { return ws.openView(a, false) }

func viewsPush(ws *Workspace, a args) (map[string]any, error) { return ws.openView(a, true) }

func (ws *Workspace) openView(a args, push bool) (map[string]any, error) {
	v, err := ws.readView(a.values["view"], "modal")
	if err != nil {
		return nil, err
	}
	t, err := ws.exchange(a.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	if err := ws.unique(v, ""); err != nil {
		return nil, err
	}
	below := ws.stacks[t.user]
	switch {
	case push && (t.view == "" || len(below) == 0):
		return nil, fail("not_found")
	case push && len(below) >= maxViews:
		return nil, fail("push_limit_reached")
	case !push:
		ws.closeAll(t.user)
	}
	t.used = true
	ws.stack(v, t.user)
	return map[string]any{"view": ws.viewJSON(v)}, nil
}

func viewsUpdate(ws *Workspace, a args) (map[string]any, error) {
	var old *View
	for _, o := range ws.views {
		if o.ID == a.str("view_id") || o.ExternalID != "" && o.ExternalID == a.str("external_id") {
			old = o
		}
	}
	if old == nil {
		return nil, fail("not_found")
	}
	v, err := ws.readView(a.values["view"], old.Type)
	if err != nil {
		return nil, err
	}
	if h := a.str("hash"); h != "" && h != old.Hash {
		return nil, fail("hash_conflict")
	}
	if err := ws.unique(v, old.ID); err != nil {
		return nil, err
	}
	ws.replaceView(old, v)
	return map[string]any{"view": ws.viewJSON(v)}, nil
}

func (ws *Workspace) replaceView(old, v *View) {
	v.ID, v.User, v.Root, v.Previous, v.Hash = old.ID, old.User, old.Root, old.Previous, ws.newHash()
	ws.views[v.ID] = v
	for i, o := range ws.stacks[v.User] {
		if o == old {
			ws.stacks[v.User][i] = v
		}
	}
	if ws.homes[v.User] == old {
		ws.homes[v.User] = v
	}
	ws.change(Change{Kind: ViewUpdated, User: v.User, View: v.copy()})
}

func viewsPublish(ws *Workspace, a args) (map[string]any, error) {
	v, err := ws.readView(a.values["view"], "home")
	if err != nil {
		return nil, err
	}
	u := ws.users[a.str("user_id")]
	if u == nil || u.Bot {
		return nil, fail("user_not_found")
	}
	old := ws.homes[u.ID]
	if h := a.str("hash"); h != "" && (old == nil || h != old.Hash) {
		return nil, fail("hash_conflict")
	}
	v.ID, v.User, v.Hash = ws.nextID("V"), u.ID, ws.newHash()
	if old != nil {
		v.ID = old.ID
	}
	if err := ws.unique(v, v.ID); err != nil {
		return nil, err
	}
	v.Root = v.ID
	ws.views[v.ID], ws.homes[u.ID] = v, v
	ws.change(Change{Kind: HomePublished, User: u.ID, View: v.copy()})
	return map[string]any{"view": ws.viewJSON(v)}, nil
}

// closeTop takes the topmost modal away. ws.mu is held.
func (ws *Workspace) closeTop(user string) {
	stack := ws.stacks[user]
	if len(stack) == 0 {
		return
	}
	v := stack[len(stack)-1]
	delete(ws.views, v.ID)
	ws.stacks[user] = slices.Clone(stack[:len(stack)-1])
	ws.change(Change{Kind: ViewClosed, User: user, View: v.copy()})
}

func (ws *Workspace) closeAll(user string) {
	for len(ws.stacks[user]) > 0 {
		ws.closeTop(user)
	}
}
