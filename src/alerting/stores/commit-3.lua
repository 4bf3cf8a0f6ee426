--[[
  Replaces the state of a rule for a brand if it is still the one that the new state was computed from.

  Input:
    KEYS[1] state of the rule (hash: revision, state)
    KEYS[2] alerts by time of firing (sorted set of alert ids)
    KEYS[3] the alert that changed with the state (hash: alert, acknowledgement); not touched without ARGV[4]

    ARGV[1] expected revision, 0 for none
    ARGV[2] new state, JSON
    ARGV[3] milliseconds until a key that is not written again expires
    ARGV[4] id of the alert, or an empty string
    ARGV[5] alert, JSON
    ARGV[6] time of firing, milliseconds since the epoch

  Output:
    1 - committed
    0 - another process committed in between; nothing was changed
]]
local revision = tonumber(redis.call("HGET", KEYS[1], "revision") or "0")
if revision ~= tonumber(ARGV[1]) then
  return 0
end

redis.call("HSET", KEYS[1], "revision", revision + 1, "state", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])

if ARGV[4] ~= "" then
  redis.call("HSET", KEYS[3], "alert", ARGV[5])
  redis.call("PEXPIRE", KEYS[3], ARGV[3])
  redis.call("ZADD", KEYS[2], ARGV[6], ARGV[4])
  redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", "(" .. (tonumber(ARGV[6]) - tonumber(ARGV[3])))
  redis.call("PEXPIRE", KEYS[2], ARGV[3])
end

return 1
