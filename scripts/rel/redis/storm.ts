// What befalls Redis, in rounds: FLUSHALL again and again, slow answers, foreign data under our keys, a stop of ten seconds, a kill
// and an empty restart. Protects: after every return of Redis it is measured until everybody is registered there again.

import { nodePlatform } from '@drave/platform';
import { RedisServer } from '../../../test/redis/redis-server.ts';

export interface StormOptions {
  readonly redis: RedisServer;
  /** Entries in Redis when everybody is registered. */
  readonly registered: number;
  readonly flushEveryMs: number;
  readonly stopMs: number;
  readonly downMs: number;
  /** The storm goes on for at least so long, in whole rounds. */
  readonly durationMs: number;
}

export interface StormFigures {
  readonly flushes: number;
  readonly stops: number;
  readonly kills: number;
  readonly fillings: number;
  /** Longest time from Redis' return until all are registered; milliseconds. */
  readonly recoveryMsMax: number;
}

const { clock, scheduler } = nodePlatform();
const stem = '{drave}:membership';
const recoveryGivenUpMs = 60_000;

/** Rejects when the processes do not come back within a minute. */
export async function storm(options: StormOptions): Promise<StormFigures> {
  const { redis, flushEveryMs, stopMs, downMs, durationMs } = options;
  const figures = { flushes: 0, stops: 0, kills: 0, fillings: 0, recoveryMsMax: 0 };
  const recover = async (): Promise<void> => {
    const ms = await untilRegistered(options);
    figures.recoveryMsMax = Math.max(figures.recoveryMsMax, ms);
  };
  const flush = async (): Promise<void> => {
    await scheduler.sleep(flushEveryMs);
    await redis.command('FLUSHALL');
    figures.flushes += 1;
    await recover();
  };
  const startMs = clock.monotonicMs();
  while (clock.monotonicMs() - startMs < durationMs) {
    await flush();
    await flush();
    await redis.command('CLIENT', 'PAUSE', String(Math.round(stopMs / 5)), 'ALL');
    await flush();
    await fill(redis);
    figures.fillings += 1;
    await recover();
    await flush();
    redis.pause();
    figures.stops += 1;
    await scheduler.sleep(stopMs);
    redis.resume();
    await recover();
    await flush();
    await redis.kill();
    figures.kills += 1;
    await scheduler.sleep(downMs);
    await redis.restart();
    await recover();
  }
  return figures;
}

/** Foreign fields, a value of 8 MiB, wrong types, forged state, and keys that are none of ours. */
async function fill(redis: RedisServer): Promise<void> {
  await redis.command('HSET', `${stem}:entries`, 'brokers/1', '{"nodeId":1}', 'x', '\n\n');
  await redis.command('HSET', `${stem}:entries`, 'huge', 'x'.repeat(8 * 1024 * 1024));
  await redis.command('HSET', `${stem}:state`, 'revision', '999999999999999999999');
  await redis.command('SET', `${stem}:leases`, 'a string');
  for (let index = 0; index < 100; index++) {
    await redis.command('SET', `foreign:${index}`, 'y'.repeat(10_000));
  }
}

/** Milliseconds until `registered` entries are there, with a lapse time each. */
async function untilRegistered({ redis, registered }: StormOptions): Promise<number> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const entries = await redis.command('HLEN', `${stem}:entries`);
    const leases = await redis.command('ZCARD', `${stem}:leases`);
    const ms = clock.monotonicMs() - startMs;
    if (entries === `:${registered}` && leases === `:${registered}`) return Math.round(ms);
    if (ms > recoveryGivenUpMs) throw new Error(`${entries} of ${registered} came back to Redis`);
    await scheduler.sleep(20);
  }
}
