// Unpacks the Chromium of the package @sparticuz/chromium, and the libraries that it needs, into
// the folder of the first argument. `chromium` in there is a script that starts it with them.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const [folder] = process.argv.slice(2);
const packed = fileURLToPath(new URL('node_modules/@sparticuz/chromium/bin/', import.meta.url));
const read = (name) => brotliDecompressSync(fs.readFileSync(packed + name));

const partial = `${folder}-partial`;
fs.rmSync(partial, { recursive: true, force: true });
fs.mkdirSync(partial, { recursive: true });
fs.writeFileSync(join(partial, 'chromium-itself'), read('chromium.br'), { mode: 0o755 });
execFileSync('tar', ['-x', '-C', partial], { input: read('al2023.tar.br') });
const script = [
  '#!/bin/sh',
  'cd "$(dirname "$0")" && LD_LIBRARY_PATH="$PWD/lib" exec ./chromium-itself "$@"',
];
fs.writeFileSync(join(partial, 'chromium'), script.join('\n') + '\n', { mode: 0o755 });
fs.rmSync(folder, { recursive: true, force: true });
fs.renameSync(partial, folder);
