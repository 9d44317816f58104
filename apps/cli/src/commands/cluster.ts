// `drave cluster`: what a cluster consists of. Works on any Kafka-compatible broker. Leaves out: changing it.

import type { Admin } from '@drave/client';
import { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { CommandError, print, printJson, printRows } from '../output.js';

/** The `cluster` command with its verbs. */
export function clusterCommand(): Command {
  const cluster = new Command('cluster').description('brokers, partitions, sizes and settings');
  withCommonOptions(cluster.command('info').description('id, controller and counts')).action(info);
  withCommonOptions(cluster.command('brokers').description('nodes and their addresses')).action(
    brokers,
  );
  withCommonOptions(cluster.command('partitions').description('leaders and replicas of all topics'))
    .option('--internal', 'also topics of the broker itself')
    .option('--troubled', 'only those without a leader or with replicas out of sync')
    .action(partitions);
  withCommonOptions(cluster.command('log-dirs').description('bytes on disk by topic'))
    .option('--internal', 'also topics of the broker itself')
    .action(logDirs);
  withCommonOptions(cluster.command('config').description('settings of a broker in effect'))
    .argument('[node]', 'its id; default the controller')
    .option('--all', 'also those that are the default')
    .action(config);
  return cluster;
}

const withAdmin = (options: CommonOptions, use: (admin: Admin) => Promise<void>): Promise<void> =>
  withClient(options.brokers, (client) => use(client.admin()));

function info(options: CommonOptions): Promise<void> {
  return withAdmin(options, async (admin) => {
    const { clusterId, controllerId, brokers: nodes } = await admin.describeCluster();
    const topics = await admin.describeTopics();
    const counts = {
      brokers: nodes.length,
      topics: topics.length,
      partitions: topics.reduce((sum, one) => sum + one.partitions.length, 0),
      groups: (await admin.listGroups()).length,
    };
    if (options.output === 'json') return printJson({ clusterId, controllerId, ...counts });
    print(`cluster ${clusterId ?? '(without id)'}, controller ${controllerId}`);
    print(
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    );
  });
}

function brokers(options: CommonOptions): Promise<void> {
  return withAdmin(options, async (admin) => {
    const { controllerId, brokers: nodes } = await admin.describeCluster();
    const rows = nodes.map((node) => ({ ...node, isController: node.nodeId === controllerId }));
    printRows(
      options.output,
      [
        { title: 'NODE', align: 'right', value: (row) => row.nodeId },
        { title: 'ADDRESS', value: (row) => `${row.host}:${row.port}` },
        { title: 'RACK', value: (row) => row.rack ?? '-' },
        { title: 'ROLE', value: (row) => (row.isController ? 'controller' : '') },
      ],
      rows,
    );
  });
}

function partitions(
  options: CommonOptions & { readonly internal?: true; readonly troubled?: true },
): Promise<void> {
  return withAdmin(options, async (admin) => {
    const rows = (await admin.describeTopics())
      .filter(({ isInternal }) => options.internal || !isInternal)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name, partitions: all }) =>
        all.map(({ partition, leaderId, replicas, isr }) => ({
          ...{ topic: name, partition, leader: leaderId, replicas, isr },
        })),
      )
      .filter(
        ({ leader, replicas, isr }) =>
          !options.troubled || leader < 0 || isr.length < replicas.length,
      );
    printRows(
      options.output,
      [
        { title: 'TOPIC', value: (row) => row.topic },
        { title: 'PARTITION', align: 'right', value: (row) => row.partition },
        { title: 'LEADER', align: 'right', value: (row) => (row.leader < 0 ? '-' : row.leader) },
        { title: 'REPLICAS', value: (row) => row.replicas.join(',') },
        { title: 'IN SYNC', value: (row) => row.isr.join(',') },
      ],
      rows,
    );
  });
}

function logDirs(options: CommonOptions & { readonly internal?: true }): Promise<void> {
  return withAdmin(options, async (admin) => {
    const names = new Set(await admin.listTopics({ includeInternal: options.internal === true }));
    const rows = [...(await admin.logSizes())]
      .filter(([topic]) => names.has(topic))
      .map(([topic, sizeBytes]) => ({ topic, sizeBytes }))
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.topic < b.topic ? -1 : 1));
    printRows(
      options.output,
      [
        { title: 'TOPIC', value: (row) => row.topic },
        { title: 'BYTES', align: 'right', value: (row) => row.sizeBytes },
      ],
      rows,
    );
  });
}

function config(
  node: string | undefined,
  options: CommonOptions & { readonly all?: true },
): Promise<void> {
  return withAdmin(options, async (admin) => {
    const { controllerId, brokers: nodes } = await admin.describeCluster();
    const name = node ?? String(controllerId);
    if (!nodes.some(({ nodeId }) => String(nodeId) === name)) {
      const known = nodes.map(({ nodeId }) => nodeId).join(', ');
      throw new CommandError(`there is no broker '${name}'; there are ${known}`);
    }
    const entries = await admin.describeConfigs({ type: 'broker', name });
    const rows = entries.filter(({ isDefault }) => options.all || !isDefault);
    if (rows.length === 0 && options.output !== 'json') {
      return print(`broker ${name}: all settings are the defaults; --all shows them`);
    }
    printRows(
      options.output,
      [
        { title: 'NAME', value: (row) => row.name },
        { title: 'VALUE', value: (row) => row.value ?? '(hidden)' },
      ],
      rows,
    );
  });
}
