// The coordinator's door: one method per group API, each routed to the partition that keeps the group.
// Protects: every request gets an answer with a code its version knows; nothing here throws for what a client sent.
// Leaves out: authorization, quotas, wire mapping (the handlers'), transactions, members of both protocols in one group.
// Source: Kafka protocol guide; GroupCoordinatorService of Apache Kafka 4.x.

import { ErrorCode, type ErrorName, KafkaError } from '@drave/contracts';
import type { Platform, Timer } from '@drave/platform';
import { partitionForCoordinatorKey } from '@drave/protocol';

import { joinRefusal, syncRefusal } from './classic-group-effects.js';
import type { PartitionWriter } from './coordinator-runtime.js';
import type {
  ConsumerHeartbeatInput,
  ConsumerHeartbeatResult,
  DescribedConsumerGroup,
} from './consumer-group-requests.js';
import { refused } from './consumer-groups.js';
import { requestRefusal } from './consumer-heartbeat-rules.js';
import { GroupPartition } from './group-partition.js';
import type {
  ClientContext,
  DeleteGroupResult,
  DescribedGroup,
  GroupSummary,
  HeartbeatInput,
  JoinGroupInput,
  JoinGroupResult,
  LeaveGroupInput,
  LeaveGroupResult,
  ListGroupsInput,
  ListGroupsResult,
  OffsetCommitInput,
  OffsetCommitResult,
  OffsetDeleteInput,
  OffsetDeleteResult,
  OffsetFetchGroupResult,
  OffsetFetchInput,
  SyncGroupInput,
  SyncGroupResult,
} from './group-requests.js';
import type { TellGroup } from './group-events.js';
import { type GroupSettings, groupSettings } from './group-settings.js';
import type { GroupTopics } from './group-topics.js';

export interface GroupCoordinatorOptions {
  readonly platform: Platform;
  readonly writer: PartitionWriter;
  /** Partitions of `__consumer_offsets`; fixed for the life of the topic. */
  readonly partitionCount: number;
  readonly settings?: Partial<GroupSettings>;
  /** Committed topic metadata; `onTopicsChanged` tells of changes. */
  readonly topics: GroupTopics;
  /** Hears of members that come and go and of rebalances; default: nobody. */
  readonly tell?: TellGroup;
}

export class GroupCoordinator {
  readonly settings: GroupSettings;
  readonly #partitions: readonly GroupPartition[];
  readonly #platform: Platform;
  #sweep: Timer | undefined;

