// The code in docs/guide/testing.md and the packages under examples/ run as users run them: by the runner itself, against the built
// libraries. Leaves out: installing the packages from a registry; they find what they need in the root's node_modules.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--no-color'];
const jest = ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js')];
const patienceMs = 120_000;

/** Exit code and everything the runner printed. */
function run(args: readonly string[], cwd: string): Promise<{ code: number | null; text: string }> {
  const { VITEST: _vitest, NODE_ENV: _nodeEnv, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { ...env, CI: '1' }, timeout: 100_000 });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

describe('the testing guide', () => {
  it('runs, block by block', { timeout: patienceMs }, async () => {
    const guide = readFileSync(join(root, 'docs/guide/testing.md'), 'utf8');
    const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    const folder = mkdtempSync(join(tmpdir(), 'drave-guide-'));
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      for (const [index, block] of blocks.entries()) {
        writeFileSync(join(folder, `block-${index}.test.ts`), block);
      }
      const { code, text } = await run(vitest, folder);
      expect(text).toContain(`${blocks.length} passed (${blocks.length})`);
      expect(code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a test broker', () => {
  it('leaves nothing that keeps the process alive', { timeout: patienceMs }, async () => {
    const program = `
      import { startTestBroker } from '@drave/broker/testing';
      import { Kafka, logLevel } from 'kafkajs';
      for (const clock of ['real', 'manual']) {
        const broker = await startTestBroker({ brokers: 3, topics: { t: 3 }, clock });
        const kafka = new Kafka({ brokers: broker.bootstrap.split(','), logLevel: logLevel.NOTHING });
        const producer = kafka.producer();
        await producer.connect();
        await producer.send({ topic: 't', messages: [{ value: 'v' }] });
        await broker.reset();
        await broker.stop();
        await producer.disconnect();
      }
      console.log('stopped');`;
    const { code, text } = await run(['--input-type=module', '-e', program], root);
    expect(text).toContain('stopped');
    expect(code).toBe(0); // null: it had to be killed
  });
});

describe('the examples', () => {
  it('run under Vitest', { timeout: patienceMs }, async () => {
    const { code, text } = await run(vitest, join(root, 'examples/01-vitest'));
    expect(text).toContain('4 passed (4)');
    expect(code).toBe(0);
  });

  it('run under Jest', { timeout: patienceMs }, async () => {
    const { code, text } = await run([...jest, '--ci'], join(root, 'examples/02-jest'));
    expect(text).toContain('2 passed, 2 total');
    expect(code).toBe(0);
  });
});
