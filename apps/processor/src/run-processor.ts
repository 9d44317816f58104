// One instance of `flight-delays` with its HTTP side, on any Kafka cluster, in the directory of its cluster.
// Protects: HTTP listens before the application starts, so that `/health/live` answers while it waits for a broker, and ends after it;
// the directory hears of the instance once it runs and loses it after its tasks are given back. Nest is loaded only when HTTP is wanted.
// Leaves out: several instances in one process, other applications.

import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform, type Platform } from '@drave/platform';
import { StreamsApp } from '@drave/streams';
import { flightDelaysId, flightDelaysTopology } from './flights/flight-delays.js';
import { createFlightTopics } from './flights/flight-topics.js';
import { ProcessorCluster, type ProcessorClusterOptions } from './processor-cluster.js';
import type { ProcessorHttpOptions } from './start-processor-http.js';

export interface ProcessorOptions {
  /** `host:port` each, Drave's or Apache Kafka's. Absent: those of the directory, or 127.0.0.1:9092 without one. */
  readonly brokers?: readonly string[] | undefined;
  /** State lies in its folder `processor`; absent: in memory, restored at each start. One process at a time. */
  readonly data?: string;
  /** Default off. */
  readonly http?:
    'off' | Omit<ProcessorHttpOptions, 'apps' | 'platform' | 'owners' | 'cluster' | 'ready'>;
  /** Where it finds the others; default: nowhere. */
  readonly cluster?: Omit<ProcessorClusterOptions, 'tokens'>;
  /** Group id and prefix of internal topics; default `flight-delays`. */
  readonly applicationId?: string;
  /** Milliseconds, default 1,000. */
  readonly commitIntervalMs?: number;
  readonly platform?: Platform;
}

export interface Processor {
  readonly app: StreamsApp;
  /** Those it began with. */
  readonly brokers: readonly string[];
  readonly http: HttpServer | undefined;
  /** Settles with the reason when the application has failed for good. */
  readonly failed: Promise<Error>;
  /** Commits, leaves the group and the directory, stops HTTP. Idempotent. */
  stop(): Promise<void>;
}

const brokersDefault = ['127.0.0.1:9092'];

/** What a start has opened so far. */
interface Opened {
  readonly platform: Platform;
  readonly cluster: ProcessorCluster;
  http?: HttpServer | undefined;
  app?: StreamsApp;
}

/** Creates missing topics, joins the group and serves HTTP. Rejects with one clear error; nothing is left running then. */
export async function runProcessor(options: ProcessorOptions): Promise<Processor> {
  const platform = options.platform ?? nodePlatform();
  const tokens = options.http === 'off' ? [] : (options.http?.tokens ?? []);
  const cluster = await ProcessorCluster.open(platform, { ...options.cluster, tokens });
  const opened: Opened = { platform, cluster };
  try {
    return await start(options, opened);
  } catch (error) {
    await opened.http?.stop();
    await cluster.stop();
    throw error;
  }
}

async function start(options: ProcessorOptions, opened: Opened): Promise<Processor> {
  const { platform, cluster } = opened;
  const { data, commitIntervalMs } = options;
  const http = await startHttp(options, opened);
  opened.http = http;
  const brokers =
    options.brokers ?? (cluster.isShared ? await cluster.findBrokers() : brokersDefault);
  await prepareTopics(platform, brokers);
  const app = new StreamsApp({
    platform,
    brokers,
    applicationId: options.applicationId ?? flightDelaysId,
    topology: flightDelaysTopology(),
    ...(data === undefined ? {} : { stateDirectory: join(data, 'processor') }),
    ...(commitIntervalMs === undefined ? {} : { commitIntervalMs }),
  });
  opened.app = app;
  const failed = failureOf(app);
  await app.start();
  await cluster.register(app, http);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await app.close();
    await cluster.stop();
    await http?.stop();
  };
  return { app, brokers, http, failed, stop: () => (stopping ??= stop()) };
}

function failureOf(app: StreamsApp): Promise<Error> {
  return new Promise((resolve) => {
    app.events.subscribe((event) => {
      if (event.kind !== 'app-state' || event.state !== 'failed') return;
      resolve(event.error ?? new Error('the application failed'));
    });
  });
}

async function startHttp(
  { http = 'off' }: ProcessorOptions,
  opened: Opened,
): Promise<HttpServer | undefined> {
  if (http === 'off') return undefined;
  const { platform, cluster } = opened;
  const { startProcessorHttp } = await import('./start-processor-http.js');
  const begun = {
    name: 'cluster',
    check: async () => cluster.health(opened.app !== undefined),
  };
  return startProcessorHttp({
    ...http,
    apps: () => (opened.app ? [opened.app] : []),
    platform,
    owners: cluster,
    ...(cluster.isShared ? { cluster } : {}),
    ready: [begun],
  });
}

async function prepareTopics(platform: Platform, brokers: readonly string[]): Promise<void> {
  const client = new KafkaClient({ platform, brokers, clientId: flightDelaysId });
  try {
    await createFlightTopics(client.admin());
  } finally {
    await client.close();
  }
}
