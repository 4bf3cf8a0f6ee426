--[[
  Marks a partition as idle, unless it has moved on.

  KEYS[1] state of the partition (hash)

  ARGV[1] expected next offset, '' for none
  ARGV[2] time, milliseconds since the epoch
  ARGV[3] milliseconds that the state lives

  Returns 1 where it was marked, else 0.
]]
if (redis.call('HGET', KEYS[1], 'nextOffset') or '') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'idleAt', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
