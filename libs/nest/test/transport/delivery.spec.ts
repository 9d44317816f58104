// Events: one test or more per row of the table "Pains of NestJS + Kafka users", named after the row.
import { BadRequestException, Controller, type PipeTransform } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { deadLetterHeaders } from '@drave/contracts';
import { describe, expect, it, vi } from 'vitest';
import { checkHealth, type HealthState } from '../../src/index.js';
import {
  BatchPattern,
  DraveBatchContext,
  DraveContext,
  EventHandler,
  transportIndicator,
  type ConsumerFailure,
} from '../../src/transport.js';
import { eventually, startBroker, startService } from './nest-app.js';

interface Order {
  readonly id: number;
}

const orders = (...ids: number[]): { key: string; value: string }[] =>
  ids.map((id) => ({ key: String(id), value: JSON.stringify({ id }) }));

/** A promise to be settled from outside. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('no batches', () => {
  it('hands over arrays of at most the size, in order', async () => {
    const testing = await startBroker({ orders: 1 });
    const batches: number[][] = [];
    @Controller()
    class Orders {
      @BatchPattern('orders', { size: 4, lingerMs: 20 })
      handle(@Payload() batch: Order[], @Ctx() context: DraveBatchContext): void {
        expect(context.size).toBe(batch.length);
        batches.push(batch.map(({ id }) => id));
      }
    }
    await testing.broker.produce('orders', orders(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    await startService(testing, [Orders]);
    await eventually(() => batches.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(Math.max(...batches.map(({ length }) => length))).toBe(4);
  });

  it('takes a partial resolve: only what was not resolved is tried again', async () => {
    const testing = await startBroker({ orders: 1 });
    const calls: number[][] = [];
    @Controller()
    class Orders {
      @BatchPattern('orders', { size: 10, retry: { attempts: 2, delaysMs: [1] } })
      handle(@Payload() batch: Order[], @Ctx() context: DraveBatchContext): void {
        calls.push(batch.map(({ id }) => id));
        batch.forEach(({ id }, index) => {
          if (id !== 2 || batch.length === 1) context.resolve(index);
        });
        if (batch.some(({ id }) => id === 2) && batch.length > 1) throw new Error('database away');
      }
    }
    await testing.broker.produce('orders', orders(1, 2, 3));
    await startService(testing, [Orders]);
    await eventually(() => calls).toEqual([[1, 2, 3], [2]]);
  });

  it('tries each alone when one of a batch can never succeed', async () => {
    const testing = await startBroker({ orders: 1 });
    const handled = new Set<number>();
    @Controller()
    class Orders {
      @BatchPattern('orders', { size: 10, deadLetter: true })
      handle(@Payload() batch: Order[]): void {
        if (batch.some(({ id }) => id === 2)) throw new BadRequestException('no order 2');
        for (const { id } of batch) handled.add(id);
      }
    }
    await testing.broker.produce('orders', [...orders(1, 2, 3), { value: 'no json' }]);
    await startService(testing, [Orders]);
    const letters = await testing.broker.waitFor('orders.dlq', 2);
    expect(letters.map(({ value }) => String(value)).sort()).toEqual(['no json', '{"id":2}']);
    await eventually(() => [...handled].toSorted((a, b) => a - b)).toEqual([1, 3]);
  });
});

describe('one slow topic blocks all', () => {
  it('handles other topics and partitions while a handler takes its time', async () => {
    const testing = await startBroker({ slow: 1, quick: 1 });
    const { opened, open } = gate();
    const quick: number[] = [];
    @Controller()
    class Orders {
      @EventHandler('slow')
      async slow(): Promise<void> {
        await opened;
      }

      @EventPattern('quick')
      quick(@Payload() { id }: Order): void {
        quick.push(id);
      }
    }
    const { server } = await startService(testing, [Orders]);
    await testing.broker.produce('slow', orders(1));
    await eventually(() => server.consumers()[0]?.inFlight).toBe(1);
    await testing.broker.produce('quick', orders(1, 2, 3));
    await eventually(() => quick).toEqual([1, 2, 3]);
    open();
  });

  it('handles several keys of a partition at once and keeps the order of each', async () => {
    const testing = await startBroker({ orders: 1 });
    const { opened, open } = gate();
    const seen: string[] = [];
    let atOnce = 0;
    let atOnceMax = 0;
    @Controller()
    class Orders {
      @EventHandler('orders', { ordering: 'key', concurrency: 4 })
      async handle(@Payload() step: number, @Ctx() context: DraveContext): Promise<void> {
        atOnceMax = Math.max(atOnceMax, ++atOnce);
        if (String(context.getKey()) === 'slow') await opened;
        seen.push(`${String(context.getKey())}${step}`);
        atOnce--;
      }
    }
    const records = [1, 2, 3].flatMap((step) =>
      ['slow', 'a', 'b'].map((key) => ({ key, value: String(step) })),
    );
    await testing.broker.produce('orders', records);
    await startService(testing, [Orders]);
    await eventually(() => seen.length).toBe(6);
    expect(seen.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(seen.filter((one) => one.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect(atOnceMax).toBeGreaterThan(1);
    open();
    await eventually(() => seen.slice(6)).toEqual(['slow1', 'slow2', 'slow3']);
  });
});

describe('poison pill, no max-retries/DLQ', () => {
  it('retries in topics while the partition goes on, then writes a dead letter', async () => {
    const testing = await startBroker({ orders: 1 });
    const attempts: string[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders', {
        retry: { attempts: 3, delaysMs: [20, 40] },
        deadLetter: true,
      })
      handle(@Payload() { id }: Order, @Ctx() context: DraveContext): void {
        attempts.push(`${id}#${context.getAttempt()}@${context.getTopic()}-${context.getOffset()}`);
        if (id === 1) throw new RangeError('order 1 is poison');
      }
    }
    const headers = { tenant: 'eu' };
    await testing.broker.produce('orders', [
      { key: '1', value: '{"id":1}', headers, timestamp: 1_000 },
      ...orders(2, 3),
    ]);
    await startService(testing, [Orders]);
    const [letter] = await testing.broker.waitFor('orders.dlq', 1);
    expect(attempts.slice(0, 3)).toEqual(['1#1@orders-0', '2#1@orders-1', '3#1@orders-2']);
    expect(attempts.slice(3)).toEqual(['1#2@orders-0', '1#3@orders-0']);
    const facts = Object.fromEntries(
      letter?.headers.map(({ key, value }) => [key, String(value)]) ?? [],
    );
    expect(facts).toMatchObject({
      tenant: 'eu',
      [deadLetterHeaders.topic]: 'orders',
      [deadLetterHeaders.partition]: '0',
      [deadLetterHeaders.offset]: '0',
      [deadLetterHeaders.group]: 'service',
      [deadLetterHeaders.node]: 'orders',
      [deadLetterHeaders.errorClass]: 'RangeError',
      [deadLetterHeaders.error]: 'order 1 is poison',
      [deadLetterHeaders.attempts]: '3',
    });
    expect(Object.keys(facts).filter((name) => name.startsWith('x-retry'))).toEqual([]);
    expect([String(letter?.key), String(letter?.value)]).toEqual(['1', '{"id":1}']);
  });

  it('stands still without a dead-letter topic, says so, and goes on when resumed', async () => {
    const testing = await startBroker({ orders: 1 });
    const handled: number[] = [];
    let isBroken = true;
    @Controller()
    class Orders {
      @EventHandler('orders', { retry: { attempts: 2, delaysMs: [1], through: 'inPlace' } })
      handle(@Payload() { id }: Order): void {
        if (id === 2 && isBroken) throw new Error('not yet');
        handled.push(id);
      }
    }
    await testing.broker.produce('orders', orders(1, 2, 3));
    const { server } = await startService(testing, [Orders]);
    await eventually(() => server.consumers()[0]?.halted).toEqual([
      { topic: 'orders', partition: 0, reason: 'not yet' },
    ]);
    const { states } = await checkHealth([transportIndicator(server)], testing.broker.platform);
    expect(states['transport']).toMatchObject({
      status: 'down',
      reason: "group 'service' stands still at orders-0 (not yet)",
    });
    isBroken = false;
    server.resume('service');
    await eventually(() => handled).toEqual([1, 2, 3]);
  });
});

describe('poison pill, no max-retries/DLQ', () => {
  it('sets aside what it finds in a retry topic and no handler takes', async () => {
    const testing = await startBroker({ orders: 1, 'service.retry.1ms': 1 });
    const seen: number[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders', { retry: { attempts: 2, delaysMs: [1] }, deadLetter: true })
      handle(@Payload() { id }: Order, @Ctx() context: DraveContext): void {
        if (context.getAttempt() === 1) throw new Error('once more');
        seen.push(id);
      }
    }
    const gone = { 'x-retry-topic': 'gone', 'x-retry-partition': '0', 'x-retry-offset': '5' };
    await testing.broker.produce('service.retry.1ms', [
      { value: 'foreign' },
      { value: 'orphan', headers: { ...gone, 'x-retry-attempts': '1' } },
    ]);
    const { app } = await startService(testing, [Orders]);
    const letters = await testing.broker.waitFor('service.dlq', 2);
    expect(letters.map(({ value }) => String(value))).toEqual(['foreign', 'orphan']);
    await testing.broker.produce('orders', orders(1));
    await eventually(() => seen).toEqual([1]);
    // They are committed with what came after them: the next service does not find them again.
    await app.close();
    const next = await startService(testing, [Orders]);
    await eventually(() => next.server.consumers()[0]?.lag).toBe(0);
    expect((await testing.broker.records('service.dlq')).length).toBe(2);
  });
});

describe('validation error retried for ever', () => {
  it('sends errors of non-retriable classes to the dead letters at the first attempt', async () => {
    const testing = await startBroker({ orders: 1 });
    class Unpayable extends Error {}
    const valid: PipeTransform = {
      transform: (order: Order) => {
        if (order.id < 0) throw new BadRequestException('ids are positive');
        return order;
      },
    };
    let calls = 0;
    @Controller()
    class Orders {
      @EventHandler('orders', {
        retry: { attempts: 5, delaysMs: [60_000] },
        deadLetter: 'bad-orders',
        nonRetriable: [Unpayable],
      })
      handle(@Payload(valid) { id }: Order): void {
        calls++;
        if (id === 1) throw new Unpayable('card is stolen');
      }
    }
    await testing.broker.produce('orders', [...orders(-1, 1), { value: 'no json' }]);
    await startService(testing, [Orders]);
    const letters = await testing.broker.waitFor('bad-orders', 3);
    const classes = letters.map(({ headers }) =>
      String(headers.find(({ key }) => key === deadLetterHeaders.errorClass)?.value),
    );
    expect(classes.sort()).toEqual(['BadRequestException', 'PayloadError', 'Unpayable']);
    expect(calls).toBe(1);
  });
});

describe('no manual commit', () => {
  it('commits what was acked, and delivers the rest to the next consumer', async () => {
    const testing = await startBroker({ orders: 1 });
    const contexts: DraveContext[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders', { ack: 'manual', ordering: 'none', concurrency: 3 })
      handle(@Ctx() context: DraveContext): void {
        contexts.push(context);
      }
    }
    await testing.broker.produce('orders', orders(1, 2, 3));
    const first = await startService(testing, [Orders], { commitIntervalMs: 60_000 });
    await eventually(() => contexts.length).toBe(3);
    contexts[1]?.ack();
    contexts[0]?.ack();
    await contexts[0]?.commit();
    await first.app.close();
    await startService(testing, [Orders]);
    await eventually(() => contexts.length).toBe(4);
    expect(contexts[3]?.getOffset()).toBe(2);
    contexts[3]?.ack();
  });

  it('takes a nack as a failure', async () => {
    const testing = await startBroker({ orders: 1 });
    const seen: number[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders', {
        ack: 'manual',
        retry: { attempts: 2, delaysMs: [1] },
        deadLetter: true,
      })
      handle(@Payload() { id }: Order, @Ctx() context: DraveContext): void {
        seen.push(id);
        if (id === 1) context.nack(new Error('later'));
        else context.ack();
      }
    }
    await testing.broker.produce('orders', orders(1, 2));
    await startService(testing, [Orders]);
    await testing.broker.waitFor('orders.dlq', 1);
    // The retry topic has no order with the topic itself.
    await eventually(() => seen.toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
    expect(seen[0]).toBe(1);
  });
});

describe('several groups in one app deliver twice', () => {
  it('delivers once per group, and runs handlers of one group together', async () => {
    const testing = await startBroker({ orders: 2 });
    const seen: string[] = [];
    @Controller()
    class Orders {
      @EventPattern('orders', { group: 'billing' })
      bill(@Payload() { id }: Order): void {
        seen.push(`billing ${id}`);
      }

      @EventPattern('orders', { group: 'shipping' })
      ship(@Payload() { id }: Order): void {
        seen.push(`shipping ${id}`);
      }

      @EventPattern('orders', { group: 'shipping' })
      label(@Payload() { id }: Order): void {
        seen.push(`label ${id}`);
      }

      @EventHandler('orders', { transport: Symbol('another transport') })
      foreign(): void {
        seen.push('foreign');
      }
    }
    const { server } = await startService(testing, [Orders]);
    await testing.broker.produce('orders', orders(1, 2));
    await eventually(() => seen.toSorted()).toEqual([
      'billing 1',
      'billing 2',
      'label 1',
      'label 2',
      'shipping 1',
      'shipping 2',
    ]);
    expect(server.consumers().map(({ group }) => group)).toEqual(['billing', 'shipping']);
  });
});

describe('consumer health unknown, probe slow', () => {
  it('reports lag, age of the last poll and paused partitions without asking a broker', async () => {
    const testing = await startBroker({ orders: 1 });
    @Controller()
    class Orders {
      @EventHandler('orders')
      handle(): void {}
    }
    const { server } = await startService(testing, [Orders]);
    server.pause('service');
    await testing.broker.produce('orders', orders(1, 2, 3));
    const indicator = transportIndicator(server, { lagMax: 2 });
    const consumerOf = ({ consumers }: HealthState): unknown =>
      Array.isArray(consumers) ? consumers[0] : undefined;
    const paused = { state: 'running', pausedPartitions: ['orders-0'] };
    await eventually(async () => consumerOf(await indicator.check())).toMatchObject(paused);
    server.resume('service');
    await eventually(() => indicator.check()).toMatchObject({
      status: 'up',
      consumers: [{ group: 'service', lag: 0, partitions: 1, pausedPartitions: [] }],
    });
    expect(server.consumers()[0]?.lastPollAgeMs).toBeLessThan(30_000);
  });
});

describe('long handlers lose the group session', () => {
  it('keeps the partition through a handler longer than the session, and bounds what waits', async () => {
    const testing = await startBroker({ orders: 1 });
    const { opened, open } = gate();
    const seen: number[] = [];
    @Controller()
    class Orders {
      @EventPattern('orders')
      async handle(@Payload() { id }: Order): Promise<void> {
        if (id === 1) await opened;
        seen.push(id);
      }
    }
    const ids = Array.from({ length: 2_000 }, (_, index) => index + 1);
    await testing.broker.produce('orders', orders(...ids));
    const { server } = await startService(testing, [Orders], {
      bufferedRecords: 10,
      consumer: { sessionTimeoutMs: 300, heartbeatIntervalMs: 50 },
    });
    await eventually(() => server.consumers()[0]?.longestHandlerMs).toBeGreaterThan(700);
    expect(testing.broker.groups()[0]).toMatchObject({ state: 'Stable', generation: 1 });
    const [status] = server.consumers();
    expect(status).toMatchObject({ state: 'running', inFlight: 1 });
    // The bound of 10 and one poll.
    expect(status?.buffered).toBeLessThanOrEqual(10 + 500);
    open();
    await eventually(() => seen.length).toBe(ids.length);
    expect(seen).toEqual(ids);
  });
});

describe('crash without restart, or endless restart', () => {
  it('starts again after a failure, gives up after the bound and calls the policy', async () => {
    const testing = await startBroker({ orders: 1 });
    @Controller()
    class Orders {
      @EventHandler('orders')
      handle(): void {}
    }
    const failures: ConsumerFailure[] = [];
    const { server } = await startService(testing, [Orders], {
      restarts: 1,
      consumer: { autoOffsetReset: 'none' }, // Without a committed offset nobody knows where to begin.
      onFatal: (failure) => failures.push(failure),
    });
    const states: string[] = [];
    server.consumerStatus.subscribe(({ state }) => states.push(state));
    await eventually(() => failures.length).toBe(1);
    expect(failures[0]?.group).toBe('service');
    expect(server.consumers()[0]).toMatchObject({ state: 'failed' });
    expect(server.consumers()[0]?.failure).toContain('orders-0');
    expect(states.at(-1)).toBe('failed');
    const { isUp } = await checkHealth([transportIndicator(server)], testing.broker.platform);
    expect(isUp).toBe(false);
  });

  it('ends the process on request', async () => {
    const testing = await startBroker({ orders: 1 });
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { exitCode } = process;
    @Controller()
    class Orders {
      @EventHandler('orders')
      handle(): void {}
    }
    await startService(testing, [Orders], {
      restarts: 0,
      consumer: { autoOffsetReset: 'none' },
      onFatal: 'exit',
    });
    await eventually(() => kill.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
    process.exitCode = exitCode;
    kill.mockRestore();
  });
});

describe('one bad consumer flips the global status', () => {
  it('has a status per consumer: the good one goes on', async () => {
    const testing = await startBroker({ orders: 1 });
    const seen: number[] = [];
    @Controller()
    class Orders {
      @EventPattern('orders', { group: 'good' })
      good(@Payload() { id }: Order): void {
        seen.push(id);
      }

      @EventHandler('orders', { group: 'bad' })
      bad(): void {}
    }
    const { server } = await startService(testing, [Orders], {
      restarts: 0,
      groups: { bad: { autoOffsetReset: 'none' } },
    });
    await eventually(() => server.consumers().map(({ state }) => state)).toEqual([
      'running',
      'failed',
    ]);
    await testing.broker.produce('orders', orders(1));
    await eventually(() => seen).toEqual([1]);
  });
});
