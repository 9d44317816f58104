// Clients that the tests do not carry, unmodified, against three virtual brokers: the Java client 3.9 and 4.1 with Kafka's own console
// tools, franz-go, sarama, and the newest confluent-kafka and kafka-python. Each prints its steps; what is not installed is told in a line and is no failure, what the broker does
// not serve by its own words (transactions so far) counts as absent. `--only NAME,...` runs some of them, `--list` names them, `--trace`
// prints every step, `--broken` starts one broker instead of three, which must be found.
// Java programs and jars need Java 17 and Maven, Go programs Go 1.26, Python ones pip; all fetch what they use
// into ~/.cache/drave once.
// Leaves out: node-rdkafka and @confluentinc/kafka-javascript, which compile or download librdkafka when they are installed; kcat and
// confluent-kafka (test/clients) are the same library.

import { join } from 'node:path';
import { createBroker } from '@drave/broker';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { goClient } from './foreign/go-clients.ts';
import { javaClient } from './foreign/java-clients.ts';
import { pythonClient } from './foreign/python-clients.ts';
import { consoleTools } from './foreign/console-tools.ts';
import { Absent, type Foreign, type Step } from './foreign/step.ts';
import type { Proof } from './proof.ts';

const clients: Readonly<Record<string, Foreign>> = {
  'java-3.9': javaClient('3.9'),
  'java-4.1': javaClient('4.1'),
  'console-tools': consoleTools(),
  'franz-go': goClient('franz'),
  sarama: goClient('sarama'),
  'confluent-kafka': pythonClient('confluent.py'),
  'kafka-python': pythonClient('kafka_python.py'),
};

/** Runs what there is; holds when at least one ran and no step failed. */
export async function prove(options: readonly string[]): Promise<Proof> {
  if (options.includes('--list')) {
    console.log(Object.keys(clients).join('\n'));
    process.exit(0);
  }
  const only = options[options.indexOf('--only') + 1]?.split(',') ?? [];
  const names = Object.keys(clients).filter(
    (name) => !options.includes('--only') || only.includes(name),
  );
  const isTraced = options.includes('--trace');
  const directory = makeTemporaryDirectory('drave-foreign-');
  const broker = await createBroker({
    platform: nodePlatform(),
    directory: join(directory, 'data'),
    brokers: options.includes('--broken') ? 1 : 3,
    flush: 'os',
    listen: { host: '127.0.0.1', port: 0 },
    settings: {
      groupInitialRebalanceDelayMs: 0,
      offsetsTopicNumPartitions: 3,
      groupConsumerHeartbeatIntervalMs: 500,
    },
  });
  const bootstrap = broker.nodes
    .map(({ addresses }) => `127.0.0.1:${addresses[0]?.port ?? 0}`)
    .join(',');
  const figure: Record<string, string> = {};
  let [ran, failed] = [0, 0];
  try {
    for (const name of names) {
      const steps = await clients[name]?.(bootstrap, directory).catch((error: unknown) => {
        if (error instanceof Absent) return error;
        throw error;
      });
      if (!steps || steps instanceof Absent) {
        console.error(`${name} is not run: ${steps?.message ?? 'unknown'}`);
        figure[name] = 'not run';
        continue;
      }
      ran++;
      failed += steps.filter(({ outcome }) => outcome === 'failed').length;
      figure[name] = summary(steps);
      print(name, steps, isTraced);
    }
  } finally {
    await broker.stop();
  }
  return { figure, bar: 'no step fails', pass: ran > 0 && failed === 0, seed: '-' };
}

function summary(steps: readonly Step[]): string {
  const count = (outcome: Step['outcome']): number =>
    steps.filter((step) => step.outcome === outcome).length;
  return `${count('ok')} ok, ${count('absent')} absent, ${count('failed')} failed`;
}

function print(client: string, steps: readonly Step[], isTraced: boolean): void {
  for (const { outcome, text } of steps) {
    if (outcome !== 'ok' || isTraced) console.error(`${client}: ${outcome} ${text}`);
  }
}
