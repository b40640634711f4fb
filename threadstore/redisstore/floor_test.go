package redisstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// floor is the least that a durable append costs on Redis: a version check, the event, the index.
var floor = redis.NewScript(`
local n = redis.call('LLEN', KEYS[1])
if n ~= tonumber(ARGV[1]) then return -1 end
for i = 4, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return n + #ARGV - 3`)

// BenchmarkFloor is what BenchmarkRedis is to be compared with: at least half its speed.
func BenchmarkFloor(b *testing.B) {
	url := redistest.Start(b)
	payload := strings.Repeat("0123456789abcdef", 17)
	for _, events := range []int{1, 4} {
		for _, at := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("append/events=%d/at-once=%d", events, at), func(b *testing.B) {
				c := client(b, url)
				b.ReportAllocs()
				var turn sync.Mutex
				var wg sync.WaitGroup
				over, next := false, 0
				start := time.Now()
				for range at {
					wg.Go(func() {
						for log, i := "", 0; ; i++ {
							turn.Lock()
							over = over || !b.Loop()
							if i%16 == 0 {
								next++
								log = b.Name() + "/" + strconv.Itoa(next)
							}
							stop := over
							turn.Unlock()
							if stop {
								return
							}
							args := []any{i % 16 * events, log, time.Now().UnixMilli()}
							for range events {
								args = append(args, payload)
							}
							if n, err := floor.Run(b.Context(), c, []string{log, "idx"}, args...).Int(); err != nil || n < 0 {
								b.Errorf("%d, %v", n, err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "appends/s")
			})
		}
	}
}
