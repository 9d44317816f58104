// What kcat (librdkafka) prints about a broker, and topics made on first use; what all clients do is in matrix.test.ts.
// Skipped, with a message, only where the binary is missing.
import { describe, expect, it } from 'vitest';
import { startTestBroker } from '@drave/broker/testing';
import { hasProgram } from './client-process.js';
import { kcat } from './kcat-driver.js';

const isMissing = !hasProgram('kcat');
if (isMissing)
  console.log('kcat is not installed: its tests are skipped (Debian: apt install kcat)');

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}\n`).join('');

// Skip where kcat cannot be installed; the continuous integration installs it.
describe.skipIf(isMissing)('kcat', () => {
  it('lists brokers and topics', async () => {
    await using broker = await startTestBroker({ topics: { orders: 3 } });
    const { stdout, code } = await kcat(broker.bootstrap, ['-L']);
    expect(code).toBe(0);
    expect(stdout).toContain(`broker 1 at ${broker.bootstrap} (controller)`);
    expect(stdout).toContain('topic "orders" with 3 partitions:');
    expect(stdout).toContain('partition 2, leader 1, replicas: 1, isrs: 1');
  });

  it('produces to a topic made on first use, and reads it whole and its tail', async () => {
    await using broker = await startTestBroker();
    const text = lines(0, 1000);
    const keyed = text.replaceAll('v', 'k:v');
    const produced = await kcat(broker.bootstrap, ['-P', '-t', 'fresh', '-K', ':'], keyed);
    expect(produced).toMatchObject({ code: 0, stderr: expect.not.stringContaining('ERROR') });
    const read = (...from: string[]) =>
      kcat(broker.bootstrap, ['-C', '-t', 'fresh', '-eq', ...from]);
    expect((await read('-o', 'beginning')).stdout).toBe(text);
    expect((await read('-p', '0', '-o', '-2')).stdout).toBe(lines(998, 1000));
  });

  it('is told that a topic is unknown when topics are not made on first use', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    const { stdout } = await kcat(broker.bootstrap, ['-L', '-t', 'nowhere']);
    expect(stdout).toContain('Unknown topic or partition');
  });
});
