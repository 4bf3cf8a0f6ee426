--[[
  Gives the closer's lock back.

  KEYS[1] lock (string)

  ARGV[1] who gives it back

  Returns 1 where it was theirs, else 0.
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
