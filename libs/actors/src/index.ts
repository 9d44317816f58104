// @drave/actors
export {};
