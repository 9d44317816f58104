// `/api/v1/groups/{group}`: resetting offsets with a preview, deleting groups and offsets. Protects: nothing changes unless `dryRun` is
// false; groups with members are refused (409). Leaves out: reading groups (/v3).

import {
  applyOffsetReset,
  parseResetTarget,
  planOffsetReset,
  type ResetTarget,
} from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Delete, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ClusterAccess } from '../rest/cluster-access.js';
import { orInvalid } from './invalid-request.js';
import { offsetsReset } from './told-events.js';

const tag = 'Group offsets';
const { restErrorCodes } = rest;

@Controller('api/v1/groups')
export class GroupOffsetsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Post(':group/reset')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Moves committed offsets; without dryRun: false only says what it would change',
    body: rest.offsetResetBody,
    answer: rest.offsetResetResult,
    errors: [404, 409, 413, 415, 503, 504],
  })
  async resetOffsets(
    @Param('group') groupId: string,
    @Body(new SchemaPipe(rest.offsetResetBody, 'body')) body: rest.OffsetResetBody,
  ): Promise<rest.OffsetResetResult> {
    const { admin, platform, events } = this.#access;
    const { scope, dryRun } = body;
    const plan = await orInvalid(() =>
      planOffsetReset(admin, { groupId, scope, to: targetOf(body), nowMs: platform.clock.nowMs() }),
    );
    if (!dryRun) {
      await applyOffsetReset(admin, plan);
      events.publish(offsetsReset(groupId, plan.rows));
    }
    const { state, obstacle = null, rows } = plan;
    return { groupId, state, dryRun, obstacle, partitions: [...rows] };
  }

  @Delete(':group')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Deletes a group', status: 204, errors: [404, 409, 503, 504] })
  async deleteGroup(@Param('group') groupId: string): Promise<void> {
    await this.#access.admin.deleteGroup(groupId);
  }

  @Delete(':group/offsets/:topic')
  @HttpCode(204)
  @RestRoute({
    tag,
    summary: 'Forgets what a group committed for a topic',
    status: 204,
    errors: [404, 409, 503, 504],
  })
  async deleteGroupOffsets(
    @Param('group') groupId: string,
    @Param('topic') topic: string,
  ): Promise<void> {
    const { admin } = this.#access;
    const committed = await admin.groupOffsets(groupId);
    const partitions = committed.filter((one) => one.topic === topic);
    if (partitions.length === 0) {
      throw new RestError(
        restErrorCodes.unknownTopicOrPartition,
        `group '${groupId}' has committed nothing for '${topic}'`,
      );
    }
    await admin.deleteGroupOffsets(groupId, partitions);
  }
}

function targetOf({ to, shift, by }: rest.OffsetResetBody): ResetTarget {
  if (shift !== undefined) return { kind: 'shift', by: shift };
  return parseResetTarget(to ?? `-${by}`);
}
