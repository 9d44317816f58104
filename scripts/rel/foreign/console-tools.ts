// Kafka's own console tools (kafka-topics.sh and the like, run by their classes), as people use them: each has to end with exit code 0
// and to say what is expected.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { java } from './java-clients.ts';
import type { Foreign, Step } from './step.ts';

interface Tool {
  /** The script's name, and what it is asked to do. */
  readonly name: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly expected: RegExp;
  readonly input?: string;
  /** The tool is expected to be refused: its exit code does not matter. */
  readonly isRefused?: boolean;
}

const tools = 'org.apache.kafka.tools';
const topic = 'tools';
const group = 'tools-group';

/** Every tool once, in an order in which each finds what the ones before left. */
export function consoleTools(): Foreign {
  return async (bootstrap, directory) => {
    const steps: Step[] = [];
    for (const tool of invocations(bootstrap, directory)) steps.push(await use(tool));
    return steps;
  };
}

async function use({ name, main, args, expected, input, isRefused }: Tool): Promise<Step> {
  const { code, stdout, stderr } = await java('4.1', [main, ...args], input);
  const text = `${stdout}\n${stderr}`.replaceAll(/^SLF4J: .*$/gm, '');
  if ((code === 0 || isRefused) && expected.test(text)) return { outcome: 'ok', text: name };
  return { outcome: 'failed', text: `${name} ended with ${code}: ${text.trim().slice(-1000)}` };
}

function invocations(bootstrap: string, directory: string): readonly Tool[] {
  const at = ['--bootstrap-server', bootstrap];
  const records = join(directory, 'delete-records.json');
  const partitions = [{ topic, partition: 0, offset: 1 }];
  writeFileSync(records, JSON.stringify({ partitions, version: 1 }));
  const moves = join(directory, 'topics-to-move.json');
  writeFileSync(moves, JSON.stringify({ topics: [{ topic }], version: 1 }));
  return [
    ...topicTools(at),
    ...recordTools(at, records),
    ...loadTools(at, bootstrap),
    ...groupTools(at),
    ...clusterTools(at, moves),
    tool('kafka-topics --delete', 'TopicCommand', [...at, '--delete', '--topic', topic], /^\s*$/),
  ];
}

function tool(
  name: string,
  main: string,
  args: readonly string[],
  expected: RegExp,
  more: Pick<Tool, 'input' | 'isRefused'> = {},
): Tool {
  return {
    name,
    main: main.startsWith('kafka.') ? main : `${tools}.${main}`,
    args,
    expected,
    ...more,
  };
}

function topicTools(at: readonly string[]): readonly Tool[] {
  const topics = (name: string, args: readonly string[], expected: RegExp): Tool =>
    tool(`kafka-topics ${name}`, 'TopicCommand', [...at, name, ...args], expected);
  const configs = (name: string, args: readonly string[], expected: RegExp): Tool =>
    tool(
      `kafka-configs ${name} ${args[1]}`,
      'kafka.admin.ConfigCommand',
      [...at, name, ...args],
      expected,
    );
  const entity = ['--entity-type', 'topics', '--entity-name', topic];
  const shape = [
    '--partitions',
    '6',
    '--replication-factor',
    '3',
    '--config',
    'retention.ms=600000',
  ];
  return [
    topics('--create', ['--topic', topic, ...shape], /Created topic tools/),
    topics('--list', [], /^tools$/m),
    topics('--describe', ['--topic', topic], /PartitionCount: 6\s+ReplicationFactor: 3/),
    topics('--alter', ['--topic', topic, '--partitions', '7'], /^\s*$/),
    configs('--alter', [...entity, '--add-config', 'retention.ms=700000'], /Completed updating/),
    configs('--describe', [...entity, '--all'], /retention\.ms=700000.*DYNAMIC_TOPIC_CONFIG/),
    configs(
      '--describe',
      ['--entity-type', 'brokers', '--entity-name', '2', '--all'],
      /num\.partitions=/,
    ),
    configs(
      '--alter',
      [
        '--entity-type',
        'clients',
        '--entity-name',
        'x',
        '--add-config',
        'producer_byte_rate=1000000',
      ],
      /Completed updating/,
    ),
    configs(
      '--describe',
      ['--entity-type', 'clients', '--entity-name', 'x'],
      /producer_byte_rate=1000000/,
    ),
    configs(
      '--alter',
      [
        '--entity-type',
        'users',
        '--entity-name',
        'ann',
        '--add-config',
        'SCRAM-SHA-256=[password=secret]',
      ],
      /Completed updating/,
    ),
    configs(
      '--describe',
      ['--entity-type', 'users', '--entity-name', 'ann'],
      /SCRAM-SHA-256=iterations/,
    ),
  ];
}

