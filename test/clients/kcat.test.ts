// Debian's kcat (librdkafka), unmodified, against a started broker: list, produce with each codec, consume, groups with resume.
// Skipped, with a message, only where the binary is missing.
import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';

const isMissing = spawnSync('kcat', ['-V']).error !== undefined;
if (isMissing)
  console.log('kcat is not installed: its tests are skipped (Debian: apt install kcat)');

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kcat(broker: TestBroker, args: readonly string[], input = ''): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', broker.bootstrap, ...args], { timeout: 20_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}\n`).join('');

// Skip where kcat cannot be installed; the continuous integration installs it.
describe.skipIf(isMissing)('kcat', () => {
  it('lists brokers and topics', async () => {
    await using broker = await startTestBroker({ topics: { orders: 3 } });
    const { stdout, code } = await kcat(broker, ['-L']);
    expect(code).toBe(0);
    expect(stdout).toContain(`broker 1 at ${broker.bootstrap} (controller)`);
    expect(stdout).toContain('topic "orders" with 3 partitions:');
    expect(stdout).toContain('partition 2, leader 1, replicas: 1, isrs: 1');
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'produces with %s to a topic made on first use and consumes it by assignment',
    async (codec) => {
      await using broker = await startTestBroker();
      const text = lines(0, 1000);
      const produced = await kcat(
        broker,
        ['-P', '-t', 'fresh', '-z', codec, '-K', ':'],
        text.replaceAll('v', 'k:v'),
      );
      expect(produced).toMatchObject({ code: 0, stderr: expect.not.stringContaining('ERROR') });
      const consumed = await kcat(broker, ['-C', '-t', 'fresh', '-o', 'beginning', '-e', '-q']);
      expect(consumed.stdout).toBe(text);
      const tail = await kcat(broker, ['-C', '-t', 'fresh', '-p', '0', '-o', '-2', '-e', '-q']);
      expect(tail.stdout).toBe(lines(998, 1000));
    },
  );

  it('finds offsets by time', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce(
      't',
      [1000, 2000, 3000].map((timestamp) => ({ timestamp, value: `at${timestamp}` })),
    );
    const { stdout } = await kcat(broker, ['-Q', '-t', 't:0:1500']);
    expect(stdout).toContain('t [0] offset 1');
    const consumed = await kcat(broker, ['-C', '-t', 't', '-o', 's@2500', '-e', '-q']);
    expect(consumed.stdout).toBe('at3000\n');
  });

  it('produces idempotently', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    const { code } = await kcat(
      broker,
      ['-P', '-t', 't', '-X', 'enable.idempotence=true'],
      lines(0, 5000),
    );
    expect(code).toBe(0);
    expect(await broker.records('t')).toHaveLength(5000);
  });

  it('resumes in a group where it committed', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await kcat(broker, ['-P', '-t', 't'], lines(0, 10));
    const group = ['-G', 'g', '-q', '-e', '-X', 'auto.offset.reset=earliest', 't'];
    expect((await kcat(broker, group)).stdout).toBe(lines(0, 10));
    await kcat(broker, ['-P', '-t', 't'], lines(10, 15));
    expect((await kcat(broker, group)).stdout).toBe(lines(10, 15));
  });

  it('is told that a topic is unknown when topics are not made on first use', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    const { stdout } = await kcat(broker, ['-L', '-t', 'nowhere']);
    expect(stdout).toContain('Unknown topic or partition');
  });
});
