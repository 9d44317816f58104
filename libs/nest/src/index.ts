// @drave/nest
export {};
