// `drave log`: reads the files of a stopped or crashed broker. `dump` shows what every kind of file holds; `verify` checks every byte that
// can be checked: exit code 0 when all is sound or the next start mends it without a loss, 1 when something is wrong.
// Protects: both change nothing.

import { join } from 'node:path';
import {
  type BatchHeader,
  type InspectionTotals,
  inspectLogs,
  type LogProblem,
  type LogRecovery,
  type LogVisitor,
} from '@drave/log';
import { nodePlatform } from '@drave/platform';
import { Command } from 'commander';
import { withOutput } from '../common-options.js';
import { CommandError, type OutputFormat, print, printJson } from '../output.js';

interface LogOptions {
  readonly output: OutputFormat;
}

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The `log` command with its verbs. */
export function logCommand(): Command {
  const log = new Command('log').description('files of a stopped broker: dump, verify');
  const where = 'a data directory, its folder broker, or one partition in it';
  withOutput(log.command('dump').description('what every kind of file holds, readable'))
    .argument('<dir>', where)
    .action(dump);
  withOutput(
    log.command('verify').description('check every file; after a crash: what the next start does'),
  )
    .argument('<dir>', where)
    .action(verify);
  return log;
}

async function dump(directory: string, { output }: LogOptions): Promise<void> {
  const say = (kind: string, facts: Readonly<Record<string, unknown>>): void => {
    if (output === 'json') print(JSON.stringify({ kind, ...facts }));
    else print(`  ${kind}  ${Object.entries(facts).map(pair).join(' ')}`);
  };
  const totals = await inspect(directory, {
    segment: (path, sizeBytes) => {
      if (output === 'json') say('segment', { path, sizeBytes });
      else print(`${path}  ${sizeBytes} bytes`);
    },
    batch: (_path, header, position) => say('batch', { position, ...batchFacts(header) }),
    offsetIndex: (path, index) => {
      for (let entry = 0; entry < index.count; entry++) {
        const relativeOffset = index.relativeOffsetAt(entry);
        say('index', {
          ...pathOf(output, path),
          relativeOffset,
          position: index.positionAt(entry),
        });
      }
    },
    timeIndex: (path, index) => {
      for (let entry = 0; entry < index.count; entry++) {
        const timestamp = index.timestampAt(entry);
        const relativeOffset = index.relativeOffsetAt(entry);
        say('timeindex', { ...pathOf(output, path), timestamp, relativeOffset });
      }
    },
    transactions: (path, { aborted, open }) => {
      for (const one of aborted) say('aborted', { ...pathOf(output, path), ...one });
      for (const one of open) say('open', { ...pathOf(output, path), ...one });
    },
    seal: (path, seal) => {
      for (let index = 0; index < seal.chunkCount; index++) {
        const crc = seal.crcOf(index).toString(16).padStart(8, '0');
        say('seal', {
          ...pathOf(output, path),
          chunk: index,
          sizeBytes: seal.chunkSize(index),
          crc,
        });
      }
    },
    journalPart: (path, part) => {
      if (output !== 'json') print(path);
      say('journal', { ...pathOf(output, path), ...part });
    },
    text: (path, body) => {
      if (output === 'json') return say('text', { path, body });
      print(path);
      for (const line of body.trimEnd().split('\n')) print(`  ${line}`);
    },
    producers: (path, producers) => {
      if (output !== 'json') print(path);
      for (const producer of producers) say('producer', { ...pathOf(output, path), ...producer });
    },
    recovery: (recovery) => say('recovery', { ...recovery }),
    problem: (problem) => say('problem', { ...problem }),
  });
  if (output !== 'json') print(summary(totals));
}

async function verify(directory: string, { output }: LogOptions): Promise<void> {
  const problems: LogProblem[] = [];
  const recoveries: LogRecovery[] = [];
  const totals = await inspect(directory, {
    problem: (problem) => problems.push(problem),
    recovery: (recovery) => recoveries.push(recovery),
  });
  if (output === 'json') printJson({ ...totals, problems, recoveries });
  else {
    for (const { path, recovery } of recoveries) print(`${path}: the next start ${recovery}`);
    for (const { path, position, problem } of problems) {
      print(`${path}${position === undefined ? '' : ` at byte ${position}`}: ${problem}`);
    }
    print(summary(totals));
  }
  if (problems.length > 0) {
    throw new CommandError(
      `${problems.length} problems; the next start of the broker rebuilds indexes and snapshots, anything else it reports and does not serve`,
    );
  }
}

async function inspect(directory: string, visitor: LogVisitor): Promise<InspectionTotals> {
  const { disk } = nodePlatform();
  const inner = join(directory, 'broker');
  const path = (await disk.stat(inner))?.kind === 'directory' ? inner : directory;
  const stat = await disk.stat(path);
  if (stat?.kind !== 'directory') throw new CommandError(`${directory} is not a directory`);
  const totals = await inspectLogs(disk, path, visitor);
  if (totals.segments === 0) {
    throw new CommandError(
      `${directory} holds no logs; name a data directory or a partition in it`,
    );
  }
  return totals;
}

function batchFacts(header: BatchHeader): Record<string, unknown> {
  const { baseOffset, lastOffsetDelta, recordCount, sizeBytes, leaderEpoch, attributes } = header;
  const flags = [
    attributes & 0x10 ? 'transactional' : '',
    attributes & 0x20 ? 'control' : '',
    attributes & 0x08 ? 'log-append-time' : '',
  ].filter((flag) => flag !== '');
  return {
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    recordCount,
    sizeBytes,
    codec: codecs[attributes & 0x07] ?? 'unknown',
    leaderEpoch,
    baseTimestamp: header.baseTimestamp,
    maxTimestamp: header.maxTimestamp,
    ...(header.producerId < 0
      ? {}
      : {
          producerId: header.producerId,
          producerEpoch: header.producerEpoch,
          baseSequence: header.baseSequence,
        }),
    ...(flags.length === 0 ? {} : { flags: flags.join(',') }),
    crc: header.crc.toString(16).padStart(8, '0'),
  };
}

function pathOf(output: OutputFormat, path: string): { readonly path?: string } {
  return output === 'json' ? { path } : {};
}

function pair([name, value]: readonly [string, unknown]): string {
  return `${name}=${String(value)}`;
}

function summary(totals: InspectionTotals): string {
  const { partitions, segments, batches, records, bytes, recoveries, problems } = totals;
  const counts = `${partitions} partitions, ${segments} segments, ${batches} batches, ${records} records, ${bytes} bytes`;
  const mended = recoveries === 0 ? '' : `, ${recoveries} steps of recovery at the next start`;
  return `${counts}: ${problems === 0 ? 'sound' : `${problems} problems`}${mended}`;
}
