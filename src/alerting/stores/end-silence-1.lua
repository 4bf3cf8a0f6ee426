--[[
  Ends a silence, unless it has ended by then.

  Input:
    KEYS[1] silence (hash: silence, to)
    KEYS[2] silences by their end (sorted set of ids)

    ARGV[1] when it ends, milliseconds since the epoch
    ARGV[2] milliseconds until its key expires
    ARGV[3] its id

  Output:
    1 - it has ended, by this call or before
    0 - there is no such silence
]]
local to = redis.call("HGET", KEYS[1], "to")
if not to then
  return 0
end

if tonumber(ARGV[1]) < tonumber(to) then
  redis.call("HSET", KEYS[1], "to", ARGV[1])
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  redis.call("ZADD", KEYS[2], ARGV[1], ARGV[3])
end

return 1
