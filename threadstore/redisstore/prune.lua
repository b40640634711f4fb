-- Deletes a log that nothing waits on.
--
-- KEYS: 1 log, 2 hash, 3 snapshot, 4 lease, 5 epoch, 6 due, then the index of each line
-- ARGV: 1 the log's name, 2 version, then the member of each line
-- Returns: {0 done | 1 conflict | 2 pending, version, head}
local version = redis.call('LLEN', KEYS[1])
local head = redis.call('HGET', KEYS[2], '\0h') or ''
if version == 0 or version ~= tonumber(ARGV[2]) then return {1, version, head} end
if redis.call('EXISTS', KEYS[4]) == 1 or redis.call('ZSCORE', KEYS[6], ARGV[1]) then return {2, version, head} end
for k = 7, #KEYS do redis.call('HDEL', KEYS[k], ARGV[k - 4]) end
if version > tonumber(redis.call('HGET', KEYS[5], 'p') or '0') then redis.call('HSET', KEYS[5], 'p', ARGV[2]) end
local epoch = redis.call('HGET', KEYS[2], '\0e')
if epoch then redis.call('HSET', KEYS[5], 'e', epoch) end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return {0, version, head}
