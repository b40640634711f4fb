package policy

import "strings"

// Author returns who wrote a commit, by the name and address that git has for
// them: a person whose entry of `people` lists the address, else one whose
// entry lists the name. Case doesn't matter. Anybody can write what they like
// there, so it serves to tell people what became of their work and never to
// allow anything.
func (f *File) Author(name, email string) (Subject, bool) {
	for _, s := range []string{email, name} {
		if key := gitName(s); key != "" {
			if who, ok := f.authors[key]; ok {
				return who, true
			}
		}
	}
	return Subject{}, false
}

// gitName is the form in which names and addresses are compared.
func gitName(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// gitNames reads the names and addresses that a person commits under.
func (p *parser) gitNames(v Value, who Subject) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("`git` is empty: give the names or addresses that `%s` commits under, or leave the key out", who.Name)
	}
	for _, item := range items {
		s, ok := item.plain()
		if !ok {
			continue
		}
		key := gitName(s)
		other, taken := p.authors[key]
		switch {
		case key == "":
			item.fail("`git` has an empty entry: give a name or an address")
		case strings.ContainsAny(s, "<>"):
			item.fail("%s is a name and an address: write them as two entries, such as `Alice Doe` and `alice@example.com`", item.describe())
		case taken && other.Name == who.Name:
			item.fail("`%s` stands twice in `git`", s)
		case taken:
			item.fail("`%s` is `%s` already: a commit has one author", s, other.Name)
		default:
			p.authors[key] = who
		}
	}
}
