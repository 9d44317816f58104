// The group member told as stories: events on the left of the arrow, effects on the right.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';

import {
  GroupMemberMachine,
  type GroupMemberEffect,
  type JoinedGroup,
} from '../src/group-member-machine.js';

const modes = new Map([
  ['cooperative-sticky', 'cooperative'],
  ['range', 'eager'],
] as const);

function tps(...partitions: number[]): TopicPartition[] {
  return partitions.map((partition) => ({ topic: 'x', partition }));
}

function show(list: readonly TopicPartition[]): string {
  return list.map(({ partition }) => partition).join(',') || 'none';
}

function tell(effect: GroupMemberEffect): string {
  switch (effect.kind) {
    case 'join':
      return `join ${effect.memberId || '""'}`;
    case 'revoke':
    case 'lose':
      return `${effect.kind} ${show(effect.partitions)}`;
    case 'assigned':
      return `assigned +${show(effect.added)} =${show(effect.all)}`;
    case 'heartbeat':
      return `heartbeat ${effect.generation}`;
    case 'leave':
      return `leave ${effect.memberId}`;
    case 'failed':
      return `failed ${effect.error.errorName}`;
    default:
      return effect.kind;
  }
}

/** Keeps the last token and the time, so that stories stay short. */
class Story {
  readonly machine: GroupMemberMachine;
  nowMs = 0;
  token = 0;

  constructor(options: { instanceId?: string; maxPollIntervalMs?: number } = {}) {
    this.machine = new GroupMemberMachine({
      instanceId: options.instanceId ?? null,
      heartbeatIntervalMs: 100,
      maxPollIntervalMs: options.maxPollIntervalMs ?? 10_000,
      modes,
      backoffMs: () => 50,
    });
  }

  effects(): string[] {
    return this.machine.drain().map((effect) => {
      if ('token' in effect) this.token = effect.token;
      return tell(effect);
    });
  }

  start(): string[] {
    this.machine.subscribe(['x'], this.nowMs);
    return this.effects();
  }

  found(): string[] {
    this.machine.onCoordinator(this.nowMs);
    return this.effects();
  }

  joined(generation: number, options: Partial<JoinedGroup> = {}, error = 0): string[] {
    const joined: JoinedGroup = {
      generation,
      protocolName: 'cooperative-sticky',
      leaderId: 'other',
      memberId: 'me',
      skipAssignment: false,
      members: [],
      ...options,
    };
    this.machine.onJoined(this.token, error, joined, this.nowMs);
    return this.effects();
  }

  synced(partitions: TopicPartition[], error = 0): string[] {
    this.machine.onSynced(this.token, error, { partitions, userData: null }, this.nowMs);
    return this.effects();
  }

  done(): string[] {
    this.machine.onCallbackDone(this.nowMs);
    return this.effects();
  }

  heartbeat(error: number): string[] {
    this.machine.onHeartbeat(this.machine.generation, error, this.nowMs);
    return this.effects();
  }

  after(ms: number): string[] {
    this.nowMs += ms;
    this.machine.tick(this.nowMs);
    return this.effects();
  }

  /** Stable in generation 1 with these partitions. */
  stable(partitions: TopicPartition[], options: Partial<JoinedGroup> = {}): this {
    this.start();
    this.found();
    this.joined(1, options);
    this.synced(partitions);
    this.done();
    expect(this.machine.state).toBe('stable');
    return this;
  }
}

