// `drave app`: stream applications, their topology, tasks, figures and what their stores hold, as a processor or a broker with Redis
// tells over HTTP; pausing and resuming them. Protects: when one instance did not do it the exit code says so, after the results of all.
// Leaves out: resetting and rebuilding (no route does that), entities.

import type {
  PauseBody,
  StoreEntryBody,
  StreamsAppBody,
  StreamsMetricsBody,
  TaskBody,
} from '@drave/contracts/rest';
import { formatSocketAddress } from '@drave/platform';
import { Command } from 'commander';
import { CommandError, print, printJson, printRows } from '../output.js';
import { askRest, isUnknownRoute, withRest, type RestOptions } from '../rest-client.js';

interface Topology {
  readonly subtopologies: readonly {
    readonly id: number;
    readonly nodes: readonly {
      readonly name: string;
      readonly kind: string;
      readonly operation: string;
      readonly topic?: string;
      readonly stores: readonly string[];
      readonly next: readonly { readonly node: string }[];
    }[];
  }[];
  readonly mermaid: string;
}

interface TopologyOptions extends RestOptions {
  readonly mermaid?: true;
}

const pathOf = (id: string, ...rest: readonly string[]): string =>
  ['/api/v1/streams/apps', ...[id, ...rest].map(encodeURIComponent)].join('/');

