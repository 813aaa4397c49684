/** A certificate authority of one's own and a certificate for localhost and 127.0.0.1, made by openssl for a test. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export type Certificate = { readonly cert: string; readonly key: string };

/** Paths of the files; undefined where this machine has no openssl. Signs itself, so `cert` is also its authority. */
export function makeCertificate(folder: string, name: string): Certificate | undefined {
  const [cert, key, config] = ["crt", "key", "cnf"].map((kind) => join(folder, `${name}.${kind}`)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    config,
    `[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=${name}\n` +
      "[ext]\nbasicConstraints=critical,CA:true\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n",
  );
  const how = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  try {
    execFileSync("openssl", [...how, "-config", config, "-keyout", key, "-out", cert], { stdio: "pipe" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return { cert, key };
}
