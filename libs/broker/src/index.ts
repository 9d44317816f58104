// @drave/broker
export {};