function recordTools(at: readonly string[], records: string): readonly Tool[] {
  const lines = Array.from({ length: 100 }, (_, i) => `k${i}:v${i}\n`).join('');
  const keyed = ['--property', 'parse.key=true', '--property', 'key.separator=:'];
  const all = ['--from-beginning', '--max-messages', '100', '--timeout-ms', '20000'];
  const produced = [...at, '--topic', topic, ...keyed, '--compression-codec', 'zstd'];
  return [
    tool('kafka-console-producer', 'ConsoleProducer', produced, /^[>\s]*$/, { input: lines }),
    tool(
      'kafka-console-consumer',
      'consumer.ConsoleConsumer',
      [...at, '--topic', topic, '--group', group, ...all],
      /(?=[^]*^v0$)(?=[^]*^v99$)[^]*Processed a total of 100 messages/m,
    ),
    tool(
      'kafka-console-consumer, consumer protocol',
      'consumer.ConsoleConsumer',
      [...at, '--topic', topic, '--consumer-property', 'group.protocol=consumer', ...all],
      /Processed a total of 100 messages/,
    ),
    tool(
      'kafka-console-consumer --partition --offset',
      'consumer.ConsoleConsumer',
      [
        ...at,
        '--topic',
        topic,
        '--partition',
        '0',
        '--offset',
        'earliest',
        '--max-messages',
        '5',
        '--timeout-ms',
        '20000',
      ],
      /Processed a total of 5 messages/,
    ),
    tool('kafka-get-offsets', 'GetOffsetShell', [...at, '--topic', topic], /^tools:6:\d+$/m),
    tool(
      'kafka-delete-records',
      'DeleteRecordsCommand',
      [...at, '--offset-json-file', records],
      /low_watermark: 1/,
    ),
  ];
}

function loadTools(at: readonly string[], bootstrap: string): readonly Tool[] {
  const load = ['--num-records', '20000', '--record-size', '100', '--throughput', '-1'];
  const props = ['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all'];
  return [
    tool(
      'kafka-producer-perf-test',
      'ProducerPerformance',
      ['--topic', topic, ...load, ...props],
      /20000 records sent/,
    ),
    tool(
      'kafka-consumer-perf-test',
      'ConsumerPerformance',
      [...at, '--topic', topic, '--messages', '20000', '--timeout', '20000'],
      /\d+, 20\d\d\d,/,
    ),
    tool(
      'kafka-e2e-latency',
      'EndToEndLatency',
      [bootstrap, 'tools-latency', '100', 'all', '50'],
      /Percentiles: 50th/,
    ),
    tool(
      'kafka-verifiable-producer',
      'VerifiableProducer',
      [...at, '--topic', topic, '--max-messages', '50'],
      /"sent":50|"acked":50/,
    ),
  ];
}

function groupTools(at: readonly string[]): readonly Tool[] {
  const groups = (name: string, args: readonly string[], expected: RegExp): Tool =>
    tool(
      `kafka-consumer-groups ${name}`,
      'consumer.group.ConsumerGroupCommand',
      [...at, ...args],
      expected,
    );
  const reset = ['--reset-offsets', '--to-earliest', '--topic', topic, '--execute'];
  return [
    groups('--list', ['--list'], /^tools-group$/m),
    groups('--list --state', ['--list', '--state'], /tools-group\s+Empty/),
    groups('--describe', ['--describe', '--group', group], /tools-group\s+tools\s+0\s+\d+/),
    groups('--describe --state', ['--describe', '--group', group, '--state'], /Empty/),
    groups(
      '--describe --members',
      ['--describe', '--group', group, '--members'],
      /no active members/,
    ),
    groups('--reset-offsets', ['--group', group, ...reset], /tools-group\s+tools\s+0\s+1\b/),
    groups('--delete-offsets', ['--delete-offsets', '--group', group, '--topic', topic], /succe/i),
    groups('--delete', ['--delete', '--group', group], /successful/),
    tool('kafka-groups --list', 'GroupsCommand', [...at, '--list'], /./),
  ];
}

function clusterTools(at: readonly string[], moves: string): readonly Tool[] {
  const move = ['--generate', '--topics-to-move-json-file', moves, '--broker-list', '1,2,3'];
  return [
    tool(
      'kafka-broker-api-versions',
      'BrokerApiVersionsCommand',
      [...at],
      /id: 3[^]*Produce\(0\): 0 to \d+/,
    ),
    tool('kafka-cluster cluster-id', 'ClusterTool', ['cluster-id', ...at], /Cluster ID: \S+/),
    tool('kafka-cluster list-endpoints', 'ClusterTool', ['list-endpoints', ...at], /\b3\b/),
    tool(
      'kafka-log-dirs',
      'LogDirsCommand',
      [...at, '--describe', '--broker-list', '1,2,3'],
      /"partition":"tools-0"/,
    ),
    tool('kafka-features describe', 'FeatureCommand', [...at, 'describe'], /group\.version/),
    tool(
      'kafka-leader-election',
      'LeaderElectionCommand',
      [...at, '--election-type', 'preferred', '--all-topic-partitions'],
      /^\s*$/,
    ),
    tool(
      'kafka-reassign-partitions --generate',
      'reassign.ReassignPartitionsCommand',
      [...at, ...move],
      /Current partition replica assignment/,
    ),
    tool(
      'kafka-reassign-partitions --list',
      'reassign.ReassignPartitionsCommand',
      [...at, '--list'],
      /No partition reassignments found/,
    ),
    tool('kafka-acls --list', 'AclCommand', [...at, '--list'], /No Authorizer is configured/, {
      isRefused: true,
    }),
    tool(
      'kafka-transactions describe-producers',
      'TransactionsCommand',
      [...at, 'describe-producers', '--topic', topic, '--partition', '0'],
      /ProducerId/,
    ),
  ];
}
