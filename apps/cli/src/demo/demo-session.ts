// One run of the demo: broker, topics, stream application and replay in this process, and what the screen shows of them.
// Protects: start and stop order (broker first up and last down); a data directory remembers its seed, so a replay that died
// goes on with the same rows. Leaves out: keys and screens (terminal.ts), HTTP (demo.ts), the check (result-check.ts).

import { type Broker, createBroker } from '@drave/broker';
import { KafkaClient } from '@drave/client';
import { formatSocketAddress, type Platform, type SocketAddress } from '@drave/platform';
import {
  createFlightTopics,
  flightDelaysId,
  flightPartitionCount,
  flightTopics,
} from '@drave/processor-app';
import { brokerDirectory, checkDataDirectory, processorDirectory } from '../data-directory.js';
import { CommandError } from '../output.js';
import { AirportBoard } from './airport-board.js';
import { AppInstances } from './app-instances.js';
import { demoSeed } from './demo-seed.js';
import { flightsReplay } from './flights-replay.js';
import type { Replay } from './replay.js';
import type { DemoStatus, PartitionLag } from './status-view.js';

export interface SessionOptions {
  readonly platform: Platform;
  readonly dataDirectory: string;
  readonly listen: SocketAddress;
  /** undefined: the seed the directory remembers, else 1. */
  readonly seed: number | undefined;
  /** Event-time milliseconds per second; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  readonly lastRound: number | undefined;
}

const commitIntervalMs = 500;
/** Without any progress for this long, waiting for the application to catch up is given up. */
const settleMs = 60_000;
const settlePollMs = 50;

export class DemoSession {
  readonly broker: Broker;
  readonly client: KafkaClient;
  readonly instances: AppInstances;
  readonly replay: Replay;
  readonly #options: SessionOptions;
  readonly #board: AirportBoard;
  #rate = { atMs: 0, acknowledged: 0, rowsPerSecond: 0 };
  #failure: Error | undefined;

  private constructor(
    options: SessionOptions,
    parts: { broker: Broker; client: KafkaClient; replay: Replay },
  ) {
    this.#options = options;
    this.broker = parts.broker;
    this.client = parts.client;
    this.replay = parts.replay;
    this.#board = new AirportBoard(parts.client);
    this.instances = new AppInstances({
      platform: options.platform,
      brokers: [formatSocketAddress(parts.broker.address)],
      directory: processorDirectory(options.dataDirectory),
      commitIntervalMs,
      onFailure: (error) => {
        this.#failure ??= error;
      },
    });
  }

  /** Starts everything but the replay. */
  static async start(options: SessionOptions): Promise<DemoSession> {
    const { platform, dataDirectory } = options;
    await checkDataDirectory(platform.disk, dataDirectory);
    const broker = await createBroker({
      platform,
      directory: brokerDirectory(dataDirectory),
      listen: options.listen,
      settings: { groupInitialRebalanceDelayMs: 0 },
    });
    const client = new KafkaClient({
      platform,
      brokers: [formatSocketAddress(broker.address)],
      clientId: 'drave-demo',
    });
    try {
      const seed = await demoSeed(platform.disk, dataDirectory, options.seed);
      await createFlightTopics(client.admin());
      const { speed, lastRound } = options;
      const replay = await flightsReplay({ platform, client, seed, speed, lastRound });
      const session = new DemoSession(options, { broker, client, replay });
      session.#board.start(flightTopics.airportDelays, flightPartitionCount);
      await session.instances.scaleTo(1);
      return session;
    } catch (error) {
      await client.close();
      await broker.stop();
      throw error;
    }
  }

  /** The first failure of the application, if one failed for good. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get dataDirectory(): string {
    return brokerDirectory(this.#options.dataDirectory);
  }

  async status(http: string): Promise<DemoStatus> {
    const lags = await this.#lags();
    const { late, deadLetters, records } = this.instances.totals();
    return {
      round: this.replay.round,
      eventTimeMs: this.replay.eventTimeMs,
      produced: lags.reduce((sum, { endOffset }) => sum + endOffset, 0),
      rowsPerSecond: this.#measureRate(),
      counted: records - late,
      late,
      deadLetters,
      lags,
      worst: this.#board.worst(5),
      instances: this.instances.view(),
      broker: formatSocketAddress(this.broker.address),
      http,
    };
  }

  /** Settles when the application has committed everything there is, repartitioned records included. */
  async settle(): Promise<void> {
    const { clock, scheduler } = this.#options.platform;
    let best = Number.POSITIVE_INFINITY;
    let progressAtMs = clock.monotonicMs();
    for (;;) {
      if (this.#failure) throw this.#failure;
      const lag = await this.#totalLag();
      // Totals are those of running tasks: one that still restores would be missing from the sums.
      if (lag === 0 && this.instances.runningTasks() === flightPartitionCount) return;
      if (lag < best) {
        best = lag;
        progressAtMs = clock.monotonicMs();
      }
      if (clock.monotonicMs() - progressAtMs > settleMs) {
        throw new CommandError(
          `the application made no progress for ${settleMs / 1000} s and is ${lag} records behind; \`drave group describe ${flightDelaysId}\` shows where`,
        );
      }
      await scheduler.sleep(settlePollMs);
    }
  }

  /** Commits and stops the application; the broker still answers. */
  async stopApplication(): Promise<void> {
    await this.instances.close();
  }

  /** Stops what is left; idempotent. */
  async stop(): Promise<void> {
    await this.replay.stop().catch(() => undefined);
    await this.#board.stop();
    await this.instances.close();
    await this.client.close();
    await this.broker.stop();
  }

  async #lags(): Promise<PartitionLag[]> {
    const admin = this.client.admin();
    const places = Array.from({ length: flightPartitionCount }, (_, partition) => ({
      topic: flightTopics.flights,
      partition,
    }));
    const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
    const committed = await admin.groupOffsets(flightDelaysId, places);
    admin.close();
    return places.map(({ partition }) => ({
      partition,
      endOffset: ends[partition]?.offset ?? 0,
      committedOffset: Math.max(
        0,
        committed.find((entry) => entry.partition === partition)?.offset ?? 0,
      ),
    }));
  }

  async #totalLag(): Promise<number> {
    const admin = this.client.admin();
    const all = await admin.groupLag(flightDelaysId);
    admin.close();
    const sources = await this.#lags();
    const sourceLag = sources.reduce((sum, l) => sum + l.endOffset - l.committedOffset, 0);
    const rest = all.filter(({ topic }) => topic !== flightTopics.flights);
    return sourceLag + rest.reduce((sum, { lag }) => sum + lag, 0);
  }

  #measureRate(): number {
    const atMs = this.#options.platform.clock.monotonicMs();
    const { acknowledged } = this.replay;
    const seconds = (atMs - this.#rate.atMs) / 1000;
    if (seconds >= 0.4) {
      const rowsPerSecond =
        this.#rate.atMs === 0 ? 0 : (acknowledged - this.#rate.acknowledged) / seconds;
      this.#rate = { atMs, acknowledged, rowsPerSecond };
    }
    return this.#rate.rowsPerSecond;
  }
}
