package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent/planner/openai"
)

// settings is the environment, checked and with its defaults.
type settings struct {
	botToken, appToken Secret
	slackURL           string // "" = Slack's
	redis              redisSettings
	openaiKey          Secret
	openaiURL          Secret
	openaiModel        string                  // "" = the planner's default
	prices             map[string]openai.Price // by model
	planner            string                  // rules or openai
	plannerAlways      bool                    // the model is asked even where the rules are sure
	config             string
	httpAddr           string        // off, or host:port
	data               string        // "" = no home folder is known
	logKey             Secret        // of the hash chain
	retention          time.Duration // of finished threads; 0: for ever
	export             string        // the folder that they are exported to before they are removed
	apiURL             string
	apiToken           Secret
	logLevel           slog.Level
	logJSON            bool
	otlp               bool // traces are asked for
}

type redisSettings struct {
	url     Secret
	cluster bool
	master  string
	wait    int // replicas that a start has to be on
}

// Values that stand for themselves.
const (
	off           = "off"
	plannerAuto   = "auto"
	plannerRules  = "rules"
	plannerOpenAI = "openai"
)

// Defaults.
const (
	defaultConfig   = "releasebot.yml"
	defaultHTTPAddr = "127.0.0.1:8080"
)

// settle checks everything and reports all that is wrong, one problem for each
// variable. No problem quotes a secret.
func (e environ) settle() (settings, problems) {
	var p problems
	s := settings{
		botToken:    p.token("SLACK_BOT_TOKEN", e.BotToken, "xoxb-", "the app's page \"OAuth & Permissions\" shows it"),
		appToken:    p.token("SLACK_APP_TOKEN", e.AppToken, "xapp-", "make one with the scope connections:write on the app's page \"Basic Information\""),
		slackURL:    p.httpURL("SLACK_API_URL", e.SlackURL, "https://slack.com/api/"),
		redis:       e.redis(&p),
		openaiKey:   p.header("OPENAI_API_KEY", e.OpenAIKey),
		openaiURL:   p.bareURL("OPENAI_BASE_URL", e.OpenAIURL, openai.DefaultBaseURL),
		openaiModel: p.word("OPENAI_MODEL", e.OpenAIModel, openai.DefaultModel),
		planner:     e.planner(&p),
		config:      or(e.Config, defaultConfig),
		httpAddr:    p.address("RELEASEBOT_HTTP_ADDR", or(e.HTTPAddr, defaultHTTPAddr)),
		data:        p.folder("RELEASEBOT_DATA", or(e.Data, dataFolder(e.XDGDataHome))),
		logKey:      p.key("RELEASEBOT_LOG_KEY", e.LogKey),
		retention:   p.retention("RELEASEBOT_RETENTION", e.Retention),
		export:      p.folder("RELEASEBOT_EXPORT", e.Export),
		apiURL:      p.httpURL("RELEASEBOT_API_URL", e.APIURL, "http://127.0.0.1:8080"),
		apiToken:    p.header("RELEASEBOT_API_TOKEN", e.APIToken),
		logJSON:     p.oneOf("RELEASEBOT_LOG_FORMAT", e.LogFormat, "text", "json") == "json",
		otlp:        e.OTLPEndpoint.IsSet() || e.OTLPTraces.IsSet(),
	}
	if s.export == "" && s.data != "" {
		s.export = filepath.Join(s.data, "export")
	}
	level := p.oneOf("RELEASEBOT_LOG_LEVEL", e.LogLevel, "info", "debug", "warn", "error")
	if err := s.logLevel.UnmarshalText([]byte(level)); err != nil {
		p.add("RELEASEBOT_LOG_LEVEL", "%v", err)
	}
	s.plannerAlways = p.boolean("RELEASEBOT_PLANNER_ALWAYS_ASK", e.PlannerAlways)
	s.prices = p.prices("RELEASEBOT_MODEL_PRICES", e.Prices)
	e.checkOTLP(&p)
	return s, p
}

