// @drave/replication
export {};
