#!/usr/bin/env node
/** `npm start`: the same as `lockstep start`. */
process.argv.splice(2, 0, "start");
await import("./lockstep.mjs");
