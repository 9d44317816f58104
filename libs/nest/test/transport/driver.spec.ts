// Topics by RegExp, order in place, and the port to other clients, each named after its row of the table of pains.
import type { ConsumerRecord, ProducerRecord } from '@drave/client';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DraveTesting } from '../../src/testing.js';
import {
  DraveClient,
  DraveContext,
  DraveServer,
  EventHandler,
  RequestHandler,
  type DriverConsumer,
  type DriverConsumerOptions,
  type DriverProducer,
  type TransportDriver,
} from '../../src/transport.js';
import { afterTest, eventually, startBroker, startService } from './nest-app.js';

/** A cluster in a map, one partition per topic: the smallest client that can carry the transport. */
class MapDriver implements TransportDriver {
  readonly #logs: Map<string, ConsumerRecord[]>;

  constructor(logs: Map<string, ConsumerRecord[]>) {
    this.#logs = logs;
  }

  log(topic: string): ConsumerRecord[] {
    const log = this.#logs.get(topic) ?? [];
    this.#logs.set(topic, log);
    return log;
  }

  async connect(): Promise<void> {}

  producer(): DriverProducer {
    return {
      send: async ({ topic, key, value, headers }: ProducerRecord) => {
        const log = this.log(topic);
        const list = Array.isArray(headers) ? headers : [];
        log.push({
          topic,
          partition: 0,
          offset: log.length,
          timestamp: 0,
          leaderEpoch: 0,
          key: bytes(key),
          value: bytes(value),
          headers: list.map((header) => ({ key: header.key, value: bytes(header.value) })),
        });
      },
      close: async () => undefined,
      abort: () => undefined,
    };
  }

  consumer(options: DriverConsumerOptions): DriverConsumer {
    const positions = new Map<string, number>();
    let fresh: string[] = [];
    const add = (topic: string): void => {
      positions.set(topic, 0);
      fresh.push(topic);
    };
    const poll = async (): Promise<ConsumerRecord[]> => {
      const added = fresh.map((topic) => ({ topic, partition: 0 }));
      fresh = [];
      if (added.length > 0) await options.onAssigned?.(added);
      await new Promise(setImmediate);
      return [...positions].flatMap(([topic, position]) => {
        const records = this.log(topic).slice(position);
        positions.set(topic, position + records.length);
        return records;
      });
    };
    return {
      subscribe: (topics) => topics.forEach(add),
      assign: (partitions) => partitions.forEach(({ topic }) => add(topic)),
      seek: ({ topic }, offset) => void positions.set(topic, offset),
      poll,
      pause: () => undefined,
      resume: () => undefined,
      assignment: () => [...positions.keys()].map((topic) => ({ topic, partition: 0 })),
      lag: () => 0,
      commit: async () => undefined,
      groupMetadata: () => ({ generation: 1 }),
      close: async () => undefined,
      abort: () => undefined,
    };
  }

