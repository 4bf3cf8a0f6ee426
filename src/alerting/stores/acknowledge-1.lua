--[[
  Notes who has seen an alert, once.

  Input:
    KEYS[1] alert (hash: alert, acknowledgement)

    ARGV[1] acknowledgement, JSON

  Output:
    1 - the alert is acknowledged, by this call or an earlier one
    0 - there is no such alert
]]
if redis.call("EXISTS", KEYS[1]) == 0 then
  return 0
end

redis.call("HSETNX", KEYS[1], "acknowledgement", ARGV[1])
return 1
