// `/api/v1/metrics/query`: what the broker of this process sampled of itself. Leaves out: Prometheus' format (`/metrics`).

import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ClusterFigures } from '../figures/cluster-figures.js';

@Controller('api/v1/metrics')
export class MetricsHistoryController {
  readonly #figures: ClusterFigures;

  constructor(@Inject(ClusterFigures) figures: ClusterFigures) {
    this.#figures = figures;
  }

  @Get('query')
  @RestRoute({
    tag: 'Metrics',
    summary: 'History of the cluster or of a topic: the last hour, or a day',
    query: rest.metricsQuery,
    answer: rest.metricsHistory,
    errors: [404],
  })
  queryMetrics(
    @Query(new SchemaPipe(rest.metricsQuery, 'query')) query: rest.MetricsQuery,
  ): rest.MetricsHistory {
    const history = this.#figures.query(query);
    if (history) return history;
    throw new RestError(
      rest.restErrorCodes.unknownTopicOrPartition,
      `there is no topic '${query.topic ?? ''}', or not for five seconds yet`,
    );
  }
}
