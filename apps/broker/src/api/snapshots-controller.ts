// `/api/v1/snapshots`: the copies of the logs that the job `snapshot` made. Leaves out: making one (POST /api/v1/jobs), where they lie
// (a setting of the process, never a path from a request), restoring (a broker started on one).

import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { PlatformJobs } from '../jobs/platform-jobs.js';
import { PLATFORM_JOBS } from '../jobs/platform-jobs-token.js';

const tag = 'Snapshots';

@Controller('api/v1/snapshots')
export class SnapshotsController {
  readonly #jobs: () => Promise<PlatformJobs>;

  constructor(@Inject(PLATFORM_JOBS) jobs: () => Promise<PlatformJobs>) {
    this.#jobs = jobs;
  }

  @Get()
  @RestRoute({ tag, summary: 'Snapshots of the logs, newest first', answer: rest.snapshotList })
  async list() {
    const { snapshots } = await this.#jobs();
    const found = (await snapshots?.list()) ?? [];
    return {
      isConfigured: snapshots !== undefined,
      data: found.map(({ partitions, ...facts }) => ({
        ...facts,
        partitionCount: partitions.length,
      })),
    };
  }

  @Get(':snapshot')
  @RestRoute({
    tag,
    summary: 'One snapshot with its partitions and offsets',
    answer: rest.snapshotBody,
    errors: [404],
  })
  async get(@Param('snapshot') id: string) {
    const { snapshots } = await this.#jobs();
    const found = await snapshots?.get(id);
    if (found) return found;
    throw new RestError(rest.restErrorCodes.unknownSnapshot, `there is no snapshot '${id}'`);
  }
}
