// ACLs of the cluster, as its authorizer has them. A broker without one refuses (40002, SECURITY_DISABLED). Protects: a DELETE without
// any condition, which would take every ACL, is refused. Leaves out: judging.

import type { Acl, AclFilter } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';

const tag = 'ACLs';

@Controller(mounts)
export class AclsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/acls')
  @RestRoute({
    tag,
    summary: 'ACLs that match',
    query: rest.aclQuery,
    answer: rest.aclList,
    errors: [404, 503],
  })
  async listAcls(
    @InCluster() cluster: OpenCluster,
    @Query(new SchemaPipe(rest.aclQuery, 'query')) query: rest.AclQuery,
  ) {
    const acls = await this.#access.admin.describeAcls(filterOf(query));
    return cluster.links.list(
      'KafkaAclList',
      acls.map((acl) => aclBody(cluster, acl)),
    );
  }

  @Post(':cluster/acls')
  @HttpCode(201)
  @RestRoute({
    tag,
    summary: 'Creates an ACL',
    status: 201,
    body: rest.newAclBody,
    errors: [404, 413, 415, 503],
  })
  async createAcl(
    @InCluster() _: OpenCluster,
    @Body(new SchemaPipe(rest.newAclBody, 'body')) body: rest.NewAclBody,
  ): Promise<void> {
    await this.#access.admin.createAcls([aclOf(body)]);
  }

  // The doubled colon is Fastify's escape.
  @Post(':cluster/acls::batch')
  @HttpCode(201)
  @RestRoute({
    tag,
    summary: 'Creates several ACLs',
    status: 201,
    body: rest.newAclsBody,
    errors: [404, 413, 415, 503],
  })
  async createAcls(
    @InCluster() _: OpenCluster,
    @Body(new SchemaPipe(rest.newAclsBody, 'body')) { data }: rest.NewAclsBody,
  ): Promise<void> {
    await this.#access.admin.createAcls(data.map(aclOf));
  }

  @Delete(':cluster/acls')
  @RestRoute({
    tag,
    summary: 'Deletes the ACLs that match, of which at least one condition is given',
    query: rest.aclQuery,
    answer: rest.aclList,
    errors: [404, 503],
  })
  async deleteAcls(
    @InCluster() cluster: OpenCluster,
    @Query(new SchemaPipe(rest.aclQuery, 'query')) query: rest.AclQuery,
  ) {
    if (Object.keys(query).length === 0) {
      throw new RestError(
        rest.restErrorCodes.invalidRequest,
        'query: give at least one condition; without one every ACL would go',
      );
    }
    const acls = await this.#access.admin.deleteAcls(filterOf(query));
    return cluster.links.list(
      'KafkaAclList',
      acls.map((acl) => aclBody(cluster, acl)),
    );
  }
}

function filterOf(query: rest.AclQuery): AclFilter {
  return {
    resourceType: query.resource_type,
    resourceName: query.resource_name,
    patternType: query.pattern_type,
    principal: query.principal,
    host: query.host,
    operation: query.operation,
    permission: query.permission,
  };
}

function aclOf(body: rest.NewAclBody): Acl {
  return {
    resourceType: body.resource_type,
    resourceName: body.resource_name,
    patternType: body.pattern_type,
    principal: body.principal,
    host: body.host,
    operation: body.operation,
    permission: body.permission,
  };
}

function aclBody({ clusterId, links }: OpenCluster, acl: Acl): rest.AclBody {
  const query = new URLSearchParams({
    resource_type: acl.resourceType,
    resource_name: acl.resourceName,
    pattern_type: acl.patternType,
    principal: acl.principal,
    host: acl.host,
    operation: acl.operation,
    permission: acl.permission,
  });
  const { self, resource_name } = links.metadata(['acls'], ['acl', acl.principal]);
  return {
    kind: 'KafkaAcl',
    metadata: { self: `${self}?${query.toString()}`, resource_name },
    cluster_id: clusterId,
    resource_type: acl.resourceType,
    resource_name: acl.resourceName,
    pattern_type: acl.patternType,
    principal: acl.principal,
    host: acl.host,
    operation: acl.operation,
    permission: acl.permission,
  };
}
