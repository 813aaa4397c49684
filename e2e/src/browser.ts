/** A Chromium that `npm test` found or fetched. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright";

const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of a browser, or one line on why there is none. */
export function findBrowser(): { path: string } | { missing: string } {
  const given = process.env["LOCKSTEP_TEST_BROWSER"];
  const path = given === undefined || given === "" ? usual.find((each) => existsSync(each)) : given;
  if (path !== undefined) return { path };
  return { missing: process.env["LOCKSTEP_TEST_BROWSER_MISSING"] || `no browser: none of ${usual.join(", ")}` };
}

export function openBrowser(path: string): Promise<Browser> {
  // Root, as in containers, cannot use Chromium's sandbox; the pages it opens are our own.
  return chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
