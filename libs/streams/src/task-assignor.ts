// Which member runs which task: a cooperative, sticky assignor for the consumer group of an application.
// Protects: all source partitions of a task go to one member, also when a sub-topology reads several topics; loads differ
// by at most one task; a task stays where it is as long as that allows. A pure function of the group, equal on every
// leader. The client keeps a moving partition from its new owner until the old one gave it back (KIP-429).
// Leaves out: lag, standbys, warm-ups (R17).

import type { Assignor, AssignorInput, AssignorMember, MemberAssignment } from '@drave/client';
import { topicPartitionKey, type TopicPartition } from '@drave/contracts';
import { resolveTopic } from './subtopology.js';
import type { Topology } from './topology.js';

interface Unit {
  readonly subtopology: number;
  readonly partitions: readonly TopicPartition[];
}

interface Seat {
  readonly memberId: string;
  readonly units: Unit[];
}

/** `onAssignment` hears of each assignment this member gets, an empty one too. */
export function taskAssignor(
  topology: Topology,
  applicationId: string,
  onAssignment: () => void = () => undefined,
): Assignor {
  const groups = topology.subtopologies.map(({ id, sources }) => ({
    id,
    topics: sources.map(({ topic }) => resolveTopic(topic, applicationId)),
  }));
  return {
    name: 'drave-tasks-v1',
    mode: 'cooperative',
    assign: (input) => assignUnits(unitsOf(groups, input), input.members),
    onAssignment,
  };
}

/** One unit per task, partition by partition, so that neighbours in the list are of different sub-topologies. */
function unitsOf(
  groups: readonly { readonly id: number; readonly topics: readonly string[] }[],
  { partitionCounts }: AssignorInput,
): Unit[] {
  const countOf = (topic: string): number => partitionCounts.get(topic) ?? 0;
  const widest = Math.max(0, ...groups.flatMap(({ topics }) => topics.map(countOf)));
  const units: Unit[] = [];
  for (let partition = 0; partition < widest; partition += 1) {
    for (const { id, topics } of groups) {
      const present = topics.filter((topic) => partition < countOf(topic));
      if (present.length === 0) continue;
      const partitions = present.map((topic) => ({ topic, partition }));
      units.push({ subtopology: id, partitions });
    }
  }
  return units;
}

function assignUnits(
  units: readonly Unit[],
  members: readonly AssignorMember[],
): Map<string, MemberAssignment> {
  const seats: Seat[] = [...members]
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .map(({ memberId }) => ({ memberId, units: [] }));
  const open = keepOwned(units, seats, members);
  for (const unit of open) {
    const seat = leastLoaded(seats, unit.subtopology);
    seat?.units.push(unit);
  }
  return new Map(
    seats.map(({ memberId, units: own }) => [
      memberId,
      { partitions: own.flatMap(({ partitions }) => partitions) },
    ]),
  );
}

function nameOf({ instanceId, memberId }: AssignorMember): string {
  return instanceId === null ? `1${memberId}` : `0${instanceId}`;
}

/** Seats what may stay; returns the rest. At most `units % members` members keep one more than the others. */
function keepOwned(
  units: readonly Unit[],
  seats: readonly Seat[],
  members: readonly AssignorMember[],
): Unit[] {
  const owners = newestOwners(members);
  const floor = Math.floor(units.length / seats.length);
  let extras = units.length % seats.length;
  const open: Unit[] = [];
  for (const unit of units) {
    const first = unit.partitions[0];
    const owner = first && owners.get(topicPartitionKey(first));
    const seat = seats.find(({ memberId }) => memberId === owner);
    if (seat && seat.units.length < floor) seat.units.push(unit);
    else if (seat && seat.units.length === floor && extras > 0) {
      seat.units.push(unit);
      extras -= 1;
    } else open.push(unit);
  }
  return open;
}

/** Per partition the claim of the highest generation. */
function newestOwners(members: readonly AssignorMember[]): Map<string, string> {
  const claims = new Map<string, { memberId: string; generation: number }>();
  for (const { memberId, generation, ownedPartitions } of members) {
    for (const partition of ownedPartitions) {
      const key = topicPartitionKey(partition);
      const known = claims.get(key);
      if (!known || known.generation < generation) claims.set(key, { memberId, generation });
    }
  }
  return new Map([...claims].map(([key, { memberId }]) => [key, memberId]));
}

function leastLoaded(seats: readonly Seat[], subtopology: number): Seat | undefined {
  const same = (seat: Seat): number =>
    seat.units.filter((unit) => unit.subtopology === subtopology).length;
  let best: Seat | undefined;
  for (const seat of seats) {
    if (!best || seat.units.length < best.units.length) best = seat;
    else if (seat.units.length === best.units.length && same(seat) < same(best)) best = seat;
  }
  return best;
}
