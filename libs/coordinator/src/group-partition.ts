// The groups of one `__consumer_offsets` partition: shard and machines tied to the runtime. Performs the machines' effects.
// Protects: a machine's effects are done in order; every parked request is answered once; a machine lives only while it knows
// more than the log (members or ids handed out), so idle groups cost only their records.
// Consumer groups (KIP-848) are next door, in ConsumerGroups; a group is of one kind at a time.
// Leaves out: argument checks and the choice of the partition (GroupCoordinator).

import { type ErrorName, ErrorCode, KafkaError } from '@drave/contracts';
import { type Platform, type Timer, assert, unreachable } from '@drave/platform';

import { type GroupEffect, joinRefusal } from './classic-group-effects.js';
import { ClassicGroupMachine } from './classic-group-machine.js';
import type { Token } from './classic-member.js';
import { ConsumerGroups, refused } from './consumer-groups.js';
import type {
  ConsumerHeartbeatInput,
  ConsumerHeartbeatResult,
  DescribedConsumerGroup,
} from './consumer-group-requests.js';
import { CoordinatorRuntime, type PartitionWriter } from './coordinator-runtime.js';
import type {
  ClientContext,
  DescribedGroup,
  GroupSummary,
  GroupType,
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
import type { TellGroup } from './group-events.js';
import type { GroupSettings } from './group-settings.js';
import { GroupShard, storedOrEmpty } from './group-shard.js';
import type { GroupTopics } from './group-topics.js';
import {
  type OffsetsTopicRecord,
  decodeOffsetsTopicRecord,
  encodeOffsetsTopicRecord,
} from './offsets-topic-codec.js';

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
  readonly topics: GroupTopics;
  readonly tell: TellGroup;
}

export class GroupPartition {
  readonly runtime: CoordinatorRuntime<OffsetsTopicRecord>;
  readonly #platform: Platform;
  readonly #settings: GroupSettings;
  readonly #topics: GroupTopics;
  readonly #tell: TellGroup;
  readonly #consumers: ConsumerGroups;
  #shard = new GroupShard();
  readonly #slots = new Map<string, Slot>();
  readonly #parked = new Map<Token, Parked>();
  #lastToken: Token = 0;

  #rebalances = 0;

