-- Gives a lease back that is held.
--
-- KEYS: 1 lease
-- ARGV: 1 "epoch owner"
-- Returns: 1, or 0: it is not held
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
