// The OpenAPI 3.1 document, generated from the routes' decorators and their zod schemas. Protects: a route with a description is in
// it under its real path. Leaves out: a page that shows it; routes without description; second mount points.

import { errorBody, problemBody } from '@drave/contracts/rest';
import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { REST_ROUTE, type RestRouteDoc } from './rest-route.js';

type JsonObject = Record<string, unknown>;

export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

@Injectable()
export class OpenApi {
  readonly #discovery: DiscoveryService;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  document(info: OpenApiInfo): JsonObject {
    const schemas = new Schemas();
    const paths: Record<string, JsonObject> = {};
    for (const { metatype } of this.#discovery.getControllers()) {
      if (typeof metatype !== 'function') continue;
      for (const { path, method, doc, name } of routesOf(metatype as Type)) {
        const operation = operationOf({ path, method, doc, name }, schemas);
        paths[path] = { ...paths[path], [method]: operation };
      }
    }
    return {
      openapi: '3.1.0',
      info,
      security: [{ bearer: [] }, {}],
      paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
      components: { schemas: schemas.components(), securitySchemes },
    };
  }
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'Where tokens are configured; a read-only one may GET alone.',
  },
};

interface DescribedRoute {
  /** `/v3/clusters/{cluster}` */
  readonly path: string;
  readonly method: string;
  readonly name: string;
  readonly doc: RestRouteDoc;
}

function* routesOf(controller: Type): Iterable<DescribedRoute> {
  const prefix = firstOf(Reflect.getMetadata('path', controller));
  for (const name of Object.getOwnPropertyNames(controller.prototype)) {
    const handler: unknown = Object.getOwnPropertyDescriptor(controller.prototype, name)?.value;
    if (typeof handler !== 'function') continue;
    const doc = Reflect.getMetadata(REST_ROUTE, handler) as RestRouteDoc | undefined;
    if (!doc) continue;
    const route = firstOf(Reflect.getMetadata('path', handler));
    const verb = Reflect.getMetadata('method', handler) as RequestMethod;
    const path = `/${prefix}/${route}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
    yield {
      path: path.replace(/\/:(\w+)/g, '/{$1}').replaceAll('::', ':'),
      method: RequestMethod[verb].toLowerCase(),
      name,
      doc,
    };
  }
}

function firstOf(path: unknown): string {
  const first: unknown = Array.isArray(path) ? path[0] : path;
  return typeof first === 'string' ? first : '';
}

function operationOf({ path, name, doc }: DescribedRoute, schemas: Schemas): JsonObject {
  const parameters: JsonObject[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 1024 },
  }));
  parameters.push(...(doc.query ? schemas.queryParameters(doc.query) : []));
  const responses: Record<string, JsonObject> = {
    [doc.status ?? 200]: doc.answerType
      ? { description: doc.summary, content: { [doc.answerType]: { schema: { type: 'string' } } } }
      : { description: doc.summary, ...answerContent(doc, schemas) },
  };
  const isOpen = path.startsWith('/health/');
  const guardErrors = isOpen ? [403] : [401, 403];
  for (const status of [400, ...guardErrors, 500, ...(doc.errors ?? [])]) {
    responses[status] = {
      description: 'An error',
      ...(path.startsWith('/api/')
        ? schemas.content(problemBody, 'application/problem+json')
        : schemas.content(errorBody)),
    };
  }
  for (const [status, schema] of Object.entries(doc.otherAnswers ?? {})) {
    responses[status] = { description: doc.summary, ...schemas.content(schema) };
  }
  return {
    operationId: name,
    tags: [doc.tag],
    summary: doc.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(doc.body ? { requestBody: { required: true, ...schemas.content(doc.body) } } : {}),
    ...(isOpen ? { security: [] } : {}),
    responses,
  };
}

function answerContent({ answer, alsoAnswers = [] }: RestRouteDoc, schemas: Schemas): JsonObject {
  if (!answer) return {};
  const others = alsoAnswers.map((type) => [type, { schema: { type: 'string' } }] as const);
  const { content } = schemas.content(answer);
  return { content: { ...(content as JsonObject), ...Object.fromEntries(others) } };
}

/** JSON schemas of zod schemas; those with an id go to the components once. */
class Schemas {
  readonly #components = new Map<string, unknown>();

  content(schema: z.ZodType, type = 'application/json'): JsonObject {
    return { content: { [type]: { schema: this.#reference(schema) } } };
  }

  queryParameters(schema: z.ZodType): JsonObject[] {
    const { properties, required } = z.toJSONSchema(schema, { io: 'input' });
    return Object.entries(properties ?? {}).map(([name, property]) => ({
      name,
      in: 'query',
      required: required?.includes(name) ?? false,
      schema: property,
    }));
  }

  components(): JsonObject {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #reference(schema: z.ZodType): unknown {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
    for (const [id, definition] of Object.entries($defs ?? {})) {
      this.#components.set(id, toComponents(definition));
    }
    const id = schema.meta()?.id;
    if (id === undefined) return toComponents(own);
    this.#components.set(id, toComponents(own));
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** With references into the components, and without the `id`s zod leaves in. */
function toComponents(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toComponents);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => !(name === 'id' && typeof value === 'string'))
      .map(([name, value]) =>
        name === '$ref' && typeof value === 'string'
          ? [name, value.replace('#/$defs/', '#/components/schemas/')]
          : [name, toComponents(value)],
      ),
  );
}
