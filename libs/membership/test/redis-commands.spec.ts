// What the scripts ask of Redis: commands that Redis 6.2 has in the form they are used in, all of them granted by the README's ACL user.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { syncScript, writeScript } from '../src/redis-scripts.js';

/** Command → since which Redis it takes what the scripts give it (redis.io, "History" of each command). */
const since: Readonly<Record<string, string>> = {
  DEL: '1.0.0',
  EXISTS: '3.0.3', // several keys
  HDEL: '2.0.0',
  HGET: '2.0.0',
  HKEYS: '2.0.0',
  HLEN: '2.0.0',
  HMGET: '2.0.0',
  HSET: '4.0.0', // several fields
  HSTRLEN: '3.2.0',
  TIME: '2.6.0',
  TYPE: '1.0.0',
  ZADD: '1.2.0',
  ZRANGEBYSCORE: '1.0.5',
  ZREM: '1.2.0',
  ZSCORE: '1.2.0',
};

function commandsOf(lua: string): string[] {
  return Array.from(lua.matchAll(/redis\.p?call\('(\w+)'/g), ([, name = '']) => name);
}

it('is nothing that came after Redis 6.2, and nothing the README does not name', () => {
  const used = [...new Set([syncScript, writeScript].flatMap(({ lua }) => commandsOf(lua)))];
  expect(used.toSorted()).toEqual(Object.keys(since));
  const late = Object.values(since).filter((version) => Number(version.split('.')[0]) > 4);
  expect(late).toEqual([]);
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  for (const name of used) expect(readme).toContain(`+${name.toLowerCase()}`);
});

it('uses no redis function that is not in Lua of 6.2', () => {
  for (const { lua } of [syncScript, writeScript]) {
    const functions = Array.from(lua.matchAll(/redis\.(\w+)/g), ([, name = '']) => name);
    expect(new Set(functions)).toEqual(new Set(['call']));
  }
});
