// Interpreter of `*.scenario.txt`: commands left of the arrow, observed effects right of it. `UPDATE_GOLDEN=1` rewrites the
// right side. Protects: a group's story can be read, and is checked, without the code. Commands are in `commands` below.

import { errorByCode } from '@drave/contracts';
import { decodeSubscription, encodeSubscription } from '@drave/protocol';

import {
  type ConsumerHeartbeatInput,
  GroupCoordinator,
  type GroupSettings,
  type ListedTopicPartitions,
  type OffsetsTopicRecord,
  decodeOffsetsTopicRecord,
} from '../src/index.js';
import { ManualWorld, MemoryOffsetsLog, MemoryTopics, settle } from './manual-world.js';

interface Player {
  memberId: string;
  generation: number;
  instance: string | null;
  /** What its consumer group told it to own. */
  owned: readonly ListedTopicPartitions[];
}

const arrow = /\s*→.*$/;
const effectColumn = 43;

/** Runs the scenario and returns it with the effects observed. */
export async function replayScenario(text: string): Promise<string> {
  const scenario = new GroupScenario();
  await scenario.start();
  const lines: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) {
      lines.push(line);
      continue;
    }
    const command = line.replace(arrow, '').trimEnd();
    const effects = await scenario.run(command);
    const said = effects.length > 0 ? effects.join('; ') : 'nothing';
    lines.push(`${command.padEnd(effectColumn)} → ${said}`);
  }
  scenario.stop();
  return `${lines.join('\n')}\n`;
}

