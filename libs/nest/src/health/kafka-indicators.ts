// Indicators of a cluster and of a disk. The cluster is asked over the wire, so `up` means that its listener accepts and its
// dispatcher answers. Works with any Kafka. Leaves out: consumers of the Nest transport.

import type { Admin } from '@drave/client';
import type { Disk } from '@drave/platform';
import type { HealthIndicator } from './health-indicator.js';

/** Up while the cluster answers a metadata request. */
export function clusterIndicator(admin: Admin): HealthIndicator {
  return {
    name: 'kafka',
    async check() {
      const { clusterId, brokers } = await admin.describeCluster();
      return { status: 'up', clusterId, brokers: brokers.length };
    },
  };
}

export interface DiskIndicatorOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Default 64 MiB. */
  readonly freeBytesMin?: number;
}

const freeBytesMinDefault = 64 * 1024 * 1024;

/** Down when the file system of the data directory is nearly full. */
export function diskIndicator(options: DiskIndicatorOptions): HealthIndicator {
  const { disk, directory, freeBytesMin = freeBytesMinDefault } = options;
  return {
    name: 'disk',
    async check() {
      const freeBytes = await disk.freeBytes(directory);
      if (freeBytes >= freeBytesMin) return { status: 'up', freeBytes };
      const reason = `only ${freeBytes} bytes are free, ${freeBytesMin} are needed; make room or move the data directory`;
      return { status: 'down', freeBytes, reason };
    },
  };
}
