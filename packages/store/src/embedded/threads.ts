/**
 * Imported before anything else: libuv makes its threads at first use, and asks the environment how many. Every
 * statement holds one while it runs, and the KILL of a statement must find one free.
 */
const NEEDED = 12;

if (!(Number(process.env["UV_THREADPOOL_SIZE"]) >= NEEDED)) process.env["UV_THREADPOOL_SIZE"] = "16";
