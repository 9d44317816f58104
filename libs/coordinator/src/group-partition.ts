// The groups of one `__consumer_offsets` partition: shard and machines tied to the runtime. Performs the machines' effects.
// Protects: a machine's effects are done in order; every parked request is answered once; a machine lives only while it knows
// more than the log (members or ids handed out), so idle groups cost only their records.
// Leaves out: argument checks and the choice of the partition (GroupCoordinator).

import { type ErrorName, ErrorCode, KafkaError } from '@drave/contracts';
import { type Platform, type Timer, assert, unreachable } from '@drave/platform';

import { type GroupEffect, joinRefusal } from './classic-group-effects.js';
import { ClassicGroupMachine } from './classic-group-machine.js';
import type { Token } from './classic-member.js';
import { CoordinatorRuntime, type PartitionWriter } from './coordinator-runtime.js';
import type {
  ClientContext,
  DescribedGroup,
  GroupSummary,
  HeartbeatInput,
  JoinGroupInput,
  JoinGroupResult,
  LeavingMember,
  OffsetCommitInput,
  OffsetCommitResult,
  OffsetDeleteInput,
  OffsetDeleteResult,
  OffsetFetchGroupInput,
  OffsetFetchGroupResult,
  SyncGroupInput,
  SyncGroupResult,
} from './group-requests.js';
import type { GroupSettings } from './group-settings.js';
import { GroupShard, storedOrEmpty } from './group-shard.js';
import {
  type OffsetsTopicRecord,
  decodeOffsetsTopicRecord,
  encodeOffsetsTopicRecord,
} from './offsets-topic-codec.js';

/** Partitions of a topic; undefined when it does not exist. */
export type PartitionCountOf = (topic: string) => number | undefined;

interface Parked {
  readonly resolve: (reply: JoinGroupResult | SyncGroupResult) => void;
  readonly reject: (error: KafkaError) => void;
}

interface Slot {
  readonly machine: ClassicGroupMachine;
  timer: Timer | undefined;
  timerAtMs: number;
}

export interface GroupPartitionOptions {
  readonly partition: number;
  readonly platform: Platform;
  readonly writer: PartitionWriter;
  readonly settings: GroupSettings;
  readonly partitionCountOf: PartitionCountOf;
}

export class GroupPartition {
  readonly runtime: CoordinatorRuntime<OffsetsTopicRecord>;
  readonly #platform: Platform;
  readonly #settings: GroupSettings;
  readonly #partitionCountOf: PartitionCountOf;
  #shard = new GroupShard();
  readonly #slots = new Map<string, Slot>();
  readonly #parked = new Map<Token, Parked>();
  #lastToken: Token = 0;

  constructor(options: GroupPartitionOptions) {
    this.#platform = options.platform;
    this.#settings = options.settings;
    this.#partitionCountOf = options.partitionCountOf;
    const { partition, platform, writer } = options;
    const { scheduler, logger } = platform;
    this.runtime = new CoordinatorRuntime({
      partition,
      writer,
      scheduler,
      logger,
      shard: {
        reset: () => this.#reset(),
        replay: (record) => this.#shard.replay(record),
        encode: encodeOffsetsTopicRecord,
        decode: ({ key, value }) => decodeOffsetsTopicRecord(key, value),
        onLoaded: () => this.#onLoaded(),
        onLost: (error) => this.#onLost(error),
      },
    });
  }

  /** Rejects with the KafkaError to answer; so do all methods below that return a promise. */
  async join(request: JoinGroupInput, client: ClientContext): Promise<JoinGroupResult> {
    this.#assertAvailable();
    const isKnown = this.#slots.has(request.groupId) || this.#shard.hasGroup(request.groupId);
    if (request.memberId !== '' && !isKnown) {
      return this.#answer(joinRefusal(request.memberId, 'UNKNOWN_MEMBER_ID'));
    }
    return new Promise((resolve, reject) => {
      const token = this.#park({ resolve: resolve as Parked['resolve'], reject });
      const freshId = this.#platform.random.uuid();
      const from = { ...client, token, freshId };
      this.#act(request.groupId, (machine, nowMs) => machine.onJoin(request, from, nowMs));
    });
  }

