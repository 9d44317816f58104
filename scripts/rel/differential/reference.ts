// Apache Kafka as the reference: its jars from Maven Central in a cache outside the repository, one KRaft node on loopback.
// Leaves out: any use by tests or users; it needs Java 17 and Maven, and says so where they are missing.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nodePlatform } from '@drave/platform';

export const referenceVersion = '4.1.2';
const startMsMax = 60_000;
const platform = nodePlatform();

export class ReferenceBroker {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    // However this process ends, Kafka ends with it.
    process.once('exit', () => child.kill('SIGKILL'));
    for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
      process.once(signal, () => process.exit(128 + number));
    }
  }

  /** Starts Kafka with its data in `directory`; downloads it first where the cache has none. */
  static async start(directory: string): Promise<ReferenceBroker> {
    const classPath = join(jars(), '*');
    mkdirSync(directory, { recursive: true });
    const [port, controllerPort] = [await freePort(), await freePort()];
    const file = join(directory, 'server.properties');
    writeFileSync(file, properties(directory, port, controllerPort));
    const java = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    java.push('-cp', classPath);
    const id = 'b3JhY2xlLW9mLWRyYXZlIQ';
    execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', file], {
      stdio: 'ignore',
    });
    const log = openSync(join(directory, 'kafka.log'), 'a');
    const child = spawn('java', [...java, 'kafka.Kafka', file], { stdio: ['ignore', log, log] });
    const broker = new ReferenceBroker(port, child);
    await broker.#listens();
    return broker;
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #listens(): Promise<void> {
    const deadlineMs = performance.now() + startMsMax;
    while (!(await accepts(this.port))) {
      if (this.#child.exitCode !== null || performance.now() > deadlineMs) {
        throw new Error('the reference broker did not start; see kafka.log in its directory');
      }
      await platform.scheduler.sleep(200);
    }
  }
}

function properties(directory: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(directory, 'data')}`,
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=3',
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    // Fewer threads than a server of its own would want.
    'log.cleaner.enable=false',
    'num.network.threads=1',
    'num.io.threads=4',
    '',
  ].join('\n');
}

function jars(): string {
  require('java', 'Java 17');
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const directory = join(cache, 'drave', `kafka-${referenceVersion}`);
  const target = join(directory, 'libs');
  const name = `kafka_2.13-${referenceVersion}.jar`;
  if (existsSync(target) && readdirSync(target).includes(name)) return target;
  require('mvn', 'Maven');
  mkdirSync(directory, { recursive: true });
  const pom = join(directory, 'pom.xml');
  writeFileSync(pom, projectFile());
  process.stderr.write(`fetching Apache Kafka ${referenceVersion} from Maven Central\n`);
  const goal = 'dependency:copy-dependencies';
  try {
    execFileSync('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${target}`], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch {
    console.error(
      `This proof needs the jars of Apache Kafka ${referenceVersion} in ${target}, and Maven could not fetch them (its words are above). Try again with a network, or put them there.`,
    );
    process.exit(2);
  }
  return target;
}

function projectFile(): string {
  const dependency = (artifact: string): string =>
    `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${referenceVersion}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>drave</groupId><artifactId>reference</artifactId><version>1</version>
<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies></project>\n`;
}

function require(program: string, name: string): void {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
  } catch {
    console.error(
      `This proof compares Drave with Apache Kafka ${referenceVersion} and needs ${name}: there is no '${program}' on the PATH. Install it, or leave this proof out; nothing else needs it.`,
    );
    process.exit(2);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => socket.destroy());
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
}
