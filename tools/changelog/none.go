package changelog

import "context"

// None is the source of a service that has none: a version stands for itself.
type None struct{}

var _ Source = None{}

// Resolve returns the name itself, without a commit.
func (None) Resolve(_ context.Context, name string) (Version, error) {
	return Version{Name: name}, nil
}

// Between knows of no changes.
func (None) Between(context.Context, string, string, int) (Changes, error) {
	return Changes{}, nil
}

// Moved says that a name which stands for itself can't be moved.
func (None) Moved(context.Context, string, string) (now string, moved bool, err error) {
	return "", false, nil
}