class GroupScenario {
  readonly #world = new ManualWorld();
  readonly #topics = new MemoryTopics(4);
  readonly #effects: string[] = [];
  readonly #log = new MemoryOffsetsLog(({ key, value }) =>
    this.#effects.push(
      recordText(decodeOffsetsTopicRecord(key, value), (topicId) => this.#topicName(topicId)),
    ),
  );
  readonly #players = new Map<string, Player>();
  readonly #states = new Map<string, string>();
  #settings: Partial<GroupSettings> = {};
  #coordinator = this.#build();

  async run(line: string): Promise<readonly string[]> {
    const [command = '', ...words] = line.split(/\s+/);
    const act = this.#commands[command];
    if (!act) throw new Error(`unknown command: ${line}`);
    const options = new Map<string, string>();
    const names: string[] = [];
    for (const word of words) {
      const [, name, value] = /^([a-z]+)=(.*)$/.exec(word) ?? [];
      if (name !== undefined && value !== undefined) options.set(name, value);
      else names.push(word);
    }
    await act(names, options);
    await settle();
    this.#noteStates();
    return this.#effects.splice(0).filter(Boolean);
  }

  start(): Promise<void> {
    return this.#coordinator.start();
  }

  stop(): void {
    this.#coordinator.stop();
  }

  readonly #commands: Record<
    string,
    (names: string[], options: Map<string, string>) => Promise<void> | void
  > = {
    /** settings delay=3000 size=2 retention=MS check=MS: a coordinator with these, on the same log */
    settings: async (_names, options) => {
      const delay = options.get('delay');
      const size = options.get('size');
      if (delay !== undefined)
        this.#settings = { ...this.#settings, initialRebalanceDelayMs: +delay };
      if (size !== undefined) this.#settings = { ...this.#settings, groupSizeMax: +size };
      const retention = options.get('retention');
      const check = options.get('check');
      if (retention) this.#settings = { ...this.#settings, offsetsRetentionMs: +retention };
      if (check) this.#settings = { ...this.#settings, offsetsCheckIntervalMs: +check };
      await this.#restart();
    },
    /** join GROUP MEMBER [new] [instance=I] [v=9] [protocols=range:text,sticky:+topic] [session=MS] [rebalance=MS] [type=T] */
    join: ([group = '', name = '', fresh], options) => {
      const player = this.#player(name);
      player.instance = options.get('instance') ?? player.instance;
      if (fresh === 'new') player.memberId = '';
      const protocols = (options.get('protocols') ?? 'range:t').split(',').map((protocol) => {
        const [assignor = '', metadata = ''] = protocol.split(':');
        return { name: assignor, metadata: metadataOf(metadata) };
      });
      const request = {
        apiVersion: Number(options.get('v') ?? 3),
        groupId: group,
        sessionTimeoutMs: Number(options.get('session') ?? 10_000),
        rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
        memberId: player.memberId,
        groupInstanceId: player.instance,
        protocolType: options.get('type') ?? 'consumer',
        protocols,
      };
      const client = { clientId: name, clientHost: '/127.0.0.1' };
      void this.#coordinator.joinGroup(request, client).then((reply) => {
        const members = reply.members.map(
          ({ memberId, metadata }) => `${memberId}:${metadataText(metadata)}`,
        );
        if (reply.errorCode === 0) {
          player.memberId = reply.memberId;
          player.generation = reply.generationId;
          const skip = reply.skipAssignment ? ' skips its assignment' : '';
          const list = members.length > 0 ? ` members=${members.join(',')}` : '';
          this.#say(
            `${name}: joined generation=${reply.generationId} leader=${reply.leader} ${reply.protocolName}${list}${skip}`,
          );
        } else {
          if (errorText(reply.errorCode) === 'MEMBER_ID_REQUIRED') player.memberId = reply.memberId;
          this.#say(`${name}: join ${errorText(reply.errorCode)} ${reply.memberId}`.trimEnd());
        }
      });
    },
    /** sync GROUP MEMBER [generation=N] [MEMBER:a/0,a/1 …] */
    sync: ([group = '', name = '', ...plan], options) => {
      const player = this.#player(name);
      const request = {
        groupId: group,
        generationId: Number(options.get('generation') ?? player.generation),
        memberId: player.memberId,
        groupInstanceId: player.instance,
        protocolType: options.get('type') ?? null,
        assignments: plan.map((part) => {
          const [owner = '', partitions = ''] = part.split(':');
          return {
            memberId: this.#player(owner).memberId,
            assignment: Buffer.from(partitions),
          };
        }),
      };
      void this.#coordinator.syncGroup(request).then(({ errorCode, assignment }) => {
        const got = assignment.length > 0 ? assignment.toString() : 'nothing';
        this.#say(
          `${name}: ${errorCode === 0 ? `assigned ${got}` : `sync ${errorText(errorCode)}`}`,
        );
      });
    },
    /** heartbeat GROUP MEMBER [generation=N] */
    heartbeat: ([group = '', name = ''], options) => {
      const player = this.#player(name);
      const request = {
        groupId: group,
        generationId: Number(options.get('generation') ?? player.generation),
        memberId: player.memberId,
        groupInstanceId: player.instance,
      };
      void this.#coordinator
        .heartbeat(request)
        .then(({ errorCode }) => this.#say(`${name}: ${errorText(errorCode)}`));
    },
    /** leave GROUP MEMBER … or instance=I: removed by an administrator */
    leave: ([group = '', ...names], options) => {
      const instance = options.get('instance');
      const members = names.map((name) => ({ memberId: this.#player(name).memberId }));
      const asked = instance ? [{ memberId: '', groupInstanceId: instance }] : members;
      void this.#coordinator
        .leaveGroup({ apiVersion: 4, groupId: group, members: asked })
        .then((reply) => {
          const errors = reply.members.map(({ memberId, errorCode }) =>
            `${memberId} ${errorText(errorCode)}`.trim(),
          );
          this.#say(`left: ${errors.join(', ') || errorText(reply.errorCode)}`);
        });
    },
    /** commit GROUP MEMBER|- TOPIC/PARTITION:OFFSET[:METADATA] … [generation=N] [v=8] */
    commit: ([group = '', name = '', ...offsets], options) => {
      const player =
        name === '-'
          ? { memberId: '', generation: -1, instance: null, owned: [] }
          : this.#player(name);
      const topics = offsets.map((text) => {
        const [partition = '', offset, metadata] = text.split(':');
        const [topic = '', index] = partition.split('/');
        const committed = {
          partitionIndex: Number(index),
          committedOffset: Number(offset),
          committedMetadata: metadata === 'HUGE' ? 'x'.repeat(4097) : (metadata ?? null),
        };
        return { name: topic, partitions: [committed] };
      });
      const request = {
        apiVersion: Number(options.get('v') ?? 8),
        groupId: group,
        generationIdOrMemberEpoch: Number(options.get('generation') ?? player.generation),
        memberId: player.memberId,
        groupInstanceId: player.instance,
        topics,
      };
      void this.#coordinator.offsetCommit(request).then((reply) => {
        const errors = reply.topics.flatMap((topic) =>
          topic.partitions.map((partition) => errorText(partition.errorCode)),
        );
        this.#say(`${name}: commit ${errors.join(',')}`);
      });
    },
    /** fetch GROUP [TOPIC/PARTITION …]: committed offsets, all without a list */
    fetch: ([group = '', ...partitions]) => {
      const topics = partitions.map((text) => {
        const [name = '', index] = text.split('/');
        return { name, partitionIndexes: [Number(index)] };
      });
      const asked = { groupId: group, topics: partitions.length > 0 ? topics : null };
      void this.#coordinator.offsetFetch({ groups: [asked] }).then(([reply]) => {
        const found = (reply?.topics ?? []).flatMap(({ name, partitions: list }) =>
          list.map(
            ({ partitionIndex, committedOffset, metadata }) =>
              `${name}/${partitionIndex}=${committedOffset}${metadata && `:${metadata}`}`,
          ),
        );
        const error = reply?.errorCode ? errorText(reply.errorCode) : '';
        this.#say([error, ...found].filter(Boolean).join(' ') || 'no offsets');
      });
    },
    /** describe GROUP [v=6] */
    describe: async ([group = ''], options) => {
      const apiVersion = Number(options.get('v') ?? 5);
      const [reply] = await this.#coordinator.describeGroups({ apiVersion, groups: [group] });
      if (!reply) return;
      const members = reply.members.map(
        ({ memberId, memberAssignment }) => `${memberId}:${memberAssignment.toString()}`,
      );
      const words = [reply.groupState, reply.protocolType, reply.protocolData, ...members];
      if (reply.errorCode) words.unshift(errorText(reply.errorCode));
      this.#say(words.filter(Boolean).join(' '));
    },
    /** list [states=Stable,Empty] [types=classic] */
    list: (_names, options) => {
      const reply = this.#coordinator.listGroups({
        statesFilter: options.get('states')?.split(',') ?? [],
        typesFilter: options.get('types')?.split(',') ?? [],
      });
      const groups = reply.groups.map(
        ({ groupId, groupState, protocolType, groupType }) =>
          `${groupId} ${groupState} ${groupType === 'classic' ? protocolType || '(no protocol)' : `(${groupType})`}`,
      );
      this.#say(groups.join(', ') || 'no groups');
    },
    /** delete GROUP */
    delete: async ([group = '']) => {
      const [reply] = await this.#coordinator.deleteGroups([group]);
      this.#say(errorText(reply?.errorCode ?? -1));
    },
    /** delete-offsets GROUP TOPIC/PARTITION … */
    'delete-offsets': async ([groupId = '', ...partitions]) => {
      const topics = partitions.map((text) => {
        const [name = '', index] = text.split('/');
        return { name, partitions: [{ partitionIndex: Number(index) }] };
      });
      const reply = await this.#coordinator.offsetDelete({ groupId, topics });
      const errors = reply.topics.flatMap((topic) =>
        topic.partitions.map(({ errorCode }) => errorText(errorCode)),
      );
      this.#say(reply.errorCode ? errorText(reply.errorCode) : errors.join(','));
    },
    /** delete-topic TOPIC */
    'delete-topic': ([topic = '']) => {
      this.#topics.delete(topic);
      this.#coordinator.onTopicDeleted(topic);
    },
    /** topic TOPIC PARTITIONS: creates it or lets it grow */
    topic: ([topic = '', count]) => {
      this.#topics.set(topic, Number(count));
      this.#coordinator.onTopicsChanged();
    },
    /** consume GROUP MEMBER [topics=a,b] [regex=R] [instance=I] [id=ID] [assignor=range] [rebalance=MS]: joins by KIP-848 */
    consume: ([group = '', name = ''], options) => {
      const player = this.#player(name);
      player.memberId = options.get('id') ?? (options.get('v') === '0' ? '' : name);
      player.instance = options.get('instance') ?? player.instance;
      player.generation = 0;
      player.owned = [];
      const rebalanceTimeoutMs = Number(options.get('rebalance') ?? 60_000);
      const said = { rebalanceTimeoutMs, topicPartitions: [], instanceId: player.instance };
      this.#beat(group, name, said, options);
    },
    /** beat GROUP MEMBER [acks] [epoch=N] [topics=a,b] [regex=R]: goes on; `acks` says that it owns what it was told to */
    beat: ([group = '', name = '', acks], options) => {
      const topicPartitions = acks === 'acks' ? this.#player(name).owned : null;
      const rebalanceTimeoutMs = Number(options.get('rebalance') ?? -1);
      this.#beat(group, name, { topicPartitions, rebalanceTimeoutMs }, options);
    },
    /** quit GROUP MEMBER [away]: leaves; away: will be back under its instance id */
    quit: ([group = '', name = '', away], options) => {
      const instanceId = this.#player(name).instance;
      this.#player(name).generation = away === 'away' ? -2 : -1;
      this.#beat(group, name, { instanceId }, options);
    },
    /** describe-consumers GROUP */
    'describe-consumers': async ([group = '']) => {
      const [reply] = await this.#coordinator.consumerGroupDescribe([group]);
      if (!reply) return;
      if (reply.errorCode) return this.#say(errorText(reply.errorCode));
      const members = reply.members.map(({ memberId, memberEpoch, assignment }) => {
        const has = this.#listText(assignment.topicPartitions);
        return `; ${memberId} epoch=${memberEpoch} has ${has}`;
      });
      this.#say(
        `${reply.groupState} epoch=${reply.groupEpoch} target=${reply.assignmentEpoch} ${reply.assignorName}${members.join('')}`,
      );
    },
    /** advance MS */
    advance: ([ms]) => this.#world.advance(Number(ms)),
    /** restart: a new coordinator on the same log */
    restart: () => this.#restart(),
    /** hold: appends are not committed until `high-watermark` */
    hold: () => void (this.#log.holdCommits = true),
    /** high-watermark: passes everything appended */
    'high-watermark': () => {
      this.#log.holdCommits = false;
      this.#log.commitAll();
    },
    /** refuse-append: the next append fails */
    'refuse-append': () => void (this.#log.failNext = new Error('disk full')),
  };

  #beat(
    groupId: string,
    name: string,
    said: Partial<ConsumerHeartbeatInput>,
    options: Map<string, string>,
  ): void {
    const player = this.#player(name);
    const epoch = options.get('epoch');
    const request: ConsumerHeartbeatInput = {
      apiVersion: Number(options.get('v') ?? 1),
      groupId,
      memberId: player.memberId || name,
      memberEpoch: epoch === undefined ? player.generation : Number(epoch),
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: options.get('topics')?.split(',').filter(Boolean) ?? null,
      subscribedTopicRegex: options.get('regex') ?? null,
      serverAssignor: options.get('assignor') ?? null,
      topicPartitions: null,
      ...said,
    };
    const client = { clientId: name, clientHost: '/127.0.0.1' };
    void this.#coordinator.consumerGroupHeartbeat(request, client).then((reply) => {
      if (reply.errorCode) return this.#say(`${name}: ${errorText(reply.errorCode)}`);
      player.memberId = reply.memberId ?? player.memberId;
      player.generation = reply.memberEpoch;
      if (reply.memberEpoch < 0) return this.#say(`${name}: left`);
      if (!reply.assignment) return this.#say(`${name}: epoch=${reply.memberEpoch}`);
      player.owned = reply.assignment.topicPartitions;
      this.#say(`${name}: epoch=${reply.memberEpoch} is to own ${this.#listText(player.owned)}`);
    });
  }

  #listText(list: readonly ListedTopicPartitions[]): string {
    const all = list.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => `${this.#topicName(topicId)}/${partition}`),
    );
    return all.join(',') || 'nothing';
  }

  #topicName(topicId: string): string {
    return this.#topics.topicById(topicId)?.name ?? 'gone';
  }

  #build(): GroupCoordinator {
    return new GroupCoordinator({
      platform: this.#world.platform,
      writer: this.#log,
      partitionCount: 1,
      settings: this.#settings,
      topics: this.#topics,
    });
  }

  async #restart(): Promise<void> {
    this.#coordinator.stop();
    await settle();
    this.#states.clear();
    this.#coordinator = this.#build();
    await this.#coordinator.start();
  }

  #player(name: string): Player {
    const player = this.#players.get(name) ?? {
      memberId: '',
      generation: -1,
      instance: null,
      owned: [],
    };
    this.#players.set(name, player);
    return player;
  }

  #noteStates(): void {
    const { groups } = this.#coordinator.listGroups();
    const states = new Map(groups.map(({ groupId, groupState }) => [groupId, groupState]));
    for (const [group, state] of states) {
      if (this.#states.get(group) !== state) this.#say(`${group} is ${state}`);
    }
    for (const group of this.#states.keys()) if (!states.has(group)) this.#say(`${group} is gone`);
    this.#states.clear();
    for (const [group, state] of states) this.#states.set(group, state);
  }

  #say(effect: string): void {
    this.#effects.push(effect);
  }
}

