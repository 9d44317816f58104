// Transactions of several producers in one log, ended by a power loss at any disk operation: the last stable offset and the aborted
// transactions that the recovered log tells are those of the batches it holds. Protects: the expectation follows from the script and the end
// of the log alone. Leaves out: a deleted or compacted head; two-phase commits (the coordinator's).

import type { PartitionLog } from '@drave/log';
import { buildMarkerBatch, RecordBatchBuilder } from '@drave/protocol';
import { dead, FailingPower, reopen } from './workload.ts';
import {
  createLog,
  type Entry,
  firstTimestamp,
  openLogs,
  platformOn,
  smallJournal,
  type Tally,
  type TransactionFacts,
} from './world.ts';

type Act = 'write' | 'commit' | 'abort';

/** One offset each: producer and what it does. Aborts cross commits and segments; one transaction stays open. */
const script: readonly (readonly [number, Act])[] = [
  [100, 'write'],
  [101, 'write'],
  [100, 'write'],
  [100, 'abort'],
  [102, 'write'],
  [101, 'commit'],
  [100, 'write'],
  [102, 'abort'],
  [101, 'write'],
  [100, 'commit'],
  [101, 'write'],
  [101, 'abort'],
  [102, 'write'],
  [100, 'write'],
  [100, 'abort'],
];

/** What a log that ends at `endOffset` has to tell; `isTwisted`: with aborts and commits confused, to see the check fail. */
export function transactionsUpTo(endOffset: number, isTwisted = false): TransactionFacts {
  const open = new Map<number, number>();
  const aborted: { producerId: number; firstOffset: number; lastOffset: number }[] = [];
  for (const [offset, [producerId, act]] of script.slice(0, endOffset).entries()) {
    const firstOffset = open.get(producerId) ?? offset;
    if (act === 'write') open.set(producerId, firstOffset);
    else open.delete(producerId);
    const isAborted = act === (isTwisted ? 'commit' : 'abort');
    if (isAborted) aborted.push({ producerId, firstOffset, lastOffset: offset });
  }
  return { stableOffset: Math.min(endOffset, ...open.values()), aborted };
}

/** Plays the script; `heard` gets the end of what is acknowledged. */
export async function playTransactions(
  log: PartitionLog,
  heard: (endOffset: number) => void = () => undefined,
): Promise<Map<number, Entry>> {
  const sequences = new Map<number, number>();
  const written = new Map<number, Entry>();
  for (const [offset, [producerId, act]] of script.entries()) {
    const producer = { producerId, producerEpoch: 0 };
    const timestamp = firstTimestamp + offset * 1000;
    let records: Uint8Array;
    if (act === 'write') {
      const baseSequence = sequences.get(producerId) ?? 0;
      sequences.set(producerId, baseSequence + 1);
      const entry = entryAt(offset);
      const builder = new RecordBatchBuilder({ ...producer, baseSequence, isTransactional: true });
      const { key, value } = entry;
      builder.append({ key: Buffer.from(key), value: Buffer.from(value), timestamp });
      records = builder.build();
      written.set(offset, entry);
    } else {
      records = buildMarkerBatch({ ...producer, type: act, coordinatorEpoch: 0, timestamp });
    }
    const appended = log.appendAsLeader(Buffer.from(records), {
      leaderEpoch: 0,
      nowMs: firstTimestamp,
      origin: act === 'write' ? 'client' : 'coordinator',
    });
    // A power that is off never settles it; the first of three leaves with the second.
    const acknowledged = appended.written.then(() => heard(offset + 1));
    acknowledged.catch(() => undefined);
    if (offset % 3 !== 0) await acknowledged;
  }
  return written;
}

function entryAt(offset: number): Entry {
  return {
    value: `${offset}:`.padEnd(122, 'abcdefghij'),
    key: `k${offset % 3}`,
    epoch: 0,
    timestamp: firstTimestamp + offset * 1000,
    sequence: -1,
  };
}

/** A power loss at every `step`-th disk operation of the script. Settles with the number of losses. */
export async function transactionLosses(
  tally: Tally,
  how: { readonly seed: number; readonly step: number; readonly isTwisted?: boolean },
): Promise<number> {
  let losses = 0;
  for (let stopAt = 1; stopAt < 2000 && !tally.isSettled; stopAt += how.step) {
    const power = new FailingPower(how.seed + stopAt, stopAt);
    let acknowledgedEnd = 0;
    const play = async (): Promise<void> => {
      const platform = platformOn(tally.seen(power.disk));
      const logs = await openLogs(platform, { journal: smallJournal });
      const log = createLog(logs, 'orders-0', { segmentBytes: 450 });
      await playTransactions(log, (end) => (acknowledgedEnd = Math.max(acknowledgedEnd, end)));
      await logs.close();
    };
    await Promise.race([play().catch(() => undefined), power.off]);
    if (power.count < stopAt) return losses; // It came to its end.
    losses++;
    const entries = script.flatMap(([, act], at): [number, Entry][] =>
      act === 'write' ? [[at, entryAt(at)]] : [],
    );
    const facts = {
      written: new Map(entries.filter(([offset]) => offset < acknowledgedEnd)),
      possible: new Map(entries.map(([offset, entry]) => [offset, [entry]])),
      mayMiss: () => false,
      endMin: acknowledgedEnd,
      transactions: (end: number) => transactionsUpTo(end, how.isTwisted),
    };
    const name = `transactions: power loss at ${stopAt}, seed ${how.seed + stopAt}`;
    const disk = await dead(power.disk, power);
    await reopen(tally, 'transactions', disk, { name, logs: new Map([['orders-0', facts]]) });
  }
  return losses;
}
