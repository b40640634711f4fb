-- Reads a log after its snapshot, if that has the fold asked for, else from the start.
--
-- KEYS: 1 log, 2 hash, 3 snapshot, 4 epoch, 5 due
-- ARGV: 1 the log's name, 2 fold, 3 how many events to return at most
-- Returns: {version, head, pruned, due in ms or "", snapshot's version or 0, its state, {events}}
--          with no events where there are more: they are cheaper to read without a script
local version = redis.call('LLEN', KEYS[1])
local meta = redis.call('HMGET', KEYS[2], '\0h', '\0f', '\0v')
local pruned = redis.call('HGET', KEYS[4], 'p')
local due = redis.call('ZSCORE', KEYS[5], ARGV[1])
local at, state = 0, ''
if meta[2] == ARGV[2] and tonumber(meta[3]) <= version then
  state = redis.call('GET', KEYS[3])
  if state then at = tonumber(meta[3]) else state = '' end
end
local events = {}
if at < version and version - at <= tonumber(ARGV[3]) then events = redis.call('LRANGE', KEYS[1], at, -1) end
return {version, meta[1] or '', tonumber(pruned or '0'), due or '', at, state, events}
