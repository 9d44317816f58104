// `drave doctor` with a real Redis and broker: exit codes, JSON, and what it says of a Redis that forgets and evicts.

import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startTestBroker } from '@drave/broker/testing';
import { afterAll, expect, it } from 'vitest';
import { DraveProcess } from '../e2e/drave-process.js';
import { RedisServer } from './redis-server.js';

const work = mkdtempSync(join(tmpdir(), 'drave-doctor-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly check: string; readonly verdict: string }[];
}

it('finds a Redis that evicts, and a sound cluster', async () => {
  const redis = await RedisServer.start();
  const broker = await startTestBroker();
  const examine = async (): Promise<{ code: number | string; report: Report }> => {
    const args = ['doctor', '-o', 'json', '-b', broker.bootstrap, '--data', work];
    const free = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const process = new DraveProcess([...args, ...free], { DRAVE_REDIS_URL: redis.url });
    const code = await process.ended;
    return { code, report: JSON.parse(/^\{[\s\S]*^\}/m.exec(process.output)?.[0] ?? '') as Report };
  };
  try {
    const sound = await examine();
    expect(sound.code).toBe(0);
    const verdicts = new Map(
      sound.report.findings.map(({ check, verdict }) => [check, verdict] as const),
    );
    expect(verdicts.get('redis version')).toBe('ok');
    expect(verdicts.get('redis policy')).toBe('ok');
    expect(verdicts.get('redis persistence')).toBe('warn');
    expect(verdicts.get('clock of redis')).toBe('ok');

    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await examine();
    expect(evicting.code).toBe(1);
    expect(evicting.report).toMatchObject({ ok: false });

    await redis.command('CONFIG', 'SET', 'requirepass', 'other');
    const refused = await examine();
    expect(JSON.stringify(refused.report)).toContain('wants another password');
  } finally {
    await broker.stop();
    await redis.kill();
  }
}, 60_000);
