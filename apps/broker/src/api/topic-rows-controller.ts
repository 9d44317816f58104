// `/api/v1/topics`: topics as rows with their figures, and deleting their oldest records. Protects: a page is one call; the groups of
// all topics are read once in a few seconds, however many ask; nothing is deleted unless `dryRun` is false.

import {
  applyTrim,
  indexGroups,
  parseBrowsePlace,
  planTrim,
  topicRows,
  topicSorts,
  type GroupIndex,
  type TrimTargets,
} from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ClusterAccess } from '../rest/cluster-access.js';
import { orInvalid } from './invalid-request.js';

const tag = 'Topics in detail';
const groupsMaxAgeMs = 3_000;

@Controller('api/v1/topics')
export class TopicRowsController {
  readonly #access: ClusterAccess;
  #groups: { readonly index: Promise<GroupIndex>; readonly atMs: number } | undefined;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get()
  @RestRoute({
    tag,
    summary: 'A page of topics with sizes, records, settings, groups and lag',
    query: rest.topicRowsQuery,
    answer: rest.topicRowList,
    errors: [503, 504],
  })
  async listTopicRows(
    @Query(new SchemaPipe(rest.topicRowsQuery, 'query')) query: rest.TopicRowsQuery,
  ): Promise<rest.TopicRowList> {
    const { q, page, size, internal } = query;
    const { rateOf } = this.#access;
    const isDescending = query.sort.startsWith('-');
    const name = query.sort.replace('-', '');
    const { rows, total } = await topicRows(this.#access.admin, {
      ...{ q, page, size, isDescending, includeInternal: internal },
      sort: topicSorts.find((one) => one === name) ?? 'name',
      groups: await this.#groupIndex(),
      ...(rateOf ? { rates: rateOf } : {}),
    });
    const data = rows.map((row) => ({ ...row, groups: [...row.groups] }));
    return { data, page, size, total };
  }

  @Post(':topic/trim')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Deletes the oldest records; without dryRun: false only says which',
    body: rest.topicTrimBody,
    answer: rest.topicTrimResult,
    errors: [404, 413, 415, 503, 504],
  })
  trimTopic(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.topicTrimBody, 'body')) body: rest.TopicTrimBody,
  ): Promise<rest.TopicTrimResult> {
    const { partitions, before, dryRun } = body;
    const nowMs = this.#access.platform.clock.nowMs();
    return this.#trim(topic, dryRun, () =>
      before === undefined ? (partitions ?? []) : { place: parseBrowsePlace(before), nowMs },
    );
  }

  @Post(':topic/purge')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Deletes all records; without dryRun: false only says how many',
    body: rest.topicPurgeBody,
    answer: rest.topicTrimResult,
    errors: [404, 413, 415, 503, 504],
  })
  purgeTopic(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.topicPurgeBody, 'body')) { dryRun }: rest.TopicPurgeBody,
  ): Promise<rest.TopicTrimResult> {
    return this.#trim(topic, dryRun, () => ({ place: { kind: 'latest' }, nowMs: 0 }));
  }

  async #trim(
    topic: string,
    dryRun: boolean,
    targets: () => TrimTargets,
  ): Promise<rest.TopicTrimResult> {
    const { admin } = this.#access;
    const plan = await orInvalid(() => planTrim(admin, topic, targets()));
    const partitions = dryRun ? plan : await applyTrim(admin, topic, plan);
    const deleted = partitions.reduce((sum, { before, after }) => sum + after - before, 0);
    return { dryRun, deleted, partitions: [...partitions] };
  }

  #groupIndex(): Promise<GroupIndex> {
    const { admin, platform } = this.#access;
    const nowMs = platform.clock.monotonicMs();
    const known = this.#groups;
    if (known && nowMs - known.atMs < groupsMaxAgeMs) return known.index;
    const index = indexGroups(admin);
    this.#groups = { index, atMs: nowMs };
    index.catch(() => (this.#groups = undefined));
    return index;
  }
}
