// Microsoft's own check of a Teams manifest, without a network: what it finds, as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , packages, path] = process.argv;
const { AppManifestUtils } = createRequire(`${packages}/`)("@microsoft/app-manifest");
const manifest = JSON.parse(readFileSync(path, "utf8"));
console.log(JSON.stringify(await AppManifestUtils.validateAgainstSchema(manifest)));
