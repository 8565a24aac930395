"""What Redis does in one step, in Lua: commands of Redis 6.2 alone.

A session is three keys with one hash tag, so that a cluster keeps them together:

- KEYS[1], a hash: `session` and `account`, the documents; `ttl` in ms; `place`, the last that was given to a
  turn; `bytes`, of all turns;
- KEYS[2], a hash: turns by id;
- KEYS[3], a sorted set: ids of turns by place.

A document that is expected to be missing is given as an empty string: none that is stored is empty.
Every script answers false where the session is not there, and counts as a use of it otherwise.
"""

from __future__ import annotations

_USED = """
local ttl = redis.call('HGET', KEYS[1], 'ttl')
if not ttl then return false end
local function used()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
end
"""

CREATE = """
redis.call('HSET', KEYS[1], 'session', ARGV[1], 'ttl', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

READ = (
    _USED
    + """
used()
return redis.call('HMGET', KEYS[1], 'session', 'account')
"""
)

# ARGV: field, old, new, ttl in ms or "". Answers 1, or 0 where old is not there.
SWAP = (
    _USED
    + """
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] and current ~= ARGV[3] then
  used()
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] ~= '' then
  ttl = ARGV[4]
  redis.call('HSET', KEYS[1], 'ttl', ttl)
end
used()
return 1
"""
)

# ARGV: turn's id. Answers its document, or "".
READ_TURN = (
    _USED
    + """
used()
return redis.call('HGET', KEYS[2], ARGV[1]) or ''
"""
)

# ARGV: turn's id, old, new, most turns, most bytes and, unless a new one is to be the last, the id of the
# turn before it, "" for none. Those behind it move up by a place. Answers a `Swap`.
SWAP_TURN = (
    _USED
    + """
used()
local current = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if current == ARGV[3] then return 'done' end
if current ~= ARGV[2] then return 'stale' end
local growth = #ARGV[3] - #current
local bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes') or 0)
if current == '' and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then return 'full' end
if growth > 0 and bytes + growth > tonumber(ARGV[5]) then return 'full' end
redis.call('HINCRBY', KEYS[1], 'bytes', growth)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
if current == '' then
  local place = redis.call('HINCRBY', KEYS[1], 'place', 1)
  local previous = ARGV[6] == '' and 0 or ARGV[6] and redis.call('ZSCORE', KEYS[3], ARGV[6])
  if previous then
    for _, later in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. previous, '+inf')) do
      redis.call('ZINCRBY', KEYS[3], 1, later)
    end
    place = previous + 1
  end
  redis.call('ZADD', KEYS[3], place, ARGV[1])
end
used()
return 'done'
"""
)

# ARGV: turn's id.
DELETE_TURN = (
    _USED
    + """
local bytes = redis.call('HSTRLEN', KEYS[2], ARGV[1])
if bytes > 0 then
  redis.call('HINCRBY', KEYS[1], 'bytes', -bytes)
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
end
used()
return 1
"""
)

# ARGV: place to begin beyond, how many. Answers the last one's place, 1 where others follow, documents.
TURNS = (
    _USED
    + """
used()
local limit = tonumber(ARGV[2])
local after = '(' .. ARGV[1]
local found = redis.call('ZRANGEBYSCORE', KEYS[3], after, '+inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
local answer = {'0', '0'}
for at = 1, math.min(#found, 2 * limit), 2 do
  local document = redis.call('HGET', KEYS[2], found[at])
  if document then answer[#answer + 1] = document end -- one that was evicted is passed over
  answer[1] = found[at + 1]
end
if #found > 2 * limit then answer[2] = '1' end
return answer
"""
)

# KEYS: the policies, a hash by name; their stamp. ARGV: name, old, new, new stamp.
SWAP_POLICY = """
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current == ARGV[3] then return 1 end
if current ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4])
return 1
"""
