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

export class Links {
  readonly #base: string;
  readonly #clusterId: string;
  readonly #self: string;

  constructor(request: LinkSource, clusterId: string) {
    const origin = `${request.protocol}://${request.host}`;
    this.#base = `${origin}${request.url.startsWith('/kafka/') ? '/kafka' : ''}/v3/clusters`;
    this.#self = `${origin}${request.url}`;
    this.#clusterId = clusterId;
  }

  /** Below the cluster. */
  to(...segments: Segments): string {
    const path = [this.#clusterId, ...segments].map((part) => encodeURIComponent(part));
    return `${this.#base}/${path.join('/')}`;
  }

  related(...segments: Segments): Related {
    return { related: this.to(...segments) };
  }

  /** `names` are the segments as Confluent's resource names call them: `['topic', 'a', 'partition', '0']`. */
  metadata(
    segments: Segments,
    names: Segments = segments,
  ): { readonly self: string; readonly resource_name: string } {
    const path = ['kafka', this.#clusterId, ...names].map((part) => encodeURIComponent(part));
    const pairs: string[] = [];
    for (let i = 0; i < path.length; i += 2) pairs.push(path.slice(i, i + 2).join('='));
    return { self: this.to(...segments), resource_name: `crn:///${pairs.join('/')}` };
  }

  /** An answer with all items of a collection. */
  list<const Kind extends string, Item>(
    kind: Kind,
    data: Item[],
  ): { kind: Kind; metadata: { self: string; next: null }; data: Item[] } {
    return { kind, metadata: { self: this.#self, next: null }, data };
  }
}
