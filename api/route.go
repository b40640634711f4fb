package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/releasebot/releasebot/policy"
)

// endpoint answers one call. An error it returns is what the caller is told,
// if it is a *problem; nothing may have been written then.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// readMethods are what the calls of this package are made with.
const readMethods = "GET, HEAD"

// open adds a call that everybody may make.
func (s *Server) open(path string, e endpoint) { s.mux.Handle(path, s.answer(reading(e))) }

// route adds a call that needs the role of a viewer.
func (s *Server) route(path string, e endpoint) {
	s.mux.Handle(path, s.guarded(policy.RoleViewer, reading(e)))
}

// guarded looks at who asks before anything else of the request.
func (s *Server) guarded(need policy.Role, e endpoint) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		if p := s.refuse(r, need); p != nil {
			if p.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="releasebot"`)
			}
			return p
		}
		return e(w, r)
	})
}

// reading lets only the methods through that read.
func reading(e endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", readMethods)
			return &problem{http.StatusMethodNotAllowed, CodeMethod, fmt.Sprintf("%s takes %s only", r.URL.Path, readMethods)}
		}
		return e(w, r)
	}
}

// answer is the outermost layer: what holds for every call, and how errors are told.
func (s *Server) answer(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if r.ContentLength > MaxBody {
			h.Set("Connection", "close")
			s.tell(w, r, &problem{http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Sprintf("the body is longer than %d bytes", MaxBody)})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		ctx, cancel := context.WithTimeout(r.Context(), queryLimit)
		defer cancel()
		r = r.WithContext(ctx)
		if err := e(w, r); err != nil {
			s.tell(w, r, err)
		}
	})
}

// nothing answers for paths that there are not.
func (s *Server) nothing(_ http.ResponseWriter, r *http.Request) error {
	return &problem{http.StatusNotFound, CodeNotFound, fmt.Sprintf("there is nothing at %s", clip(r.URL.Path))}
}
