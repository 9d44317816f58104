// What every shape of the v3 API is made of: links, metadata, resources, lists. Leaves out: the shapes themselves (rest.ts and others).

import { z } from 'zod';

export const text = z.string();
export const count = z.int().min(0);
export const link = z.object({ related: z.url() }).meta({ id: 'Link' });
const metadata = z
  .object({ self: z.url(), resource_name: z.string() })
  .meta({ id: 'ResourceMetadata' });

export function resource<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
) {
  return z.object({ kind: z.literal(kind), metadata, ...shape }).meta({ id: kind });
}

/** A list of resources with its own kind. */
export function listOf<Item extends z.ZodType>(kind: string, item: Item) {
  return z
    .object({
      kind: z.literal(kind),
      metadata: z.object({ self: z.url(), next: z.url().nullable() }),
      data: z.array(item),
    })
    .meta({ id: kind });
}
