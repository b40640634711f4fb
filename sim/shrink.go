package sim

import "context"

// Shrink makes a world that breaks a promise smaller: fewer classes of faults,
// fewer ticks, ticks left out, for as long as the same promise is broken. It
// lives through at most tries worlds. cfg must fail.
func Shrink(ctx context.Context, cfg Config, tries int) (Config, Report) {
	cfg.Trace = nil
	s := shrinker{ctx: ctx, tries: tries, cfg: cfg}
	s.rep = Run(ctx, cfg)
	if s.rep.Failure == nil {
		return cfg, s.rep
	}
	s.cut()
	for _, f := range s.rep.Faults.Each() {
		less := s.cfg
		less.Only = s.rep.Faults &^ f
		less.None = less.Only == 0
		s.try(less)
	}
	for size := s.cfg.Ticks / 2; size > 0 && s.tries > 0; size /= 2 {
		for from := 1; from <= s.cfg.Ticks && s.tries > 0; from += size {
			s.without(from, size)
		}
	}
	return s.cfg, s.rep
}

type shrinker struct {
	ctx   context.Context //nolint:containedctx // of the one call of Shrink
	cfg   Config
	rep   Report
	tries int
}

// try keeps a smaller world if it breaks the same promise.
func (s *shrinker) try(cfg Config) bool {
	if s.tries--; s.tries < 0 {
		return false
	}
	r := Run(s.ctx, cfg)
	if r.Failure == nil || r.Failure.Promise != s.rep.Failure.Promise {
		return false
	}
	s.cfg, s.rep = cfg, r
	return true
}

// cut ends the world right after the tick that failed, or has it come to rest sooner.
func (s *shrinker) cut() {
	ticks := s.cfg.Ticks
	if ticks <= 0 {
		ticks = DefaultTicks
	}
	s.cfg.Ticks = ticks
	if at := s.rep.Failure.Tick; at < ticks {
		less := s.cfg
		less.Ticks = at
		s.try(less)
	}
	for step := s.cfg.Ticks / 2; step > 0 && s.tries > 0; step /= 2 {
		for less := s.cfg; less.Ticks > step; {
			less.Ticks -= step
			if !s.try(less) {
				break
			}
		}
	}
}

// without leaves a run of ticks out.
func (s *shrinker) without(from, size int) {
	less := s.cfg
	less.Skip = map[int]bool{}
	for t := range s.cfg.Skip {
		less.Skip[t] = true
	}
	news := 0
	for t := from; t < from+size && t <= s.cfg.Ticks; t++ {
		if !less.Skip[t] {
			less.Skip[t] = true
			news++
		}
	}
	if news > 0 {
		s.try(less)
	}
}
