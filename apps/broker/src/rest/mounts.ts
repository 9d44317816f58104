// Where the v3 API is mounted: as Confluent's proxy has it, alone and behind its server. The first is the documented one.

export const mounts = ['v3/clusters', 'kafka/v3/clusters'];
