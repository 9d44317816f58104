// @drave/streams
export {};
