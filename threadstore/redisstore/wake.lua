-- Makes a log due, unless it is due sooner.
--
-- KEYS: 1 log, 2 due
-- ARGV: 1 the log's name, 2 ms
-- Returns: 1, or 0: there is no such log
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[2]) then redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1]) end
return 1