  constructor(options: GroupPartitionOptions) {
    this.#platform = options.platform;
    this.#settings = options.settings;
    this.#topics = options.topics;
    this.#tell = options.tell;
    const { partition, platform, writer } = options;
    const { scheduler, logger } = platform;
    this.runtime = new CoordinatorRuntime({
      partition,
      writer,
      scheduler,
      logger,
      shard: {
        reset: () => this.#reset(),
        replay: (record) => this.#replay(record),
        encode: encodeOffsetsTopicRecord,
        decode: ({ key, value }) => decodeOffsetsTopicRecord(key, value),
        onLoaded: () => this.#onLoaded(),
        onLost: (error) => this.#onLost(error),
      },
    });
    this.#consumers = new ConsumerGroups({
      platform,
      settings: this.#settings,
      topics: this.#topics,
      tell: this.#tell,
      log: {
        append: (records) => this.runtime.append(records, this.#settings.appendBytesMax),
        appendSplit: (records) => this.#appendSplit(records),
        attempt: (action) => this.#attempt(action),
      },
    });
  }

  /** The request is legal in itself. */
  async consumerHeartbeat(
    request: ConsumerHeartbeatInput,
    client: ClientContext,
  ): Promise<ConsumerHeartbeatResult> {
    this.#assertAvailable();
    const { groupId, memberEpoch } = request;
    const isClassic = !this.#consumers.group(groupId) && this.#isClassic(groupId);
    const machine = this.#slots.get(groupId)?.machine;
    const isEmpty = machine === undefined || machine.state === 'Empty';
    if (isClassic && (memberEpoch !== 0 || !isEmpty)) {
      const message = `Group ${groupId} is not a consumer group.`;
      return this.#answer(refused({ error: 'GROUP_ID_NOT_FOUND', message }));
    }
    return this.#answer(
      this.#guard(groupId, () =>
        this.runtime.inOneBatch(this.#settings.appendBytesMax, () => {
          if (isClassic) this.#endClassic(groupId);
          return this.#consumers.heartbeat(request, client);
        }),
      ),
    );
  }

  /** undefined: the group is unknown or classic. */
  async describeConsumers(groupId: string): Promise<DescribedConsumerGroup | undefined> {
    this.#assertAvailable();
    return this.#answer(this.#consumers.describe(groupId));
  }

  /** Topics came, went or grew. */
  onTopicsChanged(): void {
    this.#consumers.onTopicsChanged();
  }

  /** Rejects with the KafkaError to answer; so do all methods below that return a promise. */
  async join(request: JoinGroupInput, client: ClientContext): Promise<JoinGroupResult> {
    this.#assertAvailable();
    const consumers = this.#consumers.group(request.groupId);
    if (consumers && consumers.size > 0) {
      return this.#answer(joinRefusal(request.memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
    }
    const isKnown =
      this.#slots.has(request.groupId) || (!consumers && this.#shard.hasGroup(request.groupId));
    if (request.memberId !== '' && !isKnown) {
      return this.#answer(joinRefusal(request.memberId, 'UNKNOWN_MEMBER_ID'));
    }
    // A consumer group without members becomes a classic one; its offsets stay.
    if (consumers) this.#appendSplit(this.#consumers.shard.deletionOf(request.groupId));
    if (!isKnown) this.#shard.note(request.groupId);
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
      // Members of a consumer group leave by heartbeat; this is an administrator.
      const left = members.map((member) => this.#consumers.remove(groupId, member));
      return this.#answer(left);
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
    const { groupId, memberId = null, memberEpoch = -1 } = request;
    const verdict = this.#consumers.shard.fetchVerdict(groupId, memberId, memberEpoch);
    const reply = await this.#answer(this.#shard.fetchOffsets(request));
    if (verdict !== 'NONE') throw new KafkaError(verdict);
    return reply;
  }

  async delete(groupId: string): Promise<ErrorName> {
    this.#assertAvailable();
    const slot = this.#slots.get(groupId);
    const isEmpty = this.#isEmpty(groupId);
    const deletion = this.#consumers.shard.deletionOf(groupId);
    const { records, reply } = this.#shard.decideDelete(groupId, { isEmpty, deletion });
    this.#appendSplit(records);
    if (reply === 'NONE') this.#shard.forget(groupId);
    if (reply === 'NONE' && slot) this.#act(groupId, (machine) => machine.onDeleted());
    return this.#answer(reply);
  }

  async deleteOffsets(request: OffsetDeleteInput): Promise<OffsetDeleteResult> {
    this.#assertAvailable();
    const machine = this.#slots.get(request.groupId)?.machine;
    const isActive = machine !== undefined && machine.state !== 'Empty';
    // Who does not speak the consumer protocol cannot say what it reads.
    const isOpaque = isActive && machine.protocolType !== 'consumer';
    const consumers = this.#consumers.group(request.groupId);
    const isKnown =
      machine !== undefined || consumers !== undefined || this.#shard.hasGroup(request.groupId);
    let verdict: ErrorName = isKnown ? 'NONE' : 'GROUP_ID_NOT_FOUND';
    if (isOpaque) verdict = 'NON_EMPTY_GROUP';
    const isSubscribed = (topic: string) =>
      machine?.isSubscribed(topic) ?? this.#consumers.isSubscribed(request.groupId, topic);
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
    for (const groupId of this.#allGroupIds()) {
      const machine = this.#slots.get(groupId)?.machine;
      const consumers = this.#consumers.group(groupId);
      const isStable = machine?.state === 'Stable' && machine.protocolType === 'consumer';
      const isAbandoned = (topic: string) =>
        consumers
          ? !this.#consumers.isSubscribed(groupId, topic)
          : isStable && !machine.isSubscribed(topic);
      // A machine in state Empty has handed out a member id: somebody is coming.
      const isEmpty = machine === undefined && (consumers?.size ?? 0) === 0;
      const deletion = this.#consumers.shard.deletionOf(groupId);
      const membership = { isEmpty, isAbandoned, deletion };
      const { offsetsRetentionMs } = this.#settings;
      const { records } = this.#shard.decideExpire(groupId, membership, nowMs, offsetsRetentionMs);
      this.#appendSplit(records);
    }
    this.#shard.forgetBare();
  }

  async describe(groupId: string): Promise<DescribedGroup | undefined> {
    this.#assertAvailable();
    return this.#answer(this.#describe(groupId));
  }

  /** Every group with its state; undefined while the partition cannot answer. */
  list():
    | readonly { groupId: string; protocolType: string; groupState: string; groupType: GroupType }[]
    | undefined {
    if (this.runtime.availability !== 'NONE') return undefined;
    return [...this.#allGroupIds()].map((groupId) => {
      const consumers = this.#consumers.group(groupId);
      if (consumers) {
        const { state: groupState } = consumers;
        return { groupId, protocolType: 'consumer', groupState, groupType: 'consumer' };
      }
      const machine = this.#slots.get(groupId)?.machine;
      const stored = storedOrEmpty(this.#shard.storedGroup(groupId));
      return {
        groupId,
        protocolType: machine?.protocolType ?? stored.protocolType,
        groupState: machine?.state ?? 'Empty',
        groupType: 'classic',
      };
    });
  }

  /** Assignments made since the start. */
  get rebalanceCount(): number {
    return this.#rebalances + this.#consumers.rebalanceCount;
  }

  summaries(): readonly GroupSummary[] {
    return (this.list() ?? []).map(({ groupId, protocolType, groupState, groupType }) => {
      const consumers = this.#consumers.group(groupId);
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
        type: groupType,
        protocolType,
        protocol: consumers?.assignor ?? (machine ? machine.protocol : stored.protocol),
        generation: consumers?.epoch ?? machine?.generation ?? stored.generation,
        leader: machine?.leader ?? null,
        coordinatorPartition: this.runtime.partition,
        members: machine?.describeMembers() ?? this.#consumers.membersOf(groupId),
        offsets,
      };
    });
  }

  readonly #exists = (topic: string, partition: number): boolean =>
    partition >= 0 && partition < (this.#topics.topic(topic)?.partitionCount ?? 0);

  #allGroupIds(): Set<string> {
    const ids = new Set([...this.#shard.groupIds(), ...this.#slots.keys()]);
    for (const { groupId } of this.#consumers.groups()) ids.add(groupId);
    return ids;
  }

  #isEmpty(groupId: string): boolean {
    const consumers = this.#consumers.group(groupId);
    if (consumers) return consumers.size === 0;
    const machine = this.#slots.get(groupId)?.machine;
    return machine === undefined || machine.state === 'Empty';
  }

  /** Known by more than committed offsets, and as a classic group. */
  #isClassic(groupId: string): boolean {
    return this.#slots.has(groupId) || this.#shard.storedGroup(groupId) !== undefined;
  }

  /** An empty classic group becomes a consumer group; its offsets stay. */
  #endClassic(groupId: string): void {
    if (this.#slots.has(groupId)) this.#act(groupId, (machine) => machine.onDeleted());
    if (this.#shard.storedGroup(groupId)) this.#appendSplit([{ kind: 'group-deleted', groupId }]);
  }

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
    if (this.#consumers.group(groupId)) {
      const { apiVersion } = request;
      const member = { memberId, memberEpoch: generation, apiVersion };
      return this.#consumers.shard.commitVerdict(groupId, member);
    }
    if (!this.#slots.has(groupId) && !this.#shard.hasGroup(groupId)) {
      if (generation < 0) {
        this.#shard.note(groupId);
        return 'NONE';
      }
      return request.apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
    }
    const member = { generation, memberId, groupInstanceId: request.groupInstanceId ?? null };
    return this.#act(groupId, (machine, nowMs) => machine.onCommit(member, nowMs));
  }

  #describe(groupId: string): DescribedGroup | undefined {
    const machine = this.#slots.get(groupId)?.machine;
    if (this.#consumers.group(groupId)) return undefined;
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
    return this.#guard(groupId, () => {
      const slot = this.#slots.get(groupId) ?? this.#open(groupId, nowMs);
      const result = input(slot.machine, nowMs);
      this.#settle(slot);
      return result;
    });
  }

  /** A bug in a group costs the memory; the request is told to come again. */
  #guard<Result>(groupId: string, action: () => Result): Result {
    try {
      return action();
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
      case 'tell':
        this.#tell(slot.machine.groupId, effect.happening);
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
        this.#tellRebalance(machine.groupId, group.generation, group.members.length);
        this.#settle(slot);
      });
    // A lost append takes the machine with it: nothing to tell it.
    this.runtime.afterCommit(stored, () => undefined);
  }

  #tellRebalance(groupId: string, generation: number, members: number): void {
    this.#rebalances += 1;
    this.#platform.logger.info('group-rebalanced', { groupId, generation, members });
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
    this.#consumers.onLoaded();
    this.#shard.forgetBare();
    const nowMs = this.#platform.clock.monotonicMs();
    for (const groupId of this.#shard.groupIds()) {
      const stored = this.#shard.storedGroup(groupId);
      // Members of before the restart get one session timeout to show up.
      if (stored && stored.members.length > 0) this.#settle(this.#open(groupId, nowMs));
    }
  }

  #replay(record: OffsetsTopicRecord): void {
    switch (record.kind) {
      case 'offset-committed':
      case 'offset-deleted':
      case 'group-stored':
      case 'group-deleted':
        return this.#shard.replay(record);
      default:
        return this.#consumers.replay(record);
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
    this.#consumers.reset();
    this.#shard = new GroupShard();
  }
}