/** As `askRest`, of a process that may know of no applications at all. */
async function askApps(
  options: RestOptions,
  path: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<unknown> {
  try {
    return await askRest(options, path, method);
  } catch (cause) {
    if (!isUnknownRoute(cause)) throw cause;
    const address = formatSocketAddress(options.http);
    const message = `${address} knows no stream applications. Name a processor with --http, or give brokers and processors the same DRAVE_REDIS_URL: then every broker knows them`;
    throw new CommandError(message, { cause });
  }
}

/** The `app` command with its verbs. */
export function appCommand(): Command {
  const app = new Command('app').description(
    'stream applications: list, topology, tasks, figures, stores, pause',
  );
  withRest(app.command('list').description('applications, their states and lags')).action(listApps);
  withRest(app.command('describe').description('instances, stores and totals'))
    .argument('<app>')
    .action(describeApp);
  withRest(app.command('topology').description('sources, operators and sinks'))
    .argument('<app>')
    .option('--mermaid', 'as a Mermaid diagram')
    .action(showTopology);
  withRest(app.command('tasks').description('tasks with their states, actors and lags'))
    .argument('<app>')
    .action(listTasks);
  withRest(
    app.command('metrics').description('figures by task: records, lag, commit age, restarts'),
  )
    .argument('<app>')
    .action(showMetrics);
  withRest(
    app
      .command('pause')
      .description(
        'process nothing until resume; asked of a broker: in all instances, else in that processor',
      ),
  )
    .argument('<app>')
    .action((id: string, options: RestOptions) => changeApp(id, 'pause', options));
  withRest(app.command('resume').description('go on after pause'))
    .argument('<app>')
    .action((id: string, options: RestOptions) => changeApp(id, 'resume', options));
  withRest(app.command('get').description('what a store holds for a key'))
    .argument('<app>')
    .argument('<store>')
    .argument('<key>')
    .option('--json-key', 'the key is JSON, not text')
    .action(getEntry);
  return app;
}

async function listApps(options: RestOptions): Promise<void> {
  const { data } = (await askApps(options, '/api/v1/streams/apps')) as {
    readonly data: readonly StreamsAppBody[];
  };
  printRows(
    options.output,
    [
      { title: 'APP', value: (row) => row.applicationId },
      { title: 'STATE', value: (row) => stateOf(row) },
      { title: 'INSTANCES', align: 'right', value: (row) => row.instances.length },
      {
        title: 'TASKS',
        align: 'right',
        value: (row) => `${row.runningTaskCount}/${row.taskCount}`,
      },
      { title: 'LAG', align: 'right', value: (row) => row.lag ?? '-' },
      { title: 'RECORDS', align: 'right', value: (row) => row.totals.records },
    ],
    data,
  );
}

async function describeApp(id: string, options: RestOptions): Promise<void> {
  const app = (await askApps(options, pathOf(id))) as StreamsAppBody;
  if (options.output === 'json') return printJson(app);
  const { applicationId, runningTaskCount, taskCount, lag, totals } = app;
  print(
    `${applicationId}: ${stateOf(app)}, ${runningTaskCount} of ${taskCount} tasks run, lag ${lag}`,
  );
  const counted = Object.entries(totals).map(([name, count]) => `${name} ${count}`);
  print(counted.join(', '));
  print('');
  printRows(
    'table',
    [
      { title: 'INSTANCE', value: (row) => row.instance ?? '-' },
      { title: 'STATE', value: (row) => stateOf(row) },
      { title: 'TASKS', value: (row) => row.tasks.join(' ') },
      { title: 'COMMITS', align: 'right', value: (row) => row.commitCount },
      { title: 'FAILURE', value: (row) => row.failure ?? '' },
    ],
    app.instances,
  );
  if (app.stores.length === 0) return;
  print('');
  printRows(
    'table',
    [
      { title: 'STORE', value: (row) => row.name },
      { title: 'KIND', value: (row) => row.kind },
      { title: 'ENTRIES', align: 'right', value: (row) => row.entries },
    ],
    app.stores,
  );
}

async function showTopology(id: string, options: TopologyOptions): Promise<void> {
  const topology = (await askApps(options, pathOf(id, 'topology'))) as Topology;
  if (options.output === 'json') return printJson(topology);
  if (options.mermaid) return print(topology.mermaid.trimEnd());
  const rows = topology.subtopologies.flatMap((part) =>
    part.nodes.map((node) => ({ ...node, part: part.id })),
  );
  printRows(
    'table',
    [
      { title: 'PART', align: 'right', value: (row) => row.part },
      { title: 'NODE', value: (row) => row.name },
      { title: 'KIND', value: (row) => row.kind },
      { title: 'OPERATION', value: (row) => row.operation },
      { title: 'TOPIC', value: (row) => row.topic ?? '' },
      { title: 'STORES', value: (row) => row.stores.join(' ') },
      { title: 'NEXT', value: (row) => row.next.map(({ node }) => node).join(' ') },
    ],
    rows,
  );
}

async function listTasks(id: string, options: RestOptions): Promise<void> {
  const { data, unreachable = [] } = (await askApps(options, pathOf(id, 'tasks'))) as {
    readonly data: readonly TaskBody[];
    readonly unreachable?: Unreachable;
  };
  tellUnreachable(unreachable);
  printRows(
    options.output,
    [
      { title: 'TASK', value: (row) => row.taskId },
      { title: 'STATE', value: (row) => row.state },
      { title: 'INSTANCE', value: (row) => row.instance ?? '-' },
      { title: 'ACTOR', value: (row) => row.actor?.path ?? '-' },
      { title: 'MAILBOX', align: 'right', value: (row) => row.actor?.mailboxDepth ?? '-' },
      { title: 'LAG', align: 'right', value: lagOf },
      { title: 'RECORDS', align: 'right', value: (row) => row.totals.records },
    ],
    data,
  );
}

type Unreachable = readonly { readonly instance: string; readonly reason: string }[];

function tellUnreachable(unreachable: Unreachable): void {
  for (const { instance, reason } of unreachable) {
    process.stderr.write(`drave: ${instance} is not in it: ${reason}\n`);
  }
}

async function showMetrics(id: string, options: RestOptions): Promise<void> {
  const body = (await askApps(options, pathOf(id, 'metrics'))) as StreamsMetricsBody;
  tellUnreachable(body.unreachable ?? []);
  if (options.output === 'json') return printJson(body);
  printRows(
    'table',
    [
      { title: 'TASK', value: (row) => row.taskId },
      { title: 'STATE', value: (row) => row.state },
      { title: 'INSTANCE', value: (row) => row.instance ?? '-' },
      { title: 'IN', align: 'right', value: (row) => row.recordsIn },
      { title: 'OUT', align: 'right', value: (row) => row.recordsOut },
      { title: 'LAG', align: 'right', value: (row) => row.lag ?? '-' },
      { title: 'COMMIT AGE', align: 'right', value: (row) => ageOf(row.commitAgeMs) },
      { title: 'LATE', align: 'right', value: (row) => row.late },
      { title: 'LETTERS', align: 'right', value: (row) => row.deadLetters },
      { title: 'RESTARTS', align: 'right', value: (row) => row.restarts },
    ],
    body.tasks,
  );
}

function ageOf(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1_000).toFixed(1)} s`;
}

/** Rejects with CommandError when an instance did not do it. */
async function changeApp(
  id: string,
  verb: 'pause' | 'resume',
  options: RestOptions,
): Promise<void> {
  const body = (await askApps(options, pathOf(id, verb), 'POST')) as PauseBody;
  if (options.output === 'json') printJson(body);
  else {
    printRows(
      'table',
      [
        { title: 'INSTANCE', value: (row) => row.instance ?? '-' },
        { title: 'PAUSED', value: (row) => pausedOf(row.isPaused) },
        { title: 'ERROR', value: (row) => row.message ?? '' },
      ],
      body.instances,
    );
  }
  const failed = body.instances.filter(({ status }) => status !== 200).length;
  if (failed === 0) return;
  const count = `${failed} of ${body.instances.length} instances`;
  throw new CommandError(
    `${verb} of '${id}': ${count} did not do it; ask again, twice does no harm`,
  );
}

function pausedOf(isPaused: boolean | null): string {
  if (isPaused === null) return '?';
  return isPaused ? 'yes' : 'no';
}

function stateOf(row: { readonly state: string; readonly isPaused: boolean }): string {
  return row.isPaused ? `${row.state} (paused)` : row.state;
}

/** Of all inputs; unknown when one is. */
function lagOf({ inputs }: TaskBody): number | string {
  let sum = 0;
  for (const { lag } of inputs) {
    if (lag === null) return '-';
    sum += lag;
  }
  return sum;
}

async function getEntry(
  app: string,
  store: string,
  key: string,
  options: RestOptions & { readonly jsonKey?: true },
): Promise<void> {
  const query = options.jsonKey ? '?keyFormat=json' : '';
  const path = `${pathOf(app, 'stores', store, key)}${query}`;
  const entry = (await askApps(options, path)) as StoreEntryBody;
  if (options.output === 'json') return printJson(entry);
  if (entry.kind === 'key-value') return print(JSON.stringify(entry.value));
  printRows(
    'table',
    [
      { title: 'FROM', value: (row) => new Date(row.startMs).toISOString() },
      { title: 'TO', value: (row) => new Date(row.endMs).toISOString() },
      { title: 'VALUE', value: (row) => JSON.stringify(row.value) },
    ],
    entry.windows,
  );
}
