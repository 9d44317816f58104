// `drave start` with several listeners, advertised addresses and virtual brokers, as processes: what clients of each port are told, and
// the sentences for what is refused.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKey } from '@drave/protocol';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RawClient } from '../../libs/broker/test/raw-client.js';
import { DraveProcess } from './drave-process.js';

const work = mkdtempSync(join(tmpdir(), 'drave-e2e-start-'));
const running: DraveProcess[] = [];
let directories = 0;

function start(...args: string[]): DraveProcess {
  const data = join(work, String(directories++));
  const process = new DraveProcess(['start', '--http', 'off', '--data', data, ...args]);
  running.push(process);
  return process;
}

afterEach(async () => {
  for (const process of running.splice(0)) await process.kill('SIGKILL');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Ports of the ready process: of each node one per listener. */
async function portsOf(process: DraveProcess): Promise<number[][]> {
  await process.match(/^ready/m);
  const lines = process.output.matchAll(/^Kafka {2}(.*)$/gm);
  return Array.from(lines, ([, addresses = '']) =>
    addresses.split(' ').map((address) => Number(/\d+$/.exec(address)?.[0])),
  );
}

/** What a client of the port is told about the brokers. */
async function toldAt(port: number): Promise<string[]> {
  await using client = await RawClient.connect(port);
  const { brokers } = await client.request(ApiKey.metadata, 1, { topics: [] });
  return brokers.map(({ nodeId, host, port: told }) => `${nodeId} ${host}:${told}`);
}

describe('drave start', () => {
  it('listens several times and tells clients of each what belongs to it', async () => {
    const listen = ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
    const process = start(...listen, '--advertise', 'kafka.example:19092', '--node-id', '7');
    const [[first = 0, second = 0] = []] = await portsOf(process);
    expect(await toldAt(first)).toEqual(['7 kafka.example:19092']);
    expect(await toldAt(second)).toEqual([`7 127.0.0.1:${second}`]);
    expect(await process.kill('SIGTERM')).toBe(0);
  });

  it('is three brokers on three ports of each listener', async () => {
    const listen = ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
    const process = start(...listen, '--brokers', '3', '--advertise', 'kafka.example:19092');
    const nodes = await portsOf(process);
    expect(nodes).toHaveLength(3);
    for (const [first = 0, second = 0] of nodes) {
      expect(await toldAt(first)).toEqual(
        [0, 1, 2].map((n) => `${n + 1} kafka.example:${19092 + n}`),
      );
      expect(await toldAt(second)).toEqual(
        nodes.map(([, port], n) => `${n + 1} 127.0.0.1:${port}`),
      );
    }
    expect(await process.kill('SIGTERM')).toBe(0);
  });

  it('leaves this machine only when told to, and says what that means', async () => {
    const refused = start('--listen', '0.0.0.0:0');
    expect(await refused.ended).toBe(1);
    expect(refused.output).toMatch(/--insecure-listen|insecureListen/);
    const process = start('--listen', '0.0.0.0:0', '--insecure-listen');
    const [[port = 0] = []] = await portsOf(process);
    expect(await toldAt(port)).toEqual([`1 127.0.0.1:${port}`]);
    await process.match(/insecure/);
  });

  it('refuses more addresses to tell than listeners, and a number of brokers out of range', async () => {
    const told = start('--listen', '127.0.0.1:0', '--advertise', 'a:1', '--advertise', 'b:2');
    expect(await told.ended).toBe(1);
    expect(told.output).toContain('at most one --advertise per --listen');
    const many = start('--listen', '127.0.0.1:0', '--brokers', '1000');
    expect(await many.ended).toBe(1);
    expect(many.output).toMatch(/brokers must be 1 to \d+/);
  });
});
