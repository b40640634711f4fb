-- Does one or several Ops, one after another, and stops at the first that is refused.
-- What is read and hashed on its way into Lua is what a script costs, so an op brings
-- only the keys and arguments that it needs.
--
-- KEYS: for each op: log, hash, epoch, then as its flags say: lease, due, snapshot, and the index of each line
-- ARGV: 1 channel of the notes, then for each op:
--       1 flags, one letter each, "-" for none of it:
--         lease: "h" it must be held
--         and afterwards: "t" take it, "p" prolong it, "g" give it back
--         due: "s" set, "n" never
--         snapshot: "s" set, "n" none is kept
--       2 version expected   3 head expected   4 head afterwards   5 n events   6 n lines
--       h: "epoch owner"     t: owner, ttl in ms                   p: ttl in ms
--       due s: the log's name, ms    due n: the log's name
--       snapshot s: fold, version, state
--       without events: a token; with: a note, then n ids, n values (seq:token:sum), n events
--       then for each line: index, member, "=" and a value, or "-"
-- Returns: of each op that it came to, or bare if it was given one:
--          done: 0, -1 (the lease held was prolonged), or the epoch of the lease taken
--          else {1 conflict | 2 stale | 3 duplicate, version, head, pruned, known value or false for each id}
local call, byte, num = redis.call, string.byte, tonumber
local NONE, HELD, TAKE, PROLONG, GIVE, SET = 45, 104, 116, 112, 103, 115
local ops, replies, k, a, last, refused = {}, {}, 0, 1, #ARGV, nil

