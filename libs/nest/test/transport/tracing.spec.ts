// Spans through the transport with the real OpenTelemetry SDK: one trace from a client's request through the handler to the answer, one
// through every retry to the dead letter; nothing in headers without a tracing.

import { KafkaClient, traced } from '@drave/client';
import { openTelemetry } from '@drave/client/open-telemetry';
import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DraveContext, EventHandler } from '../../src/transport.js';
import { eventually, startBroker, startClient, startService } from './nest-app.js';

const exporter = new InMemorySpanExporter();
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
});
beforeEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

let seen: (string | undefined)[] = [];

@Controller()
class Orders {
  @MessagePattern('price')
  async price(@Payload() item: string): Promise<number> {
    await Promise.resolve();
    trace.getTracer('app').startSpan('look up').end();
    return item.length;
  }

  @EventHandler('paid', {
    retry: { attempts: 2, delaysMs: [1], through: 'topics' },
    deadLetter: 'paid.dlq',
  })
  paid(@Ctx() record: DraveContext): void {
    seen.push(record.getMetadata()['traceparent']);
    throw new Error('no');
  }

  @EventHandler('seen')
  seen(@Ctx() record: DraveContext): void {
    seen.push(record.getMetadata()['traceparent']);
  }
}

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const names = (): string[] => spans().map(({ name }) => name);
const one = (name: string): ReadableSpan => {
  const found = spans().filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0] as ReadableSpan;
};
const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined =>
  spans().find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name;

describe('with a tracing', () => {
  it('makes one trace of a request: client, record, handler, its own spans, answer', async () => {
    const tracing = await openTelemetry();
    const testing = await startBroker({ price: 1 });
    await startService(testing, [Orders], { tracing });
    const client = startClient(testing, { tracing });
    const answer = await trace.getTracer('app').startActiveSpan('checkout', async (span) => {
      const got = await firstValueFrom(client.send<number>('price', 'book'));
      span.end();
      return got;
    });
    expect(answer).toBe(4);
    await eventually(() => names().toSorted()).toEqual([
      'checkout',
      'look up',
      'process price',
      'request price',
      'send drave.replies',
      'send price',
    ]);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(parentOf(one('request price'))).toBe('checkout');
    expect(parentOf(one('send price'))).toBe('request price');
    expect(parentOf(one('process price'))).toBe('send price');
    expect(parentOf(one('look up'))).toBe('process price');
    expect(parentOf(one('send drave.replies'))).toBe('process price');
    const { kind, attributes } = one('process price');
    expect(kind).toBe(SpanKind.CONSUMER);
    expect(attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'price',
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'messaging.consumer.group.name': 'service',
    });
  });

  it('keeps one trace through retry topics to the dead letter, each attempt a failed span', async () => {
    seen = [];
    const tracing = await openTelemetry();
    const testing = await startBroker({ paid: 1 });
    await startService(testing, [Orders], { tracing });
    await firstValueFrom(startClient(testing, { tracing }).emit('paid', 1));
    await eventually(() => names().filter((name) => name === 'send paid.dlq')).toHaveLength(1);
    await eventually(() => names().filter((name) => name === 'process paid')).toHaveLength(2);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    const attempts = spans().filter(({ name }) => name === 'process paid');
    expect(attempts.map(({ status }) => status)).toEqual([
      { code: 2, message: 'no' },
      { code: 2, message: 'no' },
    ]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['Error', 'Error']);
    const retrySend = spans().find(({ name }) => name.includes('retry')) as ReadableSpan;
    expect(parentOf(attempts[0] as ReadableSpan)).toBe('send paid');
    expect(parentOf(attempts[1] as ReadableSpan)).toBe(retrySend.name);
    expect(seen).toHaveLength(2);
  });

  it('also of the bare client, and fails the span of a send that fails', async () => {
    const tracing = await openTelemetry();
    const testing = await startBroker({ plain: 1 });
    const { platform } = testing.broker;
    const client = new KafkaClient({ platform, brokers: testing.brokers, tracing });
    const producer = client.producer();
    await producer.sendBatch([
      { topic: 'plain', value: 'a', headers: { traceparent: 'wrong', mine: 'kept' } },
      { topic: 'plain', value: 'b' },
    ]);
    await expect(producer.send({ topic: 'no such', value: 'c' })).rejects.toThrow();
    const consumer = client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([{ topic: 'plain', partition: 0 }]);
    const [record] = await consumer.poll({ maxRecords: 1 });
    if (!record) throw new Error('no record');
    expect(record.headers.map(({ key }) => key).toSorted()).toEqual(['mine', 'traceparent']);
    await expect(
      traced(tracing, record, () => Promise.reject(new TypeError('bad'))),
    ).rejects.toThrow();
    await client.close();
    expect(parentOf(one('process plain'))).toBe('send plain');
    expect(one('process plain').attributes['error.type']).toBe('TypeError');
    expect(one('send no such').status.code).toBe(2);
    expect(spans().find(({ name }) => name === 'send plain')?.attributes).toMatchObject({
      'messaging.kafka.offset': 0,
    });
  });
});

it('puts nothing into headers and makes no span without one', async () => {
  seen = [];
  const testing = await startBroker({ seen: 1 });
  await startService(testing, [Orders]);
  await firstValueFrom(startClient(testing).emit('seen', 1));
  await eventually(() => seen).toEqual([undefined]);
  expect(names()).toEqual([]);
});
