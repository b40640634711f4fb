-- Does several Ops one after another, and stops after the first that is refused.
-- What does one of them, apply(KEYS, ARGV), stands before this text.
--
-- KEYS: those of the first op, then those of the second …
-- ARGV: 1 n, then for each op how many keys and how many arguments it has; then the arguments of the first …
-- Returns: what apply.lua returns, for each op that it came to
local n = tonumber(ARGV[1])
local replies, key, arg = {}, 0, 2 * n + 1
for i = 1, n do
  local keys, args = {}, {}
  for k = 1, tonumber(ARGV[2 * i]) do keys[k] = KEYS[key + k] end
  for k = 1, tonumber(ARGV[2 * i + 1]) do args[k] = ARGV[arg + k] end
  key, arg = key + #keys, arg + #args
  replies[i] = apply(keys, args)
  if type(replies[i]) == 'table' then break end
end
return replies
