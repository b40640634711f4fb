-- Prolongs a lease that is held.
--
-- KEYS: 1 lease
-- ARGV: 1 "epoch owner", 2 ttl in ms
-- Returns: 1, or 0: it is not held
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
