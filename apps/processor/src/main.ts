// The processor as a process of its own: one instance of `flight-delays`. `node dist/main.js --help`.
// One JSON line per event on standard output: `processor-started` says where HTTP listens.

import { enableCompileCache } from 'node:module';
import * as option from '@drave/nest/process';
import { nodePlatform, pinoLogger } from '@drave/platform';
import { flightDelaysId } from './flights/flight-delays.js';
import { runProcessor } from './run-processor.js';

const options = {
  brokers: {
    env: 'DRAVE_BROKERS',
    default: '127.0.0.1:9092',
    sentence: 'the cluster, HOST:PORT[,HOST:PORT…]; Drave or Apache Kafka',
    parse: option.parseBrokers,
  },
  http: {
    env: 'DRAVE_HTTP',
    default: '127.0.0.1:9081',
    sentence: 'REST, health and metrics; or off',
    parse: option.parseAddressOrOff,
  },
  allowHosts: {
    env: 'DRAVE_ALLOW_HOSTS',
    default: '',
    sentence: 'host names HTTP answers to besides localhost, comma-separated',
    parse: option.parseList,
  },
  insecureListen: {
    env: 'DRAVE_INSECURE_LISTEN',
    default: 'false',
    sentence: 'true: HTTP may listen beyond loopback, without a password',
    parse: option.parseSwitch,
  },
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
  const { http, allowHosts, insecureListen, logLevel, ...given } = option.readProcessOptions(
    options,
    process.argv.slice(2),
    process.env,
  );
  const logger = pinoLogger({ level: logLevel });
  logger.info('processor-starting', { brokers: given.brokers });
  const processor = await runProcessor({
    ...given,
    platform: nodePlatform({ logger }),
    http: http === 'off' ? http : { ...http, allowedHosts: allowHosts, insecureListen },
  });
  const { applicationId, brokers } = given;
  logger.info('processor-started', { applicationId, brokers, url: processor.http?.url });
  return processor;
}

if (process.argv.includes('--help')) {
  process.stdout.write(`usage: main.js [options]\n${option.describeOptions(options)}`);
} else {
  await option.runProcess('drave processor', start);
}
