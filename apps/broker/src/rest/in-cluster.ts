// A parameter decorator for handlers: the cluster the path names, checked, with the links of the request. Protects: no route of
// `/v3/clusters/{cluster}/…` forgets the check. Without the parameter, as at `/v3/clusters`, it is the cluster there is.

import { createParamDecorator, Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import type { LinkSource } from './links.js';

interface ClusterRequest extends LinkSource {
  readonly params: Readonly<Record<string, string | undefined>>;
}

@Injectable()
class ClusterPipe implements PipeTransform<ClusterRequest, Promise<OpenCluster>> {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  transform(request: ClusterRequest): Promise<OpenCluster> {
    return this.#access.open(request, request.params['cluster']);
  }
}

const requestOf = createParamDecorator((_: unknown, context) =>
  context.switchToHttp().getRequest<ClusterRequest>(),
);

/** `@InCluster() cluster: OpenCluster` */
export function InCluster(): ParameterDecorator {
  return requestOf(ClusterPipe);
}
