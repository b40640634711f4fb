-- Makes a log that does not exist yet.
--
-- KEYS: 1 log, 2 hash
-- ARGV: 1 head, 2 n, then id, value (seq::sum) and event of each
-- Returns: 1, or 0: there is one
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for at = 3, 3 * tonumber(ARGV[2]), 3 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  redis.call('RPUSH', KEYS[1], ARGV[at + 2])
end
redis.call('HSET', KEYS[2], '\0h', ARGV[1])
return 1
