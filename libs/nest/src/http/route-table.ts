// Which methods a path has, to tell an unknown route from a wrong method. Filled by Fastify's onRoute hook while the routes are
// registered. Leaves out: routing itself.

export class RouteTable {
  readonly #methodsByPattern = new Map<string, Set<string>>();

  /** `pattern` as Fastify has it: `/v3/clusters/:id`, `/configs::alter` for a colon that is meant. */
  add(method: string | readonly string[], pattern: string): void {
    const methods = this.#methodsByPattern.get(pattern) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    this.#methodsByPattern.set(pattern, methods);
  }

  /** `GET /v3/clusters/:id` …, sorted, HEAD left out. */
  routes(): string[] {
    return [...this.#methodsByPattern]
      .flatMap(([pattern, methods]) => [...methods].map((method) => `${method} ${pattern}`))
      .map((route) => route.replaceAll('::', ':'))
      .filter((route) => !route.startsWith('HEAD '))
      .sort();
  }

  /** Methods of the patterns that match `url`, sorted; none for an unknown path. */
  methodsOf(url: string): string[] {
    const path = (url.split('?')[0] ?? '').replace(/(?<=.)\/$/, '');
    const parts = path.split('/');
    const methods = new Set<string>();
    for (const [pattern, known] of this.#methodsByPattern) {
      if (matches(pattern.split('/'), parts)) for (const method of known) methods.add(method);
    }
    return [...methods].sort();
  }
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, i) =>
      part.startsWith(':') ? parts[i] !== '' : part.replaceAll('::', ':') === parts[i],
    )
  );
}
