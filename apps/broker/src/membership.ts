// @drave/broker-app/membership: a broker in the directory of its cluster. Loads no Nest.

export { joinCluster, type ClusterMember, type JoinClusterOptions } from './join-cluster.js';
