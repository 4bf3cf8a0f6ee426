--[[
  Reads where a partition stands and what is remembered of posts.

  KEYS[1] state of the partition (hash)
  KEYS[2] names that what is remembered refers to (list)

  ARGV[1] prefix of the partition's keys, which all hash to the slot of KEYS
  ARGV[2] milliseconds that a post is remembered at least
  ARGV[3] milliseconds of posts that share their keys
  ARGV[4] number of state fields, then the fields
          and the places of posts in one text, fifteen characters each: three of shard, twelve of field

  Returns the values of the state fields, the number of names, and pairs: index of a post, what is remembered of it.
]]
local fields = tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], unpack(ARGV, 5, 4 + fields))
local found = {}

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local span = tonumber(ARGV[3])
local newest = math.floor(now / span)
local oldest = math.floor((now - tonumber(ARGV[2])) / span)
local prefixes = {}
for slot = newest, oldest, -1 do
  prefixes[#prefixes + 1] = ARGV[1] .. 'posts:' .. string.format('%.0f', slot) .. ':'
end

local post = 0
for shard, field in string.gmatch(ARGV[5 + fields], '(...)(............)') do
  -- The newest is what was said of the post last.
  for _, prefix in ipairs(prefixes) do
    local packed = redis.call('HGET', prefix .. shard, field)
    if packed then
      found[#found + 1] = post
      found[#found + 1] = packed
      break
    end
  end
  post = post + 1
end
return { state, redis.call('LLEN', KEYS[2]), found }
