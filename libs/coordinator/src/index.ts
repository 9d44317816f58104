// @drave/coordinator
export {};