  /** undefined: the group is unknown. */
  async sync(request: SyncGroupInput): Promise<SyncGroupResult | undefined> {
    this.#assertAvailable();
    if (!this.#slots.has(request.groupId)) return this.#answer(undefined);
    return new Promise((resolve, reject) => {
      const token = this.#park({ resolve: resolve as Parked['resolve'], reject });
      this.#act(request.groupId, (machine, nowMs) => machine.onSync(request, token, nowMs));
    });
  }

  async heartbeat(request: HeartbeatInput): Promise<ErrorName> {
    this.#assertAvailable();
    if (!this.#slots.has(request.groupId)) return this.#answer('UNKNOWN_MEMBER_ID');
    const act = (machine: ClassicGroupMachine, nowMs: number) =>
      machine.onHeartbeat(request, nowMs);
    return this.#answer(this.#act(request.groupId, act));
  }

  async leave(groupId: string, members: readonly LeavingMember[]): Promise<readonly ErrorName[]> {
    this.#assertAvailable();
    if (!this.#slots.has(groupId)) {
      return this.#answer(members.map((): ErrorName => 'UNKNOWN_MEMBER_ID'));
    }
    return this.#answer(this.#act(groupId, (machine, nowMs) => machine.onLeave(members, nowMs)));
  }

  async commit(request: OffsetCommitInput): Promise<OffsetCommitResult> {
    this.#assertAvailable();
    const wallMs = this.#platform.clock.nowMs();
    const { offsetMetadataLengthMax: metadataLengthMax, appendBytesMax } = this.#settings;
    const verdict = this.#commitVerdict(request);
    const rules = { verdict, metadataLengthMax, exists: this.#exists };
    const { records, reply } = this.#shard.decideCommit(request, rules, wallMs);
    if (this.runtime.append(records, appendBytesMax)) return this.#answer(reply);
    const refusal = { ...rules, verdict: 'INVALID_COMMIT_OFFSET_SIZE' } as const;
    return this.#answer(this.#shard.decideCommit(request, refusal, wallMs).reply);
  }

  async fetch(request: OffsetFetchGroupInput): Promise<OffsetFetchGroupResult> {
    this.#assertAvailable();
    return this.#answer(this.#shard.fetchOffsets(request));
  }

  async delete(groupId: string): Promise<ErrorName> {
    this.#assertAvailable();
    const slot = this.#slots.get(groupId);
    const isEmpty = slot === undefined || slot.machine.state === 'Empty';
    const { records, reply } = this.#shard.decideDelete(groupId, isEmpty);
    this.#appendSplit(records);
    if (reply === 'NONE' && slot) this.#act(groupId, (machine) => machine.onDeleted());
    return this.#answer(reply);
  }

  async deleteOffsets(request: OffsetDeleteInput): Promise<OffsetDeleteResult> {
    this.#assertAvailable();
    const machine = this.#slots.get(request.groupId)?.machine;
    const isActive = machine !== undefined && machine.state !== 'Empty';
    // Who does not speak the consumer protocol cannot say what it reads.
    const isOpaque = isActive && machine.protocolType !== 'consumer';
    const isKnown = machine !== undefined || this.#shard.hasGroup(request.groupId);
    let verdict: ErrorName = isKnown ? 'NONE' : 'GROUP_ID_NOT_FOUND';
    if (isOpaque) verdict = 'NON_EMPTY_GROUP';
    const isSubscribed = (topic: string) => machine?.isSubscribed(topic) ?? false;
    const membership = { verdict, isSubscribed };
    const { records, reply } = this.#shard.decideDeleteOffsets(request, membership, this.#exists);
    this.#appendSplit(records);
    return this.#answer(reply);
  }

  /** Nothing while the partition cannot answer: the offsets then go by their retention. */
  forgetTopic(topic: string): void {
    if (this.runtime.availability !== 'NONE') return;
    this.#appendSplit(this.#shard.decideForgetTopic(topic).records);
  }

  /** Removes what is past its retention; nothing while the partition cannot answer. */
  expireOffsets(): void {
    if (this.runtime.availability !== 'NONE') return;
    const nowMs = this.#platform.clock.nowMs();
    for (const groupId of this.#shard.groupIds()) {
      const machine = this.#slots.get(groupId)?.machine;
      const isStable = machine?.state === 'Stable' && machine.protocolType === 'consumer';
      const isAbandoned = (topic: string) => isStable && !machine.isSubscribed(topic);
      // A machine in state Empty has handed out a member id: somebody is coming.
      const membership = { isEmpty: machine === undefined, isAbandoned };
      const { offsetsRetentionMs } = this.#settings;
      const { records } = this.#shard.decideExpire(groupId, membership, nowMs, offsetsRetentionMs);
      this.#appendSplit(records);
    }
  }

  async describe(groupId: string): Promise<DescribedGroup | undefined> {
    this.#assertAvailable();
    return this.#answer(this.#describe(groupId));
  }

  /** Every group with its state; undefined while the partition cannot answer. */
  list(): readonly { groupId: string; protocolType: string; groupState: string }[] | undefined {
    if (this.runtime.availability !== 'NONE') return undefined;
    const ids = new Set([...this.#shard.groupIds(), ...this.#slots.keys()]);
    return [...ids].map((groupId) => {
      const machine = this.#slots.get(groupId)?.machine;
      const stored = storedOrEmpty(this.#shard.storedGroup(groupId));
      return {
        groupId,
        protocolType: machine?.protocolType ?? stored.protocolType,
        groupState: machine?.state ?? 'Empty',
      };
    });
  }

  summaries(): readonly GroupSummary[] {
    return (this.list() ?? []).map(({ groupId, protocolType, groupState }) => {
      const machine = this.#slots.get(groupId)?.machine;
      const stored = storedOrEmpty(this.#shard.storedGroup(groupId));
      const offsets: GroupSummary['offsets'][number][] = [];
      for (const [topic, partitions] of this.#shard.offsets(groupId)) {
        for (const [partition, { offset, metadata }] of partitions) {
          offsets.push({ topic, partition, offset, metadata });
        }
      }
      return {
        groupId,
        state: groupState,
        protocolType,
        protocol: machine ? machine.protocol : stored.protocol,
        generation: machine?.generation ?? stored.generation,
        leader: machine?.leader ?? null,
        coordinatorPartition: this.runtime.partition,
        members: machine?.describeMembers() ?? [],
        offsets,
      };
    });
  }

  readonly #exists = (topic: string, partition: number): boolean =>
    partition >= 0 && partition < (this.#partitionCountOf(topic) ?? 0);

  /** For removals, which may be cut in two: each part stands alone, and the group's own comes last. */
  #appendSplit(records: readonly OffsetsTopicRecord[]): void {
    const { appendBytesMax } = this.#settings;
    if (this.runtime.append(records, records.length > 1 ? appendBytesMax : Infinity)) return;
    const middle = records.length >> 1;
    this.#appendSplit(records.slice(0, middle));
    this.#appendSplit(records.slice(middle));
  }

  #commitVerdict(request: OffsetCommitInput): ErrorName {
    const { groupId, memberId } = request;
    const generation = request.generationIdOrMemberEpoch;
    if (!this.#slots.has(groupId) && !this.#shard.hasGroup(groupId)) {
      if (generation < 0) return 'NONE';
      return request.apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
    }
    const member = { generation, memberId, groupInstanceId: request.groupInstanceId ?? null };
    return this.#act(groupId, (machine, nowMs) => machine.onCommit(member, nowMs));
  }

  #describe(groupId: string): DescribedGroup | undefined {
    const machine = this.#slots.get(groupId)?.machine;
    if (!machine && !this.#shard.hasGroup(groupId)) return undefined;
    const stored = storedOrEmpty(this.#shard.storedGroup(groupId));
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      groupId,
      groupState: machine?.state ?? 'Empty',
      protocolType: machine?.protocolType ?? stored.protocolType,
      protocolData: machine?.state === 'Stable' ? (machine.protocol ?? '') : '',
      members: machine?.describeMembers() ?? [],
    };
  }

  /** Lets the group's machine, made from the log if need be, take an input; then does what it wants done. */
  #act<Result>(
    groupId: string,
    input: (machine: ClassicGroupMachine, nowMs: number) => Result,
  ): Result {
    const nowMs = this.#platform.clock.monotonicMs();
    try {
      const slot = this.#slots.get(groupId) ?? this.#open(groupId, nowMs);
      const result = input(slot.machine, nowMs);
      this.#settle(slot);
      return result;
    } catch (error) {
      this.runtime.fail(error);
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `group ${groupId}`, { cause: error });
    }
  }

  #open(groupId: string, nowMs: number): Slot {
    const stored = storedOrEmpty(this.#shard.storedGroup(groupId));
    const machine = new ClassicGroupMachine({ groupId, settings: this.#settings, stored, nowMs });
    const slot: Slot = { machine, timer: undefined, timerAtMs: Infinity };
    this.#slots.set(groupId, slot);
    return slot;
  }

  #settle(slot: Slot): void {
    for (const effect of slot.machine.drain()) this.#perform(slot, effect);
    const { groupId, isForgettable, wakeAtMs } = slot.machine;
    if (this.#slots.get(groupId) !== slot) return;
    if (isForgettable) {
      slot.timer?.cancel();
      this.#slots.delete(groupId);
    } else if (wakeAtMs < slot.timerAtMs) {
      this.#arm(slot, wakeAtMs);
    }
  }

  #perform(slot: Slot, effect: GroupEffect): void {
    switch (effect.kind) {
      case 'answer-join':
      case 'answer-sync': {
        const parked = this.#parked.get(effect.token);
        assert(parked !== undefined, 'an-answer-has-a-request', { token: effect.token });
        this.#parked.delete(effect.token);
        this.runtime.afterCommit(() => parked.resolve(effect.reply), parked.reject);
        return;
      }
      case 'store':
        this.#store(slot, effect);
        return;
      default:
        unreachable(effect);
    }
  }

  #store(slot: Slot, { group, assigns }: GroupEffect & { kind: 'store' }): void {
    const { machine } = slot;
    const wallMs = this.#platform.clock.nowMs();
    const { records } = this.#shard.decideStore(machine.groupId, group, wallMs);
    const nowMs = () => this.#platform.clock.monotonicMs();
    if (!this.runtime.append(records, this.#settings.appendBytesMax)) {
      this.#platform.logger.warn('group-too-large-to-store', {
        group: machine.groupId,
        members: group.members.length,
      });
      if (assigns) machine.onAssignmentRefused(group.generation, nowMs());
      this.#settle(slot);
      return;
    }
    if (!assigns) return;
    const stored = () =>
      this.#attempt(() => {
        machine.onAssignmentStored(group.generation, nowMs());
        this.#settle(slot);
      });
    // A lost append takes the machine with it: nothing to tell it.
    this.runtime.afterCommit(stored, () => undefined);
  }

  /** One timer per group: early is harmless, the machine then names the next time. */
  #arm(slot: Slot, atMs: number): void {
    slot.timer?.cancel();
    slot.timerAtMs = atMs;
    if (atMs === Infinity) {
      slot.timer = undefined;
      return;
    }
    const delayMs = Math.max(0, atMs - this.#platform.clock.monotonicMs());
    slot.timer = this.#platform.scheduler.setTimer(delayMs, () => {
      slot.timerAtMs = Infinity;
      this.#attempt(() => {
        slot.machine.tick(this.#platform.clock.monotonicMs());
        this.#settle(slot);
      });
    });
  }

  /** A bug in a callback nobody awaits costs the memory, not the process. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.runtime.fail(error);
    }
  }

  #park(parked: Parked): Token {
    this.#lastToken += 1;
    this.#parked.set(this.#lastToken, parked);
    return this.#lastToken;
  }

  #answer<Reply>(reply: Reply): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.runtime.afterCommit(() => resolve(reply), reject);
    });
  }

  #assertAvailable(): void {
    const { availability } = this.runtime;
    if (availability !== 'NONE') throw new KafkaError(availability);
  }

  #onLoaded(): void {
    const nowMs = this.#platform.clock.monotonicMs();
    for (const groupId of this.#shard.groupIds()) {
      const stored = this.#shard.storedGroup(groupId);
      // Members of before the restart get one session timeout to show up.
      if (stored && stored.members.length > 0) this.#settle(this.#open(groupId, nowMs));
    }
  }

  #onLost(error: KafkaError): void {
    const parked = [...this.#parked.values()];
    this.#parked.clear();
    for (const { reject } of parked) reject(error);
  }

  #reset(): void {
    for (const { timer } of this.#slots.values()) timer?.cancel();
    this.#slots.clear();
    this.#shard = new GroupShard();
  }
}
