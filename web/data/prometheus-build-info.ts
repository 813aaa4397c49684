import web from "../package.json" with { type: "json" };

/**
 * The version of Prometheus whose HTTP API this follows, our own as its build. Grafana and others read a semantic
 * version here, and decide by it what they may ask.
 */
export function buildInfo() {
  return {
    version: `3.5.0+lockstep.${web.version}`,
    revision: "",
    branch: "",
    buildUser: "",
    buildDate: "",
    goVersion: "",
    application: "Lockstep",
  };
}
