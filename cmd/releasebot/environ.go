package main

import (
	"fmt"

	"github.com/kelseyhightower/envconfig"
)

// environ is the environment as it stands, all of it text: envconfig stops at the
// first value that it can't convert and quotes it, so it is given nothing to
// convert. settle checks and converts.
type environ struct {
	BotToken       Secret `envconfig:"SLACK_BOT_TOKEN"`
	AppToken       Secret `envconfig:"SLACK_APP_TOKEN"`
	SlackURL       string `envconfig:"SLACK_API_URL"`
	RedisURL       Secret `envconfig:"REDIS_URL"`
	RedisCluster   string `envconfig:"REDIS_CLUSTER"`
	RedisMaster    string `envconfig:"REDIS_SENTINEL_MASTER"`
	RedisWait      string `envconfig:"REDIS_WAIT_REPLICAS"`
	OpenAIKey      Secret `envconfig:"OPENAI_API_KEY"`
	OpenAIURL      Secret `envconfig:"OPENAI_BASE_URL"` // may hold a key
	OpenAIModel    string `envconfig:"OPENAI_MODEL"`
	Prices         string `envconfig:"RELEASEBOT_MODEL_PRICES"`
	Planner        string `envconfig:"RELEASEBOT_PLANNER"`
	PlannerAlways  string `envconfig:"RELEASEBOT_PLANNER_ALWAYS_ASK"`
	Config         string `envconfig:"RELEASEBOT_CONFIG"`
	HTTPAddr       string `envconfig:"RELEASEBOT_HTTP_ADDR"`
	Data           string `envconfig:"RELEASEBOT_DATA"`
	LogKey         Secret `envconfig:"RELEASEBOT_LOG_KEY"`
	Retention      string `envconfig:"RELEASEBOT_RETENTION"`
	Export         string `envconfig:"RELEASEBOT_EXPORT"`
	APIURL         string `envconfig:"RELEASEBOT_API_URL"`
	APIToken       Secret `envconfig:"RELEASEBOT_API_TOKEN"`
	LogLevel       string `envconfig:"RELEASEBOT_LOG_LEVEL"`
	LogFormat      string `envconfig:"RELEASEBOT_LOG_FORMAT"`
	OTLPEndpoint   Secret `envconfig:"OTEL_EXPORTER_OTLP_ENDPOINT"` // may hold a key
	OTLPTraces     Secret `envconfig:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	OTLPProtocol   string `envconfig:"OTEL_EXPORTER_OTLP_PROTOCOL"`
	OTLPTracesProt string `envconfig:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"`
	OTLPTimeout    string `envconfig:"OTEL_EXPORTER_OTLP_TIMEOUT"`
	XDGDataHome    string `envconfig:"XDG_DATA_HOME"`
}

func readEnviron() (environ, error) {
	var e environ
	if err := envconfig.Process("", &e); err != nil {
		return e, fmt.Errorf("reading the environment: %w", err)
	}
	return e, nil
}
