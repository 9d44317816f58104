// Each check of the doctor, well and ill: what it says and that it names a remedy.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestBroker } from '@drave/broker/testing';
import { createBroker } from '@drave/broker';
import { nodePlatform, type Platform } from '@drave/platform';
import { afterAll, describe, expect, it } from 'vitest';
import { checkBrokers, checkSkew } from '../src/doctor/cluster-checks.js';
import { type Finding, runChecks } from '../src/doctor/finding.js';
import * as machine from '../src/doctor/machine-checks.js';
import { checkRedis } from '../src/doctor/redis-checks.js';

const platform = nodePlatform();
const work = mkdtempSync(join(tmpdir(), 'drave-doctor-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function isIll(finding: Finding | undefined, verdict: 'warn' | 'fail', message: RegExp): void {
  expect(finding).toMatchObject({ verdict, message: expect.stringMatching(message) });
  expect(finding?.remedy?.length).toBeGreaterThan(10);
}

/** The real one with some answers of its disk replaced. */
function withDisk(answers: Partial<Platform['disk']>): Platform {
  const { disk } = platform;
  const replaced = new Proxy(disk, {
    get: (target, name: keyof Platform['disk']) =>
      answers[name] ?? (target[name] as (...args: unknown[]) => unknown).bind(target),
  });
  return { ...platform, disk: replaced };
}

describe('the machine', () => {
  it('needs a Node that is new enough', async () => {
    expect(await machine.checkNode('26.10.0')).toMatchObject({ verdict: 'ok' });
    isIll(await machine.checkNode('24.1.0'), 'warn', /tested with 26/);
    isIll(await machine.checkNode('20.20.2'), 'fail', /older/);
  });

  it('needs binaries for the codecs', async () => {
    expect(await machine.checkCodecs()).toMatchObject({ verdict: 'ok' });
    const missing = (codec: string): void => {
      if (codec === 'lz4') throw new Error('no binary');
    };
    isIll(await machine.checkCodecs(missing), 'warn', /no binary for lz4/);
  });

  it('needs descriptors', async () => {
    const limits = (count: string): Platform =>
      withDisk({ readFile: async () => Buffer.from(`Max open files   ${count}  4096 files\n`) });
    expect(await machine.checkDescriptors(limits('65536'))).toMatchObject({ verdict: 'ok' });
    expect(await machine.checkDescriptors(limits('unlimited'))).toMatchObject({ verdict: 'ok' });
    isIll(await machine.checkDescriptors(limits('256')), 'warn', /only 256/);
  });

  it('needs room on a disk that flushes fast', async () => {
    const room = (freeBytes: number): Platform =>
      withDisk({ freeBytes: async () => freeBytes, totalBytes: async () => 100 * 2 ** 30 });
    expect(await machine.checkSpace(room(50 * 2 ** 30), work)).toMatchObject({ verdict: 'ok' });
    isIll(await machine.checkSpace(room(6 * 2 ** 30), work), 'warn', /6.0 GiB free/);
    isIll(await machine.checkSpace(room(2 ** 30), work), 'fail', /5.0 GiB of them/);
    let ms = 0;
    const slow = { ...platform, clock: { ...platform.clock, monotonicMs: () => (ms += 50) } };
    isIll(await machine.checkFlush(slow, work), 'warn', /50.00 ms/);
    expect(await platform.disk.list(work)).toEqual([]);
  });

  it('needs a data directory of its own', async () => {
    const directory = join(work, 'broker');
    expect(await machine.checkDirectory(platform, directory)).toMatchObject({ verdict: 'ok' });
    await platform.disk.makeDirectory(directory);
    writeFileSync(join(directory, 'holiday.jpg'), '');
    isIll(await machine.checkDirectory(platform, directory), 'fail', /holds other files/);
    writeFileSync(join(directory, 'meta.properties'), 'drave.format=7\n');
    isIll(await machine.checkDirectory(platform, directory), 'fail', /format 7/);
    const refused = withDisk({
      stat: async () => ({ kind: 'directory', sizeBytes: 0, modifiedMs: 0 }),
      list: async () => [],
      readFile: async () => Buffer.from('drave.format=1\n'),
      lock: async () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })),
    });
    isIll(await machine.checkDirectory(refused, directory), 'fail', /cannot be written/);
  });

  it('needs its ports', async () => {
    const server = createServer((socket) => socket.end('no HTTP\n', () => socket.destroy())).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const taken = { host: '127.0.0.1', port };
    isIll(await machine.checkPort(platform, 'HTTP', taken, true), 'warn', /stranger/);
    await new Promise((resolve) => server.close(resolve));
    expect(await machine.checkPort(platform, 'HTTP', taken, true)).toMatchObject({ verdict: 'ok' });
    const foreign = { host: '192.0.2.1', port: 9092 };
    isIll(await machine.checkPort(platform, 'Kafka', foreign, false), 'fail', /EADDRNOTAVAIL/);
  });
});

describe('the cluster', () => {
  it('tells addresses that can be reached', async () => {
    const broker = await startTestBroker();
    const findings = await checkBrokers(platform, [broker.bootstrap]);
    expect(findings.map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    await broker.stop();
    isIll((await checkBrokers(platform, [broker.bootstrap]))[0], 'fail', /does not answer/);
  });

  it('is ill when a broker advertises what nobody reaches', async () => {
    const broker = await createBroker({
      platform,
      directory: join(work, 'advertising'),
      listen: { host: '127.0.0.1', port: 0 },
      advertised: { host: 'no-such-host.invalid', port: 9092 },
    });
    const findings = await checkBrokers(platform, [`127.0.0.1:${broker.address.port}`]);
    isIll(findings.at(-1), 'fail', /no-such-host.invalid:9092 cannot be reached/);
    expect(findings.at(-1)?.remedy).toContain('--advertise');
    await broker.stop();
  });

  it('has clocks that agree', () => {
    expect(checkSkew('clock', -900)).toMatchObject({ verdict: 'ok' });
    isIll(checkSkew('clock', 60_000), 'warn', /60000 ms ahead/);
  });

  it('may have a Redis', async () => {
    expect((await checkRedis(platform, undefined))[0]).toMatchObject({ verdict: 'skipped' });
    const secret = 'redis://drave:hunter2@127.0.0.1:1';
    const [finding] = await checkRedis(platform, secret);
    isIll(finding, 'fail', /ECONNREFUSED/);
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });
});

it('a check that throws is a finding', async () => {
  const findings = await runChecks({ odd: () => Promise.reject(new Error('odd')) });
  isIll(findings[0], 'fail', /odd/);
});
