--[[
  Adds what a batch changes to a partition, if the partition still stands where the batch begins. All that can
  fail is checked before the first write, since Redis does not roll back. The first write is HSET, which is
  refused as a whole when memory is full.

  KEYS[1] state of the partition (hash)
  KEYS[2] dirty buckets (hash: bucket -> offset up to which it changed)
  KEYS[3] gaps (hash: first offset -> last offset and event times)

  ARGV[1] prefix of the partition's keys, which all hash to the slot of KEYS
  ARGV[2] expected next offset, '' for none
  ARGV[3] expected watermark, '' for none
  ARGV[4] new next offset
  ARGV[5] milliseconds that KEYS live
  ARGV[6] milliseconds that a post is remembered
  ARGV[7] number of state fields, then that many pairs: field, value
          number of counters, then pairs: field, difference
          number of gaps, then pairs: first offset, the rest
          number of posts, then pairs: id, what to remember
          number of buckets, then for each: name, milliseconds to live ('' for a mere correction, which
          neither makes a bucket nor prolongs its life), number of sums, then pairs: field, difference

  Returns 1 where it was applied, 0 where the partition stands elsewhere and nothing was changed.
]]
local prefix, ttl, remembered_ttl = ARGV[1], ARGV[5], ARGV[6]

local function is_hash(key)
  local kind = redis.call('TYPE', key).ok
  return kind == 'hash' or kind == 'none'
end

for _, key in ipairs(KEYS) do
  if not is_hash(key) then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is no hash')
  end
end

local state = redis.call('HMGET', KEYS[1], 'nextOffset', 'watermark')
if (state[1] or '') ~= ARGV[2] or (state[2] or '') ~= ARGV[3] then
  return 0
end

local cursor = 7
local function take()
  local value = ARGV[cursor]
  cursor = cursor + 1
  return value
end
local function each_pair(action)
  for _ = 1, tonumber(take()) do
    local first = take()
    action(first, take())
  end
end
local function skip_pairs()
  cursor = cursor + 1 + 2 * tonumber(ARGV[cursor])
end

local pairs_begin = cursor
for _ = 1, 4 do
  skip_pairs()
end
for _ = 1, tonumber(take()) do
  local key = prefix .. 'bucket:' .. take()
  if not is_hash(key) then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is no hash')
  end
  cursor = cursor + 1
  skip_pairs()
end
cursor = pairs_begin

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

each_pair(function(id, packed)
  redis.call('SET', prefix .. 'post:' .. id, packed, 'PX', remembered_ttl)
end)

for _ = 1, tonumber(take()) do
  local name, bucket_ttl = take(), take()
  local key = prefix .. 'bucket:' .. name
  if bucket_ttl == '' and redis.call('EXISTS', key) == 0 then
    skip_pairs()
  else
    each_pair(function(field, difference)
      redis.call('HINCRBY', key, field, difference)
    end)
    if bucket_ttl ~= '' then
      redis.call('PEXPIRE', key, bucket_ttl)
    end
    redis.call('HSET', KEYS[2], name, ARGV[4])
  end
end
redis.call('PEXPIRE', KEYS[2], ttl)
return 1
