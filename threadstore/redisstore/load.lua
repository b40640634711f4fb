-- Reads a log after its snapshot, if that has the fold asked for, else from the start.
--
-- KEYS: 1 log, 2 meta, 3 epoch, 4 due
-- ARGV: 1 the log's name, 2 fold
-- Returns: {version, head, pruned, due in ms or "", snapshot's version or 0, its state, {events}}
local version = redis.call('LLEN', KEYS[1])
local meta = redis.call('HMGET', KEYS[2], 'h', 'f', 'v')
local pruned = redis.call('HGET', KEYS[3], 'p')
local due = redis.call('ZSCORE', KEYS[4], ARGV[1])
local at, state = 0, ''
if meta[2] == ARGV[2] and tonumber(meta[3]) <= version then
  at = tonumber(meta[3])
  state = redis.call('HGET', KEYS[2], 's') or ''
end
local events = {}
if at < version then events = redis.call('LRANGE', KEYS[1], at, -1) end
return {version, meta[1] or '', tonumber(pruned or '0'), due or '', at, state, events}