-- First all are checked: nothing is written before, so that what one log gets from two ops can go in at once.
while a < last and not refused do
  local log, hash, pruned, head = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], ARGV[a + 4]
  local check, after, due, snapshot = byte(ARGV[a + 1], 1, 4)
  local expect, prev, n, lines = num(ARGV[a + 2]), ARGV[a + 3], num(ARGV[a + 5]), num(ARGV[a + 6])
  local held, owner, ttl, lease, dues, snap
  k = k + 3
  a = a + 7
  if check == HELD then
    held = ARGV[a]
    a = a + 1
  end
  if after == TAKE then
    owner, ttl = ARGV[a], ARGV[a + 1]
    a = a + 2
  elseif after == PROLONG then
    ttl = ARGV[a]
    a = a + 1
  end
  if held or owner then
    k = k + 1
    lease = KEYS[k]
  end
  local dueAt = a
  if due ~= NONE then
    k = k + 1
    dues = KEYS[k]
    a = a + (due == SET and 2 or 1)
  end
  local snapAt = a
  if snapshot ~= NONE then
    k = k + 1
    snap = KEYS[k]
    a = a + (snapshot == SET and 3 or 0)
  end
  local at, lineAt, index = a, a + 1 + 3 * n, k -- at the token, or the note with the ids after it
  k = k + lines
  a = lineAt
  for _ = 1, lines do a = a + (ARGV[a + 2] == '=' and 4 or 3) end
  a = a - 1

  local was, before, own, known, lost
  for i = 1, #ops do if ops[i].hash == hash and not ops[i].own then before = ops[i] end end
  if n > 0 then
    was = call('HMGET', hash, '\0h', '\0e', unpack(ARGV, at + 1, at + n))
    own = was[3] == ARGV[at + n + 1]
    for i = 3, n + 2 do known = known or was[i] end
    if before then
      for i = 1, n do
        for j = 1, before.n do
          if ARGV[at + i] == ARGV[before.at + j] then
            known = ARGV[before.at + before.n + j]
            was[i + 2] = known
          end
        end
      end
    end
  else
    was = call('HMGET', hash, '\0h', '\0e', '\0t')
    own = ARGV[at] ~= '' and was[3] == ARGV[at]
  end
  if held then lost = call('GET', lease) ~= held or before and before.after == GIVE end
  local version, joined = 0, false
  if not own then
    local stands, code = was[1] or '', nil
    if before then version, stands = before.version, before.head else version = call('LLEN', log) end
    if lost then code = 2 elseif known then code = 3 elseif version ~= expect or stands ~= prev then code = 1 end
    if code then
      local gone = num(call('HGET', pruned, 'p') or '0')
      if n > 0 then refused = {code, version, stands, gone, unpack(was, 3, n + 2)} else refused = {code, version, stands, gone} end
    else
      version = version + n
      joined = before and n > 0 and before.n > 0 and not before.more and not before.joined -- its events go in with those
    end
  end
  if not refused then
    local op = {
      log = log, hash = hash, pruned = pruned, lease = lease, dues = dues, snap = snap, head = head, version = version, n = n, at = at,
      own = own, epoch = was[2], after = after, owner = owner, ttl = ttl, held = held and not lost, due = due, dueAt = dueAt,
      snapshot = snapshot, snapAt = snapAt, lines = lines, lineAt = lineAt, index = index, joined = joined, more = false,
    }
    if joined then before.more = op end
    ops[#ops + 1] = op
  end
end

-- takes the lease if it is free; returns its epoch, 0 if another has it, and whether it is a new one.
local function take(op)
  local epoch = op.epoch
  if not epoch then epoch = call('HGET', op.pruned, 'e') end -- a log that was pruned, or that a program of format 1 has run, goes on where it was
  epoch = string.format('%.0f', num(epoch or '0') + 1)
  if call('SET', op.lease, epoch .. ' ' .. op.owner, 'NX', 'PX', op.ttl) then return epoch, true end
  local held = call('GET', op.lease)
  local space = string.find(held, ' ', 1, true)
  if string.sub(held, space + 1) ~= op.owner then return 0 end
  call('PEXPIRE', op.lease, op.ttl)
  return string.sub(held, 1, space - 1)
end

for o = 1, #ops do
  local op, reply = ops[o], 0
  local n, at, fields, f = op.n, op.at, {}, 0
  if op.after == TAKE then
    local fresh
    reply, fresh = take(op)
    if fresh then
      fields, f = {'\0e', reply}, 2
    end
    reply = num(reply)
  end

  if op.own then
    -- An earlier try went in. Written once more so that WAIT on this connection covers it.
    if n > 0 then fields[f + 1], fields[f + 2] = ARGV[at + 1], ARGV[at + n + 1] else fields[f + 1], fields[f + 2] = '\0t', ARGV[at] end
    f = f + 2
  else
    if n == 0 then
      fields[f + 1], fields[f + 2] = '\0t', ARGV[at]
      f = f + 2
    elseif not op.joined then
      local more = op.more
      fields[f + 1], fields[f + 2] = '\0h', more and more.head or op.head
      f = f + 2
      for i = at + 1, at + n do
        fields[f + 1], fields[f + 2] = ARGV[i], ARGV[i + n]
        f = f + 2
      end
      if more then
        local from, events = more.at, {unpack(ARGV, at + 2 * n + 1, at + 3 * n)}
        for i = from + 1, from + more.n do
          fields[f + 1], fields[f + 2] = ARGV[i], ARGV[i + more.n]
          f = f + 2
          events[#events + 1] = ARGV[i + 2 * more.n]
        end
        call('RPUSH', op.log, unpack(events))
      else
        call('RPUSH', op.log, unpack(ARGV, at + 2 * n + 1, at + 3 * n))
      end
      call('PUBLISH', ARGV[1], more and ARGV[more.at] or ARGV[at])
    end

    if op.snapshot == SET then
      local s = op.snapAt
      fields[f + 1], fields[f + 2], fields[f + 3], fields[f + 4] = '\0f', ARGV[s], '\0v', ARGV[s + 1]
      f = f + 4
      call('SET', op.snap, ARGV[s + 2])
    elseif op.snapshot ~= NONE then
      call('HDEL', op.hash, '\0f', '\0v')
      call('DEL', op.snap)
    end

    if op.due == SET then
      call('ZADD', op.dues, ARGV[op.dueAt + 1], ARGV[op.dueAt])
    elseif op.due ~= NONE then
      call('ZREM', op.dues, ARGV[op.dueAt])
    end

    local line = op.lineAt
    for i = op.index + 1, op.index + op.lines do
      -- The log remembers the lines it has made, for when it is pruned.
      local index, member = ARGV[line], ARGV[line + 1]
      if ARGV[line + 2] == '=' then
        if call('HSET', KEYS[i], member, ARGV[line + 3]) == 1 then
          fields[f + 1], fields[f + 2] = '\0x' .. index .. '\0' .. member, ''
          f = f + 2
        end
        line = line + 4
      else
        if call('HDEL', KEYS[i], member) == 1 then call('HDEL', op.hash, '\0x' .. index .. '\0' .. member) end
        line = line + 3
      end
    end
  end
  if f > 0 then call('HSET', op.hash, unpack(fields)) end

  if op.held then
    if op.after == GIVE then
      call('DEL', op.lease)
    elseif op.after == PROLONG then
      call('PEXPIRE', op.lease, op.ttl)
      reply = -1
    end
  end
  replies[o] = reply
end
if refused then replies[#replies + 1] = refused end
if a >= last and #replies == 1 then return replies[1] end
return replies