/** `+a+b` is a real subscription to the topics a and b, all else opaque text. */
function metadataOf(text: string): Buffer {
  if (!text.startsWith('+')) return Buffer.from(text);
  return encodeSubscription({ topics: text.slice(1).split('+') });
}

function metadataText(metadata: Buffer): string {
  if (metadata[0] !== 0) return metadata.toString();
  return `+${decodeSubscription(metadata).topics.join('+')}`;
}

function errorText(code: number): string {
  return errorByCode(code).name;
}

type Sets = ReadonlyMap<string, ReadonlySet<number>>;
type NameOf = (topicId: string) => string;

function partitionsText(sets: Sets, nameOf: NameOf): string {
  const all = [...sets].flatMap(([topicId, partitions]) =>
    [...partitions].map((partition) => `${nameOf(topicId)}/${partition}`),
  );
  return all.join(',') || 'nothing';
}

function recordText(record: OffsetsTopicRecord, nameOf: NameOf): string {
  switch (record.kind) {
    case 'consumer-group-stored':
      return `record epoch(${record.epoch})`;
    case 'consumer-group-deleted':
      return `record no consumer group(${record.groupId})`;
    case 'consumer-member-stored':
      return `record member(${record.memberId})`;
    case 'consumer-member-deleted':
      return `record no member(${record.memberId})`;
    case 'target-epoch-stored':
      return `record target epoch(${record.assignmentEpoch})`;
    case 'target-member-stored':
      return `record target(${record.memberId} ${partitionsText(record.partitions, nameOf)})`;
    case 'current-assignment-stored': {
      const { memberEpoch, state, assigned, pendingRevocation } = record.value;
      const has = partitionsText(assigned, nameOf);
      const revoking = partitionsText(pendingRevocation, nameOf);
      const gives = pendingRevocation.size > 0 ? ` gives up ${revoking}` : '';
      return `record current(${record.memberId} epoch=${memberEpoch} ${state} has ${has}${gives})`;
    }
    case 'target-epoch-deleted':
    case 'target-member-deleted':
    case 'current-assignment-deleted':
      return '';
    case 'derived-state':
      return 'record derived state';
    case 'offset-committed':
      return `record offset(${record.topic}/${record.partition}=${record.value.offset})`;
    case 'offset-deleted':
      return `record no offset(${record.topic}/${record.partition})`;
    case 'group-deleted':
      return `record no group(${record.groupId})`;
    case 'group-stored': {
      const members = record.value.members.map(
        ({ memberId, assignment }) => ` ${memberId}:${assignment.toString()}`,
      );
      return `record group(${record.groupId} generation=${record.value.generation}${members.join('')})`;
    }
  }
}
