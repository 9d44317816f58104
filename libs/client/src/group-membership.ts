// Drives a GroupMemberMachine: performs its effects against the coordinator and the owner's callbacks, feeds the answers
// back, keeps its timer. Protects: callbacks are awaited before the machine goes on; heartbeats do not depend on polls;
// commits have a connection of their own, so that a parked JoinGroup never delays them.
// Leaves out: what the partitions hold (consumer), when to commit (its owner).

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import { unreachable, type Timer } from '@drave/platform';
import {
  ApiKey,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '@drave/protocol';

import {
  flattenPartitions,
  groupPartitions,
  withholdOwned,
  type Assignor,
  type AssignorMember,
} from './assignor.js';
import type { Cluster } from './cluster.js';
import {
  GroupMemberMachine,
  type GroupMemberEffect,
  type JoinedGroup,
} from './group-member-machine.js';
import { describeGroup } from './group-descriptions.js';
import type { Lane } from './lane.js';
import { consumerDefaults } from './limits.js';
import type { CommitIdentity } from './offset-requests.js';

export interface GroupMembershipOptions {
  /** Join, sync, heartbeat. */
  readonly groupLane: Lane;
  /** Leave: never behind a parked join. */
  readonly offsetsLane: Lane;
  readonly groupId: string;
  readonly instanceId: string | null;
  readonly assignors: readonly Assignor[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly maxPollIntervalMs: number;
  /** Default user data for assignors without their own. */
  readonly userData: (() => Buffer | null) | undefined;
  readonly onRevoke: (partitions: readonly TopicPartition[]) => Promise<void>;
  readonly onLose: (partitions: readonly TopicPartition[]) => Promise<void>;
  readonly onAssigned: (added: readonly TopicPartition[]) => Promise<void>;
  /** A callback threw; the membership goes on. */
  readonly onCallbackError: (error: Error) => void;
  /** The membership ended for good. */
  readonly onFailed: (error: Error) => void;
}

const protocolType = 'consumer';

export class GroupMembership {
  readonly #cluster: Cluster;
  readonly #options: GroupMembershipOptions;
  readonly #machine: GroupMemberMachine;
  readonly #closedCallbacks: (() => void)[] = [];
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #watchDueMs = Infinity;
  #isWatching = false;
  /** A static member whose predecessor may have died in the midst of a rebalance; looked after once. */
  #isReturning = false;
  #watchedCounts: ReadonlyMap<string, number> = new Map();
  #watchedTopics: readonly string[] = [];
  #leaving: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(cluster: Cluster, options: GroupMembershipOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#machine = new GroupMemberMachine({
      instanceId: options.instanceId,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      maxPollIntervalMs: options.maxPollIntervalMs,
      modes: new Map(options.assignors.map(({ name, mode }) => [name, mode])),
      backoffMs: (attempt) => cluster.backoffMs(attempt),
    });
  }

  /** With which a commit proves that it comes from the current generation. */
  get identity(): CommitIdentity {
    return {
      groupId: this.#options.groupId,
      generation: this.#machine.generation,
      memberId: this.#machine.memberId,
      instanceId: this.#options.instanceId,
    };
  }

  get isStable(): boolean {
    return this.#machine.state === 'stable';
  }

  /** A revoke, lose or assign callback runs; the generation cannot change before it ends. */
  get isCallbackRunning(): boolean {
    return this.#machine.isCallbackRunning;
  }

  subscribe(topics: readonly string[]): void {
    this.#step((nowMs) => this.#machine.subscribe(topics, nowMs));
  }

  onPoll(): void {
    this.#step((nowMs) => this.#machine.onPoll(nowMs));
  }

  /** New user data to tell, for instance. */
  requestRejoin(): void {
    this.#step((nowMs) => this.#machine.requestRejoin(nowMs));
  }

  hintStale(): void {
    this.#step((nowMs) => this.#machine.hintStale(nowMs));
  }

  /** Revokes everything, leaves (by default dynamic members only) and settles. */
  close(leaves = this.#options.instanceId === null): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        resolve();
        return;
      }
      this.#closedCallbacks.push(resolve);
      this.#step(() => this.#machine.close(leaves));
    });
  }

  /** Ends at once without leaving: the group notices by the session timeout. No callback runs. */
  abort(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const resolve of this.#closedCallbacks.splice(0)) resolve();
  }

  #step(event: (nowMs: number) => void): void {
    if (this.#isClosed) return;
    event(this.#nowMs());
    for (const effect of this.#machine.drain()) this.#perform(effect);
    this.#scheduleTick();
  }

  #nowMs(): number {
    return this.#cluster.platform.clock.monotonicMs();
  }

  #scheduleTick(): void {
    if (this.#isClosed) return;
    const isWatching = this.#machine.state === 'stable' && this.#machine.isLeader;
    const atMs = Math.min(this.#machine.nextTickMs(), isWatching ? this.#watchDueMs : Infinity);
    if (this.#timer && this.#timerAtMs === atMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Infinity) return;
    this.#timer = this.#cluster.platform.scheduler.setTimer(
      Math.max(0, atMs - this.#nowMs()),
      () => {
        this.#timer = undefined;
        this.#timerAtMs = Infinity;
        if (this.#nowMs() >= this.#watchDueMs) void this.#watchTopics();
        this.#step((nowMs) => this.#machine.tick(nowMs));
      },
    );
  }

  #perform(effect: GroupMemberEffect): void {
    switch (effect.kind) {
      case 'find-coordinator':
        void this.#findCoordinator();
        return;
      case 'join':
        void this.#joinGroup(effect.token, effect.memberId);
        return;
      case 'assign':
        void this.#assign(effect.token, effect.joined);
        return;
      case 'sync':
        void this.#syncGroup(effect.token, effect.assignments);
        return;
      case 'heartbeat':
        void this.#heartbeat(effect.generation);
        return;
      case 'revoke':
        void this.#callback(() => this.#options.onRevoke(effect.partitions));
        return;
      case 'lose':
        void this.#callback(() => this.#options.onLose(effect.partitions));
        return;
      case 'assigned':
        void this.#callback(() => this.#onAssigned(effect));
        return;
      case 'leave':
        this.#leaving = this.#leaveGroup(effect.memberId);
        return;
      case 'failed':
        void this.#options.onLose(this.#machine.owned()).catch(() => undefined);
        this.#options.onFailed(effect.error);
        return;
      case 'closed':
        this.#isClosed = true;
        this.#timer?.cancel();
        void this.#leaving.then(() => {
          for (const resolve of this.#closedCallbacks.splice(0)) resolve();
        });
        return;
      default:
        unreachable(effect);
    }
  }

  async #findCoordinator(): Promise<void> {
    this.#cluster.forgetCoordinator(this.#options.groupId);
    try {
      await this.#cluster.coordinator(this.#options.groupId);
      this.#step((nowMs) => this.#machine.onCoordinator(nowMs));
    } catch (error) {
      this.#step((nowMs) => this.#machine.onCoordinatorFailed(toKafkaError(error), nowMs));
    }
  }

  async #to(lane: Lane): Promise<{ nodeId: number; lane: Lane }> {
    const nodeId = await this.#cluster.coordinator(this.#options.groupId);
    return { nodeId, lane };
  }

  async #joinGroup(token: number, memberId: string): Promise<void> {
    const { groupId, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    this.#isReturning ||= instanceId !== null && memberId === '';
    try {
      const response = await this.#cluster.request(
        await this.#to(this.#options.groupLane),
        ApiKey.joinGroup,
        {
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          groupInstanceId: instanceId,
          protocolType,
          protocols: this.#options.assignors.map((assignor) => ({
            name: assignor.name,
            metadata: this.#subscription(assignor),
          })),
          reason: null,
        },
        { timeoutMs: this.#cluster.requestTimeoutMs + rebalanceTimeoutMs },
      );
      const joined: JoinedGroup = {
        generation: response.generationId,
        protocolName: response.protocolName ?? '',
        leaderId: response.leader,
        memberId: response.memberId,
        skipAssignment: response.skipAssignment,
        members: response.members.map((member) => ({
          memberId: member.memberId,
          instanceId: member.groupInstanceId,
          metadata: member.metadata,
        })),
      };
      this.#step((nowMs) => this.#machine.onJoined(token, response.errorCode, joined, nowMs));
    } catch (error) {
      this.#onRequestFailed(token, error);
    }
  }

  #subscription(assignor: Assignor): Buffer {
    const { topics, generation } = this.#machine;
    const ownedPartitions = this.#machine.owned();
    const userData = assignor.subscriptionUserData
      ? assignor.subscriptionUserData({ topics, ownedPartitions, generation })
      : (this.#options.userData?.() ?? null);
    return encodeSubscription({
      topics,
      userData,
      ownedPartitions: groupPartitions(ownedPartitions),
      generationId: generation,
    });
  }

  async #assign(token: number, joined: JoinedGroup): Promise<void> {
    try {
      const assignor = this.#assignor(joined.protocolName);
      const members: AssignorMember[] = joined.members.map(({ memberId, instanceId, metadata }) => {
        const subscription = decodeSubscription(metadata);
        return {
          memberId,
          instanceId,
          topics: subscription.topics,
          userData: subscription.userData,
          ownedPartitions: flattenPartitions(subscription.ownedPartitions),
          generation: subscription.generationId,
        };
      });
      const partitionCounts = await this.#partitionCounts(members);
      const { generation } = joined;
      let assignment = await assignor.assign({ members, partitionCounts, generation });
      if (!assignor.withholdsOwned) assignment = withholdOwned(members, assignment);
      const encoded = new Map<string, Buffer>();
      for (const { memberId } of members) {
        const own = assignment.get(memberId);
        encoded.set(
          memberId,
          encodeAssignment({
            partitions: groupPartitions(own?.partitions ?? []),
            userData: own?.userData ?? null,
          }),
        );
      }
      this.#step(() => this.#machine.onAssignments(token, encoded));
    } catch (error) {
      this.#onRequestFailed(token, error);
    }
  }

  #assignor(name: string): Assignor {
    const assignor = this.#options.assignors.find((candidate) => candidate.name === name);
    if (assignor) return assignor;
    throw new KafkaError(
      'INCONSISTENT_GROUP_PROTOCOL',
      `the group chose the unknown protocol '${name}'`,
    );
  }

  async #partitionCounts(
    members: readonly { readonly topics: readonly string[] }[],
  ): Promise<Map<string, number>> {
    const { metadata } = this.#cluster;
    this.#watchedTopics = [...new Set(members.flatMap(({ topics }) => topics))].sort();
    // Auto-creation as with Java's consumer: a subscription to a topic that is not there yet makes it.
    await metadata.refresh(this.#watchedTopics, true);
    const counts = this.#countPartitions();
    this.#watchedCounts = counts;
    this.#watchLater();
    return counts;
  }

  #countPartitions(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const name of this.#watchedTopics) {
      const topic = this.#cluster.metadata.topic(name);
      if (topic) counts.set(name, topic.partitions.length);
    }
    return counts;
  }

  #watchLater(): void {
    const isComplete = this.#watchedCounts.size === this.#watchedTopics.length;
    this.#watchDueMs =
      this.#nowMs() +
      (isComplete ? consumerDefaults.topicWatchMs : consumerDefaults.missingTopicWatchMs);
  }

  /** The leader asks for a rebalance when a topic got more partitions, appeared or went away. */
  async #watchTopics(): Promise<void> {
    this.#watchLater();
    if (this.#isWatching) return;
    this.#isWatching = true;
    try {
      await this.#cluster.metadata.refresh(this.#watchedTopics);
      const counts = this.#countPartitions();
      const isSame =
        counts.size === this.#watchedCounts.size &&
        [...counts].every(([name, count]) => this.#watchedCounts.get(name) === count);
      if (!isSame && this.#machine.isLeader) this.requestRejoin();
    } catch (error) {
      this.#cluster.platform.logger.debug('group-topic-watch-failed', { error: String(error) });
    } finally {
      this.#isWatching = false;
    }
  }

  async #syncGroup(token: number, assignments: ReadonlyMap<string, Buffer>): Promise<void> {
    const { groupId, instanceId, rebalanceTimeoutMs } = this.#options;
    try {
      const { memberId, generation, protocolName } = this.#machine;
      const response = await this.#cluster.request(
        await this.#to(this.#options.groupLane),
        ApiKey.syncGroup,
        {
          groupId,
          generationId: generation,
          memberId,
          groupInstanceId: instanceId,
          protocolType,
          protocolName,
          assignments: [...assignments].map(([id, assignment]) => ({ memberId: id, assignment })),
        },
        { timeoutMs: this.#cluster.requestTimeoutMs + rebalanceTimeoutMs },
      );
      const isFine = response.errorCode === ErrorCode.NONE;
      const assignment = isFine ? decodeAssignment(response.assignment) : undefined;
      const synced = {
        partitions: flattenPartitions(assignment?.partitions ?? []),
        userData: assignment?.userData ?? null,
      };
      this.#step((nowMs) => this.#machine.onSynced(token, response.errorCode, synced, nowMs));
    } catch (error) {
      this.#onRequestFailed(token, error);
    }
  }

  #onRequestFailed(token: number, error: unknown): void {
    this.#step((nowMs) => this.#machine.onRequestFailed(token, toKafkaError(error), nowMs));
  }

  async #heartbeat(generation: number): Promise<void> {
    const { groupId, instanceId, sessionTimeoutMs } = this.#options;
    try {
      const response = await this.#cluster.request(
        await this.#to(this.#options.groupLane),
        ApiKey.heartbeat,
        {
          groupId,
          generationId: generation,
          memberId: this.#machine.memberId,
          groupInstanceId: instanceId,
        },
        { timeoutMs: Math.min(sessionTimeoutMs, this.#cluster.requestTimeoutMs) },
      );
      this.#step((nowMs) => this.#machine.onHeartbeat(generation, response.errorCode, nowMs));
    } catch {
      // The reason does not matter: whatever it was, the coordinator is looked up again and asked.
      this.#step((nowMs) => this.#machine.onHeartbeatFailed(nowMs));
    }
  }

  async #leaveGroup(memberId: string): Promise<void> {
    const { groupId, instanceId } = this.#options;
    try {
      await this.#cluster.request(
        await this.#to(this.#options.offsetsLane),
        ApiKey.leaveGroup,
        {
          groupId,
          memberId,
          members: [{ memberId, groupInstanceId: instanceId, reason: 'the consumer is closing' }],
        },
        { timeoutMs: consumerDefaults.leaveTimeoutMs },
      );
    } catch (error) {
      // The session timeout removes the member then.
      this.#cluster.platform.logger.debug('group-leave-failed', { groupId, error: String(error) });
    }
  }

  async #onAssigned(effect: Extract<GroupMemberEffect, { kind: 'assigned' }>): Promise<void> {
    const assignor = this.#assignor(this.#machine.protocolName);
    await assignor.onAssignment?.({
      partitions: effect.all,
      userData: effect.userData,
      generation: this.#machine.generation,
    });
    await this.#options.onAssigned(effect.added);
    if (this.#isReturning && assignor.mode === 'cooperative') void this.#takeUpOrphans();
    this.#isReturning = false;
  }

  /**
   * Under the cooperative rule a partition given back has no owner until its old one joins again. If that one died before, and came
   * back as the static member it is, the group saw no reason for another generation: ask for one when a partition has no owner.
   */
  async #takeUpOrphans(): Promise<void> {
    const { groupId, groupLane } = this.#options;
    const { generation } = this.#machine;
    try {
      const { groups } = await this.#cluster.request(
        await this.#to(groupLane),
        ApiKey.describeGroups,
        { groups: [groupId], includeAuthorizedOperations: false },
      );
      const group = groups[0] && describeGroup(groups[0]);
      if (group?.state !== 'Stable') return; // The next generation comes by itself.
      const { members } = group;
      const counts = await this.#partitionCounts(members);
      const ownedCount = members.flatMap(({ assignment }) => assignment).length;
      const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
      if (ownedCount < count && this.#machine.generation === generation) this.requestRejoin();
    } catch (error) {
      this.#cluster.platform.logger.debug('group-orphans-unknown', { error: String(error) });
    }
  }

  async #callback(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#options.onCallbackError(error instanceof Error ? error : new Error(String(error)));
    }
    this.#step((nowMs) => this.#machine.onCallbackDone(nowMs));
  }
}

function toKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  return new KafkaError('UNKNOWN_SERVER_ERROR', String(error), { cause: error });
}
