-- Takes the lease if it is free, or prolongs the owner's own.
--
-- KEYS: 1 lease, 2 epoch, 3 hash
-- ARGV: 1 owner, 2 ttl in ms
-- Returns: {epoch, owner}; {0, who holds it}
local held = redis.call('GET', KEYS[1])
if not held then
  local epoch = redis.call('HINCRBY', KEYS[3], '\0e', 1)
  if epoch == 1 then -- a log that was pruned, or that a program of format 1 has run, goes on where it was
    epoch = tonumber(redis.call('HGET', KEYS[2], 'e') or '0') + 1
    if epoch > 1 then redis.call('HSET', KEYS[3], '\0e', string.format('%.0f', epoch)) end
  end
  redis.call('SET', KEYS[1], string.format('%.0f', epoch) .. ' ' .. ARGV[1], 'PX', ARGV[2])
  return {epoch, ARGV[1]}
end
local space = string.find(held, ' ', 1, true)
local holder = string.sub(held, space + 1)
if holder ~= ARGV[1] then return {0, holder} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {tonumber(string.sub(held, 1, space - 1)), holder}
