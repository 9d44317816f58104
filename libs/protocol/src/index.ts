// @drave/protocol
export {};
