--[[
  Keeps a silence until it has ended and a time more; one that is known is left as it is.

  Input:
    KEYS[1] silence (hash: silence, to)
    KEYS[2] silences by their end (sorted set of ids)

    ARGV[1] silence, JSON
    ARGV[2] its end, milliseconds since the epoch
    ARGV[3] milliseconds until its key expires
    ARGV[4] its id
    ARGV[5] those that ended before this time are forgotten, milliseconds since the epoch

  Output:
    1 - added
    0 - it is known
]]
if redis.call("EXISTS", KEYS[1]) == 1 then
  return 0
end

redis.call("HSET", KEYS[1], "silence", ARGV[1], "to", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
redis.call("ZADD", KEYS[2], ARGV[2], ARGV[4])
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", "(" .. ARGV[5])
if redis.call("PTTL", KEYS[2]) < tonumber(ARGV[3]) then
  redis.call("PEXPIRE", KEYS[2], ARGV[3])
end

return 1
