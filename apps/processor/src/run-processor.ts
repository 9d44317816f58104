// One instance of `flight-delays` with its HTTP side, on any Kafka cluster. Protects: HTTP listens before the application starts, so
// that `/health/live` answers while it waits for a broker, and ends after it. Nest is loaded only when HTTP is wanted.
// Leaves out: several instances in one process, other applications.

import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform, type Platform } from '@drave/platform';
import { StreamsApp } from '@drave/streams';
import { flightDelaysId, flightDelaysTopology } from './flights/flight-delays.js';
import { createFlightTopics } from './flights/flight-topics.js';
import type { ProcessorHttpOptions } from './start-processor-http.js';

export interface ProcessorOptions {
  /** `host:port` each, Drave's or Apache Kafka's. */
  readonly brokers: readonly string[];
  /** State lies in its folder `processor`; absent: in memory, restored at each start. One process at a time. */
  readonly data?: string;
  /** Default off. */
  readonly http?: 'off' | Omit<ProcessorHttpOptions, 'apps' | 'platform'>;
  /** Group id and prefix of internal topics; default `flight-delays`. */
  readonly applicationId?: string;
  /** Milliseconds, default 1,000. */
  readonly commitIntervalMs?: number;
  readonly platform?: Platform;
}

export interface Processor {
  readonly app: StreamsApp;
  readonly http: HttpServer | undefined;
  /** Settles with the reason when the application has failed for good. */
  readonly failed: Promise<Error>;
  /** Commits, leaves the group, stops HTTP. Idempotent. */
  stop(): Promise<void>;
}

/** Creates missing topics, joins the group and serves HTTP. Rejects with one clear error; nothing is left running then. */
export async function runProcessor(options: ProcessorOptions): Promise<Processor> {
  const { brokers, data, commitIntervalMs, http: httpOptions = 'off' } = options;
  const platform = options.platform ?? nodePlatform();
  const app = new StreamsApp({
    platform,
    brokers,
    applicationId: options.applicationId ?? flightDelaysId,
    topology: flightDelaysTopology(),
    ...(data === undefined ? {} : { stateDirectory: join(data, 'processor') }),
    ...(commitIntervalMs === undefined ? {} : { commitIntervalMs }),
  });
  const failed = new Promise<Error>((resolve) => {
    app.events.subscribe((event) => {
      if (event.kind !== 'app-state' || event.state !== 'failed') return;
      resolve(event.error ?? new Error('the application failed'));
    });
  });
  const http = httpOptions === 'off' ? undefined : await startHttp(app, platform, httpOptions);
  try {
    await prepareTopics(platform, brokers);
    await app.start();
  } catch (error) {
    await http?.stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await app.close();
    await http?.stop();
  };
  return { app, http, failed, stop: () => (stopping ??= stop()) };
}

async function startHttp(
  app: StreamsApp,
  platform: Platform,
  options: Omit<ProcessorHttpOptions, 'apps' | 'platform'>,
): Promise<HttpServer> {
  const { startProcessorHttp } = await import('./start-processor-http.js');
  return startProcessorHttp({ ...options, apps: [app], platform });
}

async function prepareTopics(platform: Platform, brokers: readonly string[]): Promise<void> {
  const client = new KafkaClient({ platform, brokers, clientId: flightDelaysId });
  try {
    await createFlightTopics(client.admin());
  } finally {
    await client.close();
  }
}
