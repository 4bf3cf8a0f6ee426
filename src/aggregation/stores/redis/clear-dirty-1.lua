--[[
  Takes the marks away from buckets that have not changed since they were merged.

  KEYS[1] dirty buckets (hash: bucket -> offset up to which it changed)

  ARGV    pairs: bucket, offset up to which it was merged

  Returns the number of marks taken away.
]]
local cleared = 0
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    cleared = cleared + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return cleared
