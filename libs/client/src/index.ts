// @drave/client
export {};
