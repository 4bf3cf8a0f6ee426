--[[
  Takes the closer's lock where it is free, or keeps it.

  KEYS[1] lock (string)

  ARGV[1] who asks
  ARGV[2] milliseconds that the lock lasts

  Returns 1 where the one who asks holds it now, else 0.
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
