// What the transport promises about events, on whichever broker: every record once and in order, batches, retries and dead letters,
// decisions of the handler, topics by pattern, instances that come and go. Protects: each scenario has topics and groups of its own.

import { deadLetterHeaders } from '@drave/contracts';
import {
  BatchPattern,
  EventHandler,
  LogRecordBuilder,
  type DraveBatchContext,
  type DraveContext,
} from '@drave/nest/transport';
import { BadRequestException } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { gate, handler, platform, type Service, type Side } from './side.ts';

interface Order {
  readonly id: number;
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const json = (list: readonly number[]): { readonly value: string }[] =>
  list.map((id) => ({ value: JSON.stringify({ id }) }));
const ascending = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
const handle = (
  topic: string | RegExp,
  options: Parameters<typeof EventHandler>[1],
  run: (order: Order, context: DraveContext) => unknown,
): ReturnType<typeof handler> => handler(EventHandler(topic, options), run);

async function events(side: Side): Promise<void> {
  await side.topics({ events: 3 });
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const byKey = new Map<string, number[]>();
  const traces = new Set<string>();
  const { server } = await side.service(
    [
      handle('events', { ordering: 'key', concurrency: 4 }, ({ id }, context) => {
        const key = String(context.getKey());
        byKey.set(key, [...(byKey.get(key) ?? []), id]);
        traces.add(JSON.stringify(context.getMetadata()));
      }),
    ],
    { group: 'events-group' },
  );
  const client = side.asker({ metadata: () => trace });
  await client.connect();
  await Promise.all(
    ids(300).map((id) => {
      const record = new LogRecordBuilder({ id }).key(`k${id % 7}`).build();
      return lastValueFrom(client.emit('events', record));
    }),
  );
  await side.eventually('every event', () => [...byKey.values()].flat().length, 300);
  for (const key of ids(7)) {
    const expected = ids(300).filter((id) => id % 7 === key);
    side.check(`order of key ${key}`, byKey.get(`k${key}`), expected);
  }
  side.check('traces', [...traces], [JSON.stringify(trace)]);
  await side.eventually('committed', () => side.committed('events-group', 'events'), 300);
  await side.eventually('lag', () => server.consumers()[0]?.lag, 0);
}

async function batches(side: Side): Promise<void> {
  await side.topics({ readings: 1 });
  const calls: number[][] = [];
  await side.produce('readings', json(ids(25)));
  await side.service(
    [
      handler(
        BatchPattern('readings', {
          size: 10,
          lingerMs: 20,
          retry: { attempts: 2, delaysMs: [5] },
          deadLetter: true,
        }),
        (batch: readonly Order[], context: DraveBatchContext) => {
          calls.push(batch.map(({ id }) => id));
          batch.forEach(({ id }, index) => {
            if (id !== 12) context.resolve(index);
          });
          if (batch.some(({ id }) => id === 12)) throw new Error('12 is not taken');
        },
      ),
    ],
    { group: 'readings-group' },
  );
  const [letter] = await side.read('readings.dlq', 1);
  side.check('what was not resolved', letter?.value, '{"id":12}');
  await side.eventually('committed', () => side.committed('readings-group', 'readings'), 25);
  side.check('sizes', Math.max(...calls.map(({ length }) => length)) <= 10, true);
  const first = calls.filter(({ length }) => length > 1).flat();
  side.check('order', first, ids(25));
}

async function retries(side: Side): Promise<void> {
  await side.topics({ payments: 1 });
  const attempts: string[] = [];
  await side.produce('payments', [
    { key: 'k1', value: '{"id":1}', headers: { tenant: 'eu' }, timestamp: 1_700_000_000_000 },
    ...json([2, 3]),
    { value: 'no json' },
  ]);
  await side.service(
    [
      handle(
        'payments',
        { retry: { attempts: 3, delaysMs: [20, 40] }, deadLetter: true },
        ({ id }, context) => {
          attempts.push(`${id}#${context.getAttempt()}@${context.getOffset()}`);
          if (id === 1) throw new RangeError('1 is poison');
          if (id === 2) throw new BadRequestException('2 is worthless');
        },
      ),
    ],
    { group: 'payments-group' },
  );
  const letters = await side.read('payments.dlq', 3);
  const classOf = deadLetterHeaders.errorClass;
  const classes = letters.map(({ headers }) => String(headers[classOf])).toSorted();
  side.check('classes', classes, ['BadRequestException', 'PayloadError', 'RangeError']);
  const last = letters.find(({ value }) => value === '{"id":1}');
  const {
    tenant,
    [deadLetterHeaders.offset]: offset,
    [deadLetterHeaders.attempts]: tried,
  } = {
    ...last?.headers,
  };
  side.check('origin', [last?.key, tenant, offset, tried], ['k1', 'eu', '0', '3']);
  side.check('nobody waits', attempts.slice(0, 3), ['1#1@0', '2#1@1', '3#1@2']);
  side.check('attempts', attempts.slice(3), ['1#2@0', '1#3@0']);
  const topics = (await side.topicNames()).filter((name) => name.startsWith('payments-group'));
  side.check('retry topics', topics, ['payments-group.retry.20ms', 'payments-group.retry.40ms']);
  await side.eventually('committed', () => side.committed('payments-group', 'payments'), 4);
  for (const topic of topics) {
    await side.eventually(`${topic} done`, () => side.committed('payments-group', topic), 1);
  }
}

async function manualAck(side: Side): Promise<void> {
  await side.topics({ tickets: 1 });
  const contexts: DraveContext[] = [];
  const handlers = [
    handle('tickets', { ack: 'manual', ordering: 'none', concurrency: 3 }, (_, context) => {
      contexts.push(context);
    }),
  ];
  await side.produce('tickets', json([1, 2, 3]));
  const quiet = { group: 'tickets-group', commitIntervalMs: 60_000 };
  const first = await side.service(handlers, quiet);
  await side.eventually('all are under way', () => contexts.length, 3);
  contexts[1]?.ack();
  contexts[0]?.ack();
  await side.eventually('two are done', () => first.server.consumers()[0]?.handled, 2);
  await contexts[0]?.commit();
  side.check('committed', await side.committed('tickets-group', 'tickets'), 2);
  await first.app.close();
  await side.service(handlers, quiet);
  await side.eventually('the open one comes again', () => contexts.length, 4);
  side.check('which one', contexts[3]?.getOffset(), 2);
  contexts[3]?.ack();
  await contexts[3]?.commit();
  side.check('committed at last', await side.committed('tickets-group', 'tickets'), 3);
}

async function patterns(side: Side): Promise<void> {
  await side.topics({ 'sensors.a': 1, 'sensorless.x': 1 });
  const seen: string[] = [];
  await side.service(
    [
      handle(/^sensors\.\w+$/, {}, ({ id }, context) => {
        seen.push(`${context.getTopic()}#${id}`);
      }),
    ],
    { group: 'sensors-group', topicRefreshMs: 100 },
  );
  await side.produce('sensors.a', json([1]));
  await side.produce('sensorless.x', json([9]));
  await side.eventually('a topic that is there', () => seen, ['sensors.a#1']);
  await side.topics({ 'sensors.b': 2 });
  await side.produce('sensors.b', json([2, 3]));
  const expected = ['sensors.a#1', 'sensors.b#2', 'sensors.b#3'];
  await side.eventually('a topic that comes later', () => seen.toSorted(), expected);
}

async function rebalance(side: Side): Promise<void> {
  await side.topics({ moves: 6 });
  const seen: number[] = [];
  const start = (by: number[]): Promise<Service> =>
    side.service(
      [
        handle('moves', {}, async ({ id }) => {
          await platform.scheduler.sleep(1);
          seen.push(id);
          by.push(id);
        }),
      ],
      { group: 'moves-group' },
    );
  const produce = (count: number, from: number): Promise<void> =>
    side.produce(
      'moves',
      json(ids(count).map((id) => from + id)).map((one, at) => ({ ...one, partition: at % 6 })),
    );
  const [first, second]: [number[], number[]] = [[], []];
  const one = await start(first);
  const producing = (async (): Promise<void> => {
    for (let from = 0; from < 900; from += 30) {
      await produce(30, from);
      await platform.scheduler.sleep(20);
    }
  })();
  await side.eventually('the first works', () => first.length > 50, true);
  const two = await start(second);
  const shares = (): number[] =>
    [one, two].map(({ server }) => server.consumers()[0]?.partitions.length ?? 0);
  await side.eventually('both have half', shares, [3, 3]);
  await producing;
  await produce(60, 900);
  await side.eventually('the second works', () => second.length > 0, true);
  await one.app.close();
  await produce(60, 960);
  await side.eventually('all are handled', () => new Set(seen).size, 1_020);
  side.check('each once', ascending(seen), ids(1_020));
  await side.eventually('committed', () => side.committed('moves-group', 'moves'), 1_020);
}

async function backpressure(side: Side): Promise<void> {
  await side.topics({ flood: 1 });
  const { opened, open } = gate();
  const seen: number[] = [];
  const { server } = await side.service(
    [
      handle('flood', {}, async ({ id }) => {
        if (id === 0) await opened;
        seen.push(id);
      }),
    ],
    {
      group: 'flood-group',
      bufferedRecords: 10,
      consumer: { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500 },
    },
  );
  await side.produce('flood', json(ids(2_000)));
  await side.eventually('one is under way', () => server.consumers()[0]?.inFlight, 1);
  const startedMs = platform.clock.monotonicMs();
  // Longer than the session.
  const isLong = (): boolean => platform.clock.monotonicMs() - startedMs > 7_000;
  await side.eventually('a long handler', isLong, true);
  side.check('it keeps its partition', server.consumers()[0]?.partitions.length, 1);
  side.check('what waits is bounded', (server.consumers()[0]?.buffered ?? 0) <= 510, true);
  open();
  await side.eventually('everything follows', () => seen.length, 2_000);
  side.check('in order, once', seen, ids(2_000));
}

async function drain(side: Side): Promise<void> {
  await side.topics({ parcels: 1 });
  const { opened, open } = gate();
  const seen: number[] = [];
  const handlers = [
    handle('parcels', {}, async ({ id }) => {
      if (id === 2) await opened;
      seen.push(id);
    }),
  ];
  await side.produce('parcels', json([1, 2, 3]));
  const first = await side.service(handlers, { group: 'parcels-group', commitIntervalMs: 60_000 });
  await side.eventually('one ended', () => seen, [1]);
  await side.eventually('one runs', () => first.server.consumers()[0]?.inFlight, 1);
  const closed = first.app.close();
  await side.eventually('draining', () => first.server.consumers()[0]?.state, 'draining');
  open();
  await closed;
  side.check('the one under way ended', seen, [1, 2]);
  side.check('and is committed', await side.committed('parcels-group', 'parcels'), 2);
  await side.service(handlers, { group: 'parcels-group' });
  await side.eventually('the rest follows', () => seen, [1, 2, 3]);
}

export const eventScenarios = {
  events,
  batches,
  retries,
  manualAck,
  patterns,
  rebalance,
  backpressure,
  drain,
};
