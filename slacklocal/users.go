package slacklocal

import "sort"

func (ws *Workspace) userJSON(u *User) map[string]any {
	return map[string]any{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "real_name": u.RealName,
		"deleted": u.Deleted, "is_bot": u.Bot, "is_app_user": false, "is_stranger": u.TeamID != ws.cfg.TeamID,
		"is_admin": false, "is_owner": false, "is_primary_owner": false,
		"is_restricted": u.Guest || u.Single, "is_ultra_restricted": u.Single,
		"tz": u.TZ, "tz_label": u.TZ, "tz_offset": 0, "updated": 1,
		"profile": map[string]any{
			"real_name": u.RealName, "real_name_normalized": u.RealName,
			"display_name": u.Name, "display_name_normalized": u.Name, "team": u.TeamID,
		},
	}
}

func usersInfo(ws *Workspace, a args) (map[string]any, error) {
	u := ws.users[a.str("user")]
	if u == nil {
		return nil, fail("user_not_found")
	}
	return map[string]any{"user": ws.userJSON(u)}, nil
}

func usersList(ws *Workspace, a args) (map[string]any, error) {
	var ids []string
	for id := range ws.users {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	from, to, next, err := page(a, len(ids), 200, 1000)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, id := range ids[from:to] {
		out = append(out, ws.userJSON(ws.users[id]))
	}
	return map[string]any{
		"members": out, "cache_ts": ws.now().Unix(),
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

func usergroupsList(ws *Workspace, a args) (map[string]any, error) {
	var ids []string
	for id, g := range ws.groups {
		if !g.Disabled || a.flag("include_disabled") {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	out := []map[string]any{}
	for _, id := range ids {
		g := ws.groups[id]
		j := map[string]any{
			"id": g.ID, "team_id": ws.cfg.TeamID, "is_usergroup": true, "name": g.Handle, "handle": g.Handle,
			"description": "", "is_external": false, "date_delete": 0, "user_count": len(g.Members),
		}
		if a.flag("include_users") {
			j["users"] = g.Members
		}
		out = append(out, j)
	}
	return map[string]any{"usergroups": out}, nil
}

func usergroupsUsersList(ws *Workspace, a args) (map[string]any, error) {
	g := ws.groups[a.str("usergroup")]
	if g == nil || g.Disabled && !a.flag("include_disabled") {
		return nil, fail("no_such_subteam")
	}
	users := []string{}
	users = append(users, g.Members...)
	return map[string]any{"users": users}, nil
}
