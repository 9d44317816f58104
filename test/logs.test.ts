// The log: every event of the sources is on its page and the other way round, and a running broker tells its life but no secret.

import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinoLogger } from '@drave/platform';
import { announcedNames } from '../libs/broker/src/events/event-sources.js';
import { afterAll, describe, expect, it } from 'vitest';
import { MainProcess } from './redis/main-process.js';

const root = join(import.meta.dirname, '..');
const running: MainProcess[] = [];
const work = mkdtempSync(join(tmpdir(), 'drave-logs-'));
afterAll(async () => {
  for (const process of running) await process.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});

/** `event level`; the levels of one event in the order of the alphabet. */
function eventsOf(texts: readonly string[]): string[] {
  const call = /\b(?:\w*[lL]ogger|#?log)\.(debug|info|warn|error)\(\s*'([a-z][a-z0-9-]*)'/g;
  const levels = new Map<string, Set<string>>();
  for (const [, level = '', event = ''] of texts.flatMap((text) => [...text.matchAll(call)])) {
    levels.set(event, (levels.get(event) ?? new Set()).add(level));
  }
  return [...levels].map(
    ([event, of]) => `${event} ${[...of].toSorted((a, b) => (a < b ? -1 : 1)).join('/')}`,
  );
}

describe('docs/reference/logs.md', () => {
  it('lists every event of the sources with its level, and no other', () => {
    const files = globSync('{libs,apps}/*/src/**/*.ts', { cwd: root });
    const used = eventsOf(files.map((file) => readFileSync(join(root, file), 'utf8')));
    const page = readFileSync(join(root, 'docs/reference/logs.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` +\| (\S+)/gm)].map(
      ([, event, level]) => `${event} ${level}`,
    );
    expect(used.length).toBeGreaterThan(60);
    // NestJS' messages come through one event whose level is computed.
    expect(new Set(listed)).toEqual(new Set([...used, 'nest debug/warn/error']));
  });

  it('has every name that becomes a cluster event', () => {
    const page = readFileSync(join(root, 'docs/reference/logs.md'), 'utf8');
    const listed = new Set([...page.matchAll(/^\| `([a-z0-9-]+)` /gm)].map(([, event]) => event));
    expect(announcedNames.length).toBeGreaterThan(0);
    expect(announcedNames.filter((name) => !listed.has(name))).toEqual([]);
  });

  it('would miss an event that is not listed', () => {
    expect(eventsOf(["this.#logger.warn('new-event', {});", 'logger.info(sentence)'])).toEqual([
      'new-event warn',
    ]);
  });
});

it('a broker tells its life and its HTTP requests, and no token or password', async () => {
  const secrets = ['a-token-nobody-may-see', 'a-password-in-a-url'];
  const broker = new MainProcess('broker', {
    DRAVE_LISTEN: '127.0.0.1:0',
    DRAVE_HTTP: '127.0.0.1:0',
    DRAVE_DATA: work,
    DRAVE_LOG_LEVEL: 'debug',
    DRAVE_TOKENS: secrets[0] ?? '',
    DRAVE_REDIS_URL: `redis://drave:${secrets[1]}@127.0.0.1:1`,
  });
  running.push(broker);
  const { url = '' } = await broker.line('http-started');
  const headers = { authorization: `Bearer ${secrets[0]}` };
  expect((await fetch(`${url}/v3/clusters?a=${secrets[0]}`, { headers })).status).toBe(200);
  expect(
    (await fetch(`${url}/v3/clusters`, { headers: { authorization: 'Bearer x' } })).status,
  ).toBe(401);
  const request = await broker.line('http-request');
  expect(request).toMatchObject({ method: 'GET', path: '/v3/clusters', status: 200 });
  expect(await broker.kill('SIGTERM')).toBe(0);
  const told = broker.lines.map(({ msg }) => msg);
  for (const event of ['broker-starting', 'broker-started', 'broker-stopped']) {
    expect(told).toContain(event);
  }
  const text = JSON.stringify(broker.lines) + broker.errors;
  for (const secret of secrets) expect(text).not.toContain(secret);
}, 60_000);

it('a logger hides fields that are named like secrets', () => {
  const lines: string[] = [];
  const logger = pinoLogger({ write: (line) => lines.push(line) });
  logger.info('broker-starting', {
    token: 'hidden-1',
    given: { password: 'hidden-2' },
    port: 9092,
  });
  expect(lines.join('')).toContain('9092');
  expect(lines.join('')).not.toContain('hidden');
});
