// Absolute links and Confluent resource names for the answers of one request. Protects: links lead through the mount point and the
// host the caller used; names are escaped.

/** What is needed of a Fastify request. */
export interface LinkSource {
  readonly protocol: string;
  readonly host: string;
  readonly url: string;
}

/** Pairs of collection and name: `['topics', 'a b', 'partitions', '0']`. */
type Segments = readonly (string | number)[];

export interface Related {
  readonly related: string;
}

// A list of 5,000 topics has 25,000 links: hence prefixes made once and texts put together by `+=`.
export class Links {
  /** Of the cluster. */
  readonly #prefix: string;
  readonly #resourcePrefix: string;
  readonly #self: string;

  constructor(request: LinkSource, clusterId: string) {
    const origin = `${request.protocol}://${request.host}`;
    const mount = request.url.startsWith('/kafka/') ? '/kafka' : '';
    this.#prefix = `${origin}${mount}/v3/clusters/${escaped(clusterId)}`;
    this.#resourcePrefix = `crn:///kafka=${escaped(clusterId)}`;
    this.#self = `${origin}${request.url}`;
  }

  /** Below the cluster. */
  to(...segments: Segments): string {
    let link = this.#prefix;
    for (const segment of segments) link += `/${escaped(segment)}`;
    return link;
  }

  related(...segments: Segments): Related {
    return { related: this.to(...segments) };
  }

  /** `names` are the segments as Confluent's resource names call them: `['topic', 'a', 'partition', '0']`. */
  metadata(
    segments: Segments,
    names: Segments = segments,
  ): { readonly self: string; readonly resource_name: string } {
    let resource = this.#resourcePrefix;
    for (const [i, name] of names.entries())
      resource += `${i % 2 === 0 ? '/' : '='}${escaped(name)}`;
    return { self: this.to(...segments), resource_name: resource };
  }

  /** An answer with all items of a collection. */
  list<const Kind extends string, Item>(
    kind: Kind,
    data: Item[],
  ): { kind: Kind; metadata: { self: string; next: null }; data: Item[] } {
    return { kind, metadata: { self: this.#self, next: null }, data };
  }
}

const plain = /^[\w.-]*$/;

function escaped(part: string | number): string {
  return typeof part === 'number' || plain.test(part) ? String(part) : encodeURIComponent(part);
}