// planner is rules or openai. OpenAI's own endpoint needs a key, others may not.
func (e environ) planner(p *problems) string {
	reachable := e.OpenAIKey.IsSet() || e.OpenAIURL.IsSet()
	switch kind := p.oneOf("RELEASEBOT_PLANNER", e.Planner, plannerAuto, plannerRules, plannerOpenAI); {
	case kind == plannerRules, kind == plannerAuto && !reachable:
		return plannerRules
	case !reachable:
		p.add("RELEASEBOT_PLANNER", "is openai, but neither OPENAI_API_KEY nor OPENAI_BASE_URL is set; set the key, or the address of an endpoint that needs none, or use rules")
	case !e.OpenAIKey.IsSet() && strings.TrimRight(e.OpenAIURL.Reveal(), "/") == openai.DefaultBaseURL:
		p.add("OPENAI_API_KEY", "is not set, and OPENAI_BASE_URL is OpenAI's own, which answers nobody without one; set it, or set RELEASEBOT_PLANNER to rules")
	}
	return plannerOpenAI
}

func (e environ) redis(p *problems) redisSettings {
	s := redisSettings{url: p.redisURL("REDIS_URL", e.RedisURL), cluster: p.boolean("REDIS_CLUSTER", e.RedisCluster), master: e.RedisMaster, wait: e.replicas(p)}
	if s.cluster && s.master != "" {
		p.add("REDIS_SENTINEL_MASTER", "is set and REDIS_CLUSTER is true, but a Redis is a Cluster or behind Sentinels, not both; unset one of them")
	}
	if e.RedisURL.IsSet() {
		return s
	}
	if s.cluster {
		p.add("REDIS_CLUSTER", "is true, but REDIS_URL is not set; set it to a node of the Cluster, such as redis://10.0.0.1:6379")
	}
	if s.master != "" {
		p.add("REDIS_SENTINEL_MASTER", "is set, but REDIS_URL is not; set it to a Sentinel, such as redis://10.0.0.1:26379")
	}
	if s.wait > 0 {
		p.add("REDIS_WAIT_REPLICAS", "is set, but REDIS_URL is not; set it to a Redis that has replicas, or unset this")
	}
	return s
}

// replicas is how many of Redis' replicas must have a start before it is made.
func (e environ) replicas(p *problems) int {
	if e.RedisWait == "" {
		return 0
	}
	n, err := strconv.Atoi(e.RedisWait)
	if err != nil || n < 0 || n > 16 {
		p.add("REDIS_WAIT_REPLICAS", "is %q; it has to be a number of replicas, such as 1, or 0 to wait for none", e.RedisWait)
		return 0
	}
	return n
}

// checkOTLP: nothing is sent there by this version, but a wrong value would be found out too late.
func (e environ) checkOTLP(p *problems) {
	p.httpURL("OTEL_EXPORTER_OTLP_ENDPOINT", e.OTLPEndpoint.Reveal(), "http://127.0.0.1:4318")
	p.httpURL("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", e.OTLPTraces.Reveal(), "http://127.0.0.1:4318/v1/traces")
	p.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", e.OTLPProtocol, "http/protobuf", "grpc", "http/json")
	p.oneOf("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", e.OTLPTracesProt, "http/protobuf", "grpc", "http/json")
	if e.OTLPTimeout != "" {
		if n, err := strconv.Atoi(e.OTLPTimeout); err != nil || n < 0 || time.Duration(n)*time.Millisecond > 24*time.Hour {
			p.add("OTEL_EXPORTER_OTLP_TIMEOUT", "is %q; it has to be a number of milliseconds, such as 10000", e.OTLPTimeout)
		}
	}
}

// dataFolder is the user's data folder; "" where no home is known.
func dataFolder(xdg string) string {
	if filepath.IsAbs(xdg) { // the XDG specification has relative ones ignored
		return filepath.Join(xdg, "releasebot")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "releasebot")
	}
	return filepath.Join(home, ".local", "share", "releasebot")
}

func or(value, otherwise string) string {
	if strings.TrimSpace(value) == "" {
		return otherwise
	}
	return value
}