describe('GroupMemberMachine', () => {
  it('joins with the member id it is given, syncs and heartbeats', () => {
    const s = new Story();
    expect(s.start()).toEqual(['find-coordinator']);
    expect(s.found()).toEqual(['join ""']);
    expect(s.joined(-1, {}, ErrorCode.MEMBER_ID_REQUIRED)).toEqual(['join me']);
    expect(s.joined(1)).toEqual(['sync']);
    expect(s.synced(tps(0, 1))).toEqual(['assigned +0,1 =0,1']);
    expect(s.machine.state).toBe('applying');
    expect(s.done()).toEqual([]);
    expect(s.after(100)).toEqual(['heartbeat 1']);
    expect(s.after(100)).toEqual([]); // the first one is not answered yet
    expect(s.heartbeat(0)).toEqual([]);
    expect(s.after(0)).toEqual(['heartbeat 1']);
  });

  it('runs the assignor when it leads, not when told to skip it', () => {
    const s = new Story();
    s.start();
    s.found();
    expect(s.joined(1, { leaderId: 'me' })).toEqual(['assign']);
    s.machine.onAssignments(s.token, new Map());
    expect(s.effects()).toEqual(['sync']);
    const skipping = new Story({ instanceId: 'i' });
    skipping.start();
    skipping.found();
    expect(skipping.joined(1, { leaderId: 'me', skipAssignment: true })).toEqual(['sync']);
  });

  it('cooperative: keeps everything through the join, gives back what moves, then rejoins', () => {
    const s = new Story().stable(tps(0, 1, 2));
    expect(s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS)).toEqual(['join me']);
    expect(s.machine.owned()).toEqual(tps(0, 1, 2));
    s.joined(2);
    expect(s.synced(tps(0, 1))).toEqual(['revoke 2']);
    expect(s.after(100)).toEqual(['heartbeat 2']); // while the callback runs
    expect(s.done()).toEqual(['assigned +none =0,1']);
    expect(s.done()).toEqual(['join me']);
    s.joined(3);
    expect(s.synced(tps(0, 1))).toEqual(['assigned +none =0,1']);
    expect(s.done()).toEqual([]);
  });

  it('eager: gives back everything before it joins', () => {
    const s = new Story().stable(tps(0, 1), { protocolName: 'range' });
    expect(s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS)).toEqual(['revoke 0,1']);
    expect(s.after(100)).toEqual(['heartbeat 1']);
    expect(s.done()).toEqual(['join me']);
    s.joined(2, { protocolName: 'range' });
    expect(s.synced(tps(1))).toEqual(['assigned +1 =1']);
  });

  it('gives back everything before the sync when the group falls back to an eager protocol', () => {
    const s = new Story().stable(tps(0, 1));
    s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(s.joined(2, { protocolName: 'range' })).toEqual(['revoke 0,1']);
    expect(s.done()).toEqual(['sync']);
    expect(s.synced(tps(0))).toEqual(['assigned +0 =0']);
  });

  it('loses, not revokes, what it held when the group forgot it', () => {
    const s = new Story().stable(tps(0, 1));
    expect(s.heartbeat(ErrorCode.UNKNOWN_MEMBER_ID)).toEqual(['lose 0,1']);
    expect(s.machine.generation).toBe(-1);
    expect(s.done()).toEqual(['join ""']);
  });

  it('loses the rest when it is forgotten while a revocation runs', () => {
    const s = new Story().stable(tps(0, 1, 2));
    s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS);
    s.joined(2);
    expect(s.synced(tps(0, 1))).toEqual(['revoke 2']);
    s.after(100);
    expect(s.heartbeat(ErrorCode.ILLEGAL_GENERATION)).toEqual([]);
    expect(s.done()).toEqual(['lose 0,1']);
    expect(s.done()).toEqual(['join me']);
  });

  it('looks the coordinator up again and keeps its generation when heartbeats fail', () => {
    const s = new Story().stable(tps(0));
    s.after(100);
    s.machine.onHeartbeatFailed(s.nowMs);
    expect(s.effects()).toEqual([]);
    expect(s.after(50)).toEqual(['find-coordinator']);
    expect(s.found()).toEqual([]);
    expect(s.after(50)).toEqual(['heartbeat 1']);
    expect(s.machine.owned()).toEqual(tps(0));
  });

  it('retries a join that got no answer and ignores the late one', () => {
    const s = new Story();
    s.start();
    s.found();
    const stale = s.token;
    s.machine.onRequestFailed(s.token, new KafkaError('NETWORK_EXCEPTION'), s.nowMs);
    expect(s.machine.state).toBe('unjoined');
    expect(s.after(50)).toEqual(['find-coordinator']);
    expect(s.found()).toEqual(['join ""']);
    s.token = stale;
    expect(s.joined(1)).toEqual([]);
  });

  it('leaves when nobody polls and comes back with the next poll', () => {
    const s = new Story({ maxPollIntervalMs: 500 }).stable(tps(0));
    s.heartbeat(0);
    expect(s.after(500)).toEqual(['leave me', 'lose 0']);
    expect(s.done()).toEqual([]);
    expect(s.after(1000)).toEqual([]);
    s.machine.onPoll(s.nowMs);
    expect(s.effects()).toEqual(['join ""']);
  });

  it('revokes and leaves on close; a static member does not leave', () => {
    const s = new Story().stable(tps(0));
    s.machine.close();
    expect(s.effects()).toEqual(['revoke 0']);
    expect(s.done()).toEqual(['leave me', 'closed']);
    const fixed = new Story({ instanceId: 'i' }).stable(tps(0));
    fixed.machine.close();
    expect(fixed.effects()).toEqual(['revoke 0']);
    expect(fixed.done()).toEqual(['closed']);
  });

  it('closes after the callback that runs, giving back the rest', () => {
    const s = new Story().stable(tps(0, 1));
    s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS);
    s.joined(2);
    expect(s.synced(tps(0))).toEqual(['revoke 1']);
    s.machine.close();
    expect(s.effects()).toEqual([]);
    expect(s.done()).toEqual(['revoke 0']);
    expect(s.done()).toEqual(['leave me', 'closed']);
  });

  it('ends for good when another member took its instance id', () => {
    const s = new Story({ instanceId: 'i' }).stable(tps(0));
    expect(s.heartbeat(ErrorCode.FENCED_INSTANCE_ID)).toEqual(['lose 0']);
    expect(s.done()).toEqual(['failed FENCED_INSTANCE_ID']);
    expect(s.after(10_000)).toEqual([]);
  });

  it('rejoins once more when asked to during a rebalance', () => {
    const s = new Story().stable(tps(0));
    s.heartbeat(ErrorCode.REBALANCE_IN_PROGRESS);
    s.joined(2);
    s.machine.requestRejoin(s.nowMs);
    expect(s.synced(tps(0))).toEqual(['assigned +none =0']);
    expect(s.done()).toEqual(['join me']);
  });

  it('does not ask to be woken while the coordinator is looked up', () => {
    const s = new Story();
    s.start();
    expect(s.machine.nextTickMs()).toBe(Infinity);
    s.machine.onCoordinatorFailed(new KafkaError('COORDINATOR_NOT_AVAILABLE'), s.nowMs);
    expect(s.machine.nextTickMs()).toBe(50);
  });

  it('answers any order of events without a broken invariant, and never spins', () => {
    const codes = [0, 0, 0, 0, 14, 15, 16, 22, 25, 27, 79];
    const step = fc.record({
      pick: fc.nat(5),
      code: fc.constantFrom(...codes),
      owned: fc.subarray([0, 1, 2, 3]),
      ms: fc.nat(120),
      protocolName: fc.constantFrom('cooperative-sticky', 'cooperative-sticky', 'range'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const s = new Story({ maxPollIntervalMs: 400 });
        const { machine } = s;
        const open: GroupMemberEffect[] = [];
        const held = new Set<number>();
        let generation = 0;
        machine.subscribe(['x'], 0);
        for (const { pick, code, owned, ms, protocolName } of steps) {
          s.nowMs += ms;
          machine.tick(s.nowMs);
          open.push(...machine.drain());
          for (const effect of open) {
            if (effect.kind === 'assigned') for (const p of effect.added) held.add(p.partition);
          }
          const [effect] = open.splice(pick % (open.length || 1), 1);
          switch (effect?.kind) {
            case 'find-coordinator':
              if (code === 15) machine.onCoordinatorFailed(new KafkaError(15), s.nowMs);
              else machine.onCoordinator(s.nowMs);
              break;
            case 'join': {
              const memberId = effect.memberId || 'me';
              const leaderId = pick === 0 ? memberId : 'other';
              generation++;
              const joined = { generation, memberId, leaderId, protocolName, members: [] };
              const full = { ...joined, skipAssignment: false };
              machine.onJoined(
                effect.token,
                code === 79 && effect.memberId ? 0 : code,
                full,
                s.nowMs,
              );
              break;
            }
            case 'assign':
              machine.onAssignments(effect.token, new Map());
              break;
            case 'sync': {
              const synced = { partitions: tps(...owned), userData: null };
              if (code === 14) machine.onRequestFailed(effect.token, new KafkaError(13), s.nowMs);
              else machine.onSynced(effect.token, code === 79 ? 0 : code, synced, s.nowMs);
              break;
            }
            case 'heartbeat':
              machine.onHeartbeat(effect.generation, code === 79 ? 0 : code, s.nowMs);
              break;
            case 'revoke':
            case 'lose':
              for (const { partition } of effect.partitions) {
                expect(held.delete(partition)).toBe(true); // only what it was told it had
              }
              machine.onCallbackDone(s.nowMs);
              break;
            case 'assigned':
              machine.onCallbackDone(s.nowMs);
              break;
            default:
              if (pick === 1) machine.onPoll(s.nowMs);
              if (pick === 2) machine.requestRejoin(s.nowMs);
          }
          open.push(...machine.drain());
          machine.tick(s.nowMs);
          open.push(...machine.drain());
          expect(machine.nextTickMs()).toBeGreaterThan(s.nowMs);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
