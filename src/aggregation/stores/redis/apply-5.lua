--[[
  Changes a partition by a batch, if it still stands where the batch begins. All that can fail is checked before the
  first write, since Redis does not roll back. The first write is HSET, which is refused as a whole when memory is
  full.

  KEYS[1] state of the partition (hash)
  KEYS[2] dirty buckets (hash: bucket -> offset up to which it changed)
  KEYS[3] gaps (hash: first offset -> last offset and event times)
  KEYS[4] names that what is remembered of posts refers to by their index (list)
  KEYS[5] journals of recent posts (list, the oldest first)

  ARGV[1] prefix of the partition's keys, which all hash to the slot of KEYS
  ARGV[2] expected next offset, '' for none
  ARGV[3] expected watermark, '' for none
  ARGV[4] expected number of names
  ARGV[5] new next offset
  ARGV[6] milliseconds that KEYS live
  ARGV[7] milliseconds that a post is remembered at least
  ARGV[8] milliseconds of posts that share their keys
  ARGV[9] number of recent posts' journals that are outdated
  ARGV[10] number of state fields, then that many pairs: field, value
           number of counters, then pairs: field, difference
           number of gaps, then pairs: first offset, the rest
           number of names, then the new ones
           number of journals, then the new ones
           posts, a line each: place (three characters of shard, twelve of field), what to remember
           number of buckets, then for each: name, milliseconds to live ('' for a mere correction, which neither
           makes a bucket nor prolongs its life), number of fields, then pairs: field, text

  Returns 1 where it was applied, 0 where the partition stands elsewhere and nothing was changed.
]]
local prefix, ttl = ARGV[1], ARGV[6]

local function check(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is no ' .. kind)
  end
end

for i, key in ipairs(KEYS) do
  local problem = check(key, i < 4 and 'hash' or 'list')
  if problem then
    return problem
  end
end

local state = redis.call('HMGET', KEYS[1], 'nextOffset', 'watermark')
if (state[1] or '') ~= ARGV[2] or (state[2] or '') ~= ARGV[3] or redis.call('LLEN', KEYS[4]) ~= tonumber(ARGV[4]) then
  return 0
end

local cursor = 10
local function take()
  local value = ARGV[cursor]
  cursor = cursor + 1
  return value
end
local function skip(width)
  cursor = cursor + 1 + width * tonumber(ARGV[cursor])
end
local function each_pair(action)
  for _ = 1, tonumber(take()) do
    local first = take()
    action(first, take())
  end
end
-- Lua's stack holds some 8,000 values.
local function each_chunk(width, action)
  local last = cursor + width * tonumber(ARGV[cursor])
  cursor = cursor + 1
  while cursor <= last do
    local stop = math.min(last, cursor + 3999)
    action(unpack(ARGV, cursor, stop))
    cursor = stop + 1
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local span = tonumber(ARGV[8])
local slot = math.floor(now / span)
local slot_prefix = prefix .. 'posts:' .. string.format('%.0f', slot) .. ':'
local slot_ends = string.format('%.0f', (slot + 1) * span + tonumber(ARGV[7]))

local begin = cursor
skip(2)
skip(2)
skip(2)
skip(1)
skip(1)
local posts = take()
local line = '(...)(............)([^\n]*)\n'
for shard in string.gmatch(posts, line) do
  local problem = check(slot_prefix .. shard, 'hash')
  if problem then
    return problem
  end
end
for _ = 1, tonumber(take()) do
  local problem = check(prefix .. 'bucket:' .. take(), 'hash')
  if problem then
    return problem
  end
  cursor = cursor + 1
  skip(2)
end
cursor = begin

each_pair(function(field, value)
  redis.call('HSET', KEYS[1], field, value)
end)
redis.call('HDEL', KEYS[1], 'idleAt')
each_pair(function(field, difference)
  redis.call('HINCRBY', KEYS[1], field, difference)
end)
redis.call('PEXPIRE', KEYS[1], ttl)

each_pair(function(from, rest)
  redis.call('HSET', KEYS[3], from, rest)
  redis.call('PEXPIRE', KEYS[3], ttl)
end)

each_chunk(1, function(...)
  redis.call('RPUSH', KEYS[4], ...)
end)
redis.call('PEXPIRE', KEYS[4], ttl)

each_chunk(1, function(...)
  redis.call('RPUSH', KEYS[5], ...)
end)
if ARGV[9] ~= '0' then
  redis.call('LTRIM', KEYS[5], ARGV[9], -1)
end
redis.call('PEXPIRE', KEYS[5], ttl)

take()
for shard, field, packed in string.gmatch(posts, line) do
  local key = slot_prefix .. shard
  if redis.call('HSET', key, field, packed) == 1 and redis.call('HLEN', key) == 1 then
    redis.call('PEXPIREAT', key, slot_ends)
  end
end

for _ = 1, tonumber(take()) do
  local name, bucket_ttl = take(), take()
  local key = prefix .. 'bucket:' .. name
  if bucket_ttl == '' and redis.call('EXISTS', key) == 0 then
    skip(2)
  else
    each_chunk(2, function(...)
      redis.call('HSET', key, ...)
    end)
    if bucket_ttl ~= '' then
      redis.call('PEXPIRE', key, bucket_ttl)
    end
    redis.call('HSET', KEYS[2], name, ARGV[5])
  end
end
redis.call('PEXPIRE', KEYS[2], ttl)
return 1
