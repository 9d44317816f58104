// `/api/v1/delayed`: records that wait for their time; listing and cancelling them. Leaves out: their contents (browse the topic
// `__drave_delay.<topic>` at the offset).

import type { Broker } from '@drave/broker';
import * as rest from '@drave/contracts/rest';
import { BROKER } from '@drave/nest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Controller, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common';

const tag = 'Delayed records';
const { restErrorCodes } = rest;

@Controller('api/v1/delayed')
export class DelayedController {
  readonly #broker: Broker;

  constructor(@Inject(BROKER) broker: Broker) {
    this.#broker = broker;
  }

  @Get()
  @RestRoute({ tag, summary: 'Topics that delay records', answer: rest.delayedTopicList })
  topics() {
    const counts = this.#broker.delayed.counts();
    return { data: [...counts].map(([topic, waiting]) => ({ topic, waiting })) };
  }

  @Get(':topic')
  @RestRoute({
    tag,
    summary: 'Waiting records of a topic, next due first',
    answer: rest.delayedRecordList,
    query: rest.delayedListQuery,
    errors: [404],
  })
  list(
    @Param('topic') topic: string,
    @Query(new SchemaPipe(rest.delayedListQuery, 'query')) page: rest.DelayedListQuery,
  ) {
    const { delayed } = this.#broker;
    const waiting = delayed.counts().get(topic);
    if (waiting === undefined) {
      throw new RestError(
        restErrorCodes.unknownTopicOrPartition,
        `topic '${topic}' delays no records: set drave.delay.enable`,
      );
    }
    return { data: delayed.list(topic, page), waiting };
  }

  @Delete(':topic/:partition/:offset')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Cancels a waiting record', status: 204, errors: [404] })
  async cancel(
    @Param('topic') topic: string,
    @Param('partition') partition: string,
    @Param('offset') offset: string,
  ): Promise<void> {
    const isCancelled = await this.#broker.delayed.cancel({
      topic,
      partition: wholeNumber(partition, 'partition'),
      offset: wholeNumber(offset, 'offset'),
    });
    if (isCancelled) return;
    throw new RestError(
      restErrorCodes.unknownRecord,
      `no record of '${topic}' waits at ${partition}:${offset} (any more)`,
    );
  }
}

function wholeNumber(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RestError(restErrorCodes.invalidRequest, `${name}: a whole number, not '${text}'`);
}
