// @drave/cli: the drave command as a function.

export { runCommand } from './main.js';
