// `/api/v1/topics/{topic}/partitions/{partition}/records/{offset}`: one record by its address, its bytes as a download, or the batch it
// lies in as hex with named fields. Protects: downloads are never shown by a browser as a page. Leaves out: index entries, file positions.

import type { FoundRecord } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ClusterAccess } from '../rest/cluster-access.js';
import { batchBody } from './batch-view.js';
import { messageBody } from './message-view.js';

const tag = 'Messages';
const { restErrorCodes } = rest;

interface Reply {
  header(name: string, value: string): Reply;
  type(contentType: string): Reply;
}

@Controller('api/v1/topics')
export class RecordController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':topic/partitions/:partition/records/:offset')
  @RestRoute({
    tag,
    summary: 'One record, its raw key or value, or its batch',
    query: rest.recordQuery,
    answer: rest.recordBody,
    errors: [404, 503, 504],
  })
  async getRecord(
    @Param('topic') topic: string,
    @Param('partition') partition: string,
    @Param('offset') offset: string,
    @Query(new SchemaPipe(rest.recordQuery, 'query')) query: rest.RecordQuery,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.RecordBody | Buffer | undefined> {
    const place = { topic, partition: whole(partition), offset: whole(offset) };
    const found = await this.#find(place);
    if (query.view === 'hex') {
      const { batch, isCrcValid } = found;
      if (!batch) throw unknownRecord(place);
      return { kind: 'batch', batch: batchBody(batch, isCrcValid) };
    }
    const { record } = found;
    if (!record) throw unknownRecord(place);
    if (query.raw === undefined) return { kind: 'message', message: messageBody(record, query) };
    const bytes = record[query.raw];
    if (bytes === null) throw unknownRecord(place, `has no ${query.raw}`);
    reply.type('application/octet-stream');
    reply.header(
      'content-disposition',
      `attachment; filename="${partition}-${offset}.${query.raw}"`,
    );
    return bytes;
  }

  async #find(place: Parameters<ClusterAccess['client']['readRecord']>[0]): Promise<FoundRecord> {
    try {
      return await this.#access.client.readRecord(place);
    } catch (error) {
      const isOutside =
        error instanceof Error && 'errorName' in error && error.errorName === 'OFFSET_OUT_OF_RANGE';
      throw isOutside ? unknownRecord(place, 'is outside the log') : error;
    }
  }
}

function whole(text: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new RestError(
    restErrorCodes.invalidRequest,
    `'${text.slice(0, 40)}' in the path is no partition or offset`,
  );
}

function unknownRecord(
  { topic, partition, offset }: { topic: string; partition: number; offset: number },
  why = 'has no record (compacted away, a marker, or not there yet)',
): RestError {
  return new RestError(
    restErrorCodes.unknownRecord,
    `offset ${offset} of ${topic}-${partition} ${why}`,
  );
}
