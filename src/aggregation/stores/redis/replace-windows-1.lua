--[[
  Serves new revisions of a brand's windows, if each follows the revision that is served now.

  KEYS[1] windows (hash: start -> JSON, 'c' and start -> counts)

  ARGV[1] milliseconds that the windows live
  ARGV[2] and on, in fours: start, revision that is expected ('' for none), JSON of the new one, its counts ('' for none)

  Returns 1 where all were replaced, 0 where one did not follow and none was.
]]
for i = 2, #ARGV, 4 do
  local served = redis.call('HGET', KEYS[1], ARGV[i])
  local revision = served and string.format('%d', cjson.decode(served).revision) or ''
  if revision ~= ARGV[i + 1] then
    return 0
  end
end
for i = 2, #ARGV, 4 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  if ARGV[i + 3] ~= '' then
    redis.call('HSET', KEYS[1], 'c' .. ARGV[i], ARGV[i + 3])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
