// The stack of docker-compose.yml without an engine: its own command lines as processes on loopback with a real redis-server. Both
// processors find the broker through Redis, share what the demo sends, and every row is accounted for.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readResults } from '../../apps/cli/src/demo/result-check.js';
import { DraveProcess } from '../e2e/drave-process.js';
import { ComposeStack } from './compose-stack.js';

const directory = mkdtempSync(join(tmpdir(), 'drave-compose-'));
const stack = new ComposeStack(directory);

afterAll(async () => {
  await stack.destroy();
  rmSync(directory, { recursive: true, force: true });
});

/** Records the tasks of a processor have taken. */
async function processed(name: string): Promise<number> {
  const response = await fetch(`http://${await stack.address(name, 9081)}/metrics`);
  const lines = (await response.text()).matchAll(/^drave_streams_records_total\{.*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

describe('the stack of docker-compose.yml', () => {
  it('runs by its own command lines: two processors share what the demo sends', async () => {
    await stack.up('processor-1');
    await stack.up('processor-2');
    await stack.up('demo');
    const workers = ['processor-1', 'processor-2'];
    await vi.waitUntil(
      async () => (await Promise.all(workers.map(processed))).every((count) => count > 50),
      { timeout: 60_000, interval: 100 },
    );

    const demo = stack.process('demo');
    expect(await demo.kill('SIGTERM'), demo.output).toBe(0);
    const sent = Number(/([\d,]+) rows sent/.exec(demo.output)?.[1]?.replaceAll(',', ''));
    const outside = await stack.address('broker-1', 9092);
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [outside] });
    await vi.waitUntil(
      async () => {
        const { produced, counted, deadLetters } = (await readResults(client, 0)).sums;
        return produced === sent && counted + deadLetters === sent;
      },
      { timeout: 60_000, interval: 200 },
    );
    await client.close();

    const http = await stack.address('broker-1', 9080);
    const apps = `http://${http}/api/v1/streams/apps/flight-delays`;
    const owners = new Set<string>();
    for (const airport of ['ATL', 'DEN', 'DFW', 'DTW', 'LAS', 'LAX', 'ORD', 'PHX', 'SEA', 'SFO']) {
      const key = `${apps}/stores/airport-delays-1d/${airport}`;
      const { status } = await fetch(key);
      expect([200, 404]).toContain(status); // There may be no flight from there yet.
      if (status === 404) continue;
      const sent = await fetch(`${key}?route=redirect`, { redirect: 'manual' });
      owners.add(new URL(sent.headers.get('location') ?? '').host);
    }
    expect(owners).toEqual(
      new Set(await Promise.all(workers.map((one) => stack.address(one, 9081)))),
    );
    expect(await stack.redisHealth()).toBe('PONG');
    const wrong = new DraveProcess(['health', '--http', '127.0.0.1:1']);
    expect(await wrong.ended).toBe(1);
    expect(wrong.output).toContain('does not answer');
    const live = new DraveProcess(['health', '--live', '-o', 'json', '--http', http]);
    expect(await live.ended).toBe(0);
    expect(JSON.parse(live.output)).toMatchObject({ status: 'up' });

    const codes = await stack.stop();
    expect(codes).toEqual({ demo: 0, 'broker-1': 0, 'processor-1': 0, 'processor-2': 0 });
  }, 150_000);
});
