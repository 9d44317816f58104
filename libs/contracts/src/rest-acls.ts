// Shapes of ACLs in the v3 API, by Kafka's names. Leaves out: who is allowed what, which is the broker's to say.

import { z } from 'zod';
import { listOf, resource, text } from './rest-shapes.js';

const resourceTypes = [
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
] as const;
const operations = [
  ...(['ALL', 'READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE'] as const),
  ...(['CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'] as const),
  ...(['CREATE_TOKENS', 'DESCRIBE_TOKENS'] as const),
];
const principal = z.string().regex(/^[^:]+:.+$/, 'a principal is TYPE:name, such as User:alice');

export const aclBody = resource('KafkaAcl', {
  cluster_id: text,
  resource_type: text,
  resource_name: text,
  pattern_type: text,
  principal: text,
  host: text,
  operation: text,
  permission: text,
});
export const aclList = listOf('KafkaAclList', aclBody);

/** Body of POST …/acls. */
export const newAclBody = z
  .strictObject({
    resource_type: z.enum(resourceTypes),
    resource_name: z.string().min(1),
    pattern_type: z.enum(['LITERAL', 'PREFIXED']).default('LITERAL'),
    principal,
    host: z.string().min(1).default('*'),
    operation: z.enum(operations),
    permission: z.enum(['ALLOW', 'DENY']),
  })
  .meta({ id: 'NewAcl' });

/** Body of POST …/acls:batch. */
export const newAclsBody = z
  .strictObject({ data: z.array(newAclBody).min(1).max(1000) })
  .meta({ id: 'NewAcls' });

/** Query of GET and DELETE …/acls; what is absent matches everything. */
export const aclQuery = z
  .strictObject({
    resource_type: z.enum([...resourceTypes, 'ANY']).optional(),
    resource_name: z.string().min(1).optional(),
    pattern_type: z.enum(['LITERAL', 'PREFIXED', 'MATCH', 'ANY']).optional(),
    principal: principal.optional(),
    host: z.string().min(1).optional(),
    operation: z.enum([...operations, 'ANY']).optional(),
    permission: z.enum(['ALLOW', 'DENY', 'ANY']).optional(),
  })
  .meta({ id: 'AclQuery' });

export type AclBody = z.infer<typeof aclBody>;
export type NewAclBody = z.infer<typeof newAclBody>;
export type NewAclsBody = z.infer<typeof newAclsBody>;
export type AclQuery = z.infer<typeof aclQuery>;
