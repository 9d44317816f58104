// Interpreter of `*.scenario.txt`: commands left of the arrow, observed effects right of it. `UPDATE_GOLDEN=1` rewrites the
// right side. Protects: a group's story can be read, and is checked, without the code. Commands are in `commands` below.

import { errorByCode } from '@drave/contracts';
import { decodeSubscription, encodeSubscription } from '@drave/protocol';

import {
  GroupCoordinator,
  type GroupSettings,
  type OffsetsTopicRecord,
  decodeOffsetsTopicRecord,
} from '../src/index.js';
import { ManualWorld, MemoryOffsetsLog, settle } from './manual-world.js';

interface Player {
  memberId: string;
  generation: number;
  instance: string | null;
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
  readonly #effects: string[] = [];
  readonly #log = new MemoryOffsetsLog(({ key, value }) =>
    this.#effects.push(recordText(decodeOffsetsTopicRecord(key, value))),
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
    return this.#effects.splice(0);
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
        name === '-' ? { memberId: '', generation: -1, instance: null } : this.#player(name);
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
        ({ groupId, groupState, protocolType }) =>
          `${groupId} ${groupState} ${protocolType || '(no protocol)'}`,
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
    'delete-topic': ([topic = '']) => this.#coordinator.onTopicDeleted(topic),
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

  #build(): GroupCoordinator {
    return new GroupCoordinator({
      platform: this.#world.platform,
      writer: this.#log,
      partitionCount: 1,
      settings: this.#settings,
      partitionCountOf: (topic) => (topic === 'absent' ? undefined : 4),
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
    const player = this.#players.get(name) ?? { memberId: '', generation: -1, instance: null };
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

function recordText(record: OffsetsTopicRecord): string {
  switch (record.kind) {
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
