// The README's code, run as it stands there: its files are written side by side, its test runs here as one of ours, and its mains start
// against a broker of their own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalStore } from '@drave/streams';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import { afterAll, expect, it } from 'vitest';
import { StreamsModule } from '../src/index.js';
import { DraveTesting } from '../src/testing.js';
import { DraveClient } from '../src/transport.js';

interface Report {
  readonly revenue: LocalStore<string, number>;
}

interface App {
  close(): Promise<void>;
  getUrl?(): Promise<string>;
}

// Below this folder, so that the compiler options of our tests apply.
const folder = mkdtempSync(join(import.meta.dirname, '.readme-'));
const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const files = [...readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```/gm)];
for (const [, name = '', code = ''] of files) writeFileSync(join(folder, name), code);

afterAll(() => rmSync(folder, { recursive: true }));

/** A module of the README. */
async function run<Module>(name: string): Promise<Module> {
  return (await import(/* @vite-ignore */ join(folder, name))) as Module;
}

// Registers the README's own test with this run.
await run('orders.spec.ts');

it.each(['main.ts', 'hybrid.ts'])('%s starts, answers and stops', async (name) => {
  await using testing = await DraveTesting.start();
  process.env['KAFKA_BROKERS'] = testing.brokers.join(',');
  process.env['PORT'] = '0';
  // A module is evaluated once; the broker it reads from the environment differs.
  writeFileSync(join(folder, `module-of-${name}`), readFileSync(join(folder, 'app.module.ts')));
  const code = readFileSync(join(folder, name), 'utf8');
  const own = code.replace('./app.module.js', `./module-of-${name.replace(/ts$/, 'js')}`);
  writeFileSync(join(folder, `own-${name}`), own);
  const { app } = await run<{ readonly app: App }>(`own-${name}`);
  const client = new DraveClient(testing.clientOptions());
  expect(await lastValueFrom(client.send('orders.paid', {}))).toBe(0);
  await client.close();
  await app.close();
});

it('revenue.app.ts runs in a module, its store injected', async () => {
  await using testing = await DraveTesting.start({ topics: { sales: 1, 'revenue-per-shop': 1 } });
  const code = await run<{ readonly Revenue: Type; readonly RevenueReport: Type<Report> }>(
    'revenue.app.ts',
  );
  class Root {}
  const { platform } = testing.broker;
  Module({
    imports: [
      StreamsModule.forRoot({ platform, brokers: testing.brokers }),
      StreamsModule.forFeature([code.Revenue]),
    ],
    providers: [code.RevenueReport],
  })(Root);
  const app = await NestFactory.createApplicationContext(Root, { logger: false });
  const sales = [1.5, 2].map((amount) => ({ key: 'north', value: JSON.stringify({ amount }) }));
  await testing.broker.produce('sales', sales);
  await testing.broker.waitFor('revenue-per-shop', 2);
  expect(app.get(code.RevenueReport).revenue.get('north')).toBe(3.5);
  await app.close();
});

it('has all the files a reader needs', () => {
  expect(files.map(([, name]) => name)).toEqual([
    'orders.controller.ts',
    'app.module.ts',
    'main.ts',
    'orders.spec.ts',
    'hybrid.ts',
    'revenue.app.ts',
  ]);
});

it('names a test for every pain it says is gone', () => {
  const rows = [...readme.matchAll(/^\| ([^|]+?) +\| [^|]+ \| `(\S+\.spec\.ts)` +\|$/gm)];
  expect(rows.length).toBe(20);
  const missing = rows.filter(([, pain = '', file = '']) => {
    const tests = readFileSync(join(import.meta.dirname, 'transport', file), 'utf8');
    return !tests.includes(`describe('${pain}'`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
});
