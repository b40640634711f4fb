package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/releasebot/releasebot/internal/freeport"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// TestMain makes the program a command of the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"releasebot": main})
}

// TestScripts runs testdata/script: the command line as people use it.
func TestScripts(t *testing.T) {
	testscript.Run(t, params("script", setup))
}

// TestScriptsOnRedis runs testdata/redis: what is different where several share a store.
func TestScriptsOnRedis(t *testing.T) {
	good, evicting := redistest.Start(t), redistest.Start(t, "--maxmemory-policy", "allkeys-lru")
	testscript.Run(t, params("redis", func(env *testscript.Env) error {
		env.Setenv("REDIS_URL", good)
		env.Setenv("EVICTING", evicting)
		return setup(env)
	}))
}

func params(dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir: filepath.Join("testdata", dir), RequireExplicitExec: true, RequireUniqueNames: true, Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"slack":    cmdSlack,
			"ready":    cmdReady,
			"say":      cmdSay,
			"reply":    cmdReply,
			"shown":    cmdShown,
			"state":    cmdState,
			"click":    cmdClick,
			"term":     cmdTerm,
			"waitfile": cmdWaitFile,
			"numbers":  cmdNumbers,
			"metrics":  cmdMetrics,
			"model":    cmdModel,
			"wassent":  cmdWasSent,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	}
}

// setup gives a script a data folder and a port of its own, and nothing else of the environment.
func setup(env *testscript.Env) error {
	env.Setenv("HOME", env.WorkDir)
	manifest, err := filepath.Abs(filepath.Join("..", "..", "manifest.yml"))
	if err != nil {
		return err
	}
	env.Setenv("MANIFEST", manifest)
	env.Setenv("RELEASEBOT_DATA", filepath.Join(env.WorkDir, "data"))
	for _, name := range []string{"RELEASEBOT_HTTP_ADDR", "OTHER_ADDR"} {
		addr, err := freeport.Address()
		if err != nil {
			return err
		}
		env.Setenv(name, addr)
	}
	env.Values[worldKey{}] = &world{}
	env.Defer(func() { env.Values[worldKey{}].(*world).close() })
	setupModel(env)
	return nil
}
