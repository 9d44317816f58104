// @drave/sim
export {};
