// `drave group`: list and describe consumer groups with their lag. Works on any Kafka-compatible broker.
// Changing them is in group-changes.ts.

import { topicPartitionKey } from '@drave/contracts';
import { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { addGroupChanges } from './group-changes.js';
import { CommandError, formatTable, print, printJson, printRows } from '../output.js';

/** The `group` command with its verbs. */
export function groupCommand(): Command {
  const group = new Command('group').description('consumer groups: list, describe, reset, delete');
  withCommonOptions(group.command('list').description('ids and states')).action(listGroups);
  withCommonOptions(group.command('describe').description('state, members and lag'))
    .argument('<group>')
    .action(describeGroup);
  withCommonOptions(group.command('members').description('members and their partitions'))
    .argument('<group>')
    .action(listMembers);
  addGroupChanges(group);
  return group;
}

async function listGroups(options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    printRows(
      options.output,
      [
        { title: 'GROUP', value: (row) => row.groupId },
        { title: 'STATE', value: (row) => row.state },
        { title: 'PROTOCOL', value: (row) => row.protocolType },
      ],
      await client.admin().listGroups(),
    );
  });
}

async function listMembers(groupId: string, options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const [group] = await client.admin().describeGroups([groupId]);
    if (!group || group.state === 'Dead') throw unknownGroup(groupId);
    printRows(
      options.output,
      [
        { title: 'MEMBER', value: (row) => row.memberId },
        { title: 'INSTANCE', value: (row) => row.instanceId ?? '-' },
        { title: 'CLIENT', value: (row) => row.clientId },
        { title: 'HOST', value: (row) => row.clientHost },
        { title: 'PARTITIONS', value: (row) => row.assignment.map(topicPartitionKey).join(' ') },
      ],
      group.members,
    );
  });
}

function unknownGroup(groupId: string): CommandError {
  return new CommandError(
    `group '${groupId}' does not exist; \`drave group list\` shows those that do`,
  );
}

interface LagRow {
  readonly topic: string;
  readonly partition: number;
  readonly committedOffset: number;
  readonly endOffset: number;
  readonly lag: number;
  readonly memberId: string | null;
  readonly clientId: string | null;
  readonly host: string | null;
}

async function describeGroup(groupId: string, options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    const [group] = await admin.describeGroups([groupId]);
    const lags = await admin.groupLag(groupId);
    if (!group || (group.state === 'Dead' && lags.length === 0)) {
      throw unknownGroup(groupId);
    }
    const owners = new Map(
      group.members.flatMap((member) =>
        member.assignment.map((place) => [topicPartitionKey(place), member] as const),
      ),
    );
    const rows: LagRow[] = lags.map(({ topic, partition, offset, endOffset, lag }) => {
      const owner = owners.get(topicPartitionKey({ topic, partition }));
      return {
        topic,
        partition,
        committedOffset: offset,
        endOffset,
        lag,
        memberId: owner?.memberId ?? null,
        clientId: owner?.clientId ?? null,
        host: owner?.clientHost ?? null,
      };
    });
    const { state, protocol, members } = group;
    if (options.output === 'json') {
      const described = members.map(
        ({ memberId, instanceId, clientId, clientHost, assignment }) => ({
          memberId,
          instanceId,
          clientId,
          host: clientHost,
          assignment,
        }),
      );
      printJson({
        group: groupId,
        state,
        assignor: protocol,
        members: described,
        partitions: rows,
      });
      return;
    }
    const total = rows.reduce((sum, row) => sum + row.lag, 0);
    print(
      `${groupId}: ${state}, ${members.length} members, assignor ${protocol || 'none'}, total lag ${total}`,
    );
    print(formatLags(rows));
  });
}

function formatLags(rows: readonly LagRow[]): string {
  return formatTable(
    [
      { title: 'TOPIC', value: (row: LagRow) => row.topic },
      { title: 'PARTITION', align: 'right', value: (row) => row.partition },
      { title: 'COMMITTED', align: 'right', value: (row) => row.committedOffset },
      { title: 'END', align: 'right', value: (row) => row.endOffset },
      { title: 'LAG', align: 'right', value: (row) => row.lag },
      { title: 'CLIENT', value: (row) => row.clientId ?? '-' },
      { title: 'HOST', value: (row) => row.host ?? '-' },
    ],
    rows,
  );
}
