--[[
  Serves new revisions of a brand's windows, if each follows the revision that is served now.

  KEYS[1] windows (hash: start -> JSON)

  ARGV[1] milliseconds that the windows live
  ARGV[2] and on, in threes: start, revision that is expected ('' for none), JSON of the new one

  Returns 1 where all were replaced, 0 where one did not follow and none was.
]]
for i = 2, #ARGV, 3 do
  local served = redis.call('HGET', KEYS[1], ARGV[i])
  local revision = served and string.format('%d', cjson.decode(served).revision) or ''
  if revision ~= ARGV[i + 1] then
    return 0
  end
end
for i = 2, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
