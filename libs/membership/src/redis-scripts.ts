// The two scripts that Redis runs, and the shape of what lies there. Protects: each is atomic and can be sent again (a write carries
// a token that it finds in the entry when it was done already); what others wrote under our keys is removed, counted and reported.
// Three keys of one hash slot: `entries` (hash: key → "revision\nholder\nvalue"), `leases` (sorted set: key → when it lapses),
// `state` (hash: incarnation, last revision, time). Needs nothing that Redis 6.2 and Valkey lack; no keyspace notifications.
// Time: a lease lapses by Redis' clock less what did not count: while nobody was answered for longer than `stallMs`, or when the
// clock jumped, it stood still, so that a stopped Redis does not make the living look dead. Sources: Redis' EVAL documentation.

import { createHash } from 'node:crypto';
import { storeLimits } from './cluster-store.js';

/** Nobody was answered for so long: leases stood still. Processes ask several times as often. */
const stallMs = 2_000;
/** What a lease without a lapse time gets (somebody deleted or spoilt it). */
const repairedTtlMs = 10_000;

const prelude = `
local E, L, S = KEYS[1], KEYS[2], KEYS[3]
local repaired = 0
local function typed(key, want)
  local found = redis.call('TYPE', key).ok
  if found ~= want and found ~= 'none' then
    redis.call('DEL', key)
    repaired = repaired + 1
  end
end
typed(E, 'hash') typed(L, 'zset') typed(S, 'hash')
local function text(number) return string.format('%.0f', number) end
local function parse(raw)
  if not raw then return nil end
  return string.match(raw, '^(%d+%.%x+)\\n([^\\n]*)\\n(.*)$')
end
local clock = redis.call('TIME')
local wall = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local state = redis.call('HMGET', S, 'incarnation', 'revision', 'at', 'credit')
local incarnation = state[1]
local revision, at, credit = tonumber(state[2]), tonumber(state[3]), tonumber(state[4])
local sane = incarnation and string.match(incarnation, '^%x+$') and #incarnation == 32
  and revision and revision >= 0 and revision < 9e15 and at and credit
if not sane or redis.call('HLEN', E) > ${storeLimits.entriesMax} then
  if redis.call('EXISTS', E, L, S) > 0 then repaired = repaired + 1 end
  redis.call('DEL', E, L, S)
  incarnation, revision, at, credit = ARGV[1], 0, 0, wall
  redis.call('HSET', S, 'incarnation', incarnation, 'revision', '0', 'credit', text(credit))
  at = wall
  redis.call('HSET', S, 'at', text(at))
end
local gap = wall - at
if gap < 0 or gap > ${stallMs} then
  credit = credit + gap
  redis.call('HSET', S, 'credit', text(credit), 'at', text(wall))
elseif gap >= 250 then
  redis.call('HSET', S, 'at', text(wall))
end
local now = wall - credit
local function bump()
  revision = revision + 1
  redis.call('HSET', S, 'revision', text(revision))
end
local function drop(key)
  redis.call('HDEL', E, key)
  redis.call('ZREM', L, key)
end
local lapsed = redis.call('ZRANGEBYSCORE', L, '-inf', text(now), 'LIMIT', 0, 500)
for _, key in ipairs(lapsed) do drop(key) end
if #lapsed > 0 or repaired > 0 then bump() end
`;

/** ARGV: fresh incarnation, known incarnation, known revision. Answers [incarnation, revision, repaired, entries or false]. */
const syncBody = `
if repaired == 0 and ARGV[2] == incarnation and ARGV[3] == text(revision) then
  return {incarnation, text(revision), 0, false}
end
local found = {}
local broken = 0
for _, key in ipairs(redis.call('HKEYS', E)) do
  local entry, holder, value
  if #key <= ${storeLimits.keyCharsMax * 4} and redis.call('HSTRLEN', E, key) <= ${storeLimits.valueBytesMax + 1024} then
    entry, holder, value = parse(redis.call('HGET', E, key))
  end
  if entry then
    if holder ~= '' then
      local score = tonumber(redis.call('ZSCORE', L, key) or 'nan')
      if not score or score ~= score or score > now + ${storeLimits.ttlMsMax} then
        redis.call('ZADD', L, text(now + ${repairedTtlMs}), key)
      end
    end
    found[#found + 1] = key
    found[#found + 1] = entry
    found[#found + 1] = holder
    found[#found + 1] = value
  else
    drop(key)
    broken = broken + 1
  end
end
if broken > 0 then bump() end
return {incarnation, text(revision), repaired + broken, found}
`;

/** ARGV: fresh incarnation, operation, key, expected, holder, value, ttl, token. Answers [incarnation, done, repaired, entry…]. */
const writeBody = `
local op, key, expected, holder, value = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local ttl, token = tonumber(ARGV[7]), ARGV[8]
local raw = redis.call('HGET', E, key)
local entry, held, old = parse(raw)
if raw and not entry then
  drop(key)
  repaired = repaired + 1
end
local function answer(done)
  if not entry then return {incarnation, done, repaired} end
  return {incarnation, done, repaired, entry, held, old}
end
local function set()
  bump()
  entry, held, old = text(revision) .. '.' .. token, holder, value
  redis.call('HSET', E, key, entry .. '\\n' .. held .. '\\n' .. old)
  redis.call('ZREM', L, key)
end
local mine = entry and string.sub(entry, -#token) == token
if op == 'put' then
  if not mine then set() end
  return answer(1)
elseif op == 'swap' then
  if mine then return answer(1) end
  if (entry or '') ~= expected then return answer(0) end
  set()
  return answer(1)
elseif op == 'acquire' then
  if entry and held ~= holder then return answer(0) end
  if not entry or old ~= value then set() end
  redis.call('ZADD', L, text(now + ttl), key)
  return answer(1)
elseif op == 'release' then
  if not entry or held ~= holder then return answer(0) end
elseif op == 'delete' then
  if not entry or (expected ~= '' and expected ~= entry) then return answer(0) end
else
  return answer(1)
end
drop(key)
bump()
return answer(1)
`;

export interface RedisScript {
  readonly lua: string;
  /** What EVALSHA calls it. */
  readonly sha1: string;
}

export const syncScript: RedisScript = scriptOf(syncBody);
export const writeScript: RedisScript = scriptOf(writeBody);

function scriptOf(body: string): RedisScript {
  const lua = `${prelude}${body}`;
  return Object.freeze({ lua, sha1: createHash('sha1').update(lua).digest('hex') });
}

/** `drave` → the three keys, of one hash slot. */
export function keysOf(namespace: string): readonly [string, string, string] {
  const stem = `{${namespace}}:membership`;
  return [`${stem}:entries`, `${stem}:leases`, `${stem}:state`];
}
