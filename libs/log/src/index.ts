// @drave/log
export {};
