// P7, P8: time from the start of the process to the first acknowledged record, and resident memory when idle: on an empty directory,
// with 10,000 partitions after a clean stop, and after kill -9 with 10 GiB; beside Redis and NATS JetStream on empty directories.
// The probe is a Node process that does nothing. Options: `--rounds N` (default 7), `--gib N` (default 10, 0 leaves it out).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption } from './driver/driver.ts';
import { type Figure, publish } from './harness.ts';
import { measureStart, prepareBytes, preparePartitions } from './start/broker-start.ts';
import { peerStarts } from './start/peer-starts.ts';

const idleMs = 2_000;
const partitionCount = 10_000;

/** Measures once; what it returns goes to the rows of the same names. */
type Case = () => Promise<Readonly<Record<string, number>>>;

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 7);
  const gib = numberOption(options, '--gib', 10);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  try {
    const cases = await prepare(work, gib);
    const rows = new Map<string, number[]>();
    for (let round = 0; round <= rounds; round++) {
      process.stderr.write(`\rround ${round}/${rounds} `);
      for (const measure of cases) {
        for (const [name, value] of Object.entries(await measure())) {
          const values = rows.get(name) ?? [];
          rows.set(name, values);
          if (round > 0) values.push(value); // the first is a warm-up
        }
      }
    }
    process.stderr.write('\r');
    publish('start', [...rows].map(figure), [
      `bare broker, flush=group, ${rounds} rounds; median (min … max), ratio to the first row`,
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function prepare(work: string, gib: number): Promise<Case[]> {
  const probe = 'ms  a Node process that does nothing';
  let serial = 0;
  const cases: Case[] = [
    async () => {
      const startedMs = performance.now();
      execFileSync(process.execPath, ['-e', '0']);
      return Promise.resolve({ [probe]: performance.now() - startedMs });
    },
    starts('empty directory', () => join(work, `empty-${serial++}`), 'SIGTERM'),
  ];
  const many = join(work, 'many');
  process.stderr.write(`making ${partitionCount} partitions\n`);
  await preparePartitions(many, partitionCount);
  cases.push(starts(`${partitionCount} partitions after a clean stop`, () => many, 'SIGTERM'));
  if (gib > 0) {
    const large = join(work, 'large');
    process.stderr.write(`writing ${gib} GiB\n`);
    await prepareBytes(large, gib);
    cases.push(starts(`${gib} GiB after kill -9`, () => large, 'SIGKILL'));
  }
  for (const peer of peerStarts(work)) {
    cases.push(async () => ({ [`ms  ${peer.name}`]: await peer.measure() }));
  }
  return cases;
}

function starts(what: string, directory: () => string, signal: 'SIGTERM' | 'SIGKILL'): Case {
  return async () => {
    const { startMs, idleMiB } = await measureStart(directory(), { idleMs, signal });
    return {
      [`ms  start → first acknowledged record, ${what}`]: startMs,
      [`MiB resident ${idleMs / 1000} s later, ${what}`]: idleMiB,
    };
  };
}

function figure([label, values]: [string, readonly number[]]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const [unit, name] = [label.slice(0, 3).trim(), label.slice(4)];
  const probe = name === 'a Node process that does nothing';
  return { name, unit, probe, median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