  /** Throws RangeError for settings outside their ranges. */
  constructor(options: GroupCoordinatorOptions) {
    const { platform, writer, topics, tell = () => undefined } = options;
    const settings = groupSettings(options.settings);
    this.settings = settings;
    this.#platform = platform;
    this.#partitions = Array.from(
      { length: options.partitionCount },
      (_, partition) => new GroupPartition({ partition, platform, writer, settings, topics, tell }),
    );
  }

  /**
   * Takes the partitions this broker leads, all unless told, and reads their logs; requests are answered from then on. From now
   * on offsets past their retention are removed at each check interval.
   */
  async start(partitions: Iterable<number> = this.#partitions.keys()): Promise<void> {
    this.#armSweep();
    await Promise.all([...partitions].map((partition) => this.acquire(partition)));
  }

  /** Releases everything: parked requests are answered NOT_COORDINATOR, timers end. */
  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    for (const { runtime } of this.#partitions) runtime.release();
  }

  /** This broker leads the partition now; settles when its log was read or the retry is set. */
  async acquire(partition: number): Promise<void> {
    await this.#partitions[partition]?.runtime.acquire();
  }

  /** This broker leads it no more. */
  release(partition: number): void {
    this.#partitions[partition]?.runtime.release();
  }

  /** The `__consumer_offsets` partition that keeps the group: for FindCoordinator. */
  partitionFor(groupId: string): number {
    return partitionForCoordinatorKey(groupId, this.#partitions.length);
  }

  /** Parked until the group's next generation, at most its rebalance timeout (the initial delay included). */
  async joinGroup(request: JoinGroupInput, client: ClientContext): Promise<JoinGroupResult> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.settings;
    const refuse = (error: ErrorName) => joinRefusal(memberId, error);
    if (groupId === '') return forVersion(refuse('INVALID_GROUP_ID'), request);
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      return forVersion(refuse('INVALID_SESSION_TIMEOUT'), request);
    }
    const reply = await this.#ask(groupId, (owner) => owner.join(request, client), refuse);
    return forVersion(reply, request);
  }

  /** Parked until the leader's assignment is committed. */
  async syncGroup(request: SyncGroupInput): Promise<SyncGroupResult> {
    const refuse = (error: ErrorName) => syncRefusal(ErrorCode[error]);
    if (request.groupId === '') return refuse('INVALID_GROUP_ID');
    // Java clients give up on COORDINATOR_LOAD_IN_PROGRESS here; the rebalance is lost anyhow, so they join again.
    const whenLoading = (error: ErrorName) =>
      refuse(error === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'REBALANCE_IN_PROGRESS' : error);
    const reply = await this.#ask(request.groupId, (owner) => owner.sync(request), whenLoading);
    return reply ?? refuse('UNKNOWN_MEMBER_ID');
  }

  async heartbeat(request: HeartbeatInput): Promise<{ readonly errorCode: number }> {
    const { groupId } = request;
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID };
    const error = await this.#ask(groupId, (owner) => owner.heartbeat(request), same);
    // Java clients give up on it; a member heard of while its group loads starts with a full session anyhow.
    return { errorCode: error === 'COORDINATOR_LOAD_IN_PROGRESS' ? 0 : ErrorCode[error] };
  }

  /** Membership of a consumer group (KIP-848): joins, goes on and leaves; never parked. */
  async consumerGroupHeartbeat(
    request: ConsumerHeartbeatInput,
    client: ClientContext,
  ): Promise<ConsumerHeartbeatResult> {
    const refusal = requestRefusal(request);
    if (refusal) return refused(refusal);
    return this.#ask(
      request.groupId,
      (owner) => owner.consumerHeartbeat(request, client),
      (error) => refused({ error, message: `The group cannot be served now: ${error}.` }),
    );
  }

  /** Consumer groups alone: unknown and classic ones are GROUP_ID_NOT_FOUND. */
  async consumerGroupDescribe(
    groupIds: readonly string[],
  ): Promise<readonly DescribedConsumerGroup[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        if (groupId === '') return undescribedConsumers(groupId, 'INVALID_GROUP_ID');
        const group = await this.#ask<DescribedConsumerGroup | undefined>(
          groupId,
          (owner) => owner.describeConsumers(groupId),
          (error) => undescribedConsumers(groupId, error),
        );
        return group ?? undescribedConsumers(groupId, 'GROUP_ID_NOT_FOUND');
      }),
    );
  }

  /** From version 3 errors are per member; before it the one member's error is the answer's. */
  async leaveGroup(request: LeaveGroupInput): Promise<LeaveGroupResult> {
    const { groupId, members, apiVersion } = request;
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] };
    const errors = await this.#ask<readonly ErrorName[] | ErrorName>(
      groupId,
      (owner) => owner.leave(groupId, members),
      same,
    );
    if (typeof errors === 'string') return { errorCode: ErrorCode[errors], members: [] };
    const answered = members.map(({ memberId, groupInstanceId }, i) => ({
      memberId,
      groupInstanceId: groupInstanceId ?? null,
      errorCode: ErrorCode[errors[i] ?? 'UNKNOWN_SERVER_ERROR'],
    }));
    const first = answered[0]?.errorCode ?? ErrorCode.NONE;
    return { errorCode: apiVersion < 3 ? first : ErrorCode.NONE, members: answered };
  }

  /** Every partition asked for is answered; `NONE` means committed and durable. */
  async offsetCommit(request: OffsetCommitInput): Promise<OffsetCommitResult> {
    const refuse = (error: ErrorName): OffsetCommitResult => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode[error],
        })),
      })),
    });
    return this.#ask(request.groupId, (owner) => owner.commit(request), refuse);
  }

  /** One result per group, in their order. Offsets are the committed ones; a group nobody knows has none. */
  async offsetFetch(request: OffsetFetchInput): Promise<readonly OffsetFetchGroupResult[]> {
    return Promise.all(
      request.groups.map((group) =>
        this.#ask(
          group.groupId,
          (owner) => owner.fetch(group),
          // Java clients before 3.9 give up on COORDINATOR_NOT_AVAILABLE here.
          (error) => ({
            groupId: group.groupId,
            errorCode: ErrorCode[error === 'COORDINATOR_NOT_AVAILABLE' ? 'NOT_COORDINATOR' : error],
            topics: [],
          }),
        ),
      ),
    );
  }

  /** Unknown groups: state Dead, from version 6 with GROUP_ID_NOT_FOUND. */
  async describeGroups(request: {
    readonly apiVersion: number;
    readonly groups: readonly string[];
  }): Promise<readonly DescribedGroup[]> {
    return Promise.all(
      request.groups.map(async (groupId) => {
        const group = await this.#ask<DescribedGroup | undefined>(
          groupId,
          (owner) => owner.describe(groupId),
          (error) => undescribed(groupId, '', error),
        );
        const error = request.apiVersion >= 6 ? 'GROUP_ID_NOT_FOUND' : 'NONE';
        return group ?? undescribed(groupId, 'Dead', error);
      }),
    );
  }

  /** Groups of the partitions this broker leads; COORDINATOR_LOAD_IN_PROGRESS while one of them loads. */
  listGroups(request: ListGroupsInput = {}): ListGroupsResult {
    const states = lowerCased(request.statesFilter);
    const types = lowerCased(request.typesFilter);
    const groups: ListGroupsResult['groups'][number][] = [];
    let errorCode: number = ErrorCode.NONE;
    for (const partition of this.#partitions) {
      if (!partition.runtime.isOwned) continue;
      const listed = partition.list();
      if (!listed) errorCode = ErrorCode[partition.runtime.availability];
      for (const group of listed ?? []) {
        if (states && !states.has(group.groupState.toLowerCase())) continue;
        if (types && !types.has(group.groupType)) continue;
        groups.push(group);
      }
    }
    return { errorCode, groups };
  }

  /** Removes empty groups with their offsets; the empty id too, under which simple consumers may have committed. */
  async deleteGroups(groupIds: readonly string[]): Promise<readonly DeleteGroupResult[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        const error = await this.#ask(groupId, (owner) => owner.delete(groupId), same);
        return { groupId, errorCode: ErrorCode[error] };
      }),
    );
  }

  /**
   * Forgets committed offsets one by one; of an active consumer group only those of topics nobody in it reads. A top-level error
   * comes without topics.
   */
  async offsetDelete(request: OffsetDeleteInput): Promise<OffsetDeleteResult> {
    const { groupId } = request;
    const refuse = (error: ErrorName) => ({ errorCode: ErrorCode[error], topics: [] });
    if (groupId === '') return refuse('INVALID_GROUP_ID');
    return this.#ask(groupId, (owner) => owner.deleteOffsets(request), refuse);
  }

  /** To be called once a topic is deleted: removes every group's offsets of it. */
  onTopicDeleted(topic: string): void {
    for (const partition of this.#partitions) partition.forgetTopic(topic);
    this.onTopicsChanged();
  }

  /** To be called when a topic came or grew: consumer groups look at their next heartbeat whether it concerns them. */
  onTopicsChanged(): void {
    for (const partition of this.#partitions) partition.onTopicsChanged();
  }

  /** All groups of this broker with members and offsets, sorted by id: for the admin REST. Skips partitions still loading. */
  groupSummaries(): readonly GroupSummary[] {
    const all = this.#partitions.flatMap((partition) => partition.summaries());
    return all.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  }

  /** Assignments made since the start, in groups of both protocols. */
  get rebalanceCount(): number {
    return this.#partitions.reduce((sum, { rebalanceCount }) => sum + rebalanceCount, 0);
  }

  #armSweep(): void {
    this.#sweep?.cancel();
    this.#sweep = this.#platform.scheduler.setTimer(this.settings.offsetsCheckIntervalMs, () => {
      for (const partition of this.#partitions) partition.expireOffsets();
      this.#armSweep();
    });
  }

  /** Asks the group's partition; its KafkaError becomes the refusal, a bug of ours UNKNOWN_SERVER_ERROR. */
  async #ask<Reply>(
    groupId: string,
    ask: (owner: GroupPartition) => Promise<Reply>,
    refuse: (error: ErrorName) => Reply,
  ): Promise<Reply> {
    const owner = this.#partitions[this.partitionFor(groupId)];
    if (!owner) return refuse('NOT_COORDINATOR');
    try {
      return await ask(owner);
    } catch (error) {
      if (error instanceof KafkaError) return refuse(error.errorName);
      this.#platform.logger.error('coordinator-request-failed', { groupId, error });
      return refuse('UNKNOWN_SERVER_ERROR');
    }
  }
}

function same(error: ErrorName): ErrorName {
  return error;
}

/** Before version 7 the protocol name could not be null. */
function forVersion(reply: JoinGroupResult, { apiVersion }: JoinGroupInput): JoinGroupResult {
  return apiVersion < 7 && reply.protocolName === null ? { ...reply, protocolName: '' } : reply;
}

function lowerCased(filter: readonly string[] | undefined): Set<string> | undefined {
  return filter && filter.length > 0
    ? new Set(filter.map((entry) => entry.toLowerCase()))
    : undefined;
}

function undescribedConsumers(groupId: string, error: ErrorName): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode[error],
    errorMessage: error === 'GROUP_ID_NOT_FOUND' ? `Group ${groupId} not found.` : null,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}

function undescribed(groupId: string, groupState: string, error: ErrorName): DescribedGroup {
  return {
    errorCode: ErrorCode[error],
    errorMessage: error === 'GROUP_ID_NOT_FOUND' ? `Group ${groupId} not found.` : null,
    groupId,
    groupState,
    protocolType: '',
    protocolData: '',
    members: [],
  };
}
