// The processor as a process of its own: one instance of `flight-delays`. `node dist/main.js --help`.
// One JSON line per event on standard output: `processor-started` says where HTTP listens.

import { enableCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { clusterSettings, httpSettings } from '@drave/contracts';
import * as option from '@drave/nest/process';
import { nodePlatform, pinoLogger, type Platform, type SocketAddress } from '@drave/platform';
import { flightDelaysId } from './flights/flight-delays.js';
import { runProcessor } from './run-processor.js';

const options = {
  brokers: {
    env: 'DRAVE_BROKERS',
    sentence:
      'the cluster, HOST:PORT[,HOST:PORT…], Drave or Apache Kafka; else those found through Redis, or 127.0.0.1:9092',
    parse: option.parseBrokers,
  },
  http: {
    env: 'DRAVE_HTTP',
    default: '127.0.0.1:9081',
    sentence: 'REST, health and metrics; or off',
    parse: option.parseAddressOrOff,
  },
  allowHosts: { ...httpSettings.allowHosts, parse: option.parseList },
  insecureListen: { ...httpSettings.insecureListen, parse: option.parseSwitch },
  tokens: { ...httpSettings.tokens, parse: option.parseText },
  tokensFile: { ...httpSettings.tokensFile, parse: option.parseText },
  readOnly: { ...httpSettings.readOnly, parse: option.parseSwitch },
  data: {
    env: 'DRAVE_DATA',
    default: './data',
    sentence: 'where the state is kept, in its folder processor; one process each',
    parse: option.parseText,
  },
  applicationId: {
    env: 'DRAVE_APPLICATION_ID',
    default: flightDelaysId,
    sentence: 'group id and prefix of internal topics',
    parse: option.parseText,
  },
  commitIntervalMs: {
    env: 'DRAVE_COMMIT_INTERVAL_MS',
    default: '1000',
    sentence: 'milliseconds between commits',
    parse: option.parseNumber,
  },
  redisUrl: { ...clusterSettings.redisUrl, parse: option.parseText },
  redisNamespace: { ...clusterSettings.redisNamespace, parse: option.parseText },
  leaseTtlMs: { ...clusterSettings.leaseTtlMs, parse: option.parseNumber },
  queryUrl: { ...clusterSettings.queryUrl, parse: parseUrl },
  logLevel: {
    env: 'DRAVE_LOG_LEVEL',
    default: 'info',
    sentence: 'debug, info, warn or error',
    parse: option.parseOneOf('debug', 'info', 'warn', 'error'),
  },
} as const;

// For what is imported later, Nest above all.
enableCompileCache();

async function start(): Promise<option.Service> {
  const given = option.readProcessOptions(options, process.argv.slice(2), process.env);
  const logger = pinoLogger({ level: given.logLevel });
  const platform = nodePlatform({ logger });
  logger.info('processor-starting', { brokers: given.brokers });
  const processor = await runProcessor({
    brokers: given.brokers,
    data: given.data,
    applicationId: given.applicationId,
    commitIntervalMs: given.commitIntervalMs,
    platform,
    cluster: {
      redisUrl: given.redisUrl,
      redisNamespace: given.redisNamespace,
      leaseTtlMs: given.leaseTtlMs,
      queryUrl: given.queryUrl,
      hostname: hostname(),
    },
    http: given.http === 'off' ? 'off' : await httpOf(given.http, given, platform),
  });
  const { applicationId } = given;
  const { brokers } = processor;
  logger.info('processor-started', { applicationId, brokers, url: processor.http?.url });
  return processor;
}

function parseUrl(text: string): string {
  if (/^https?:\/\/[^/\s@?#]+\/?$/.test(text) && URL.canParse(text)) return text;
  throw new option.ProcessOptionError('give it as http://HOST:PORT');
}

async function httpOf(
  address: SocketAddress,
  given: option.ProcessOptionValues<typeof options>,
  platform: Platform,
) {
  const { readAccessTokens } = await import('@drave/nest/http');
  const { allowHosts: allowedHosts, insecureListen, readOnly } = given;
  const tokens = await readAccessTokens(given, platform);
  return { ...address, allowedHosts, insecureListen, readOnly, tokens };
}

if (process.argv.includes('--help')) {
  process.stdout.write(`usage: main.js [options]\n${option.describeOptions(options)}`);
} else {
  await option.runProcess('drave processor', start);
}
