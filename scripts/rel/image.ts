// The Dockerfile without an engine: its two stages are played as plain commands in a temporary directory (image/stages.ts), and what
// comes out runs as a container would run it (image/box.ts): read-only root, a user without rights, one writable data directory.
// A broker and a processor start, serve, answer their health checks, end with 0 on SIGTERM, and the records are there at the next
// start. `--broken`: the data directory is read-only too, so that nothing may start. Needs root, `unshare`, `setpriv` and npm's registry.

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { BoxedDrave, type BoxOptions, runInBox, userId } from './image/box.ts';
import { build, copyImage } from './image/stages.ts';
import type { Proof } from './proof.ts';

const records = 1_000;
const anyPort = '127.0.0.1:0';
/** Needed to build or test, not to run. */
const developers = [
  'typescript',
  'typescript7',
  'vitest',
  'oxlint',
  'prettier',
  'rolldown',
  'jest',
];

export async function prove(options: readonly string[]): Promise<Proof> {
  const folder = makeTemporaryDirectory('drave-image-');
  chmodSync(folder, 0o755); // For the user in the box.
  const failures: string[] = [];
  let checks = 0;
  const check = (isTrue: boolean, sentence: string): void => {
    checks += 1;
    if (!isTrue) failures.push(sentence);
  };
  try {
    build(join(folder, 'build'));
    copyImage(join(folder, 'build'), join(folder, 'image'));
    mkdirSync(join(folder, 'data'));
    chownSync(join(folder, 'data'), userId, userId);
    const box = { folder, isDataReadOnly: options.includes('--broken') };
    checkContents(join(folder, 'image'), check);
    checkBox(box, check);
    await checkLife(box, check).catch((error: unknown) => check(false, String(error)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const failure of failures) console.error(failure);
  return {
    figure: { checks, failures: failures.length },
    bar: 'failures=0: contents, read-only root, no rights, start, health, records over a restart, end with 0',
    pass: failures.length === 0,
    seed: 'none',
  };
}

type Check = (isTrue: boolean, sentence: string) => void;

function checkContents(image: string, check: Check): void {
  const modules = join(image, 'node_modules');
  for (const name of developers) {
    check(!existsSync(join(modules, name, 'package.json')), `the image has ${name}`);
  }
  const nodes = readdirSync(modules).filter((name) => /^node-(bin-|linux|darwin|win)/.test(name));
  check(nodes.length === 0, `the image has ${nodes.join(', ')}`);
  for (const group of ['libs', 'apps']) {
    for (const name of readdirSync(join(image, group))) {
      const left = ['src', 'test'].filter((part) => existsSync(join(image, group, name, part)));
      check(left.length === 0, `${group}/${name} has ${left.join(', ')}`);
      check(existsSync(join(image, group, name, 'dist')), `${group}/${name} has no dist`);
    }
  }
}

/** That the box is one. */
function checkBox(box: BoxOptions, check: Check): void {
  const tries = 'for f in /mnt/image/x /x /var/tmp/x; do touch $f 2>/dev/null && echo $f; done';
  const { output } = runInBox(box, ['sh', '-c', `${tries}; id -u; grep CapEff /proc/self/status`]);
  check(output.trim() === `${userId}\nCapEff:\t${'0'.repeat(16)}`, `the box is open: ${output}`);
}

async function checkLife(box: BoxOptions, check: Check): Promise<void> {
  const broker = new BoxedDrave(box, ['start', '--listen', anyPort, '--http', anyPort]);
  try {
    const kafka = await broker.said(/Kafka\s+(\S+:\d+)/);
    const http = await broker.said(/HTTP\s+http:\/\/(\S+)/);
    await healthy(box, http, check, 'broker');
    await produce(kafka);
    const line = ['processor', '--brokers', kafka, '--http', anyPort, '--data', '/mnt/data/worker'];
    const processor = new BoxedDrave(box, line);
    try {
      const side = await processor.said(/HTTP\s+http:\/\/(\S+)/);
      await healthy(box, side, check, 'processor');
    } finally {
      check((await processor.end('SIGTERM')) === 0, 'the processor does not end with 0');
    }
  } finally {
    check((await broker.end('SIGTERM')) === 0, 'the broker does not end with 0');
  }
  const again = new BoxedDrave(box, ['start', '--listen', anyPort, '--http', 'off']);
  try {
    const found = await count(await again.said(/Kafka\s+(\S+:\d+)/));
    check(found === records, `${found} of ${records} records are there after a restart`);
  } finally {
    await again.end('SIGTERM');
  }
}

/** Asks as the container's health check does, as often. */
async function healthy(box: BoxOptions, http: string, check: Check, name: string): Promise<void> {
  const ask = [process.execPath, 'apps/cli/bin/drave.js', 'health', '--http', http];
  let answer = runInBox(box, ask);
  for (let retry = 1; answer.status !== 0 && retry < 20; retry++) {
    await nodePlatform().scheduler.sleep(1_000);
    answer = runInBox(box, ask);
  }
  check(answer.status === 0, `the ${name} is not healthy: ${answer.output}`);
}

async function produce(kafka: string): Promise<void> {
  const client = new KafkaClient({ platform: nodePlatform(), brokers: [kafka] });
  await client.admin().createTopics([{ topic: 'kept', partitions: 1 }]);
  const batch = Array.from({ length: records }, (_, n) => ({ topic: 'kept', value: String(n) }));
  await client.producer().sendBatch(batch);
  await client.close();
}

async function count(kafka: string): Promise<number> {
  const client = new KafkaClient({ platform: nodePlatform(), brokers: [kafka] });
  const ends = await client.admin().listOffsets([{ topic: 'kept', partition: 0, at: 'latest' }]);
  await client.close();
  return ends[0]?.offset ?? 0;
}