  async listTopics(): Promise<readonly string[]> {
    return [...this.#logs.keys()];
  }

  async ensureTopics(): Promise<void> {}

  async partitionCount(): Promise<number> {
    return 1;
  }

  async endOffset({ topic }: { readonly topic: string }): Promise<number> {
    return this.log(topic).length;
  }

  async close(): Promise<void> {}

  abort(): void {}
}

function bytes(value: ProducerRecord['value'] | undefined): Buffer | null {
  return value === null || value === undefined ? null : Buffer.from(value as string);
}

describe('other drivers refused', () => {
  it('carries requests, retries and dead letters over a client of another make', async () => {
    const logs = new Map<string, ConsumerRecord[]>();
    @Controller()
    class Numbers {
      @RequestHandler('double')
      double(@Payload() number: number): number {
        return number * 2;
      }

      @EventHandler('fail', { retry: { attempts: 2, delaysMs: [1] }, deadLetter: true })
      fail(): void {
        throw new Error('always');
      }
    }
    const nowhere = await DraveTesting.start();
    await nowhere.stop();
    await startService(nowhere, [Numbers], { driver: new MapDriver(logs) });
    const client = new DraveClient({ driver: new MapDriver(logs) });
    afterTest(() => client.close());
    expect(await firstValueFrom(client.send('double', 21))).toBe(42);
    await lastValueFrom(client.emit('fail', 1), { defaultValue: undefined });
    await eventually(() => logs.get('fail.dlq')?.length).toBe(1);
    expect(logs.get('service.retry.1ms')?.length).toBe(1);
  });

  it('says what is missing when no broker answers', async () => {
    const gone = await DraveTesting.start();
    await gone.stop();
    expect(() => new DraveServer({ group: 'service' })).toThrow(/needs brokers/);
    expect(() => new DraveClient({})).toThrow(/needs brokers/);
  });
});

describe('one slow topic blocks all', () => {
  it('takes topics by RegExp, also those to come, and leaves out dead letters and retries', async () => {
    const testing = await startBroker({ 'eu.orders': 1, 'us.orders': 1, 'eu.orders.dlq': 1 });
    const seen: string[] = [];
    @Controller()
    class Orders {
      @EventHandler('us.orders')
      american(@Payload() id: number): void {
        seen.push(`american ${id}`);
      }

      @EventHandler(/\.orders/)
      handle(@Payload() id: number, @Ctx() context: DraveContext): void {
        seen.push(`${context.getTopic()} ${id}`);
      }
    }
    await testing.broker.produce('eu.orders.dlq', [{ value: '0' }]);
    await startService(testing, [Orders], { topicRefreshMs: 10 });
    await testing.broker.produce('eu.orders', [{ value: '1' }]);
    await testing.broker.produce('us.orders', [{ value: '2' }]);
    await testing.broker.createTopic('cn.orders', 1);
    await testing.broker.produce('cn.orders', [{ value: '3' }]);
    await eventually(() => seen.toSorted()).toEqual(['american 2', 'cn.orders 3', 'eu.orders 1']);
  });

  it('retries in place without overtaking records of the same key', async () => {
    const testing = await startBroker({ orders: 1 });
    const seen: string[] = [];
    let failures = 2;
    @Controller()
    class Orders {
      @EventHandler('orders', {
        ordering: 'key',
        retry: { attempts: 3, delaysMs: [30], through: 'inPlace' },
      })
      handle(@Payload() step: number, @Ctx() context: DraveContext): void {
        const key = String(context.getKey());
        if (key === 'a' && step === 1 && failures-- > 0) throw new Error('not yet');
        seen.push(`${key}${step}`);
      }
    }
    const records = ['a1', 'b1', 'a2', 'b2'].map(([key = '', value = '']) => ({ key, value }));
    await testing.broker.produce('orders', records);
    await startService(testing, [Orders]);
    await eventually(() => seen).toEqual(['b1', 'b2', 'a1', 'a2']);
  });

  it('refuses handlers that contradict themselves or each other', async () => {
    const testing = await startBroker();
    @Controller()
    class Ordered {
      @EventHandler('orders', { concurrency: 2 })
      handle(): void {}
    }
    await expect(startService(testing, [Ordered])).rejects.toThrow(/set ordering to 'key'/);
    @Controller()
    class Nameless {
      @EventHandler('new orders')
      handle(): void {}
    }
    await expect(startService(testing, [Nameless])).rejects.toThrow(/name the topics/);
    @Controller()
    class Rivals {
      @EventHandler('orders', { deadLetter: true })
      first(): void {}

      @EventHandler('orders')
      second(): void {}
    }
    await expect(startService(testing, [Rivals])).rejects.toThrow(/a group of its own/);
  });
});

describe('no e2e tests without a broker', () => {
  it('rebalances between two services without losing or handling twice what was committed', async () => {
    const testing = await startBroker({ orders: 4 });
    const seen: number[] = [];
    @Controller()
    class Orders {
      @EventHandler('orders')
      handle(@Payload() id: number): void {
        seen.push(id);
      }
    }
    const first = await startService(testing, [Orders]);
    const ids = Array.from({ length: 400 }, (_, index) => index);
    const records = ids.map((id) => ({ key: String(id), value: String(id) }));
    await testing.broker.produce('orders', records.slice(0, 200));
    await startService(testing, [Orders]);
    await testing.broker.produce('orders', records.slice(200, 300));
    await first.app.close();
    await testing.broker.produce('orders', records.slice(300));
    await eventually(() => new Set(seen).size).toBe(400);
    expect(seen.length).toBe(400);
  });
});
