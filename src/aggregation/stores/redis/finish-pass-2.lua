--[[
  Keeps what a pass of the closer has reached.

  KEYS[1] global watermark (string)
  KEYS[2] closed buckets that are not final (sorted set by end)

  ARGV[1] watermark, milliseconds since the epoch; it never goes back
  ARGV[2] milliseconds that KEYS live
  ARGV[3] number of buckets to add, then that many pairs: end, name
          and the names of buckets that are final now

  Returns 1.
]]
local added = tonumber(ARGV[3])
for i = 4, 2 + 2 * added + 1, 2 do
  redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1])
end
for i = 4 + 2 * added, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])

local known = redis.call('GET', KEYS[1])
if not known or tonumber(known) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
