// The Nest transport and a small stream application on Apache Kafka and on Drave: the same scenarios, the same code, the same checks.
// `--only NAME,...` runs some of them, `--side kafka` or `--side drave` one broker (`drave` needs no Java), `--broken` runs with a driver
// that says it commits and does not: that must be found. Apache Kafka needs Java 17, and Maven until its jars are in ~/.cache/drave.

import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { makeTemporaryDirectory } from '@drave/platform';
import { ReferenceBroker, referenceVersion } from './differential/reference.ts';
import { eventScenarios } from './nest-kafka/event-scenarios.ts';
import { requestScenarios } from './nest-kafka/request-scenarios.ts';
import { platform, Side } from './nest-kafka/side.ts';
import { streamScenarios } from './nest-kafka/stream-scenarios.ts';
import type { Proof } from './proof.ts';

const scenarios: Readonly<Record<string, (side: Side) => Promise<void>>> = {
  ...eventScenarios,
  ...requestScenarios,
  ...streamScenarios,
};
/** Scenarios that rest on commits. */
const foundInTwin = ['events', 'manualAck', 'drain'];

interface Broker {
  readonly name: string;
  readonly port: number;
  stop(): Promise<unknown>;
}

/** Holds when every check of every scenario holds on each broker. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const isBroken = options.includes('--broken');
  const only = valueOf(options, '--only')?.split(',');
  const names = only ?? (isBroken ? foundInTwin : Object.keys(scenarios));
  const unknown = names.filter((name) => !scenarios[name]);
  if (unknown.length > 0) {
    console.error(
      `no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`,
    );
    process.exit(2);
  }
  const directory = makeTemporaryDirectory('drave-nest-kafka-');
  const figure: Record<string, number | string> = { kafka: referenceVersion };
  let isHeld = true;
  const failures: string[] = [];
  for (const start of starters(valueOf(options, '--side'))) {
    const broker = await start(directory);
    const { name, port } = broker;
    const side = new Side({
      name,
      port,
      directory: join(directory, `${name}-state`),
      isForgetful: isBroken,
    });
    try {
      for (const one of names) {
        const before = side.failures.length;
        await side.run(one, scenarios[one] ?? (() => Promise.resolve()));
        const isFine = side.failures.length === before;
        process.stderr.write(`${name}: ${one} ${isFine ? 'holds' : 'fails'}\n`);
        isHeld &&= isFine !== isBroken;
      }
    } finally {
      await side.close();
      await broker.stop();
    }
    figure[`${name} checks`] = side.checks;
    figure[`${name} failures`] = side.failures.length;
    failures.push(...side.failures);
  }
  if (!isBroken) for (const failure of failures) console.error(failure);
  if (isHeld) await platform.disk.remove(directory);
  return {
    figure: { scenarios: names.length, ...figure },
    bar: isBroken
      ? 'a driver that does not commit fails every scenario'
      : 'every check holds on both',
    pass: isHeld && names.length > 0,
    seed: 'none',
  };
}

function starters(side: string | undefined): ((directory: string) => Promise<Broker>)[] {
  const all = { kafka: startKafka, drave: startDrave };
  if (side === undefined) return Object.values(all);
  if (side === 'kafka' || side === 'drave') return [all[side]];
  console.error('--side is kafka or drave');
  process.exit(2);
}

async function startKafka(directory: string): Promise<Broker> {
  const kafka = await ReferenceBroker.start(join(directory, 'kafka'));
  return { name: 'Apache Kafka', port: kafka.port, stop: () => kafka.stop() };
}

async function startDrave(directory: string): Promise<Broker> {
  const broker = await createBroker({
    platform,
    directory: join(directory, 'drave'),
    flush: 'os',
    listen: { host: '127.0.0.1', port: 0 },
    settings: {
      autoCreateTopicsEnable: false,
      groupInitialRebalanceDelayMs: 0,
      groupMinSessionTimeoutMs: 1_000,
      offsetsTopicNumPartitions: 3,
    },
  });
  return { name: 'Drave', port: broker.address.port, stop: () => broker.stop() };
}

function valueOf(options: readonly string[], name: string): string | undefined {
  const index = options.indexOf(name);
  return index < 0 ? undefined : options[index + 1];
}
