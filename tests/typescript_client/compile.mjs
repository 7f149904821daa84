// Prints why a client does not compile: the messages of TypeScript, as a JSON list of strings.
// node compile.mjs DOCUMENT CLIENT
//
// The client imports the types that openapi-typescript makes from the document as "./api".

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const [description, source] = process.argv.slice(2);
// Within the folder that has the packages, where the compiler finds them.
const folder = mkdtempSync(join(process.cwd(), "compiled-"));
try {
  // Otherwise a member with a default could not be left out of what is sent.
  const types = await openapiTS(pathToFileURL(description), { defaultNonNullable: false });
  writeFileSync(join(folder, "api.ts"), astToString(types));
  const client = join(folder, "client.ts");
  copyFileSync(source, client);
  const program = ts.createProgram([client], {
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
  });
  const messages = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  console.log(JSON.stringify(messages));
} finally {
  rmSync(folder, { recursive: true });
}
