--[[
  Raises the watermark that a partition knows of. It never goes back.

  KEYS[1] state of the partition (hash)

  ARGV[1] watermark, milliseconds since the epoch
  ARGV[2] milliseconds that the state lives

  Returns 1 where it was raised, else 0.
]]
local known = redis.call('HGET', KEYS[1], 'watermark')
if known and tonumber(known) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'watermark', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
