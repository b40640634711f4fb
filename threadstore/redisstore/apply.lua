-- Does one Op, or nothing.
--
-- KEYS: 1 log, 2 hash, 3 snapshot, 4 lease, 5 epoch, 6 due, then the index of each line
-- ARGV: 1 the log's name   2 version expected      3 head expected   4 head afterwards
--       5 token            6 lease held, "epoch owner", or ""        7 ttl in ms
--       8 owner who wants the lease, or ""         9 "1": give it back
--      10 due: "" leave, "-" never, else ms       11 fold of the snapshot, or ""
--      12 its version     13 its state, "" for none    14 channel        15 note
--      16 n, then n ids, n values (seq:token:sum), n events
--      then for each line: index, member, "=" or "-", value
-- Returns: done: 0, -1 (the lease held was renewed), or the epoch of the lease taken
--          else {1 conflict | 2 stale | 3 duplicate, version, head, pruned, known value or false for each id}
local n, base = tonumber(ARGV[16]), 16
local was = redis.call('HMGET', KEYS[2], '\0h', '\0t', unpack(ARGV, base + 1, base + n))
local head = was[1] or ''
local own, known = false, false
if n > 0 then
  own = was[3] == ARGV[base + n + 1]
  for i = 3, n + 2 do known = known or was[i] end
else
  own = ARGV[5] ~= '' and was[2] == ARGV[5]
end

local function refuse(code, version)
  local pruned = redis.call('HGET', KEYS[5], 'p')
  return {code, version, head, tonumber(pruned or '0'), unpack(was, 3, n + 2)}
end

if own then
  -- An earlier try went in. Written once more so that WAIT on this connection covers it.
  if n > 0 then redis.call('HSET', KEYS[2], ARGV[base + 1], ARGV[base + n + 1])
  else redis.call('HSET', KEYS[2], '\0t', ARGV[5]) end
else
  local version = redis.call('LLEN', KEYS[1])
  if ARGV[6] ~= '' and redis.call('GET', KEYS[4]) ~= ARGV[6] then return refuse(2, version) end
  if known then return refuse(3, version) end
  if version ~= tonumber(ARGV[2]) or head ~= ARGV[3] then return refuse(1, version) end

  if n == 0 then
    redis.call('HSET', KEYS[2], '\0t', ARGV[5])
  else
    redis.call('RPUSH', KEYS[1], unpack(ARGV, base + 2 * n + 1, base + 3 * n))
    if n == 1 then
      redis.call('HSET', KEYS[2], '\0h', ARGV[4], ARGV[17], ARGV[18])
    else
      local fields = {'\0h', ARGV[4]}
      for i = 1, n do
        fields[2 * i + 1] = ARGV[base + i]
        fields[2 * i + 2] = ARGV[base + n + i]
      end
      redis.call('HSET', KEYS[2], unpack(fields))
    end
    redis.call('PUBLISH', ARGV[14], ARGV[15])
  end

  if ARGV[11] ~= '' then
    if ARGV[13] == '' then
      redis.call('HDEL', KEYS[2], '\0f', '\0v')
      redis.call('DEL', KEYS[3])
    else
      redis.call('HSET', KEYS[2], '\0f', ARGV[11], '\0v', ARGV[12])
      redis.call('SET', KEYS[3], ARGV[13])
    end
  end

  if ARGV[10] == '-' then
    redis.call('ZREM', KEYS[6], ARGV[1])
  elseif ARGV[10] ~= '' then
    redis.call('ZADD', KEYS[6], ARGV[10], ARGV[1])
  end

  local at = base + 3 * n + 1
  for k = 7, #KEYS do
    -- The log remembers the lines it has made, for when it is pruned.
    local own = '\0x' .. ARGV[at] .. '\0' .. ARGV[at + 1]
    if ARGV[at + 2] == '=' then
      if redis.call('HSET', KEYS[k], ARGV[at + 1], ARGV[at + 3]) == 1 then redis.call('HSET', KEYS[2], own, '') end
    elseif redis.call('HDEL', KEYS[k], ARGV[at + 1]) == 1 then
      redis.call('HDEL', KEYS[2], own)
    end
    at = at + 4
  end
end

if ARGV[8] ~= '' then
  local held = redis.call('GET', KEYS[4])
  if not held then
    local epoch = redis.call('HINCRBY', KEYS[2], '\0e', 1)
    if epoch == 1 then -- a log that was pruned, or that a program of format 1 has run, goes on where it was
      epoch = tonumber(redis.call('HGET', KEYS[5], 'e') or '0') + 1
      if epoch > 1 then redis.call('HSET', KEYS[2], '\0e', string.format('%.0f', epoch)) end
    end
    redis.call('SET', KEYS[4], string.format('%.0f', epoch) .. ' ' .. ARGV[8], 'PX', ARGV[7])
    return epoch
  end
  local space = string.find(held, ' ', 1, true)
  if string.sub(held, space + 1) ~= ARGV[8] then return 0 end
  redis.call('PEXPIRE', KEYS[4], ARGV[7])
  return tonumber(string.sub(held, 1, space - 1))
end
if ARGV[6] == '' or (own and redis.call('GET', KEYS[4]) ~= ARGV[6]) then return 0 end
if ARGV[9] == '1' then
  redis.call('DEL', KEYS[4])
  return 0
end
redis.call('PEXPIRE', KEYS[4], ARGV[7])
return -1
